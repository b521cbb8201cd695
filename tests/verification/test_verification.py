"""Each violation is made for real, found alone, and named; a whole site has none."""

from __future__ import annotations

import os
import tracemalloc
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.conf import MEBIBYTE
from pumbaphoto_wagtail.models import (
    FileMove,
    Gallery,
    Message,
    Rendition,
    Stage,
    State,
    StoredFile,
    Transition,
    Upload,
    UploadState,
    Verdict,
)
from pumbaphoto_wagtail.storage import (
    INCOMING,
    ORIGINALS,
    SENTINEL_NAME,
    initialise_volume,
    sidecar_name,
    storage_for,
    write_sidecar,
)
from pumbaphoto_wagtail.verification import Inspection, Severity, contents, verify

from .conftest import Studio, days_ago, remember

COLD = "pumbaphoto_cold"
# An identity that no row has; the same in every process, which must collect the same tests.
UNKNOWN = uuid.UUID("00c54a30-5c5b-4a1e-8d0e-6f4a2b1c9d77")


def about(finding) -> tuple[str, str]:
    return finding.invariant, finding.severity


@pytest.mark.postgresql
class TestAWholeSite:
    def test_has_nothing_wrong(self, studio):
        inspection = Inspection()
        assert list(verify(inspection)) == []
        assert inspection.looked_at["files"] == 5
        assert inspection.looked_at["renditions"] == 15
        assert inspection.looked_at["bytes"] == sum(
            StoredFile.objects.values_list("size", flat=True)
        )

    def test_is_not_changed(self, studio):
        studio.path(studio.file).unlink()
        studio.put("originals/stray.jpg")
        before = _everything(studio.root)
        names = [field.attname for field in StoredFile._meta.fields if field.name != "proved_at"]
        rows = list(StoredFile.objects.values(*names))
        assert studio.find()
        assert _everything(studio.root) == before
        assert list(StoredFile.objects.values(*names)) == rows

    def test_costs_no_more_queries_with_more_files(self, studio, django_assert_max_num_queries):
        with django_assert_max_num_queries(80) as few:
            studio.find()
        for _ in range(8):
            gallery = testing.make_gallery(has_page=False)
            remember(testing.make_photo(gallery).picture)
        with django_assert_max_num_queries(len(few)):
            assert studio.find() == []

    def test_is_read_in_chunks_and_to_its_end(self, studio, monkeypatch):
        monkeypatch.setattr("pumbaphoto_wagtail.verification.findings.CHUNK_ROWS", 2)
        inspection = Inspection()
        assert list(verify(inspection)) == []
        assert inspection.looked_at["files"] == 5
        last = StoredFile.objects.order_by("pk").last()
        studio.path(last).unlink()
        assert studio.only_finding().what == "missing"

    def test_of_many_rows_is_read_with_constant_memory(self, studio):
        testing.make_many_photos(studio.other, 3000)
        many = {"name__startswith": "many/"}
        StoredFile.objects.filter(**many).update(storage="gone", scanner_version="ClamAV")
        Rendition.objects.filter(**many).update(storage="gone")
        inspection = Inspection()
        tracemalloc.start()
        try:
            findings = list(verify(inspection))
            _present, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert [finding.where for finding in findings] == ["gone"]
        assert inspection.looked_at["renditions"] == 15 + 3 * 3000
        assert peak < 8 * MEBIBYTE


def _everything(root: Path) -> dict:
    return {path: path.stat().st_mtime_ns for path in root.rglob("*")}


