"""What every drill does: make photographs, wait for the end, and compare with the ledger."""

import time
from hashlib import sha256

from pumbaphoto_wagtail.models import (
    Gallery,
    Photo,
    PhotoFile,
    Rendition,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
)
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.live_studio import GALLERIES

TIERS = {"grid", "view", "display"}
RECONCILE_SECONDS = 4


def shoot_of(amount: int, *, width: int = 1200, height: int = 800) -> dict[str, bytes]:
    """Different photographs, path to bytes."""
    return {f"IMG_{number:04d}.jpg": jpeg_bytes(width, height) for number in range(amount)}


def gallery_of(site, title: str = GALLERIES[0]) -> Gallery:
    return site.rows(Gallery).get(title=title)


def files_of(site, gallery: Gallery):
    """The gallery's stored files."""
    return site.rows(StoredFile).filter(uploads__batch__gallery=gallery.pk)


def stages(site, gallery: Gallery) -> dict[str, int]:
    """How many of the gallery's files are at which stage."""
    found = list(files_of(site, gallery).values_list("stage", flat=True))
    return {stage: found.count(stage) for stage in set(found)}


def settle(site, *, seconds: float = 60) -> None:
    """Wait until all batches are settled, reconciling now and then as the schedule does."""
    reconciled = time.monotonic()

    def is_settled() -> bool:
        nonlocal reconciled
        if not site.rows(UploadBatch).filter(settled_at=None).exists():
            return True
        if time.monotonic() - reconciled > RECONCILE_SECONDS:
            site.manage("reconcile")
            reconciled = time.monotonic()
        return False

    site.wait_until(is_settled, seconds=seconds, what="the batches to settle")


def assert_each_is_ready_once(
    site, gallery: Gallery, files: dict[str, bytes], acknowledged: dict[str, str]
) -> None:
    """What was acknowledged is there, whole, rendered and shown, and nothing is there twice."""
    assert acknowledged.keys() == files.keys()
    assert stages(site, gallery) == {Stage.READY: len(files)}
    stored = {file.original_name: file for file in files_of(site, gallery)}
    assert {name: file.sha256 for name, file in stored.items()} == acknowledged
    for file in stored.values():
        assert sha256(site.bytes_of(file.storage, file.name)).hexdigest() == file.sha256
    photos = site.rows(Photo).filter(gallery=gallery.pk)
    assert sorted(photos.values_list("name", flat=True)) == sorted(files)
    assert site.rows(PhotoFile).filter(photo__gallery=gallery.pk).count() == len(files)
    renditions = site.rows(Rendition).filter(stored_file__in=files_of(site, gallery))
    made = list(renditions.values_list("stored_file", "tier"))
    assert len(made) == len(set(made)) == len(TIERS) * len(files)
    assert {tier for _file, tier in made} == TIERS
    ended = site.rows(Upload).filter(batch__gallery=gallery.pk)
    assert set(ended.values_list("state", flat=True)) == {UploadState.ACCEPTED}
    assert not [*site.volume("incoming").rglob("*.part")]
    verify(site)


def verify(site) -> None:
    """What an operator runs: every invariant holds on the whole site."""
    site.manage("pumbaphoto_verify", "--strict")
