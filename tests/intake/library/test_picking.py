"""Photographs picked by hand: what is told of folders, and what comes of one request."""

from __future__ import annotations

import os

import pytest
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail.exceptions import NotInLibrary, TransitionNotAllowed
from pumbaphoto_wagtail.intake.library import picking
from pumbaphoto_wagtail.intake.library.browsing import list_folder
from pumbaphoto_wagtail.intake.library.picking import pick
from pumbaphoto_wagtail.models import Gallery, LibraryFile, Photo, State, StoredFile
from pumbaphoto_wagtail.testing import make_gallery
from tests.intake.library.conftest import picture


@pytest.fixture
def gallery(trusting) -> Gallery:
    return make_gallery(owner=trusting.library.owner)


class TestB34AFolder:
    def test_is_told_by_natural_names(self, shelf):
        shelf.put("b/1.jpg", "a/1.jpg", "IMG_10.jpg", "IMG_9.JPG", "notes.txt", ".hidden.jpg")
        listing = list_folder(shelf.library, "")

        assert [folder.path for folder in listing.folders] == ["a", "b"]
        assert [file.name for file in listing.files] == ["IMG_9.JPG", "IMG_10.jpg"]
        assert listing.others == 1

    def test_ticks_what_the_gallery_has(self, trusting, gallery):
        trusting.put("a/1.jpg", "a/2.jpg")
        pick(gallery, trusting.library, ["a/1.jpg"], gallery.owner)
        listing = list_folder(trusting.library, "a", gallery)

        assert [file.is_taken for file in listing.files] == [True, False]

    def test_is_told_without_what_the_library_leaves_out(self, shelf):
        shelf.set(ignores=r"a/2\.jpg")
        shelf.put("a/1.jpg", "a/2.jpg")

        assert [file.name for file in list_folder(shelf.library, "a").files] == ["1.jpg"]

    @pytest.mark.parametrize(
        "path", ["..", "a/..", "../nas", "/", "/etc", "a/", ".trash", "link", "a\0", "no", "1.jpg"]
    )
    def test_B35_that_is_not_told_does_not_exist(self, shelf, nas, tmp_path, path):
        shelf.put("1.jpg", "a/1.jpg", ".trash/1.jpg")
        os.symlink(tmp_path, nas / "link")
        with pytest.raises(NotInLibrary):
            list_folder(shelf.library, path)


class TestPicking:
    def test_brings_files_on_the_way_of_every_upload(self, trusting, gallery):
        trusting.put("a/1.jpg", "b/photo..final.jpg")
        paths = ["a/1.jpg", "b/photo..final.jpg"]
        picked = pick(gallery, trusting.library, paths, gallery.owner)
        trusting.process()

        assert (picked.taken, picked.present, picked.refused) == (2, 0, {})
        assert Photo.objects.with_picture().filter(gallery=gallery).count() == 2
        assert not StoredFile.objects.filter(is_owned=True).exists()
        entry = ModelLogEntry.objects.get(action=picking.PICK)
        assert entry.data == {"count": 2, "library": "Archive"}

    def test_b29_counts_what_is_there_and_names_what_is_refused(self, trusting, gallery):
        trusting.put("a/1.jpg", "a/2.jpg", "a/notes.txt", ".hidden.jpg")
        pick(gallery, trusting.library, ["a/1.jpg"], gallery.owner)
        paths = ["a/1.jpg", "a/2.jpg", "a/2.jpg", "a/notes.txt", "../x.jpg", ".hidden.jpg", "a"]
        picked = pick(gallery, trusting.library, paths, gallery.owner)

        assert (picked.taken, picked.present) == (1, 1)
        assert {*picked.refused} == {"a/notes.txt", "../x.jpg", ".hidden.jpg", "a"}
        assert len({picked.refused[path] for path in ("../x.jpg", ".hidden.jpg", "a")}) == 1

    def test_B28_shows_one_file_in_several_galleries(self, trusting, gallery):
        trusting.put("a/1.jpg")
        trusting.take_in()
        pick(gallery, trusting.library, ["a/1.jpg"], gallery.owner)

        assert StoredFile.objects.count() == 1
        assert Photo.objects.with_picture().count() == 2
        photo = Photo.objects.get(gallery=gallery)
        assert (photo.width, photo.taken_at is not None) == (80, True)

    def test_while_the_file_is_on_its_way_shows_it_in_both(self, trusting, gallery):
        trusting.put("a/1.jpg")
        trusting.scan()
        pick(gallery, trusting.library, ["a/1.jpg"], gallery.owner)
        trusting.process()

        assert Photo.objects.with_picture().count() == 2

    def test_follows_a_file_that_changes(self, trusting, gallery):
        trusting.put("a/1.jpg")
        trusting.take_in()
        pick(gallery, trusting.library, ["a/1.jpg"], gallery.owner)
        trusting.put("a/1.jpg", content=picture("other, and longer"))
        trusting.take_in()

        assert Photo.objects.with_picture().count() == 2
        assert all(photo.files.count() == 2 for photo in Photo.objects.all())

    def test_of_a_file_and_then_a_scan_makes_one_photo_in_its_own_gallery(self, trusting):
        trusting.put("a/1.jpg", "a/2.jpg")
        trusting.set(ignores=r"a/2\.jpg")
        trusting.take_in()
        own = Gallery.objects.get()
        pick(own, trusting.library, ["a/2.jpg"], None)
        assert LibraryFile.objects.count() == 1, "what is left out does not exist"
        trusting.set(ignores="")
        pick(own, trusting.library, ["a/2.jpg"], None)
        trusting.take_in()
        assert Photo.objects.with_picture().count() == 2

    def test_is_bounded(self, trusting, gallery):
        paths = [f"{number}.jpg" for number in range(picking.MOST_AT_ONCE + 1)]
        with pytest.raises(TransitionNotAllowed):
            pick(gallery, trusting.library, paths, gallery.owner)

    def test_is_not_for_archived_galleries(self, trusting, gallery):
        Gallery.objects.update(state=State.ARCHIVED)
        gallery.refresh_from_db()
        trusting.put("a/1.jpg")
        with pytest.raises(TransitionNotAllowed):
            pick(gallery, trusting.library, ["a/1.jpg"], gallery.owner)