class TestFiles:
    def test_a_missing_one_is_named_with_its_place_and_gallery(self, studio):
        studio.path(studio.file).unlink()
        finding = studio.only_finding()
        assert about(finding) == ("I4", Severity.ERROR)
        assert finding.what == "missing"
        file = studio.file
        assert finding.where == f"{file.storage}/{file.name} (gallery {studio.gallery.uuid})"
        assert "backup" in finding.hint

    def test_a_flipped_byte_is_found_by_hashing_only(self, studio):
        path = studio.path(studio.file)
        path.write_bytes(b"\x00" + path.read_bytes()[1:])
        finding = studio.only_finding()
        assert (finding.invariant, finding.what) == ("I4", "mismatch: another SHA-256")
        assert studio.find(is_hashing=False) == []

    def test_a_short_one_is_found_without_reading_it(self, studio):
        path = studio.path(studio.file)
        path.write_bytes(path.read_bytes()[:-1])
        finding = studio.only_finding(is_hashing=False)
        size = studio.file.size
        assert finding.what == f"mismatch: {size - 1} bytes instead of {size}"
        assert studio.only_finding().what == finding.what

    def test_a_row_with_another_crc_is_found(self, studio):
        file = studio.photos[1].picture
        StoredFile.objects.filter(pk=file.pk).update(crc32=7)
        whats = {finding.what for finding in studio.find()}
        assert whats == {
            "mismatch: another CRC-32 than the row's, of the right bytes",
        }

    def test_something_else_in_its_place_is_unreadable(self, studio):
        path = studio.path(studio.file)
        path.unlink()
        path.mkdir()
        finding = studio.only_finding()
        assert finding.invariant == "I4"
        assert finding.what.startswith("unreadable: SuspiciousFileOperation")

    def test_one_that_is_moved_while_it_is_read_is_looked_for_once_more(self, studio, monkeypatch):
        file, digest = studio.file, contents.digest

        def move_first(storage, name):
            if name == file.name and storage == ORIGINALS:
                new = Path(storage_for(COLD).location) / name
                new.parent.mkdir(parents=True)
                studio.path(file).rename(new)
                studio.path(file).with_name(sidecar_name(Path(name).name)).rename(
                    new.with_name(sidecar_name(new.name))
                )
                StoredFile.objects.filter(pk=file.pk).update(storage=COLD)
            return digest(storage, name)

        monkeypatch.setattr(contents, "digest", move_first)
        assert studio.find() == []
        assert studio.file.storage == COLD

    def test_one_that_is_deleted_while_it_is_read_is_no_finding(self, studio, monkeypatch):
        file = StoredFile.objects.get(pk=testing.make_stored_file().pk)
        remember(file)
        digest = contents.digest

        def delete_first(storage, name):
            if name == file.name:
                studio.path(file).unlink(missing_ok=True)
                studio.path(file).with_name(sidecar_name(Path(name).name)).unlink(missing_ok=True)
                StoredFile.objects.filter(pk=file.pk).delete()
            return digest(storage, name)

        monkeypatch.setattr(contents, "digest", delete_first)
        assert studio.find() == []

    def test_one_marked_missing_that_is_there_is_told(self, studio):
        StoredFile.objects.filter(pk=studio.photos[1].picture_id).update(stage=Stage.MISSING)
        finding = studio.only_finding()
        assert about(finding) == ("I4", Severity.WARNING)
        assert finding.what == "marked as missing, but there"

    def test_one_of_the_library_needs_no_sidecar_and_its_neighbours_no_row(
        self, studio, settings, tmp_path
    ):
        library = testing.NASStorage(tmp_path / "library")
        initialise_volume(library, "library")
        backend = "pumbaphoto_wagtail.storage.NASStorage"
        settings.STORAGES = {
            **settings.STORAGES,
            "library": {"BACKEND": backend, "OPTIONS": {"location": library.location}},
        }
        testing.make_renditions(
            testing.make_stored_file(storage="library", is_owned=False, scanner_version="ClamAV"),
            width=60,
            height=40,
        )
        studio.put("library/IMG_9999.jpg")
        assert studio.find() == []


class TestSidecars:
    def test_one_that_disagrees_tells_of_an_exchanged_original(self, studio):
        file = studio.file
        write_sidecar(file.storage, file.name, {"file": str(file.uuid), "sha256": "0" * 64})
        finding = studio.only_finding()
        assert about(finding) == ("I7", Severity.ERROR)
        assert finding.what == "sidecar says otherwise: size, sha256, crc32"

    def test_a_missing_one_is_a_warning(self, studio):
        path = studio.path(studio.file)
        path.with_name(sidecar_name(path.name)).unlink()
        finding = studio.only_finding()
        assert about(finding) == ("I7", Severity.WARNING)
        assert finding.what == "no sidecar"

    def test_an_unreadable_one_is_a_warning(self, studio):
        path = studio.path(studio.file)
        path.with_name(sidecar_name(path.name)).write_bytes(b"{")
        assert studio.only_finding().what == "sidecar cannot be read: JSONDecodeError"


