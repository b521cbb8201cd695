"""Deleted photos: back by sending the file again, or gone for good with all their bytes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.moving import move_photos
from pumbaphoto_wagtail.intake import dropping
from pumbaphoto_wagtail.intake.deleting import bring_back, delete_photos
from pumbaphoto_wagtail.intake.purging import purge_due, purge_photos
from pumbaphoto_wagtail.models import (
    Edit,
    FileMove,
    Photo,
    PhotoFile,
    Pick,
    Stage,
    StoredFile,
    Upload,
    UploadState,
)
from pumbaphoto_wagtail.proofing import picks
from pumbaphoto_wagtail.storage import ORIGINALS, RENDITIONS, storage_for, walk
from pumbaphoto_wagtail.verification import Inspection, verify

from .test_pipeline import photograph

LONG_AGO = timedelta(days=15)


@pytest.fixture
def photographed(shoot, arrivals, settings):
    """Two photographs with their renditions, without a scanner."""
    settings.DEBUG = True
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "DEMO_WITHOUT_SCANNER": True}
    arrivals({"IMG_1.jpg": photograph(), "IMG_2.jpg": photograph(taken="2026:07:01 12:00:01")})
    return shoot


def delete(gallery, name="IMG_1.jpg", *, ago=timedelta()):
    photos = Photo.objects.filter(gallery=gallery, name=name)
    delete_photos(gallery, photos, actor=None)
    photos.update(deleted_at=timezone.now() - ago)


def kept(gallery):
    return sorted(gallery.photos.kept().values_list("name", flat=True))


def errors():
    return [finding.what for finding in verify(Inspection()) if finding.severity == "error"]


def on_disk():
    return len([*walk(ORIGINALS)]), len([*walk(RENDITIONS)])


# --- For good ------------------------------------------------------------------------------------


def test_after_its_time_a_photo_goes_with_all_its_bytes(photographed):
    assert on_disk() == (4, 6)
    delete(photographed, ago=LONG_AGO)

    assert purge_due() == 1

    assert [photo.name for photo in Photo.objects.all()] == ["IMG_2.jpg"]
    assert StoredFile.objects.count() == 1
    assert Upload.objects.count() == 1
    assert on_disk() == (2, 3)
    assert errors() == []


def test_before_its_time_nothing_goes(photographed):
    delete(photographed, ago=timedelta(days=13))

    assert purge_due() == 0
    assert on_disk() == (4, 6)
    assert errors() == []


def test_a_photo_that_was_brought_back_stays(photographed):
    delete(photographed, ago=LONG_AGO)
    bring_back(photographed, Photo.objects.all(), actor=None)

    assert purge_due() == 0
    assert kept(photographed) == ["IMG_1.jpg", "IMG_2.jpg"]


def test_a_file_in_a_workers_hands_waits(photographed):
    delete(photographed, ago=LONG_AGO)
    files = StoredFile.objects.filter(original_name="IMG_1.jpg")
    files.update(lease_until=timezone.now() + timedelta(minutes=5))

    assert purge_due() == 0

    files.update(lease_until=timezone.now() - timedelta(minutes=5))
    assert purge_due() == 1


def test_a_file_that_another_gallery_shows_stays(photographed):
    other = testing.make_gallery("Portfolio")
    file = StoredFile.objects.get(original_name="IMG_1.jpg")
    shown = Photo.objects.create(
        gallery=other, picture=file, name="IMG_1.jpg", name_key="1", frame_key="1"
    )
    PhotoFile.objects.create(photo=shown, stored_file=file, role="jpeg")
    delete(photographed, ago=LONG_AGO)

    assert purge_due() == 1

    assert StoredFile.objects.filter(pk=file.pk, stage=Stage.READY).exists()
    assert on_disk() == (4, 6)
    assert kept(other) == ["IMG_1.jpg"]
    # The gallery that deleted it does not know it any more, and would take it in again.
    assert not Upload.objects.filter(stored_file=file).exists()


def test_a_file_of_the_photographers_own_library_is_only_forgotten(photographed):
    file = StoredFile.objects.get(original_name="IMG_1.jpg")
    StoredFile.objects.filter(pk=file.pk).update(is_owned=False)
    path = Path(storage_for(ORIGINALS).location) / file.name
    delete(photographed, ago=LONG_AGO)

    purge_due()

    assert path.exists()
    assert not StoredFile.objects.filter(pk=file.pk).exists()
    assert len([*walk(RENDITIONS)]) == 3


@pytest.mark.parametrize("has_died", ["before a byte", "after the original"])
def test_a_worker_that_died_is_finished_by_the_next(photographed, has_died, monkeypatch):
    delete(photographed, ago=LONG_AGO)
    file = StoredFile.objects.get(original_name="IMG_1.jpg")
    with monkeypatch.context() as patched:
        patched.setattr(dropping, "forget", lambda files: None)
        assert purge_due() == 1
    if has_died == "after the original":
        storage_for(ORIGINALS).delete(file.name)
    assert StoredFile.objects.get(pk=file.pk).stage == Stage.DELETED

    assert dropping.finish() == 1

    assert on_disk() == (2, 3)
    assert StoredFile.objects.count() == 1
    assert errors() == []


def test_where_the_storage_is_away_the_row_remembers(photographed, settings):
    delete(photographed, ago=LONG_AGO)
    file = StoredFile.objects.get(original_name="IMG_1.jpg")
    root = Path(storage_for(ORIGINALS).location)
    root.rename(root.with_name("away"))
    try:
        assert purge_due() == 1
        assert StoredFile.objects.get(pk=file.pk).stage == Stage.DELETED
    finally:
        root.with_name("away").rename(root)

    dropping.finish()

    assert on_disk() == (2, 3)
    assert errors() == []


def test_a_copy_on_its_way_to_another_storage_goes_as_well(photographed):
    file = StoredFile.objects.get(original_name="IMG_1.jpg")
    path = Path(storage_for(ORIGINALS).location) / "copy.jpg"
    path.write_bytes(b"copy")
    FileMove.objects.create(stored_file=file, to_storage=ORIGINALS, to_name="copy.jpg")
    delete(photographed, ago=LONG_AGO)

    purge_due()

    assert not path.exists()


def test_what_has_an_edit_by_now_stays(photographed):
    delete(photographed, ago=LONG_AGO)
    photo = Photo.objects.get(name="IMG_1.jpg")
    edit = testing.make_edit(photographed, photo=photo)

    assert purge_due() == 0
    assert Edit.objects.filter(pk=edit.pk, photo=photo).exists()


def test_hearts_go_with_the_photo(photographed):
    link = testing.make_link(photographed)
    photo = Photo.objects.get(name="IMG_1.jpg")
    picks.set_favourite(link, photo, True)
    delete(photographed, ago=LONG_AGO)

    assert purge_due() == 1
    assert not Pick.objects.exists()


def test_the_photographer_need_not_wait(photographed):
    delete(photographed)

    assert purge_photos(photographed, Photo.objects.all()) == 1
    assert kept(photographed) == ["IMG_2.jpg"]
    assert on_disk() == (2, 3)


def test_every_use_of_a_file_is_known():
    relations = {
        field.name for field in StoredFile._meta.related_objects if field.related_model != FileMove
    }
    # A library's file is known at its path also without any use.
    assert relations - {"renditions", "library_files"} == {*dropping.USES}


# --- Back again ----------------------------------------------------------------------------------


def test_the_same_file_sent_again_brings_a_photo_back(photographed, arrivals):
    delete(photographed)

    batch = arrivals.announce("IMG_1.jpg", sizes={"IMG_1.jpg": len(photograph())})

    upload = batch.uploads.get()
    assert (upload.state, upload.reason) == (
        UploadState.DUPLICATE,
        "This photo was deleted, and is back.",
    )
    assert kept(photographed) == ["IMG_1.jpg", "IMG_2.jpg"]


def test_the_same_bytes_under_another_name_bring_it_back_as_well(photographed, arrivals):
    delete(photographed)

    arrivals({"Other name.jpg": photograph()})

    assert kept(photographed) == ["IMG_1.jpg", "IMG_2.jpg"]
    assert StoredFile.objects.count() == 2
    assert errors() == []


def test_a_new_version_brings_it_back_without_a_question(photographed, arrivals):
    delete(photographed)

    arrivals({"IMG_1.jpg": photograph(800, 500)})

    photo = photographed.photos.kept().get(name="IMG_1.jpg")
    assert photo.width == 800
    assert [row.version for row in photo.files.order_by("version")] == [1, 2]
    assert not Upload.objects.filter(state=UploadState.ASKED).exists()


def test_what_was_on_its_way_already_brings_nothing_back(photographed, arrivals):
    delete(photographed, ago=-timedelta(minutes=5))

    arrivals({"IMG_1.jpg": photograph(800, 500)})

    assert kept(photographed) == ["IMG_2.jpg"]
    assert not Upload.objects.filter(state=UploadState.ASKED).exists()


def test_a_photo_that_is_gone_for_good_is_taken_in_anew(photographed, arrivals):
    delete(photographed, ago=LONG_AGO)
    purge_due()

    arrivals({"IMG_1.jpg": photograph()})

    assert kept(photographed) == ["IMG_1.jpg", "IMG_2.jpg"]
    assert errors() == []


def test_a_photo_that_was_moved_away_is_taken_in_anew(photographed, arrivals):
    other = testing.make_gallery("Party")
    move_photos(photographed, Photo.objects.filter(name="IMG_1.jpg"), other, actor=None)

    arrivals({"IMG_1.jpg": photograph()})

    assert kept(photographed) == ["IMG_1.jpg", "IMG_2.jpg"]
    assert kept(other) == ["IMG_1.jpg"]
    assert errors() == []
