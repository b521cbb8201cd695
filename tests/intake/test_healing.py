"""A file that the storage has lost comes back with the same bytes."""

from __future__ import annotations

import pytest

from pumbaphoto_wagtail.models import Edit, Photo, PhotoFile, Purpose, Stage, StoredFile
from pumbaphoto_wagtail.storage import INCOMING, ORIGINALS, digest, walk
from pumbaphoto_wagtail.verification import Inspection, verify
from tests.intake.test_pipeline import photograph


@pytest.fixture
def original(scanned_shoot, arrivals, own_storages):
    """A photograph's file, and its path on the disk."""
    arrivals({"A/IMG_1.jpg": photograph()})
    file = StoredFile.objects.get()
    return file, own_storages / "originals" / file.name


def lose(path):
    path.unlink()


def damage(path):
    content = bytearray(path.read_bytes())
    content[500] ^= 0xFF
    path.write_bytes(content)


def lose_and_notice(path):
    path.unlink()
    StoredFile.objects.update(stage=Stage.MISSING, reason="The file is missing.")


@pytest.mark.parametrize("accident", [lose, damage, lose_and_notice])
@pytest.mark.parametrize("name", ["A/IMG_1.jpg", "Elsewhere/other.jpg"])
def test_brings_back_everything_that_points_to_it(
    original, arrivals, scanned_shoot, accident, name
):
    file, path = original
    photo = Photo.objects.get()
    before = list(file.renditions.values_list("tier", "digest"))
    accident(path)
    if accident is not lose_and_notice:
        # The manifest cannot know of it yet; whoever sends the bytes all the same heals it.
        file.uploads.update(last_modified=None)

    batch = arrivals({name: photograph()})
    arrivals.process()

    assert StoredFile.objects.get().pk == file.pk
    assert PhotoFile.objects.get().photo == photo
    file.refresh_from_db()
    assert (file.stage, file.reason) == (Stage.READY, "")
    assert digest(file.storage, file.name).sha256 == file.sha256
    assert list(file.renditions.values_list("tier", "digest")) == before
    assert batch.uploads.get().state == "accepted"
    assert batch.uploads.get().stored_file == file
    assert len(list(walk(ORIGINALS))) == 2, "the file and its sidecar"
    assert list(walk(INCOMING)) == []
    assert list(verify(Inspection())) == []


def test_heals_an_edit_as_well(scanned_shoot, arrivals, own_storages):
    arrivals({"IMG_1_edit.jpg": photograph()}, Purpose.EDIT)
    edit = Edit.objects.get()
    (own_storages / "originals" / edit.stored_file.name).unlink()
    StoredFile.objects.update(stage=Stage.MISSING)
    arrivals({"IMG_1_edit.jpg": photograph()}, Purpose.EDIT)
    arrivals.process()
    assert Edit.objects.get() == edit
    assert StoredFile.objects.get().stage == Stage.READY


def test_other_bytes_take_a_lost_ones_place_without_a_question(original, arrivals):
    _file, path = original
    lose_and_notice(path)
    batch = arrivals({"A/IMG_1.jpg": photograph(800)})
    assert batch.uploads.get().state == "accepted"
    assert list(Photo.objects.get().files.values_list("version", "is_current")) == [
        (1, False),
        (2, True),
    ]


def test_a_file_of_the_photographers_own_library_is_left_alone(original, arrivals):
    file, path = original
    lose_and_notice(path)
    StoredFile.objects.update(is_owned=False)
    place = StoredFile.objects.values_list("storage", "name").get()
    arrivals({"A/IMG_1.jpg": photograph()})
    assert StoredFile.objects.filter(pk=file.pk).values_list("storage", "name").get() == place


def test_infected_bytes_sent_again_are_infected_again(scanned_shoot, arrivals):
    from pumbaphoto_wagtail.intake.clamd_client import eicar

    for _ in range(2):
        arrivals({"bad.jpg": eicar()})
    assert list(StoredFile.objects.values_list("stage", flat=True)) == [Stage.INFECTED] * 2
    assert not Photo.objects.exists()


def test_a_failed_file_sent_again_is_tried_again(original, arrivals):
    StoredFile.objects.update(stage=Stage.FAILED)
    batch = arrivals({"A/IMG_1.jpg": photograph()})
    photo = Photo.objects.get()
    assert batch.uploads.get().state == "accepted"
    assert photo.files.get(is_current=True).stored_file.stage == Stage.READY
    assert photo.picture.stage == Stage.READY