class TestMoves:
    def test_a_second_copy_is_fine_while_its_move_is_open(self, studio):
        file = studio.file
        name = f"{file.uuid}-0123456789ab.jpg"
        studio.put(f"cold/{name}", studio.path(file).read_bytes())
        FileMove.objects.create(stored_file=file, to_storage=COLD, to_name=name)
        assert studio.find() == []

        FileMove.objects.all().delete()
        finding = studio.only_finding()
        assert about(finding) == ("I4", Severity.ERROR)
        assert finding.what == f"second copy, of a file whose place is {ORIGINALS}/{file.name}"
        assert finding.where == f"{COLD}/{name}"

    def test_a_second_copy_is_fine_while_a_worker_holds_the_file(self, studio):
        file = studio.file
        studio.put(f"originals/{studio.gallery.uuid}/{file.uuid}.jpg")
        StoredFile.objects.filter(pk=file.pk).update(
            lease_until=timezone.now() + timedelta(seconds=60)
        )
        assert studio.find() == []

    def test_one_that_stays_open_is_told(self, studio):
        FileMove.objects.create(stored_file=studio.file, to_storage=COLD, to_name="x/y.jpg")
        FileMove.objects.update(started_at=days_ago(2))
        finding = studio.only_finding()
        assert about(finding) == ("I4", Severity.WARNING)
        assert "for more than a day" in finding.what


class TestRenditions:
    def test_a_missing_one_is_named_with_the_cure(self, studio):
        rendition = studio.rendition
        studio.path(rendition).unlink()
        finding = studio.only_finding()
        assert about(finding) == ("I4", Severity.ERROR)
        assert finding.what == "rendition missing"
        assert finding.where == f"{rendition.storage}/{rendition.name}"
        assert "pumbaphoto_render --missing" in finding.hint

    def test_a_damaged_one_is_found_by_its_digest(self, studio):
        path = studio.path(studio.rendition)
        path.write_bytes(b"\x00" + path.read_bytes()[1:])
        assert studio.only_finding().what == "rendition mismatch: another SHA-256"
        assert studio.find(is_hashing=False) == []

    def test_a_ready_file_without_one_in_a_tier_is_told(self, studio):
        rendition = studio.file.renditions.get(tier="view")
        studio.path(rendition).unlink()
        rendition.delete()
        finding = studio.only_finding()
        assert about(finding) == ("I4", Severity.WARNING)
        assert finding.what == "ready, but without a picture in the tier 'view'"


