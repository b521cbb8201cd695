"""The same bytes twice: kept once, and a copy that was lost or changed is healed by the second."""

from __future__ import annotations

from pathlib import Path

import pytest

from pumbaphoto_wagtail.intake import dropping
from pumbaphoto_wagtail.models import Photo, Rendition, Stage, StoredFile, Upload, UploadState
from pumbaphoto_wagtail.storage import ORIGINALS, storage_for, walk
from pumbaphoto_wagtail.verification import Inspection, verify

from .test_pipeline import photograph


def path_of(file: StoredFile) -> Path:
    return Path(storage_for(file.storage).location) / file.name


@pytest.mark.parametrize("harm", ["deleted", "changed"])
def test_a_photo_whose_file_was_harmed_by_hand_is_healed_by_sending_it_again(
    scanned_shoot, arrivals, harm
):
    arrivals({"IMG_1.jpg": photograph()})
    photo, before = Photo.objects.get(), StoredFile.objects.get()
    path = path_of(before)
    content = path.read_bytes()
    path.unlink()
    if harm == "changed":
        path.write_bytes(content[:-1] + b"!")
    assert len(list(verify(Inspection()))) == 1

    arrivals({"IMG_1 again.jpg": content})
    arrivals.process()

    assert list(verify(Inspection())) == []
    assert Photo.objects.get() == photo
    file = StoredFile.objects.get()
    assert (file.pk, file.uuid, file.stage) == (before.pk, before.uuid, Stage.READY)
    assert path_of(file).read_bytes() == content
    assert Rendition.objects.filter(stored_file=file).count() == 3
    assert len(list(walk(ORIGINALS))) == 2
    assert set(Upload.objects.values_list("state", "stored_file")) == {("accepted", file.pk)}


def test_what_was_dropped_by_a_worker_that_died_is_finished(scanned_shoot, arrivals):
    arrivals({"IMG_1.jpg": photograph()})
    arrivals({"IMG_2.jpg": photograph(700)})
    left = StoredFile.objects.order_by("pk").last()
    left.uploads.update(stored_file=None, state=UploadState.DUPLICATE)
    Photo.objects.get(picture=left).delete()
    StoredFile.objects.filter(pk=left.pk).update(stage=Stage.DELETED)

    assert dropping.finish() == 1
    assert dropping.finish() == 0
    assert StoredFile.objects.count() == 1
    assert len(list(walk(ORIGINALS))) == 2


def test_the_record_of_what_was_deleted_on_purpose_stays(scanned_shoot, arrivals):
    arrivals({"IMG_1.jpg": photograph()})
    StoredFile.objects.update(stage=Stage.DELETED)
    assert dropping.finish() == 0
    assert StoredFile.objects.count() == 1
