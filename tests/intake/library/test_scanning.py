"""A scan: folders become galleries, what is known is left alone, and what is gone comes back."""

from __future__ import annotations

import io
import os
import shutil
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ
from PIL import Image

from pumbaphoto_wagtail.exceptions import PatternsRefused, ScanUnderWay
from pumbaphoto_wagtail.intake import raw
from pumbaphoto_wagtail.intake.library import arriving, ask_scan, run_scan
from pumbaphoto_wagtail.models import (
    AccessPolicy,
    Gallery,
    Kind,
    LibraryFile,
    LibraryScan,
    Photo,
    ScanState,
    Stage,
    StoredFile,
    TimeSource,
)
from pumbaphoto_wagtail.testing import make_index_page, make_user
from tests.intake.library.conftest import picture
from tests.intake.test_pairs import dng, jpeg
from tests.intake.test_pipeline import photograph

UNDATED = photograph(width=80, height=60, taken="")
BY_NAME = (
    r"x: .*/(?P<p_year>\d{4})(?P<p_month>\d\d)(?P<p_day>\d\d)"
    r"_(?P<p_hour>\d\d)(?P<p_minute>\d\d)(?P<p_second>\d\d)\.jpg"
    "\nx: .*"
)


def png() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (80, 60)).save(stream, "PNG")
    return stream.getvalue()