class TestOrphans:
    @pytest.mark.parametrize(
        "place",
        [
            "originals/stray.jpg",
            f"originals/{UNKNOWN}/{UNKNOWN}.jpg",
            f"originals/{UNKNOWN}/{UNKNOWN}.jpg.json",
            f"incoming/{UNKNOWN}.part",
            f"incoming/quarantine/{UNKNOWN}",
            f"renditions/ab/{UNKNOWN}/grid-x-y.jpg",
            "cold/x/y.jpg",
        ],
    )
    def test_a_file_that_no_row_knows_is_an_error_after_a_day(self, studio, place):
        path = studio.put(place)
        finding = studio.only_finding()
        assert about(finding) == ("I5", Severity.ERROR)
        assert finding.what == "no row knows this file"
        assert finding.where == f"pumbaphoto_{place}"
        os.utime(path)
        assert studio.find() == []

    def test_a_rendition_of_a_known_file_that_no_row_names_is_one(self, studio):
        folder = studio.path(studio.rendition).parent
        stray = studio.put(f"renditions/{folder.parent.name}/{folder.name}/grid-other.jpg")
        finding = studio.only_finding()
        assert finding.invariant == "I5"
        assert finding.where.endswith(stray.name)
        assert "can be deleted" in finding.hint

    @pytest.mark.parametrize(
        "name", [".nfs000123", "._IMG_1.jpg", "Thumbs.db", "@eaDir/IMG_1.jpg/thumb.jpg"]
    )
    def test_what_file_servers_and_desktops_leave_is_a_warning(self, studio, name):
        studio.put(f"originals/ab/{name}")
        finding = studio.only_finding()
        assert about(finding) == ("I5", Severity.WARNING)
        assert finding.what == "not a file of ours"

    def test_an_unfinished_file_is_a_warning_after_a_day(self, studio):
        studio.put("cold/ab/.pumbaphoto-part-1234", hours_old=1)
        assert studio.find() == []
        studio.put("cold/ab/.pumbaphoto-part-1234")
        finding = studio.only_finding()
        assert about(finding) == ("I5", Severity.WARNING)
        assert finding.where == f"{COLD}/ab/.pumbaphoto-part-1234"

    def test_directories_of_the_file_system_itself_are_not_entered(self, studio):
        studio.put("originals/lost+found/123")
        studio.put("originals/.snapshot/daily/IMG_1.jpg")
        studio.put("cold/.snapshot/daily/.pumbaphoto-part-1")
        assert studio.find() == []

    def test_the_part_of_an_unfinished_upload_is_known_and_of_a_finished_one_is_not(self, studio):
        studio.batch.settled_at = None
        studio.batch.save()
        upload = studio.add_upload(state=UploadState.UPLOADING, durable_offset=5)
        studio.put(f"incoming/{upload.uuid}.part")
        assert studio.find() == []
        Upload.objects.filter(pk=upload.pk).update(state=UploadState.ABANDONED)
        assert studio.only_finding().what == "no row knows this file"

    def test_the_part_that_promotion_left_is_a_second_copy(self, studio):
        studio.put(f"incoming/{studio.upload.uuid}.part")
        finding = studio.only_finding()
        assert finding.invariant == "I4"
        assert finding.what.startswith("second copy")

    def test_more_names_than_one_chunk_are_all_looked_at(self, studio, monkeypatch):
        monkeypatch.setattr("pumbaphoto_wagtail.verification.orphans.CHUNK_NAMES", 2)
        studio.put("originals/zzz/stray.jpg")
        assert studio.only_finding().where == f"{ORIGINALS}/zzz/stray.jpg"


class TestVolumes:
    def test_one_that_is_away_is_told_once_with_the_number_of_its_files(self, studio):
        (studio.root / "originals").rename(studio.root / "unplugged")
        finding = studio.only_finding()
        assert about(finding) == ("I6", Severity.ERROR)
        assert finding.where == ORIGINALS
        assert finding.what.startswith("storage cannot be read, with 5 files on it")

    def test_one_that_goes_away_meanwhile_is_told_once(self, studio, monkeypatch):
        digest = contents.digest

        def unplug_first(storage, name):
            originals = studio.root / "originals"
            if originals.exists():
                originals.rename(studio.root / "unplugged")
            return digest(storage, name)

        monkeypatch.setattr(contents, "digest", unplug_first)
        # The mountpoint is there, and empty.
        assert [finding.where for finding in studio.find()] == [ORIGINALS]

    def test_a_mountpoint_without_its_volume_is_told(self, studio):
        (studio.root / "renditions" / SENTINEL_NAME).unlink()
        finding = studio.only_finding()
        assert (finding.invariant, finding.where) == ("I6", "pumbaphoto_renditions")
        assert SENTINEL_NAME in finding.what

    def test_another_volume_is_told_with_both_identities(self, studio, settings):
        expected = uuid.uuid4()
        options = {"location": str(studio.root / "cold"), "volume": str(expected)}
        settings.STORAGES = {
            **settings.STORAGES,
            COLD: {"BACKEND": "pumbaphoto_wagtail.storage.NASStorage", "OPTIONS": options},
        }
        finding = studio.only_finding()
        assert finding.invariant == "I6"
        assert f"{expected} is expected" in finding.what

    def test_an_alias_that_the_settings_have_lost_is_told(self, studio, settings):
        settings.STORAGES = {
            alias: entry for alias, entry in settings.STORAGES.items() if alias != ORIGINALS
        }
        assert studio.only_finding().what.endswith("STORAGES has no such alias")

    def test_two_in_one_directory_are_told(self, studio, settings):
        options = {"location": str(studio.root / "originals" / "cold")}
        nested = testing.NASStorage(**options)
        initialise_volume(nested, "cold")
        settings.STORAGES = {
            **settings.STORAGES,
            COLD: {"BACKEND": "pumbaphoto_wagtail.storage.NASStorage", "OPTIONS": options},
        }
        findings = [finding for finding in studio.find() if finding.invariant == "I6"]
        assert [finding.where for finding in findings] == [f"{COLD}, {ORIGINALS}"]
        assert findings[0].what == "two storages share one directory"

    def test_two_that_changed_places_are_told(self, studio, settings):
        entries = dict(settings.STORAGES)
        exports = "pumbaphoto_exports"
        entries[COLD], entries[exports] = entries[exports], entries[COLD]
        settings.STORAGES = entries
        findings = studio.find()
        assert {about(finding) for finding in findings} == {("I6", Severity.WARNING)}
        assert {finding.where for finding in findings} == {COLD, exports}


