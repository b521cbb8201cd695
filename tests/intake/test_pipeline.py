"""From received bytes to a picture in the gallery, with a real clamd and real files."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ
from PIL import Image

from pumbaphoto_wagtail.intake import batches, publishing, quarantine
from pumbaphoto_wagtail.intake.clamd_client import eicar
from pumbaphoto_wagtail.intake.pipeline import render_file, scan_file
from pumbaphoto_wagtail.intake.reconciling import reconcile, scannable_ids
from pumbaphoto_wagtail.intake.rerendering import render_again
from pumbaphoto_wagtail.intake.visual_keys import read_visual_key
from pumbaphoto_wagtail.models import (
    Edit,
    Message,
    Photo,
    PhotoFile,
    Purpose,
    Rendition,
    Stage,
    StoredFile,
    Upload,
    UploadState,
    Verdict,
)
from pumbaphoto_wagtail.storage import (
    INCOMING,
    ORIGINALS,
    RENDITIONS,
    digest,
    open_file,
    read_sidecar,
    storage_for,
    walk,
)
from tests.clamd import running_clamd
from tests.samples import sample_path


def photograph(
    width=900, height=600, *, taken="2026:07:01 12:00:00", sub_seconds="", serial="", orientation=1
):
    exif = Image.Exif()
    exif[0x0112] = orientation
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    if sub_seconds:
        exif.get_ifd(0x8769)[0x9291] = sub_seconds
    if serial:
        exif.get_ifd(0x8769)[0xA431] = serial
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 12.0, 30.0)
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    stream = io.BytesIO()
    picture.save(stream, "JPEG", exif=exif, quality=90)
    return stream.getvalue()


def file_named(name: str) -> StoredFile:
    return StoredFile.objects.get(original_name=name)


class TestAGoodFile:
    def test_ends_ready_with_upright_renditions_without_metadata(self, scanned_shoot, arrivals):
        arrivals({"IMG_1.jpg": photograph(3000, 2000, orientation=6)})
        file = file_named("IMG_1.jpg")
        assert (file.stage, file.verdict) == (Stage.READY, Verdict.CLEAN)
        assert file.scanner_version.startswith("ClamAV")
        assert file.scan_seconds > 0
        assert file.render_seconds > 0
        sizes = {row.tier: (row.width, row.height) for row in file.renditions.all()}
        assert sizes == {"grid": (200, 300), "view": (533, 800), "display": (1600, 2400)}
        for row in file.renditions.all():
            with open_file(row.storage, row.name) as stored:
                picture = Image.open(stored)
                assert picture.size == (row.width, row.height)
                assert not picture.getexif()
                assert "icc_profile" not in picture.info

    def test_becomes_a_photo_with_what_the_camera_said(self, scanned_shoot, arrivals):
        arrivals({"IMG_1.jpg": photograph(serial="123")})
        photo = Photo.objects.get()
        assert photo.taken_at.isoformat() == "2026-07-01T12:00:00+00:00"
        assert (photo.serial, photo.width, photo.height) == ("123", 900, 600)
        assert photo.average_colour.startswith("#")
        assert len(photo.perceptual_hash) == 16
        assert read_visual_key(photo.picture.visual_key)
        assert photo.picture.identity["taken_at"] == "2026-07-01T12:00:00"
        assert photo.picture.identity["is_grey"] in (True, False)
        assert photo.is_shown

    def test_is_promoted_whole_with_a_sidecar_and_no_part_is_left(self, scanned_shoot, arrivals):
        content = photograph()
        arrivals({"Card 1/IMG_1.JPG": content})
        file = file_named("IMG_1.JPG")
        assert file.storage == ORIGINALS
        assert file.name == f"{scanned_shoot.uuid}/{file.uuid}.jpg"
        assert digest(file.storage, file.name).sha256 == file.sha256
        assert read_sidecar(ORIGINALS, file.name)["original_name"] == "IMG_1.JPG"
        assert list(walk(INCOMING)) == []

    def test_added_after_the_first_share_is_not_shown_yet(self, scanned_shoot, arrivals):
        scanned_shoot.first_shared_at = "2026-07-02T00:00:00Z"
        scanned_shoot.save()
        arrivals({"IMG_1.jpg": photograph()})
        assert not Photo.objects.get().is_shown

    def test_done_twice_changes_nothing(self, scanned_shoot, arrivals):
        arrivals({"IMG_1.jpg": photograph()})
        before = list(Rendition.objects.values_list("pk", "name")), list(walk(RENDITIONS))
        key = StoredFile.objects.get().pk
        assert scan_file(key) is None
        assert render_file(key) is None
        StoredFile.objects.update(stage=Stage.CLEAN)
        assert render_file(key) == Stage.READY
        assert (list(Rendition.objects.values_list("pk", "name")), list(walk(RENDITIONS))) == before
        assert Photo.objects.count() == PhotoFile.objects.count() == 1


class TestAnInfectedFile:
    def test_is_quarantined_named_and_never_rendered_while_the_rest_goes_on(
        self, scanned_shoot, arrivals
    ):
        batch = arrivals({"good.jpg": photograph(), "bad.jpg": photograph()[:-2] + eicar()})
        bad = file_named("bad.jpg")
        assert (bad.stage, bad.verdict) == (Stage.INFECTED, Verdict.INFECTED)
        assert "EICAR" in bad.virus_name
        assert "EICAR" in bad.reason
        assert bad.scan_seconds > 0
        assert bad.name.startswith("quarantine/")
        assert digest(bad.storage, bad.name).sha256 == bad.sha256
        assert not bad.renditions.exists()
        assert [photo.name for photo in Photo.objects.all()] == ["good.jpg"]
        assert batches.counts(batch)["accepted"] == 2

    def test_by_its_content_even_under_a_false_name(self, scanned_shoot, arrivals):
        arrivals({"eicar.jpg": eicar()})
        assert StoredFile.objects.get().stage == Stage.INFECTED

    def test_a_crash_before_the_quarantine_is_put_right(self, scanned_shoot, arrivals):
        arrivals.receive({"bad.jpg": eicar()})
        file = StoredFile.objects.get()
        StoredFile.objects.update(stage=Stage.INFECTED, verdict=Verdict.INFECTED)
        assert reconcile()["quarantined"] == 1
        file.refresh_from_db()
        assert file.name.startswith("quarantine/")
        assert list(walk(INCOMING)) == [file.name]

    def test_newer_signatures_may_clear_it(self, scanned_shoot, arrivals):
        arrivals({"a.jpg": photograph()})
        StoredFile.objects.update(stage=Stage.INFECTED, verdict=Verdict.INFECTED, virus_name="x")
        assert quarantine.scan_again(StoredFile.objects.get())
        arrivals.process()
        assert StoredFile.objects.get().stage == Stage.READY


class TestWithoutAVerdict:
    def test_a_scanner_that_is_away_leaves_the_file_waiting_uncounted(
        self, shoot, arrivals, settings
    ):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CLAMD_ADDRESS": "unix:/nowhere/clamd.ctl"}
        arrivals({"a.jpg": photograph()})
        file = StoredFile.objects.get()
        assert (file.stage, file.verdict, file.scan_attempts) == (Stage.WAITING, Verdict.NONE, 0)
        assert file.retry_at is not None
        assert file.reason
        assert not Rendition.objects.exists()
        assert Upload.objects.get().state == UploadState.RECEIVED

    def test_it_drains_by_itself_when_the_scanner_is_back(self, shoot, arrivals, settings, clamd):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CLAMD_ADDRESS": "unix:/nowhere/clamd.ctl"}
        arrivals({"a.jpg": photograph()})
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CLAMD_ADDRESS": clamd.address}
        assert scannable_ids() == []
        StoredFile.objects.update(retry_at="2020-01-01T00:00:00Z")
        assert len(scannable_ids()) == 1
        arrivals.process()
        assert StoredFile.objects.get().stage == Stage.READY

    def test_a_scanner_with_low_limits_scans_nothing_and_says_which(
        self, shoot, arrivals, settings, tmp_path_factory
    ):
        import tempfile

        with (
            tempfile.TemporaryDirectory(prefix="pumba") as directory,
            running_clamd(directory, MaxFileSize="1M") as low,
        ):
            settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CLAMD_ADDRESS": low.address}
            arrivals({"a.jpg": photograph()})
        file = StoredFile.objects.get()
        assert (file.stage, file.verdict) == (Stage.WAITING, Verdict.NONE)
        assert "MaxFileSize" in file.reason

    def test_bytes_that_changed_on_disk_are_not_clean(self, scanned_shoot, arrivals, own_storages):
        arrivals.receive({"a.jpg": photograph()})
        file = StoredFile.objects.get()
        path = own_storages / "incoming" / file.name
        content = path.read_bytes()
        path.write_bytes(content[:-1] + b"\x00")
        arrivals.process()
        file.refresh_from_db()
        assert (file.stage, file.verdict, file.scan_attempts) == (Stage.WAITING, Verdict.NONE, 1)

    def test_after_several_attempts_it_is_blocked_and_kept(
        self, scanned_shoot, arrivals, own_storages, settings
    ):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "MAX_SCAN_ATTEMPTS": 2}
        batch = arrivals.receive({"a.jpg": photograph()})
        file = StoredFile.objects.get()
        (own_storages / "incoming" / file.name).write_bytes(b"x" * file.size)
        for _ in range(2):
            StoredFile.objects.update(retry_at=None)
            arrivals.process()
        file.refresh_from_db()
        assert file.stage == Stage.BLOCKED
        assert storage_for(INCOMING).exists(file.name)
        assert batches.counts(batch)["accepted"] == 1

    def test_a_lost_file_is_missing_not_clean(self, scanned_shoot, arrivals, own_storages):
        arrivals.receive({"a.jpg": photograph()})
        (own_storages / "incoming" / StoredFile.objects.get().name).unlink()
        StoredFile.objects.update(created_at=timezone.now() - timedelta(minutes=2))
        arrivals.process()
        assert StoredFile.objects.get().stage == Stage.MISSING

    @pytest.mark.parametrize("stage", [Stage.RECEIVED, Stage.CLEAN])
    def test_a_file_that_another_machine_has_just_written_is_waited_for(
        self, stage, scanned_shoot, arrivals, own_storages
    ):
        """What a NAS's client remembers of a directory hides new files for a minute."""
        arrivals.receive({"a.jpg": photograph()})
        file = StoredFile.objects.get()
        place = own_storages / "incoming" / file.name
        hidden = place.with_suffix(".hidden")
        if stage == Stage.CLEAN:
            scan_file(file.pk)
        place.rename(hidden)
        arrivals.process()
        waiting = StoredFile.objects.get()
        assert (waiting.stage, waiting.scan_attempts) == (stage, int(stage == Stage.CLEAN))
        assert waiting.render_attempts == 0
        assert waiting.retry_at is not None

        hidden.rename(place)
        StoredFile.objects.update(retry_at=timezone.now())
        arrivals.process()
        assert StoredFile.objects.get().stage == Stage.READY

    def test_the_demo_passes_unscanned_only_with_debug(self, shoot, arrivals, settings):
        settings.PUMBAPHOTO = {
            **settings.PUMBAPHOTO,
            "DEMO_WITHOUT_SCANNER": True,
            "CLAMD_ADDRESS": "unix:/nowhere/clamd.ctl",
        }
        arrivals({"a.jpg": photograph()})
        assert StoredFile.objects.get().stage == Stage.WAITING
        settings.DEBUG = True
        StoredFile.objects.update(retry_at=None)
        arrivals.process()
        file = StoredFile.objects.get()
        assert (file.stage, file.verdict) == (Stage.READY, Verdict.NOT_SCANNED_DEMO)