class TestAFirstScan:
    def test_makes_a_gallery_of_each_folder(self, trusting):
        trusting.put("2013-02-28 Ski/1.jpg", "Clients/Anna/1.JPG", "Clients/Anna/2.Jpeg")
        scan = trusting.take_in()

        assert scan.state == ScanState.DONE
        assert trusting.galleries() == {"2013-02-28 Ski": "Ski", "Clients/Anna": "Clients > Anna"}
        ski = Gallery.objects.get(title="Ski")
        assert (ski.shoot_date, ski.kind, ski.is_listed) == (date(2013, 2, 28), Kind.FINISHED, True)
        assert not AccessPolicy.objects.exists()
        assert Photo.objects.with_picture().count() == 3
        assert not StoredFile.objects.filter(is_owned=True).exists()

    def test_puts_pages_where_the_photographer_may(self, shelf):
        index = make_index_page(title="Work")
        shelf.set(index_page=index)
        shelf.put("Ski/1.jpg")
        shelf.library.owner.is_superuser = True
        shelf.library.owner.save()
        shelf.scan()

        page = Gallery.objects.get().main_page
        assert page.live
        assert page.get_parent().pk == index.pk

    def test_says_so_where_the_photographer_may_add_no_pages(self, shelf):
        shelf.set(index_page=make_index_page(title="Work"))
        shelf.put("Ski/1.jpg")
        scan = shelf.scan()

        assert Gallery.objects.get().main_page is None
        assert "may not add pages" in scan.notes.get(kind="error").words

    def test_fails_in_words_where_the_photographer_may_add_no_galleries(self, shelf):
        shelf.set(owner=make_user())
        shelf.put("Ski/1.jpg")
        scan = shelf.scan()

        assert (scan.state, Gallery.objects.count()) == (ScanState.FAILED, 0)
        assert "may not add galleries" in scan.reason

    def test_m12_m13_tells_what_fits_no_pattern_and_not_what_is_left_out(self, shelf):
        shelf.set(patterns=r"x: (?P<a_name>ski)/.*", ignores=r"private/.*")
        shelf.put("ski/1.jpg", "ski/notes.txt", "sea/1.jpg", "private/1.jpg")
        scan = shelf.scan()

        notes = {(note.kind, note.path) for note in scan.notes.exclude(kind="gallery")}
        assert notes == {
            ("added", "ski/1.jpg"), ("unknown", "sea/1.jpg"), ("refused", "ski/notes.txt"),
        }  # fmt: skip
        assert scan.counts["ignored"] == 1

    def test_m17_makes_two_galleries_of_two_categories_in_one_folder(self, trusting):
        trusting.set(patterns="Drawings: .*\\.png\nPictures: .*")
        trusting.put("ski/1.jpg")
        trusting.put("ski/1.png", content=png())
        trusting.take_in()

        assert {*trusting.library.folders.values_list("category", "path")} == {
            ("Drawings", "ski"), ("Pictures", "ski"),
        }  # fmt: skip
        assert Photo.objects.with_picture().values("gallery").distinct().count() == 2

    def test_m15_goes_into_every_folder_and_makes_nothing_of_empty_ones(self, shelf):
        shelf.put("a/b/c/d/1.jpg")
        (shelf.root / "a/empty/still empty").mkdir(parents=True)
        shelf.scan()

        assert [*shelf.galleries()] == ["a/b/c/d"]

    def test_m16_a_folder_is_one_gallery_and_a_file_is_known_once(self, shelf):
        shelf.put("ski/1.jpg")
        shelf.scan()

        for row in (shelf.library.folders.get(), LibraryFile.objects.get()):
            row.pk, row.uuid = None, uuid4()
            with pytest.raises(IntegrityError), transaction.atomic():
                row.save(force_insert=True)

    def test_m18_takes_in_long_names_and_says_of_longer_paths_that_they_are(self, trusting):
        path = "/".join(letter * 240 for letter in "ab")
        trusting.put(f"{path}/1.jpg", f"{path}/c/{'d' * 240}.jpg", f"{'e' * 240}/{'f' * 240}.jpg")
        scan = trusting.take_in()

        assert (scan.state, scan.counts) == (ScanState.DONE, {"gallery": 2, "added": 2, "error": 1})
        assert {*trusting.galleries()} == {path, "e" * 240}
        assert "too long" in scan.notes.get(kind="error").words
        assert Photo.objects.with_picture().count() == 2

    def test_X43_one_bad_folder_stops_no_other(self, trusting, monkeypatch):
        from pumbaphoto_wagtail.intake.library import applying

        make = applying.make_gallery

        def stumble(library, folder, *rest, **options):
            if folder == "b":
                raise ValueError("no")
            return make(library, folder, *rest, **options)

        monkeypatch.setattr(applying, "make_gallery", stumble)
        trusting.put("a/1.jpg", "b/1.jpg", "c/1.jpg")
        scan = trusting.scan()

        assert scan.state == ScanState.DONE
        assert set(trusting.galleries()) == {"a", "c"}
        assert scan.notes.get(kind="error").path == "b"
        assert scan.counts["added"] == 2

    def test_f3_f12_does_not_see_links_hidden_things_and_thumbnails(self, shelf, nas, tmp_path):
        (tmp_path / "secret.jpg").write_bytes(picture("secret"))
        shelf.put("ski/1.jpg", "ski/.hidden.jpg", ".trash/1.jpg", "ski/_thumbs/1.jpg")
        os.symlink(tmp_path / "secret.jpg", nas / "ski/link.jpg")
        os.symlink(tmp_path, nas / "way-out")
        os.mkfifo(nas / "ski/pipe.jpg")
        shelf.scan()

        assert [*LibraryFile.objects.values_list("path", flat=True)] == ["ski/1.jpg"]

    def test_notes_names_that_are_no_text(self, shelf, nas):
        shelf.put("ski/1.jpg")
        with open(os.fsencode(nas / "ski") + b"/\xff.jpg", "wb") as stored:
            stored.write(picture("x"))
        scan = shelf.scan()

        assert scan.state == ScanState.DONE
        assert "\\udcff" in scan.notes.get(kind="error").path

    def test_X44_keeps_names_apart_that_only_look_alike(self, trusting):
        trusting.put("ski/①.jpg", "ski/1.jpg", "ski/\u00e9.jpg", "ski/e\u0301.jpg")
        trusting.take_in()

        assert Photo.objects.with_picture().count() == 4

    def test_of_an_empty_library_stops(self, shelf):
        assert shelf.scan().state == ScanState.STOPPED

    def test_of_the_same_bytes_twice_makes_one_photo(self, trusting):
        trusting.put("ski/1.jpg", "ski/2.jpg", content=picture("same"))
        trusting.take_in()

        assert Photo.objects.count() == StoredFile.objects.count() == 1
        os.unlink(trusting.root / "ski/1.jpg")
        trusting.set(missing_percent=100)
        trusting.scan()
        assert Photo.objects.with_picture().count() == 1
        assert StoredFile.objects.get().name == "ski/2.jpg"

    def test_wakes_a_worker_for_each_file(self, shelf):
        shelf.put("ski/1.jpg", "ski/2.jpg")
        shelf.scan()
        woken = [task.func() for task in OrmQ.objects.filter(key="pumbaphoto")]
        assert woken == ["pumbaphoto_wagtail.tasks.scan_arrived"]

        assert arriving.wake_arrived(Gallery.objects.get().pk) == 2
        woken = [task.func() for task in OrmQ.objects.filter(key="pumbaphoto")]
        assert woken.count("pumbaphoto_wagtail.tasks.scan_file") == 2