class TestVerdicts:
    @pytest.fixture
    def lawless(self, db):
        """A database that was restored without its constraints."""
        if connection.vendor != "sqlite":
            pytest.skip("constraints are switched off in SQLite only")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            yield
            cursor.execute("PRAGMA ignore_check_constraints = OFF")

    def test_a_file_that_went_on_unscanned_is_told(self, studio, lawless):
        StoredFile.objects.filter(pk=studio.photos[1].picture_id).update(verdict=Verdict.NONE)
        whats = [(finding.invariant, finding.what) for finding in studio.find()]
        assert whats == [
            ("I2", "went on without having been found clean"),
            ("I2", "renditions were made of a file that was not found clean"),
        ]

    def test_renditions_of_an_unscanned_file_are_told(self, studio):
        StoredFile.objects.filter(pk=studio.photos[1].picture_id).update(
            verdict=Verdict.NONE, stage=Stage.BLOCKED
        )
        finding = studio.only_finding()
        assert about(finding) == ("I2", Severity.ERROR)
        assert finding.what == "renditions were made of a file that was not found clean"

    def test_a_delivered_unscanned_file_is_told(self, studio):
        for rendition in studio.edit.stored_file.renditions.all():
            studio.path(rendition).unlink()
            rendition.delete()
        StoredFile.objects.filter(pk=studio.edit.stored_file_id).update(
            verdict=Verdict.NONE, stage=Stage.FAILED
        )
        assert studio.only_finding().what == "delivered, and not found clean"

    def test_a_verdict_of_nobody_is_a_warning(self, studio):
        StoredFile.objects.filter(pk=studio.photos[1].picture_id).update(scanner_version="")
        finding = studio.only_finding()
        assert about(finding) == ("I2", Severity.WARNING)

    def test_files_of_a_demonstration_are_counted_in_one_warning(self, studio):
        StoredFile.objects.update(verdict=Verdict.NOT_SCANNED_DEMO)
        finding = studio.only_finding()
        assert about(finding) == ("I2", Severity.WARNING)
        assert finding.what == "5 files were not scanned, as in a demonstration"

    def test_an_infected_file_is_told_if_it_stays_out_of_quarantine(self, studio):
        file = testing.make_stored_file(stage=Stage.INFECTED, verdict=Verdict.INFECTED)
        remember(file)
        assert studio.find() == []
        StoredFile.objects.filter(pk=file.pk).update(stage_changed_at=days_ago(2))
        finding = studio.only_finding()
        assert finding.what == "infected, and not in quarantine"
        (studio.root / "incoming" / "quarantine").mkdir()
        studio.path(file).rename(studio.root / "incoming" / "quarantine" / str(file.uuid))
        studio.path(file).with_name(sidecar_name(Path(file.name).name)).unlink()
        StoredFile.objects.filter(pk=file.pk).update(
            storage=INCOMING, name=f"quarantine/{file.uuid}"
        )
        assert studio.find() == []


