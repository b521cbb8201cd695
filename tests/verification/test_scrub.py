"""The rolling scrub: every file is read again in time, and one flipped bit is told."""

from __future__ import annotations

import shutil
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pumbaphoto_wagtail import models, tasks
from pumbaphoto_wagtail.intake.known import known_files
from pumbaphoto_wagtail.intake.lost_files import look_for_lost_files
from pumbaphoto_wagtail.models import Inspection, InspectionScope, Message, Stage, StoredFile
from pumbaphoto_wagtail.notifications import send_message
from pumbaphoto_wagtail.verification import scrub as scrubbing
from pumbaphoto_wagtail.verification.proving import Proof
from pumbaphoto_wagtail.verification.scrub import progress, scrub

from .conftest import days_ago

pytestmark = pytest.mark.postgresql


def night() -> Inspection:
    """A night's share, in one go."""
    return scrub(seconds=None, reading_share=1)


def next_night() -> Inspection:
    """The night after, in which everything that was read is due again."""
    StoredFile.objects.filter(proved_at__isnull=False).update(proved_at=days_ago(40))
    Inspection.objects.update(started_at=timezone.now() - timedelta(days=1))
    return night()


def flip(path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture
def all_due(studio, settings):
    """Every file of the studio has been there for longer than a share may wait."""
    StoredFile.objects.update(created_at=days_ago(31))
    return studio


def proved() -> set[int]:
    return {*StoredFile.objects.filter(proved_at__isnull=False).values_list("pk", flat=True)}


# --- What is read, and in which order ------------------------------------------------------------


def test_everything_due_is_read_with_its_pictures_and_remembered(all_due):
    run = night()

    assert (run.scope, run.finding_count, run.reads_bytes) == (InspectionScope.SCRUB, 0, True)
    assert (run.counts["files"], run.counts["renditions"]) == (5, 15)
    assert StoredFile.objects.filter(proved_at__gte=run.started_at).count() == 5
    assert run.finished_at is not None


def test_a_night_reads_an_even_share_what_was_never_read_first(studio):
    first, *others = StoredFile.objects.order_by("pk")
    StoredFile.objects.filter(pk=first.pk).update(proved_at=days_ago(29.5))

    assert night().counts["files"] == 1
    assert proved() == {first.pk, others[0].pk}


def test_then_what_was_not_read_for_the_longest(studio):
    for age, file in enumerate(StoredFile.objects.order_by("-pk"), start=10):
        StoredFile.objects.filter(pk=file.pk).update(proved_at=days_ago(age))
    oldest = StoredFile.objects.order_by("pk").first()
    run = night()

    assert run.counts["files"] == 1
    assert StoredFile.objects.get(proved_at__gte=run.started_at) == oldest


def test_what_becomes_due_is_read_however_much_it_is(studio):
    StoredFile.objects.update(proved_at=days_ago(29.5))
    assert night().counts["files"] == 5


def test_as_many_nights_as_days_read_everything(studio, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "SCRUB_DAYS": 3}
    for _ in range(3):
        night()
        Inspection.objects.update(started_at=days_ago(1))
    assert len(proved()) == 5


def test_nothing_is_read_with_0_days(studio, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "SCRUB_DAYS": 0}
    assert night() is None
    assert not Inspection.objects.exists()
    assert progress().unread == 0


def test_deleted_missing_and_unread_files_are_left_out(all_due):
    one, two, three, *_ = StoredFile.objects.order_by("pk")
    StoredFile.objects.filter(pk=one.pk).update(stage=Stage.DELETED)
    StoredFile.objects.filter(pk=two.pk).update(stage=Stage.MISSING)
    StoredFile.objects.filter(pk=three.pk).update(sha256="")
    run = night()
    assert (run.counts["files"], run.finding_count, progress().files) == (2, 0, 2)


def test_pieces_follow_each_other_until_the_night_is_read(all_due):
    pieces = 1
    while scrub(seconds=0.001).finished_at is None:
        pieces += 1
        assert pieces < 20
    run = Inspection.objects.get()
    assert pieces > 1
    assert (run.counts["files"], len(proved())) == (5, 5)


def test_a_piece_that_is_not_at_its_end_asks_for_another(all_due, monkeypatch):
    woken = []
    monkeypatch.setattr(tasks, "wake", lambda name, *keys: woken.append(name))
    monkeypatch.setattr(scrubbing.scrub, "__kwdefaults__", {"seconds": 0, "reading_share": 1})
    tasks.scrub_files()
    assert woken == ["scrub_files"]
    monkeypatch.setattr(scrubbing.scrub, "__kwdefaults__", {"seconds": 60, "reading_share": 1})
    tasks.scrub_files()
    assert woken == ["scrub_files"]
    assert len(proved()) == 5


def test_one_that_was_killed_goes_on_behind_what_it_wrote_down(all_due, monkeypatch):
    monkeypatch.setattr(scrubbing, "WRITE_DOWN_SECONDS", 0)
    read, really = [], scrubbing.prove

    def dying(inspection, file, made, *, share):
        if len(read) == 3:
            raise SystemExit
        read.append(file.pk)
        return really(inspection, file, made, share=share)

    monkeypatch.setattr(scrubbing, "prove", dying)
    with pytest.raises(SystemExit):
        night()
    read_before = [*read]
    monkeypatch.setattr(scrubbing, "prove", really)

    run = night()
    assert Inspection.objects.count() == 1
    assert (run.counts["files"], proved() >= {*read_before}) == (5, True)


def test_a_night_that_is_over_ends_whatever_there_is_to_read(all_due, monkeypatch):
    monkeypatch.setattr(scrubbing, "NIGHT_SECONDS", 0)
    run = night()
    assert run.finished_at is not None
    assert run.counts["files"] == 0


# --- What is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["flipped", "cut", "gone"])
def test_a_damaged_original_is_told_with_its_gallery_and_not_proved(all_due, kind):
    path = all_due.path(all_due.file)
    if kind == "flipped":
        flip(path)
    elif kind == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        path.unlink()
    before = StoredFile.objects.values().get(pk=all_due.file.pk)
    run = night()

    [finding] = run.findings
    assert (finding["invariant"], finding["severity"]) == ("I4", "error")
    assert finding["words"].startswith("missing" if kind == "gone" else "mismatch")
    assert str(all_due.gallery.uuid) in finding["subject"]
    assert finding["file"] == str(all_due.file.uuid)
    assert StoredFile.objects.values().get(pk=all_due.file.pk) == before
    assert len(proved()) == 4


def test_a_damaged_rendition_is_told_as_well(all_due):
    flip(all_due.path(all_due.rendition))
    [finding] = night().findings
    assert finding["words"].startswith("rendition mismatch")
    assert "--all" in finding["hint"]
    assert str(all_due.gallery.uuid) in finding["subject"]
    assert all_due.file.pk not in proved()


def test_a_volume_that_is_away_has_lost_nothing_and_proved_nothing(all_due):
    cold = all_due.photos[1].picture
    StoredFile.objects.filter(pk=cold.pk).update(storage="pumbaphoto_cold")
    shutil.rmtree(all_due.root / "cold")
    run = night()

    assert run.finding_count == 0
    assert run.counts["files on volumes that are away"] == 1
    assert len(proved()) == 4
    assert progress().overdue == 1


def test_a_volume_that_goes_away_in_the_middle_is_no_damage(all_due, monkeypatch):
    really, read = scrubbing.prove, []

    def prove(inspection, file, made, *, share):
        if read:
            shutil.rmtree(all_due.root / "originals", ignore_errors=True)
        read.append(file.pk)
        return really(inspection, file, made, share=share)

    monkeypatch.setattr(scrubbing, "prove", prove)
    run = night()
    assert (run.finding_count, len(proved())) == (0, 1)


def test_what_was_damaged_is_told_each_night_and_stands_in_nobodys_way(all_due):
    flip(all_due.path(all_due.file))
    night()
    run = next_night()
    assert [finding["file"] for finding in run.findings] == [str(all_due.file.uuid)]
    assert run.counts["files"] == 5


def test_what_was_damaged_stays_known_while_its_volume_is_away(all_due):
    flip(all_due.path(all_due.file))
    night()
    kept = shutil.move(all_due.root / "originals", all_due.root / "away")
    run = next_night()
    assert [finding["file"] for finding in run.findings] == [str(all_due.file.uuid)]
    shutil.move(kept, all_due.root / "originals")
    flip(all_due.path(all_due.file))
    assert next_night().findings == []


def test_what_is_whole_again_is_no_finding_any_more(all_due):
    flip(all_due.path(all_due.file))
    assert night().finding_count == 1
    flip(all_due.path(all_due.file))
    assert next_night().finding_count == 0
    assert len(proved()) == 5


def test_a_deleted_file_is_not_told_of_any_more(all_due):
    flip(all_due.path(all_due.file))
    night()
    StoredFile.objects.filter(pk=all_due.file.pk).update(stage=Stage.DELETED)
    assert next_night().findings == []


# --- Who is told ---------------------------------------------------------------------------------


def owed() -> list[Message]:
    return [*Message.objects.filter(kind=models.MessageKind.FILES_MISSING)]


def test_who_keeps_the_files_is_told_once_of_new_damage(all_due):
    flip(all_due.path(all_due.file))
    night()
    [message] = owed()
    assert message.recipient == all_due.gallery.owner
    send_message(message.pk)
    [letter] = mail.outbox
    assert all_due.gallery.title in letter.body
    assert "bytes have changed" in letter.body

    next_night()
    assert owed() == [message]


def test_damage_is_told_also_where_a_file_was_lost_the_same_night(all_due):
    lost, damaged, *_others = all_due.photos
    all_due.path(lost.picture).unlink()
    look_for_lost_files()
    flip(all_due.path(damaged.picture))
    night()
    assert len(owed()) == 2


def test_nobody_is_told_of_a_whole_night(all_due):
    night()
    assert owed() == []


def test_a_photographer_sends_a_damaged_file_again_and_it_is_asked_for(all_due):
    file = all_due.file
    place = (file.sha256, file.size)
    assert place in known_files(all_due.gallery, "original").by_bytes
    flip(all_due.path(file))
    night()
    assert place not in known_files(all_due.gallery, "original").by_bytes


# --- How far it is -------------------------------------------------------------------------------


def test_progress_counts_what_was_not_read_in_time(studio):
    one, two, *_others = StoredFile.objects.order_by("pk")
    read_at = days_ago(40)
    StoredFile.objects.filter(pk=one.pk).update(proved_at=read_at, created_at=days_ago(50))
    StoredFile.objects.filter(pk=two.pk).update(proved_at=days_ago(3))
    found = progress()
    assert (found.files, found.unread, found.overdue, found.oldest) == (5, 4, 1, read_at)


def test_progress_of_an_empty_site(db):
    assert progress() == scrubbing.Progress(files=0, unread=0, oldest=None)


def test_a_whole_verification_proves_files_too(studio):
    call_command("pumbaphoto_verify", "--quick", stdout=StringIO())
    assert proved() == set()
    flip(studio.path(studio.file))
    with pytest.raises(CommandError):
        call_command("pumbaphoto_verify", stdout=StringIO())
    assert len(proved()) == 4
    assert studio.file.pk not in proved()


# --- What it costs -------------------------------------------------------------------------------


def test_queries_do_not_grow_with_the_files(studio, settings, monkeypatch):
    monkeypatch.setattr(scrubbing, "prove", lambda *args, **kwargs: Proof())
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "SCRUB_DAYS": 1}
    model = StoredFile.objects.order_by("pk").first()
    rows = [
        StoredFile(
            storage=model.storage,
            name=f"many/{number}",
            original_name="a.jpg",
            size=1000,
            sha256="ab" * 32,
            crc32=1,
            collection=model.collection,
        )
        for number in range(10_000)
    ]
    StoredFile.objects.bulk_create(rows, batch_size=500)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        run = night()
    assert run.counts["files"] == 10_005
    assert len(queries) < 250


def test_the_longest_unread_are_found_by_the_index(studio):
    rows = StoredFile.objects.filter(proved_at__gte=days_ago(9), proved_at__lt=timezone.now())
    assert "pumba_file_proved" in rows.order_by("proved_at", "pk").explain() or (
        connection.vendor == "postgresql"  # which reads so small a table whole
    )