class TestASecondScan:
    def test_m25_of_an_unchanged_library_writes_nothing_but_its_own_row(self, trusting):
        trusting.put(*(f"{folder}/{number}.jpg" for folder in "abc" for number in range(4)))
        trusting.take_in()
        scan = ask_scan(trusting.library, None)
        with CaptureQueriesContext(connection) as queries:
            run_scan(scan.pk)
        writes = [
            query["sql"]
            for query in queries
            if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
        ]

        assert all("libraryscan" in sql for sql in writes), writes
        assert len(writes) <= 5
        assert len(queries) <= 25

    def test_asks_no_more_of_a_larger_library(self, trusting):
        def queries() -> int:
            trusting.scan()
            scan = ask_scan(trusting.library, None)
            with CaptureQueriesContext(connection) as found:
                run_scan(scan.pk)
            return len(found)

        trusting.put("a/1.jpg")
        few = queries()
        trusting.put(*(f"{folder}/{number}.jpg" for folder in "abcdef" for number in range(6)))
        assert queries() == few

    def test_reads_nothing_that_is_unchanged(self, trusting, monkeypatch):
        trusting.put("ski/1.jpg")
        trusting.take_in()
        monkeypatch.setattr(
            "pumbaphoto_wagtail.storage.library.LibraryStorage._open", lambda *_rest: 1 / 0
        )
        assert trusting.scan().counts == {"unchanged": 1}

    def test_m19_leaves_titles_and_days_that_were_edited(self, trusting):
        trusting.put("2013-02-28 Ski/1.jpg")
        trusting.take_in()
        Gallery.objects.update(title="Skiing", shoot_date=date(2013, 3, 1))
        Photo.objects.update(position=7, is_hidden=True)
        trusting.scan(is_full=True)

        assert Gallery.objects.get(title="Skiing").shoot_date == date(2013, 3, 1)
        assert Photo.objects.filter(position=7, is_hidden=True).exists()

    def test_of_a_file_that_was_only_touched_changes_nothing(self, trusting):
        trusting.put("ski/1.jpg")
        trusting.take_in()
        os.utime(trusting.root / "ski/1.jpg", (1, 1))

        assert trusting.scan().counts == {"unchanged": 1}
        assert StoredFile.objects.get().stage == Stage.READY
        assert trusting.scan().counts == {"unchanged": 1}

    def test_takes_changed_bytes_for_a_new_version(self, trusting):
        trusting.put("ski/1.jpg")
        trusting.take_in()
        photo = trusting.photo("ski/1.jpg")
        Photo.objects.update(position=3)
        trusting.put("ski/1.jpg", content=picture("other, and longer"))
        scan = trusting.scan()

        assert scan.counts == {"changed": 1}
        assert not Photo.objects.with_picture().exists()
        trusting.process()
        photo.refresh_from_db()
        assert (photo.position, photo.files.count()) == (3, 2)
        assert photo.picture == trusting.file("ski/1.jpg")
        assert Photo.objects.with_picture().get() == photo

    def test_does_not_take_in_again_what_was_deleted_by_hand(self, trusting):
        from pumbaphoto_wagtail.intake import deleting, purging

        trusting.put("ski/1.jpg", "ski/2.jpg")
        trusting.take_in()
        gallery, photos = Gallery.objects.get(), Photo.objects.filter(name="1.jpg")
        deleting.delete_photos(gallery, photos, actor=None)
        purging.purge_photos(gallery, photos)
        trusting.take_in()

        assert [*Photo.objects.values_list("name", flat=True)] == ["2.jpg"]
        assert (trusting.root / "ski/1.jpg").exists()
        assert not StoredFile.objects.get(name="ski/1.jpg").renditions.exists()