class TestHistories:
    def test_a_state_that_no_step_led_to_is_told(self, studio):
        Gallery.objects.filter(pk=studio.gallery.pk).update(state=State.ACTIVE)
        finding = studio.only_finding()
        assert about(finding) == ("I9", Severity.ERROR)
        assert finding.what == "is 'active', but its history ends at 'delivered'"
        assert finding.where == f"gallery {studio.gallery.uuid}"

    def test_a_missing_step_is_told(self, studio):
        Transition.objects.filter(to_state=State.EDITING).delete()
        assert studio.only_finding().what == (
            "step 2 leaves 'editing', but the gallery was 'submitted'"
        )

    def test_an_illegal_step_is_told(self, studio):
        gallery = studio.other
        Transition.objects.create(gallery=gallery, from_state=State.ACTIVE, to_state=State.ARCHIVED)
        Gallery.objects.filter(pk=gallery.pk).update(state=State.ARCHIVED)
        finding = studio.only_finding()
        assert finding.what == "step 1, 'active' to 'archived', is not a legal one"


@pytest.mark.postgresql
class TestMessages:
    def again(self, studio: Studio, **fields) -> Message:
        message = Message.objects.get()
        message.pk, message.uuid, message.key = None, uuid.uuid4(), "delivered again"
        for name, value in fields.items():
            setattr(message, name, value)
        message.save()
        return message

    def test_two_sent_to_one_recipient_about_one_step_are_told(self, studio):
        self.again(studio, delivery=None)
        finding = studio.only_finding()
        assert about(finding) == ("I8", Severity.ERROR)
        assert finding.what == "2 messages 'delivered' were owed to one recipient"
        assert finding.where.startswith("transition ")

    def test_two_sent_about_one_delivery_are_told_without_a_step(self, studio):
        Message.objects.update(transition=None)
        self.again(studio)
        assert studio.only_finding().where.startswith(f"delivery {studio.delivery.pk}")

    def test_one_to_each_recipient_is_fine(self, studio):
        self.again(studio, share_link=testing.make_link(studio.gallery, "Tom"))
        assert studio.find() == []

    def test_one_that_was_given_up_is_a_warning(self, studio):
        Message.objects.update(sent_at=None, failed_at=timezone.now())
        finding = studio.only_finding()
        assert about(finding) == ("I8", Severity.WARNING)
        assert "given up" in finding.what

    def test_one_that_nobody_sends_is_a_warning_after_a_day(self, studio):
        Message.objects.update(sent_at=None)
        assert studio.find() == []
        Message.objects.update(created_at=days_ago(2))
        assert "nobody is sending it" in studio.only_finding().what


