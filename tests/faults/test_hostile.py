"""Every hostile file and name in one batch through one live site: each harms only itself."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath

import pytest
from PIL import Image

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.models import (
    FINAL_UPLOAD_STATES,
    Message,
    Photo,
    Rendition,
    Stage,
    Upload,
    UploadBatch,
    UploadState,
)
from tests.faults.hostile import MAX_FILE_BYTES, Hostile, hostile_files
from tests.faults.ledger import gallery_of, settle, verify
from tests.live import running_site
from tests.sending import Ledger, Sender

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]


class HostileSender(Sender):
    """One that announces names as they are, whatever they are."""

    def announce(self, gallery, files, *, purpose="original"):
        rows = [
            {
                "name": hostile.name,
                "relativePath": hostile.folder,
                "size": len(hostile.content),
                "clientKey": key,
            }
            for key, hostile in files.items()
        ]
        return self._post_manifest(gallery, rows, purpose)

    def _send_one(self, batch, row, path, content, chunk_bytes):
        return super()._send_one(batch, row, path, content.content, chunk_bytes)


@dataclass
class Run:
    site: object
    batch: UploadBatch
    ledger: Ledger
    # By client key.
    files: dict[str, Hostile]
    uploads: dict[str, Upload]

    def __iter__(self):
        for key, hostile in self.files.items():
            yield hostile, self.uploads[key]


@pytest.fixture(scope="module")
def run(django_db_blocker):
    files = {
        f"00000000-0000-4000-8000-{number:012}": hostile
        for number, hostile in enumerate(hostile_files(), start=1)
    }
    limits = {
        "LEASE_SECONDS": DEFAULTS["LEASE_SECONDS"],
        "CLAMD_SCAN_TIMEOUT_SECONDS": 30,
        "MAX_FILE_BYTES": MAX_FILE_BYTES,
    }
    with running_site(django_db_blocker, **limits) as site:
        sender = HostileSender(site.address)
        ledger = _send(sender, gallery_of(site), files)
        settle(site, seconds=300)
        uploads = site.rows(Upload).select_related("stored_file")
        yield Run(
            site,
            site.rows(UploadBatch).get(),
            ledger,
            files,
            {str(upload.client_key): upload for upload in uploads},
        )


def _send(sender: HostileSender, gallery, files: dict[str, Hostile]) -> Ledger:
    """As ``Sender.send``, which takes the digest of plain bytes."""
    document = sender.announce(gallery, files)
    ledger = Ledger(document)
    for (key, hostile), row in zip(files.items(), document["files"], strict=True):
        if row["state"] != "announced":
            continue
        status, breaks = sender._send_one(document, row, key, hostile, 2**20)
        ledger.resumed += breaks
        if status is None:
            ledger.acknowledged[key] = sha256(hostile.content).hexdigest()
    return ledger


def ending(upload: Upload) -> str:
    """How it ended, in one word of ``hostile.py``."""
    if upload.state == UploadState.REFUSED:
        return "refused"
    file = upload.stored_file
    if file.stage == Stage.READY:
        return "damaged" if file.is_damaged else "ready"
    return str(file.stage)


def test_each_ends_as_it_should(run):
    surprises = {
        f"{hostile.number} {hostile.name[:40]!r}": (ending(upload), upload.reason)
        for hostile, upload in run
        if ending(upload) not in hostile.ends
    }
    assert surprises == {}


def test_whatever_is_not_shown_says_why(run):
    silent = [
        f"{hostile.number} {hostile.name[:40]!r}: {upload.reason}"
        for hostile, upload in run
        if ending(upload) != "ready" and (not upload.reason or hostile.says not in upload.reason)
    ]
    assert silent == []


def test_names_are_shown_without_their_paths_and_tricks(run):
    for hostile, upload in run:
        if hostile.shown:
            assert upload.stored_file.original_name == hostile.shown, hostile.number
        if hostile.number == "H15":
            assert upload.relative_path == "a/b"
        shown = upload.file_name
        assert not re.search(r"[/\\\x00-\x1f\u202a-\u202e]", shown), hostile.number
        assert len(shown) <= 255


def test_no_name_of_a_client_is_a_name_on_a_disk(run):
    volume = run.site.directory / "volume"
    identity = re.compile(r"[0-9a-f-]{36}")
    for path in volume.rglob("*"):
        if path.is_file() and path.name != ".pumbaphoto-volume":
            parents = path.relative_to(volume).parts[:-1]
            assert any(identity.match(part) for part in (*parents, path.name)), path
            suffixes = PurePosixPath(path.name).suffixes
            assert all(re.fullmatch(r"\.[a-z0-9]{2,4}", suffix) for suffix in suffixes), path


def test_what_is_condemned_or_refused_is_where_nobody_looks(run):
    quarantine = run.site.volume("incoming") / "quarantine"
    assert quarantine.stat().st_mode & 0o777 == 0o700
    for hostile, upload in run:
        if ending(upload) in ("infected", "refused") and upload.stored_file:
            assert upload.stored_file.name.startswith("quarantine/"), hostile.number
            assert not run.site.rows(Rendition).filter(stored_file=upload.stored_file_id).exists()


def test_renditions_are_plain_pictures(run):
    for rendition in run.site.rows(Rendition):
        content = run.site.bytes_of(rendition.storage, rendition.name)
        assert b"<script" not in content
        picture = Image.open(io.BytesIO(content))
        assert picture.format == "JPEG"
        picture.load()
        assert not picture.getexif()


def test_the_batch_adds_up_and_is_mailed_once(run):
    states = Counter(upload.state for _hostile, upload in run)
    assert run.batch.settled_at is not None
    assert sum(states[state] for state in FINAL_UPLOAD_STATES) == len(run.files)
    assert states[UploadState.ABANDONED] == states[UploadState.DUPLICATE] == 0
    assert run.site.rows(Message).filter(kind="upload_settled").count() == 1


def test_what_was_acknowledged_is_stored_once_and_whole(run):
    for key, digest in run.ledger.acknowledged.items():
        file = run.uploads[key].stored_file
        content = run.site.bytes_of(file.storage, file.name)
        assert sha256(content).hexdigest() == digest == file.sha256, run.files[key].number
    photos = run.site.rows(Photo).count()
    assert photos == len([1 for _h, upload in run if upload.state == UploadState.ACCEPTED
                          and upload.stored_file.stage != Stage.INFECTED])  # fmt: skip


def test_no_server_error_no_dead_worker_and_every_invariant_holds(run):
    assert "Traceback" not in run.site.log("web"), run.site.last_words()
    log = run.site.log("worker")
    assert re.findall(r"reincarnated worker .*after (?:death|timeout)", log) == []
    assert "Traceback" not in log, run.site.last_words()
    verify(run.site)