class TestX42WhatIsGone:
    def test_is_missing_and_comes_back_with_its_place(self, trusting):
        trusting.put(*(f"ski/{number}.jpg" for number in range(6)))
        trusting.take_in()
        photo = trusting.photo("ski/1.jpg")
        os.rename(trusting.root / "ski/1.jpg", trusting.root.parent / "1.jpg")
        scan = trusting.scan()

        assert (scan.state, scan.counts["missing"]) == (ScanState.DONE, 1)
        assert trusting.file("ski/1.jpg").stage == Stage.MISSING
        assert photo not in Photo.objects.with_picture()
        assert trusting.scan().counts == {"unchanged": 5}
        os.rename(trusting.root.parent / "1.jpg", trusting.root / "ski/1.jpg")
        assert trusting.scan().counts == {"back": 1, "unchanged": 5}
        assert photo in Photo.objects.with_picture()

    def test_m21_with_a_folder_leaves_the_gallery_and_marks_it(self, trusting):
        trusting.put("ski/1.jpg", *(f"sea/{number}.jpg" for number in range(6)))
        trusting.take_in()
        shutil.rmtree(trusting.root / "ski")
        trusting.scan()

        assert trusting.library.folders.get(path="ski").missing_since
        assert Gallery.objects.filter(title="ski").exists()
        trusting.put("ski/1.jpg")
        trusting.scan()
        assert trusting.library.folders.get(path="ski").missing_since is None

    @pytest.mark.parametrize("how", ["unmounted", "empty", "mostly gone"])
    def test_as_a_whole_stops_the_scan_untouched(self, trusting, how):
        trusting.put(*(f"ski/{number}.jpg" for number in range(4)))
        trusting.take_in()
        os.rename(trusting.root, trusting.root.parent / "away")
        if how != "unmounted":
            trusting.root.mkdir()
        if how == "mostly gone":
            trusting.put("ski/0.jpg")
        scan = trusting.scan()

        assert scan.state == ScanState.STOPPED
        assert scan.reason
        assert Photo.objects.with_picture().count() == 4

    def test_in_a_folder_that_may_not_be_read_is_not_taken_for_gone(self, trusting, monkeypatch):
        from pumbaphoto_wagtail.intake.library import walking

        trusting.put("ski/1.jpg", "sea/1.jpg")
        trusting.take_in()
        list_entries = walking.entries_of

        def refuse(storage, path):
            if path == "ski":
                raise PermissionError(13, "Permission denied")
            return list_entries(storage, path)

        monkeypatch.setattr(walking, "entries_of", refuse)
        scan = trusting.scan()

        assert scan.counts == {"error": 1, "unchanged": 1}
        assert Photo.objects.with_picture().count() == 2


class TestARawAndItsJpeg:
    @pytest.fixture(autouse=True)
    def rawpy(self):
        return raw.load() or pytest.skip("rawpy is not installed")

    def test_are_one_photo_shown_by_whichever_is_there(self, trusting):
        trusting.put("ski/IMG_1.dng", content=dng())
        trusting.put("ski/img_1.JPG", content=jpeg())
        trusting.set(missing_percent=100)
        trusting.take_in()
        photo = Photo.objects.with_picture().get()
        assert (photo.files.count(), photo.picture.format) == (2, "jpeg")

        (trusting.root / "ski/img_1.JPG").rename(trusting.root.parent / "img_1.JPG")
        trusting.scan()
        assert Photo.objects.with_picture().get().picture.format == "dng"
        (trusting.root.parent / "img_1.JPG").rename(trusting.root / "ski/img_1.JPG")
        trusting.scan()
        assert Photo.objects.with_picture().get().picture.format == "jpeg"