class TestArrivals:
    @pytest.mark.parametrize("state", [UploadState.RECEIVED, UploadState.ACCEPTED])
    def test_an_acknowledged_upload_without_a_file_is_told(self, studio, state):
        studio.batch.settled_at = None
        studio.batch.save()
        upload = studio.add_upload(state=state)
        finding = studio.only_finding()
        assert about(finding) == ("I1", Severity.ERROR)
        assert finding.what == f"{state}, and no file is stored for it"
        assert finding.where == f"upload {upload.uuid}"

    def test_an_upload_of_which_less_is_stored_is_told(self, studio):
        Upload.objects.update(length=studio.upload.length + 1)
        size = studio.upload.length
        assert studio.only_finding().what == (f"{size + 1} bytes were received, {size} are stored")

    def test_acknowledged_bytes_that_are_gone_are_told(self, studio):
        studio.batch.settled_at = None
        studio.batch.save()
        upload = studio.add_upload(state=UploadState.UPLOADING, durable_offset=100)
        assert studio.only_finding().what == "100 bytes were acknowledged, 0 are stored"
        studio.put(f"incoming/{upload.uuid}.part", b"x" * 99)
        assert studio.only_finding().what == "100 bytes were acknowledged, 99 are stored"
        studio.put(f"incoming/{upload.uuid}.part", b"x" * 100)
        assert studio.find() == []

    def test_an_expired_upload_that_was_not_given_up_is_told(self, studio):
        studio.batch.settled_at = None
        studio.batch.save()
        upload = studio.add_upload(
            state=UploadState.UPLOADING, durable_offset=0, expires_at=days_ago(2)
        )
        studio.put(f"incoming/{upload.uuid}.part")
        finding = studio.only_finding()
        assert about(finding) == ("I15", Severity.WARNING)

    def test_a_settled_batch_that_does_not_add_up_is_told(self, studio):
        studio.add_upload(state=UploadState.ANNOUNCED, durable_offset=0)
        finding = studio.only_finding()
        assert about(finding) == ("I15", Severity.ERROR)
        assert finding.where == f"batch {studio.batch.uuid}"

    def test_a_batch_that_nobody_settled_is_told_after_a_day(self, studio):
        batches = type(studio.batch).objects
        batches.update(settled_at=None)
        assert studio.find() == []
        batches.update(created_at=days_ago(2))
        assert studio.only_finding().what.endswith("but nobody was told")

    def test_a_file_that_nobody_works_on_is_told_after_a_day(self, studio):
        file = StoredFile.objects.filter(pk=studio.photos[1].picture_id)
        file.update(stage=Stage.CLEAN)
        assert studio.find() == []
        file.update(stage_changed_at=days_ago(2))
        finding = studio.only_finding()
        assert about(finding) == ("I1", Severity.WARNING)
        assert finding.what == "clean for more than a day, and nobody works on it"

    def test_leases_longer_than_anybody_may_hold_are_told(self, studio):
        tomorrow = timezone.now() + timedelta(days=1)
        for rows in (StoredFile.objects.filter(pk=studio.file.pk), Upload.objects, Message.objects):
            rows.update(lease_until=timezone.now() + timedelta(seconds=30))
        assert studio.find() == []
        for rows in (StoredFile.objects.filter(pk=studio.file.pk), Upload.objects, Message.objects):
            rows.update(lease_until=tomorrow)
        findings = studio.find()
        assert {about(finding) for finding in findings} == {("I1", Severity.ERROR)}
        assert sorted(finding.where.split()[0] for finding in findings) == [
            "file",
            "message",
            "upload",
        ]


class TestDeliveries:
    @pytest.mark.parametrize("field", ["size", "crc32", "sha256"])
    def test_a_frozen_figure_that_its_file_does_not_have_is_told(self, studio, field):
        setattr(studio.item, field, 7)
        studio.item.save()
        finding = studio.only_finding()
        assert about(finding) == ("I4", Severity.ERROR)
        assert finding.what.startswith("delivered with another size")
        assert str(studio.item.uuid) in finding.where

    def test_a_delivered_file_that_is_missing_is_told(self, studio):
        studio.path(studio.edit.stored_file).unlink()
        StoredFile.objects.filter(pk=studio.edit.stored_file_id).update(stage=Stage.MISSING)
        assert {finding.what for finding in studio.find()} == {
            "missing",
            "delivered, and marked as missing",
        }


@pytest.mark.postgresql
class TestOneGallery:
    def test_finds_its_own_and_not_the_others(self, studio):
        studio.path(studio.file).unlink()
        studio.path(Rendition.objects.filter(stored_file=studio.edit.stored_file)[0]).unlink()
        Gallery.objects.filter(pk=studio.other.pk).update(state=State.ARCHIVED)
        studio.put("originals/stray.jpg")
        whats = {finding.what for finding in studio.find(gallery=studio.gallery)}
        assert whats == {"missing", "rendition missing"}
        assert [finding.invariant for finding in studio.find(gallery=studio.other)] == ["I9"]

    def test_finds_an_uploaded_file_that_is_no_photo_yet(self, studio):
        file = testing.make_stored_file(stage=Stage.RECEIVED, verdict=Verdict.NONE)
        studio.batch.settled_at = None
        studio.batch.save()
        studio.add_upload(file, state=UploadState.RECEIVED)
        studio.path(file).unlink()
        assert [finding.what for finding in studio.find(gallery=studio.gallery)] == ["missing"]