class TestABadFile:
    def test_f23_of_another_type_is_refused_with_what_it_is(self, scanned_shoot, arrivals):
        batch = arrivals({"page.jpg": b"<html><script>alert(1)</script></html>" * 20})
        file = StoredFile.objects.get()
        upload = Upload.objects.get()
        assert (file.stage, upload.state) == (Stage.FAILED, UploadState.REFUSED)
        assert "JPEG" in upload.reason
        assert file.name.startswith("quarantine/")
        assert not Photo.objects.exists()
        assert batches.counts(batch)["refused"] == 1

    def test_a_damaged_one_is_shown_as_far_as_it_goes_and_flagged(self, scanned_shoot, arrivals):
        content = photograph(2000, 1500)
        arrivals({"cut.jpg": content[: len(content) // 2]})
        file = StoredFile.objects.get()
        assert (file.stage, file.is_damaged) == (Stage.READY, True)
        assert file.reason

    def test_one_that_speaks_of_places_no_file_has_fails_and_waits_for_nothing(
        self, scanned_shoot, arrivals
    ):
        far = b"II+\0" + (8).to_bytes(2, "little") + bytes(2) + (2**62).to_bytes(8, "little")
        arrivals({"far.tif": far + bytes(200)})
        file = StoredFile.objects.get()
        assert (file.stage, file.retry_at) == (Stage.FAILED, None)
        assert file.reason

    def test_one_without_a_picture_fails_with_a_reason_and_is_kept(self, scanned_shoot, arrivals):
        content = photograph()[:40] + b"\x00" * 5000
        arrivals({"broken.jpg": content})
        file = StoredFile.objects.get()
        assert file.stage == Stage.FAILED
        assert file.reason
        assert digest(file.storage, file.name).sha256 == file.sha256
        assert Upload.objects.get().state == UploadState.ACCEPTED

    def test_one_that_kills_its_worker_is_given_up_after_two_attempts(
        self, scanned_shoot, arrivals, monkeypatch
    ):
        def die(*args, **keywords):
            raise SystemExit

        arrivals.receive({"poison.jpg": photograph()})
        key = StoredFile.objects.get().pk
        scan_file(key)
        monkeypatch.setattr(publishing, "render", die)
        for _ in range(2):
            with pytest.raises(SystemExit):
                render_file(key)
            assert render_file(key) is None
            StoredFile.objects.update(lease_until="2020-01-01T00:00:00Z")
        assert render_file(key) == Stage.FAILED
        assert Upload.objects.get().state == UploadState.ACCEPTED

    def test_can_be_tried_again_by_hand(self, scanned_shoot, arrivals):
        arrivals({"a.jpg": photograph()})
        StoredFile.objects.update(stage=Stage.FAILED, render_attempts=3)
        assert render_again(StoredFile.objects.get())
        arrivals.process()
        assert StoredFile.objects.get().stage == Stage.READY


class TestFrames:
    def raw(self) -> bytes:
        return sample_path("good/raw/canon_30d_IMG_5952.cr2").read_bytes()

    def jpeg_like(self, raw: bytes, **changes) -> bytes:
        """A JPEG of the same moment and camera as a RAW."""
        from pumbaphoto_wagtail.intake.formats import FORMATS
        from pumbaphoto_wagtail.intake.metadata import read_metadata

        found = read_metadata(io.BytesIO(raw), FORMATS["cr2"])
        taken = found.taken_at.strftime("%Y:%m:%d %H:%M:%S")
        return photograph(**{"taken": taken, "serial": found.serial, **changes})

    @pytest.mark.parametrize("raw_first", [True, False])
    def test_a_raw_and_its_jpeg_are_one_photo_in_either_order(
        self, scanned_shoot, arrivals, raw_first
    ):
        raw = self.raw()
        files = [("IMG_5952.CR2", raw), ("IMG_5952.JPG", self.jpeg_like(raw))]
        for name, content in files if raw_first else reversed(files):
            arrivals({name: content})
        photo = Photo.objects.get()
        assert {entry.role for entry in photo.files.all()} == {"raw", "jpeg"}
        assert photo.picture.original_name == photo.name == "IMG_5952.JPG"

    @pytest.mark.parametrize(
        ("name", "changes"),
        [
            ("IMG_5952.JPG", {"taken": "2020:01:01 10:00:00"}),
            ("IMG_5953.JPG", {}),
            ("Other card/IMG_5952.JPG", {}),
        ],
    )
    def test_what_differs_in_time_name_or_folder_is_another_photo(
        self, scanned_shoot, arrivals, name, changes
    ):
        raw = self.raw()
        arrivals({"IMG_5952.CR2": raw})
        arrivals({name: self.jpeg_like(raw, **changes)})
        assert Photo.objects.count() == 2

    def test_two_cameras_frames_of_one_name_and_second_stay_two(self, scanned_shoot, arrivals):
        arrivals({"IMG_4521.jpg": photograph(serial="A")})
        arrivals({"IMG_4521.jpg": photograph(900, 601, serial="B")})
        assert Photo.objects.count() == 2

    def test_without_a_capture_time_equal_names_prove_nothing(self, scanned_shoot, arrivals):
        arrivals({"scan.jpg": photograph(taken="")})
        arrivals({"scan.jpg": photograph(800, 500, taken="")})
        assert Photo.objects.count() == 2

    def test_the_same_bytes_arriving_at_once_are_one_photo(self, scanned_shoot, arrivals):
        content = photograph()
        arrivals.receive({"a.jpg": content})
        StoredFile.objects.update(sha256="0" * 64)
        arrivals.receive({"b.jpg": content})
        StoredFile.objects.update(sha256=digest(INCOMING, StoredFile.objects.first().name).sha256)
        arrivals.process()
        assert Photo.objects.count() == 1
        assert set(Upload.objects.values_list("state", flat=True)) == {"accepted", "duplicate"}
        assert len([name for name in walk(ORIGINALS) if name.endswith(".jpg")]) == 1

    def test_folders_become_sections_without_what_all_share(self, scanned_shoot, arrivals):
        arrivals(
            {
                "Wedding/Ceremony/a.jpg": photograph(),
                "Wedding/Party/b.jpg": photograph(801),
                "Wedding/c.jpg": photograph(802),
            }
        )
        titles = {photo.name: str(photo.section or "") for photo in Photo.objects.all()}
        assert titles == {"a.jpg": "Ceremony", "b.jpg": "Party", "c.jpg": ""}

    def test_sections_stand_by_name_whichever_photo_is_ready_first(self, scanned_shoot, arrivals):
        scanned_shoot.sections.create(title="Preparations", position=4)
        arrivals.receive(
            {
                "Day 1/IMG_1.jpg": photograph(),
                "Day 2/IMG_2.jpg": photograph(taken="2026:07:02 12:00:00"),
                "Day 10/IMG_3.jpg": photograph(taken="2026:07:10 12:00:00"),
            }
        )
        for file in StoredFile.objects.order_by("-pk"):
            scan_file(file.pk)
            render_file(file.pk)

        titles = scanned_shoot.sections.values_list("title", flat=True)
        assert list(titles) == ["Preparations", "Day 1", "Day 2", "Day 10"]

    def test_one_dropped_folder_makes_no_section(self, scanned_shoot, arrivals):
        arrivals({"Wedding/a.jpg": photograph()})
        assert Photo.objects.get().section is None

    def test_names_are_in_natural_order(self, scanned_shoot, arrivals):
        arrivals({f"IMG_{number}.jpg": photograph(700 + number) for number in (10, 9, 100)})
        names = [photo.name for photo in Photo.objects.in_order()]
        assert names == ["IMG_9.jpg", "IMG_10.jpg", "IMG_100.jpg"]


class TestABatch:
    def test_adds_up_and_is_mailed_once_when_it_settles(self, scanned_shoot, arrivals):
        content = photograph()
        arrivals({"first.jpg": photograph(700)})
        batch = arrivals(
            {
                "a.jpg": content,
                "b.mp4": b"x",
                "c.jpg": b"GIF89a" + b"x" * 100,
                "first.jpg": photograph(700),
                "d.jpg": eicar(),
            }
        )
        counts = batches.counts(batch)
        assert counts["announced"] == 5
        assert counts["accepted"] == 2
        assert counts["refused"] == 2
        assert counts["duplicate"] == 1
        batch.refresh_from_db()
        assert batch.settled_at
        assert Message.objects.filter(batch=batch).count() == 1

    def test_is_not_settled_while_a_file_is_on_its_way(self, scanned_shoot, arrivals):
        batch = arrivals.receive({"a.jpg": photograph()})
        assert not batches.settle(batch)
        assert not Message.objects.exists()

    def test_queries_for_one_photo_do_not_grow_with_the_gallery(self, scanned_shoot, arrivals):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        counted = []
        for number in (1, 2, 12):
            files = {f"{number}_{i}.jpg": photograph(500 + number * 20 + i) for i in range(number)}
            arrivals.receive(files)
            *others, last = StoredFile.objects.filter(stage=Stage.RECEIVED).order_by("pk")
            for file in others:
                scan_file(file.pk)
                render_file(file.pk)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                scan_file(last.pk)
                render_file(last.pk)
            counted.append(len(queries))
        assert counted[1] == counted[2]

    def test_edits_become_edits_and_no_photos(self, scanned_shoot, arrivals):
        arrivals({"IMG_1_edit.jpg": photograph()}, purpose=Purpose.EDIT)
        edit = Edit.objects.get()
        assert edit.stored_file.stage == Stage.READY
        assert edit.stored_file.renditions.count() == 3
        assert not Photo.objects.exists()

    def test_edits_that_came_before_their_originals_are_matched_when_these_settle(
        self, scanned_shoot, arrivals
    ):
        from pumbaphoto_wagtail.delivery.matching import match_edits

        arrivals({"IMG_1_edit.jpg": photograph()}, purpose=Purpose.EDIT)
        match_edits(scanned_shoot.pk)
        assert Edit.objects.get().photo is None
        OrmQ.objects.all().delete()
        arrivals({"IMG_1.jpg": photograph(800, 500)})
        woken = [task.func() for task in OrmQ.objects.all()]
        assert "pumbaphoto_wagtail.tasks.match_edits" in woken


class TestReconciling:
    def test_work_that_the_queue_lost_is_woken_again(self, scanned_shoot, arrivals):
        arrivals.receive({"a.jpg": photograph()})
        OrmQ.objects.all().delete()
        assert reconcile()["scans woken"] == 0
        StoredFile.objects.update(stage_changed_at="2020-01-01T00:00:00Z")
        assert reconcile()["scans woken"] == 1
        scan_file(StoredFile.objects.get().pk)
        OrmQ.objects.all().delete()
        StoredFile.objects.update(stage_changed_at="2020-01-01T00:00:00Z")
        assert reconcile()["renderings woken"] == 1
        assert OrmQ.objects.count() == 1

    def test_orphaned_parts_are_swept_after_a_day_and_no_others(
        self, scanned_shoot, arrivals, own_storages
    ):
        import os

        arrivals.receive({"kept.jpg": photograph()})
        orphan = own_storages / "incoming" / "0b3c.part"
        orphan.write_bytes(b"x")
        assert reconcile()["parts swept"] == 0
        for path in (own_storages / "incoming").glob("*.part"):
            os.utime(path, (0, 0))
        assert reconcile()["parts swept"] == 1
        assert not orphan.exists()
        [part, beside] = walk(INCOMING)
        assert beside == f"{part}.json"

    @pytest.mark.parametrize(("tail", "kept"), [(b"", 0), (eicar(), 1)], ids=["clean", "infected"])
    def test_a_part_that_could_not_be_removed_goes_when_its_file_has_found_its_place(
        self, scanned_shoot, arrivals, own_storages, tail, kept
    ):
        import os

        arrivals({"IMG_1.jpg": photograph() + tail})
        incoming = own_storages / "incoming"
        part = incoming / f"{Upload.objects.get().uuid}.part"
        for path in (part, incoming / f"{part.name}.json"):
            path.write_bytes(b"x")
            os.utime(path, (0, 0))

        assert reconcile()["parts swept"] == 2
        assert len([*walk(INCOMING)]) == kept
