"""Nothing of ours ever writes into the photographer's own folders, whatever happens to their files,
and a file from there is scanned and rendered as every other.
"""

from __future__ import annotations

import os

import pytest

from pumbaphoto_wagtail.delivery import cold, erasing
from pumbaphoto_wagtail.exceptions import LibraryIsRead
from pumbaphoto_wagtail.intake import deleting, dropping, purging, quarantine, reconciling
from pumbaphoto_wagtail.intake.clamd_client import eicar
from pumbaphoto_wagtail.intake.scanning import scan_file
from pumbaphoto_wagtail.models import (
    Gallery,
    LibraryFile,
    Photo,
    Stage,
    State,
    StoredFile,
    Verdict,
)
from pumbaphoto_wagtail.storage import ORIGINALS, storage_for
from pumbaphoto_wagtail.verification import contents
from pumbaphoto_wagtail.verification.findings import Inspection
from tests.intake.library.conftest import ALIAS, picture

pytestmark = pytest.mark.xdist_group("live")


def test_a_whole_life_leaves_the_library_as_it_was(scanned_shelf):
    shelf = scanned_shelf
    shelf.put(*(f"{folder}/{name}.jpg" for folder in ("ski", "sea") for name in "abc"))
    shelf.put("ski/virus.jpg", content=eicar())
    shelf.put("ski/broken.jpg", content=b"\xff\xd8\xff broken")
    before = shelf.snapshot()

    shelf.take_in()
    assert Photo.objects.with_picture().count() == 6
    assert shelf.file("ski/virus.jpg").stage == Stage.INFECTED
    assert shelf.file("ski/broken.jpg").stage == Stage.FAILED
    quarantine.quarantine_the_condemned()
    assert not quarantine.delete_held_back(shelf.file("ski/virus.jpg"))
    quarantine.purge()
    ski, sea = Gallery.objects.get(title="ski"), Gallery.objects.get(title="sea")
    photos = Photo.objects.filter(name="a.jpg")
    deleting.delete_photos(ski, photos, actor=None)
    purging.purge_photos(ski, photos)
    Gallery.objects.filter(pk=sea.pk).update(state=State.ARCHIVED)
    cold.archive_files(sea.pk)
    cold.reconcile()
    Gallery.objects.filter(pk=sea.pk).update(state=State.DELIVERED)
    cold.restore_files(sea.pk)
    erasing.delete_gallery(ski, actor=None)
    assert erasing.erase_gallery(ski.pk)
    reconciling.reconcile()
    reconciling.sweep_storages()
    dropping.finish()

    assert shelf.snapshot() == before
    assert not StoredFile.objects.filter(name__startswith="ski/").exists()
    assert StoredFile.objects.filter(stage=Stage.READY, storage=ALIAS).count() == 3
    assert not [*storage_for(ORIGINALS).listdir("")[0]]


def test_a_gallery_that_was_deleted_comes_again_with_the_next_scan(trusting):
    trusting.put("ski/1.jpg")
    trusting.take_in()
    gallery = Gallery.objects.get()
    erasing.delete_gallery(gallery, actor=None)
    assert trusting.scan().counts.get("added") is None, "while it is being deleted"
    erasing.erase_gallery(gallery.pk)

    assert trusting.scan().counts["added"] == 1


def test_a_clean_file_was_scanned_as_exactly_these_bytes(scanned_shelf):
    scanned_shelf.put("ski/1.jpg")
    scanned_shelf.take_in()
    file = scanned_shelf.file("ski/1.jpg")

    assert (file.verdict, file.stage, file.is_owned) == (Verdict.CLEAN, Stage.READY, False)
    assert file.size == len(picture("ski/1.jpg"))
    assert (file.storage, file.name) == (ALIAS, "ski/1.jpg")


def test_nothing_is_decoded_before_its_scan(shelf):
    shelf.put("ski/1.jpg")
    shelf.scan()

    assert shelf.file("ski/1.jpg").stage == Stage.RECEIVED
    assert not Photo.objects.exists()