class TestWhatWasRenamed:
    def test_keeps_its_gallery_when_it_is_a_folder(self, trusting, rename):
        trusting.put("ski/1.jpg", "ski/2.jpg")
        trusting.take_in()
        gallery, photo = Gallery.objects.get(), trusting.photo("ski/1.jpg")
        rename("ski", "2013-02-28 Skiing")
        scan = trusting.scan()

        assert scan.counts == {"renamed": 3}
        assert trusting.galleries() == {"2013-02-28 Skiing": "ski"}
        assert trusting.photo("2013-02-28 Skiing/1.jpg") == photo
        assert Photo.objects.with_picture().filter(gallery=gallery).count() == 2
        assert trusting.scan().counts == {"unchanged": 2}

    def test_keeps_its_photo_when_it_is_a_file(self, trusting, rename):
        trusting.put("ski/1.jpg")
        trusting.take_in()
        photo = trusting.photo("ski/1.jpg")
        rename("ski/1.jpg", "ski/best.jpg")
        trusting.scan()
        photo.refresh_from_db()

        assert (photo.name, trusting.photo("ski/best.jpg")) == ("best.jpg", photo)

    def test_goes_along_to_another_gallery(self, trusting, rename):
        trusting.put("ski/1.jpg", "ski/2.jpg", "sea/1.jpg")
        trusting.take_in()
        photo = trusting.photo("ski/1.jpg")
        rename("ski/1.jpg", "sea/9.jpg")
        trusting.take_in()
        photo.refresh_from_db()

        assert photo.gallery.title == "sea"
        assert Photo.objects.with_picture().count() == 3

    def test_stays_where_somebody_has_chosen_it_and_comes_to_the_other_too(self, trusting, rename):
        from pumbaphoto_wagtail.proofing import picks
        from pumbaphoto_wagtail.testing import make_link

        trusting.put("ski/1.jpg", "ski/2.jpg", "sea/1.jpg")
        trusting.take_in()
        photo = trusting.photo("ski/1.jpg")
        Gallery.objects.update(kind=Kind.CHOOSE)
        picks.set_favourite(make_link(Gallery.objects.get(title="ski")), photo, True)
        rename("ski/1.jpg", "sea/9.jpg")
        trusting.take_in()
        photo.refresh_from_db()

        assert photo.gallery.title == "ski"
        rows = LibraryFile.objects.filter(path="sea/9.jpg")
        assert {row.photo.gallery.title for row in rows} == {"ski", "sea"}
        assert Photo.objects.with_picture().count() == 4

    def test_is_known_also_if_it_was_missing_before(self, trusting, rename):
        trusting.put(*(f"ski/{number}.jpg" for number in range(6)))
        trusting.take_in()
        photo = trusting.photo("ski/1.jpg")
        rename("ski/1.jpg", "../1.jpg")
        trusting.scan()
        rename("../1.jpg", "ski/one.jpg")
        trusting.scan()

        assert trusting.photo("ski/one.jpg") == photo
        assert Photo.objects.with_picture().count() == 6


class TestTimes:
    def test_b30_are_the_cameras_then_the_paths_then_the_files(self, trusting):
        trusting.set(patterns=BY_NAME)
        trusting.put("ski/20130701_123000.jpg", content=UNDATED + b"1")
        trusting.put("ski/x.jpg", content=UNDATED + b"2")
        trusting.put("ski/20130701_123001.jpg", content=photograph(width=80, height=60))
        os.utime(trusting.root / "ski/x.jpg", (10**9, 10**9))
        trusting.take_in()
        found = {
            photo.name: (photo.taken_at, photo.taken_at_source) for photo in Photo.objects.all()
        }

        assert found["20130701_123000.jpg"] == (
            datetime(2013, 7, 1, 12, 30, tzinfo=UTC),
            TimeSource.PATH,
        )
        assert found["x.jpg"] == (datetime.fromtimestamp(10**9, UTC), TimeSource.FILE)
        assert found["20130701_123001.jpg"][1] == TimeSource.EXIF

    def test_m22_are_looked_at_again_only_when_asked(self, trusting):
        trusting.put("ski/20130701_123000.jpg", content=UNDATED)
        trusting.put("ski/20130701_123001.jpg", content=photograph(width=80, height=60))
        trusting.take_in()
        camera = trusting.photo("ski/20130701_123001.jpg").taken_at
        trusting.set(patterns=BY_NAME)

        assert trusting.scan().counts == {"unchanged": 2}
        assert trusting.scan(is_full=True).counts == {"unchanged": 2, "redated": 1}
        photo = trusting.photo("ski/20130701_123000.jpg")
        assert photo.taken_at == photo.ordered_at == datetime(2013, 7, 1, 12, 30, tzinfo=UTC)
        assert trusting.photo("ski/20130701_123001.jpg").taken_at == camera
        assert trusting.scan(is_full=True).counts == {"unchanged": 2}


class TestARun:
    def test_dry_changes_nothing_and_says_what_would_be_done(self, shelf):
        shelf.put("ski/1.jpg", "ski/2.jpg")
        scan = shelf.scan(is_dry_run=True)

        assert (scan.state, scan.counts) == (ScanState.DONE, {"gallery": 1, "added": 2})
        assert not Gallery.objects.exists()
        assert not StoredFile.objects.exists()

    def test_is_one_at_a_time(self, shelf):
        ask_scan(shelf.library, shelf.library.owner)
        with pytest.raises(ScanUnderWay):
            ask_scan(shelf.library, shelf.library.owner)

    def test_is_not_begun_with_patterns_that_cannot_be_used(self, shelf):
        shelf.set(patterns="(")
        with pytest.raises(PatternsRefused):
            ask_scan(shelf.library, None)

    def test_m24_that_was_cut_off_goes_on_where_it_was(self, trusting, monkeypatch):
        from pumbaphoto_wagtail.intake.library import runs
        from pumbaphoto_wagtail.intake.library.applying import Applying

        trusting.put("a/1.jpg", "b/1.jpg", "c/1.jpg", "notes.txt")
        scan = ask_scan(trusting.library, None)
        apply = Applying.apply

        def die(self, work, save):
            if work.folder == "b":
                raise SystemExit
            apply(self, work, save)

        with monkeypatch.context() as killed:
            killed.setattr(Applying, "apply", die)
            with pytest.raises(SystemExit):
                run_scan(scan.pk)
        assert run_scan(scan.pk) is False, "its lease has not ended"
        LibraryScan.objects.update(lease_until=datetime(2020, 1, 1, tzinfo=UTC))
        assert runs.reconcile() == 1
        assert run_scan(scan.pk)
        scan.refresh_from_db()
        expected = {"gallery": 3, "added": 3, "refused": 1, "unchanged": 1}
        assert (scan.state, scan.counts) == (ScanState.DONE, expected)
        assert Gallery.objects.count() == LibraryFile.objects.count() == 3

    def test_that_takes_long_asks_another_worker_to_go_on(self, trusting):
        trusting.put("a/1.jpg", "b/1.jpg")
        scan = ask_scan(trusting.library, None)

        assert run_scan(scan.pk, seconds=0) is False
        assert Gallery.objects.count() == 1
        assert run_scan(scan.pk, seconds=0) is False
        assert run_scan(scan.pk, seconds=0) is True
        assert Gallery.objects.count() == 2

    def test_keeps_a_bounded_report_and_says_what_it_left_out(self, shelf, monkeypatch):
        from pumbaphoto_wagtail.intake.library import report

        monkeypatch.setattr(report, "NOTES_PER_KIND", 2)
        shelf.put(*(f"ski/{number}.jpg" for number in range(5)))
        scan = shelf.scan()

        assert scan.counts["added"] == 5
        assert scan.notes.filter(kind="added").count() == 3
        assert scan.notes.filter(kind="added").last().words == "and 3 more"