def test_a_changed_file_that_is_infected_is_not_shown(scanned_shelf):
    scanned_shelf.put("ski/1.jpg")
    scanned_shelf.take_in()
    scanned_shelf.put("ski/1.jpg", content=eicar())
    scanned_shelf.take_in()

    assert scanned_shelf.file("ski/1.jpg").stage == Stage.INFECTED
    assert not Photo.objects.with_picture().exists()


def test_what_is_taken_in_is_copied_after_its_scan(scanned_shelf):
    shelf = scanned_shelf
    shelf.set(takes_in=True)
    shelf.put("ski/1.jpg")
    shelf.put("ski/virus.jpg", content=eicar())
    before = shelf.snapshot()
    shelf.take_in()
    file = shelf.file("ski/1.jpg")

    assert (file.storage, file.is_owned, file.stage) == (ORIGINALS, True, Stage.READY)
    assert storage_for(ORIGINALS).open(file.name).read() == picture("ski/1.jpg")
    assert not shelf.file("ski/virus.jpg").is_owned
    assert shelf.snapshot() == before
    assert shelf.scan().counts == {"unchanged": 2}


def test_a_file_that_is_away_when_it_is_scanned_is_back_with_the_next_scan(trusting):
    trusting.put("ski/1.jpg")
    trusting.scan()
    place = trusting.root / "ski/1.jpg"
    place.rename(place.with_suffix(".away"))
    scan_file(trusting.file("ski/1.jpg").pk)
    assert trusting.file("ski/1.jpg").stage == Stage.MISSING
    place.with_suffix(".away").rename(place)
    trusting.take_in()

    assert Photo.objects.with_picture().exists()


def test_f11_the_storage_has_no_way_to_write(shelf):
    storage = storage_for(ALIAS)
    shelf.put("ski/1.jpg")
    for act in (
        lambda: storage.delete("ski/1.jpg"),
        lambda: storage.save("ski/2.jpg", None),
        lambda: storage.open("ski/1.jpg", "wb"),
    ):
        with pytest.raises(LibraryIsRead):
            act()


@pytest.mark.parametrize(
    "name",
    [
        *("../secret.jpg", "/etc/hostname", "ski/../../secret.jpg", "ski//1.jpg", "ski/./1.jpg"),
        *("ski/link.jpg", "way-out/secret.jpg", ".hidden.jpg", "ski/pipe.jpg", "ski"),
        *("ski/1.jpg\0", "ski/_thumbs/1.jpg", "nothing.jpg", "ski/1.jpg/", "ski/1.jpg/x", ""),
    ],
)
def test_X58_and_X68_what_is_not_told_does_not_exist(shelf, nas, tmp_path, name):
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    shelf.put("ski/1.jpg", "ski/_thumbs/1.jpg", ".hidden.jpg")
    os.symlink(tmp_path / "secret.jpg", nas / "ski/link.jpg")
    os.symlink(tmp_path, nas / "way-out")
    os.mkfifo(nas / "ski/pipe.jpg")
    storage = storage_for(ALIAS)

    assert not storage.exists(name)
    with pytest.raises(FileNotFoundError):
        storage.open(name)


class TestVerifying:
    def said(self) -> list[str]:
        inspection = Inspection(is_hashing=True)
        return [finding.what for finding in contents.check(inspection)]

    def test_finds_a_library_as_it_should_be(self, trusting):
        trusting.put("ski/1.jpg", "ski/2.jpg")
        trusting.scan()
        assert self.said() == [], "before a worker has read them"
        trusting.process()
        assert self.said() == []

    def test_is_not_troubled_by_what_is_known_to_be_missing(self, trusting):
        trusting.put(*(f"ski/{name}.jpg" for name in "abcdef"))
        trusting.take_in()
        (trusting.root / "ski/a.jpg").unlink()
        assert self.said() == ["missing"]
        trusting.scan()
        assert self.said() == []

    def test_is_not_troubled_by_former_versions(self, trusting):
        trusting.put("ski/1.jpg")
        trusting.take_in()
        trusting.put("ski/1.jpg", content=picture("other, and longer"))
        trusting.take_in()

        assert LibraryFile.objects.count() == 1
        assert self.said() == []
