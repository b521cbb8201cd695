"""A database restored from a backup: every photograph that was acknowledged since is there again.

The backup is a savepoint, and restoring it goes back there: the rows are as they were, and the
storages as they are.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery import erasing
from pumbaphoto_wagtail.delivery.cold import archive, archive_files
from pumbaphoto_wagtail.delivery.matching import match_edits
from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.intake import receiving, reconciling
from pumbaphoto_wagtail.intake.clamd_client import eicar
from pumbaphoto_wagtail.models import (
    Edit,
    FileMove,
    Gallery,
    Photo,
    PhotoFile,
    Pick,
    Purpose,
    SameName,
    Selection,
    Stage,
    State,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
    Verdict,
)
from pumbaphoto_wagtail.storage import (
    INCOMING,
    ORIGINALS,
    SENTINEL_NAME,
    read_sidecar,
    storage_for,
    walk,
    write_new,
    write_sidecar,
)
from pumbaphoto_wagtail.verification import Inspection, repairing, verify
from pumbaphoto_wagtail.verification.repair_plan import Plan, make_plan
from pumbaphoto_wagtail.verification.repairing import repair
from pumbaphoto_wagtail.workflow import take_step
from tests.intake.conftest import Arrivals, arrivals, own_storages, scanned_shoot, shoot
from tests.intake.test_pipeline import photograph

__all__ = ["arrivals", "own_storages", "scanned_shoot", "shoot"]

pytestmark = [pytest.mark.xdist_group("live")]


def frames(*numbers: int) -> dict[str, bytes]:
    """Different photographs of different seconds, in a folder of their own."""
    return {
        f"Card/IMG_{number}.jpg": photograph(taken=f"2026:07:01 12:00:{number:02d}")
        for number in numbers
    }


class Ledger:
    """What a photographer was told is stored: the SHA-256 of each file by its name."""

    def __init__(self, *shoots: dict[str, bytes]) -> None:
        self.sums = {
            name.rpartition("/")[2]: hashlib.sha256(content).hexdigest()
            for shoot in shoots
            for name, content in shoot.items()
        }

    def assert_kept(self) -> None:
        """Each is a row that is ready, with these bytes, in a gallery."""
        ready = StoredFile.objects.filter(stage=Stage.READY)
        assert dict(ready.values_list("original_name", "sha256")) == self.sums
        for file in ready:
            with storage_for(file.storage).open(file.name) as stored:
                assert hashlib.sha256(stored.read()).hexdigest() == file.sha256
            assert file.photo_files.exists() or file.edits.exists()


@contextmanager
def backup():
    """The database at the end of the block is what it was at its beginning."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def strict(own_storages):
    """What ``pumbaphoto_verify --strict`` finds once everything is older than the grace time."""

    def find():
        then = time.time() - 3 * 24 * 3600
        for path in own_storages.rglob("*"):
            os.utime(path, (then, then))
        return [finding.what for finding in verify(Inspection())]

    return find


def repaired(plan: Plan | None = None) -> list[str]:
    """The acts that were done, the plan having gone through its file."""
    text = (plan or make_plan()).as_json()
    return [outcome.step.act for outcome in repair(Plan.parse(text)) if outcome.is_done]


def acts(plan: Plan) -> dict[str, int]:
    found = [step.act for step in plan.steps]
    return {act: found.count(act) for act in found}


# --- A backup of yesterday -----------------------------------------------------------------------


def test_what_came_after_the_backup_is_taken_in_again(scanned_shoot, arrivals, strict):
    old, new = frames(1, 2), frames(3, 4, 5)
    edits = {"IMG_1_edit.jpg": photograph(500, 400, taken="2026:07:01 12:00:01")}
    arrivals(old)
    with backup():
        arrivals(new)
        arrivals(edits, Purpose.EDIT)
        before = {*Photo.objects.values_list("uuid", "name", "section__title")}
    assert Photo.objects.count() == 2

    plan = make_plan()
    assert acts(plan) == {"adopt": 4, "leave": 12}
    assert repaired(plan) == ["adopt"] * 4
    assert not StoredFile.objects.filter(stage=Stage.READY).exclude(verdict=Verdict.CLEAN)
    arrivals.process()
    match_edits(scanned_shoot.pk)

    Ledger(old, new, edits).assert_kept()
    assert {*Photo.objects.values_list("uuid", "name", "section__title")} == before
    assert Edit.objects.get().photo.name == "IMG_1.jpg"
    assert strict() == []


def test_what_had_only_been_received_is_taken_in_as_well(scanned_shoot, arrivals, strict):
    old, waiting = frames(1), frames(2, 3)
    arrivals(old)
    with backup():
        arrivals.receive(waiting)
    reconciling.sweep_parts()
    assert repaired() == ["adopt", "adopt"]
    arrivals.process()
    Ledger(old, waiting).assert_kept()
    assert Photo.objects.filter(section__title="").count() == 0
    assert strict() == []


def test_an_upload_that_was_under_way_ends_as_it_did(scanned_shoot, arrivals, strict):
    new = frames(1, 2)
    batch = arrivals.announce(*new, sizes={name: len(data) for name, data in new.items()})
    uploads = dict(zip(new, batch.uploads.order_by("pk"), strict=True))
    for name, upload in uploads.items():
        with receiving.Writer(receiving.start(upload)) as writer:
            writer.append(0, [new[name][:100]])
    with backup():
        for name, upload in uploads.items():
            upload.refresh_from_db()
            with receiving.Writer(upload) as writer:
                writer.append(100, [new[name][100:]])
        # One has come to its end, the other still waits for its scan.
        arrivals.process_one(StoredFile.objects.get(original_name="IMG_1.jpg").pk)
    assert {*Upload.objects.values_list("state", flat=True)} == {UploadState.UPLOADING}

    assert repaired() == ["adopt", "adopt"]
    arrivals.process()
    Ledger(new).assert_kept()
    assert {*batch.uploads.values_list("state", flat=True)} == {UploadState.ACCEPTED}
    assert UploadBatch.objects.count() == 1
    assert strict() == []


def test_an_upload_that_was_given_up_since_ends(scanned_shoot, arrivals, strict):
    batch = arrivals.announce("a.jpg", sizes={"a.jpg": 100})
    upload = batch.uploads.get()
    with receiving.Writer(receiving.start(upload)) as writer:
        writer.append(0, [b"x" * 50])
    with backup():
        upload.refresh_from_db()
        assert receiving.abandon(upload)
    assert repaired() == ["end upload"]
    assert batch.uploads.get().state == UploadState.ABANDONED
    assert strict() == []


def test_a_row_that_names_the_place_of_before_is_pointed_to_the_file(
    scanned_shoot, arrivals, strict
):
    new = frames(1, 2)
    arrivals.receive(new)
    with backup():
        arrivals.process()
    assert {*StoredFile.objects.values_list("storage", flat=True)} == {INCOMING}

    assert repaired() == ["point", "point"]
    assert {*StoredFile.objects.values_list("storage", flat=True)} == {ORIGINALS}
    arrivals.process()
    Ledger(new).assert_kept()
    assert strict() == []


def test_a_file_that_went_to_a_cold_disk_is_found_there(scanned_shoot, arrivals, strict):
    new = frames(1)
    arrivals(new)
    owner = scanned_shoot.owner
    for state in (State.SUBMITTED, State.EDITING, State.DELIVERED):
        take_step(scanned_shoot, state, actor=owner)
    with backup():
        archive(scanned_shoot, actor=owner)
        archive_files(scanned_shoot.pk)
    assert repaired() == ["point"]
    file = StoredFile.objects.get()
    assert (file.storage, file.stage) == ("pumbaphoto_cold", Stage.READY)
    assert strict() == []


def test_a_file_whose_bytes_are_others_is_not_pointed_to(scanned_shoot, arrivals):
    arrivals.receive(frames(1))
    with backup():
        arrivals.process()
        place = StoredFile.objects.get().name
    path = Path(storage_for(ORIGINALS).location) / place
    path.write_bytes(bytes(path.stat().st_size))
    [outcome] = [one for one in repair(make_plan()) if one.step.act == "point"]
    assert (outcome.is_done, outcome.words) == (False, "its bytes are not those of the row")


@pytest.mark.parametrize("is_known", [True, False])
def test_a_proof_that_was_exported_again_is_a_new_version_again(
    scanned_shoot, arrivals, strict, is_known
):
    first = {"IMG_1.jpg": photograph(taken="2026:07:01 12:00:01")}
    again = {"IMG_1.jpg": photograph(640, 420, taken="2026:07:01 12:00:01")}
    if is_known:
        arrivals(first)
    with backup():
        if not is_known:
            arrivals(first)
        batch = arrivals.receive(again)
        UploadBatch.objects.filter(pk=batch.pk).update(same_name=SameName.REPLACE)
        arrivals.process()
        assert PhotoFile.objects.count() == 2
    repaired()
    # The newer one first, as workers may.
    newest = StoredFile.objects.get(sha256=hashlib.sha256(again["IMG_1.jpg"]).hexdigest())
    arrivals.process_one(newest.pk)
    arrivals.process()

    current = PhotoFile.objects.get(is_current=True)
    assert (Photo.objects.count(), PhotoFile.objects.count()) == (1, 2)
    assert (current.version, current.stored_file) == (2, newest)
    assert Photo.objects.get().picture == newest
    assert strict() == []


def test_hearts_that_came_after_the_backup_are_lost_and_that_is_said(scanned_shoot, arrivals):
    arrivals(frames(1))
    link = testing.make_link(scanned_shoot)
    with backup():
        selection = Selection.objects.create(share_link=link)
        Pick.objects.create(
            selection=selection,
            photo=Photo.objects.get(),
            is_favourite=True,
            picked_at=timezone.now(),
        )
    assert not Pick.objects.exists()
    plan = make_plan()
    assert any("hearts" in line and "cannot be made again" in line for line in plan.said)


def test_rows_without_files_are_told_with_what_restores_them(scanned_shoot, arrivals, strict):
    arrivals(frames(1, 2))
    gone = StoredFile.objects.order_by("pk").first()
    (Path(storage_for(gone.storage).location) / gone.name).unlink()
    [step] = [step for step in make_plan().steps if step.act == "missing"]
    assert gone.sha256 in step.words
    assert repaired() == ["missing"]
    gone.refresh_from_db()
    assert gone.stage == Stage.MISSING


def test_pictures_that_are_gone_are_asked_for_again(scanned_shoot, arrivals, strict):
    arrivals(frames(1))
    file = StoredFile.objects.get()
    rendition = file.renditions.first()
    (Path(storage_for(rendition.storage).location) / rendition.name).unlink()
    assert repaired() == ["render"]
    arrivals.process()
    assert strict() == []


# --- A database that is wholly lost ---------------------------------------------------------------


def test_a_lost_database_gets_its_galleries_back_from_what_lies_beside_the_files(
    db, own_storages, settings, clamd, strict
):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CLAMD_ADDRESS": clamd.address}
    testing.make_site()
    chief = testing.make_user("chief", is_superuser=True)
    smith, jones = frames(1, 2, 3), {"b.jpg": photograph(taken="2026:07:02 10:00:00")}
    edits = {"IMG_1_edit.jpg": photograph(500, 400)}
    with backup():
        galleries = [testing.make_gallery(title, has_page=False) for title in ("Smith", "Jones")]
        Arrivals(galleries[0])(smith)
        Arrivals(galleries[0])(edits, Purpose.EDIT)
        Arrivals(galleries[1])(jones)
        known = {(gallery.uuid, gallery.title) for gallery in galleries}
    assert not Gallery.objects.exists()

    assert repaired() == ["adopt"] * 5
    assert {*Gallery.objects.values_list("uuid", "title")} == known
    assert {gallery.owner for gallery in Gallery.objects.all()} == {chief}
    Arrivals(None).process()
    Ledger(smith, edits, jones).assert_kept()
    assert strict() == []


def test_a_stray_without_words_goes_to_the_gallery_of_its_folder(scanned_shoot, arrivals, strict):
    content = photograph()
    write_new(ORIGINALS, f"{scanned_shoot.uuid}/{uuid.uuid4()}.jpg", content)
    assert repaired() == ["adopt"]
    arrivals.process()
    photo = Photo.objects.get()
    assert (photo.gallery, photo.picture.sha256) == (
        scanned_shoot,
        hashlib.sha256(content).hexdigest(),
    )
    assert strict() == []


def test_a_stray_of_nobody_goes_to_a_gallery_of_what_was_recovered(scanned_shoot, arrivals):
    testing.make_user("chief", is_superuser=True)
    write_new(ORIGINALS, "somewhere/a.jpg", photograph())
    write_new(ORIGINALS, "somewhere/b.jpg", photograph(taken="2026:07:01 12:00:09"))
    assert repaired() == ["adopt", "adopt"]
    recovered = Gallery.objects.get(title__startswith="Recovered 20")
    assert recovered.owner.username == "chief"
    arrivals.process()
    assert recovered.photos.count() == 2


def test_what_is_no_photograph_is_listed_and_left(scanned_shoot):
    for name, content in {
        ".DS_Store": b"x",
        "a.txt": b"no photograph",
        "a.jpg": b"<html>",
        "lost.json": b"{}",
    }.items():
        write_new(ORIGINALS, f"x/{name}", content)
    write_new(INCOMING, f"{uuid.uuid4()}.part", photograph()[:500])
    write_new(INCOMING, f"quarantine/{uuid.uuid4()}", b"virus")
    assert acts(make_plan()) == {"leave": 6}
    assert repaired() == []
    assert not StoredFile.objects.exists()


# --- Trust ---------------------------------------------------------------------------------------


def test_a_sidecar_that_says_clean_is_not_believed(scanned_shoot, arrivals):
    infected = photograph()[:-2] + eicar()
    identity = uuid.uuid4()
    name = f"{scanned_shoot.uuid}/{identity}.jpg"
    write_new(ORIGINALS, name, infected)
    words = {
        "file": str(identity),
        "gallery": str(scanned_shoot.uuid),
        "size": len(infected),
        "sha256": hashlib.sha256(infected).hexdigest(),
        "original_name": "IMG_1.jpg",
        "purpose": "original",
        "verdict": "clean",
        "scanner": "ClamAV 1.4.3",
    }
    write_sidecar(ORIGINALS, name, words)
    assert repaired() == ["adopt"]
    file = StoredFile.objects.get()
    assert (file.stage, file.verdict) == (Stage.RECEIVED, Verdict.NONE)
    arrivals.process()
    file.refresh_from_db()
    assert (file.stage, file.verdict) == (Stage.INFECTED, Verdict.INFECTED)
    assert not Photo.objects.with_picture().exists()


def test_a_file_that_is_not_what_was_written_beside_it_is_left(scanned_shoot, arrivals):
    with backup():
        arrivals(frames(1))
        name = StoredFile.objects.get().name
    path = Path(storage_for(ORIGINALS).location) / name
    path.write_bytes(bytes(path.stat().st_size))
    [outcome] = [one for one in repair(make_plan()) if one.step.act == "adopt"]
    assert not outcome.is_done
    assert "written beside it" in outcome.words
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    "words", [b"", b"[]", b"{", b'{"file": 1}', b'{"file": "x", "gallery": "y", "size": 1}']
)
def test_words_that_mean_nothing_are_as_none(scanned_shoot, words):
    name = f"{scanned_shoot.uuid}/{uuid.uuid4()}.jpg"
    write_new(ORIGINALS, name, photograph())
    write_new(ORIGINALS, f"{name}.json", words)
    [step] = [step for step in make_plan().steps if step.act == "adopt"]
    assert "without words" in step.words


def test_words_of_any_length_and_kind_are_taken(scanned_shoot, arrivals):
    content, identity = photograph(), str(uuid.uuid4())
    name = f"{uuid.uuid4()}/{identity}.jpg"
    write_new(ORIGINALS, name, content)
    endless = "x" * 5000
    words = dict.fromkeys(
        ("original_name", "relative_path", "section", "gallery_title", "site", "owner"), endless
    )
    words |= {"file": identity, "gallery": str(uuid.uuid4()), "purpose": "original", "version": "2"}
    words |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    write_sidecar(ORIGINALS, name, words | {"gallery_kind": ["odd"], "collection": {}})
    testing.make_user("chief", is_superuser=True)
    assert repaired() == ["adopt"]
    gallery = Gallery.objects.get(title=endless[:255])
    assert gallery.collection.is_root()


def test_what_was_written_beside_a_file_names_no_client(scanned_shoot, arrivals):
    anna = testing.make_client("Anna Secret", email="anna@secret.example")
    scanned_shoot.clients.add(anna)
    testing.make_link(scanned_shoot, "Anna Secret", email="anna@secret.example")
    arrivals(frames(1))
    file = StoredFile.objects.get()
    words = read_sidecar(file.storage, file.name)
    assert "secret" not in json.dumps(words).casefold()
    assert words["gallery_title"] == scanned_shoot.title
    assert words["photo"] == str(Photo.objects.get().uuid)
    assert (words["role"], words["version"], words["section"]) == ("jpeg", 1, "")


# --- Once more, and elsewhere --------------------------------------------------------------------


def test_a_repair_that_is_run_again_does_nothing(scanned_shoot, arrivals):
    with backup():
        arrivals(frames(1, 2))
    plan = make_plan()
    assert repaired(plan) == ["adopt", "adopt"]
    assert repaired(plan) == []
    arrivals.process()
    assert repaired(plan) == []
    assert not [step for step in make_plan().steps if step.act != "leave"]


def test_one_that_was_killed_goes_on(scanned_shoot, arrivals, strict, monkeypatch):
    new = frames(1, 2, 3)
    with backup():
        arrivals(new)
    plan, really, count = make_plan(), repairing.lock_gallery, []

    def dying(gallery):
        count.append(1)
        if len(count) == 3:
            raise SystemExit
        return really(gallery)

    monkeypatch.setattr(repairing, "lock_gallery", dying)
    with pytest.raises(SystemExit):
        repaired(plan)
    monkeypatch.setattr(repairing, "lock_gallery", really)
    assert StoredFile.objects.count() == 2
    assert repaired(plan) == ["adopt"]
    arrivals.process()
    Ledger(new).assert_kept()
    assert UploadBatch.objects.count() == 1
    assert strict() == []


def test_a_plan_of_another_volume_is_refused(scanned_shoot, arrivals, own_storages):
    with backup():
        arrivals(frames(1))
    plan = make_plan()
    sentinel = own_storages / "originals" / SENTINEL_NAME
    sentinel.write_text(sentinel.read_text().replace(plan.volumes[ORIGINALS], str(uuid.uuid4())))
    time.sleep(1.1)  # for as long a proven volume is trusted
    with pytest.raises(PumbaphotoError, match="the plan was made of"):
        repaired(plan)
    assert not StoredFile.objects.exists()


def test_a_gallery_that_has_the_bytes_already_is_left_as_it_is(scanned_shoot, arrivals):
    new = frames(1)
    with backup():
        arrivals(new)
    arrivals(new)
    [outcome] = [one for one in repair(make_plan()) if one.step.act == "adopt"]
    assert outcome.words == "its gallery has these bytes already"
    assert StoredFile.objects.count() == 1


def test_it_stands_in_the_gallerys_history(scanned_shoot, arrivals):
    with backup():
        arrivals(frames(1, 2))
    repaired()
    [entry] = ModelLogEntry.objects.filter(action="pumbaphoto.recover_files")
    assert entry.object_id == str(scanned_shoot.pk)
    assert str(entry.message)


# --- The commands --------------------------------------------------------------------------------


def test_the_commands_write_a_plan_and_carry_it_out(scanned_shoot, arrivals, tmp_path):
    with backup():
        arrivals(frames(1))
    path, output = tmp_path / "plan.json", StringIO()
    call_command("pumbaphoto_verify", "--repair-plan", str(path), stdout=output)
    assert "1 adopt" in output.getvalue()
    assert scanned_shoot.title in output.getvalue()
    assert "hearts" in output.getvalue()
    assert not StoredFile.objects.exists()

    output = StringIO()
    call_command("pumbaphoto_repair", str(path), stdout=output)
    assert output.getvalue() == "Steps: 1 done.\n"
    call_command("pumbaphoto_repair", str(path), stdout=output)
    assert output.getvalue().endswith("Steps: 1 done before.\n")


def test_what_is_no_plan_is_an_error(db, own_storages, tmp_path):
    path = tmp_path / "plan.json"
    for text in ("", "{}", "[]", '{"layout": 0}'):
        path.write_text(text)
        with pytest.raises(CommandError):
            call_command("pumbaphoto_repair", str(path), stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("pumbaphoto_repair", str(tmp_path / "none.json"), stdout=StringIO())


def test_a_site_with_nothing_to_repair_says_so(scanned_shoot, arrivals):
    arrivals(frames(1))
    output = StringIO()
    call_command("pumbaphoto_verify", "--repair-plan", stdout=output)
    assert "every file has its row, and every row its file" in output.getvalue()


# --- What others leave alone ---------------------------------------------------------------------


def test_sweeping_leaves_what_was_acknowledged_and_takes_words_without_their_part(
    scanned_shoot, arrivals, own_storages
):
    with backup():
        arrivals.receive(frames(1))
    write_new(INCOMING, "lonely.part.json", b"{}")
    write_new(INCOMING, "unfinished.part", b"x")
    for path in (own_storages / "incoming").iterdir():
        os.utime(path, (0, 0))
    assert reconciling.sweep_parts() == 2
    [part, beside] = storage_for(INCOMING).listdir("")[1]
    assert beside == f"{part}.json"


@pytest.mark.parametrize("end", ["given up", "the same bytes", "infected", "promoted"])
def test_words_beside_a_part_go_with_it(scanned_shoot, arrivals, end):
    if end == "given up":
        upload = arrivals.announce("a.jpg", sizes={"a.jpg": 9}).uploads.get()
        receiving.start(upload)
        write_sidecar(INCOMING, f"{upload.uuid}.part", {"file": "x"})
        assert receiving.abandon(upload)
    elif end == "the same bytes":
        arrivals(frames(1))
        content = frames(1)["Card/IMG_1.jpg"]
        arrivals.receive({"Elsewhere/other.jpg": content})
    else:
        whole = photograph()
        arrivals({"a.jpg": whole[:-2] + eicar() if end == "infected" else whole})
    _directories, files = storage_for(INCOMING).listdir("")
    assert files == []
    assert not [name for name in walk(INCOMING) if name.endswith(".json")]


def test_an_only_copy_is_not_removed_as_a_second_one(scanned_shoot, arrivals, strict):
    """The backup was taken in the middle of a move, which came to its end afterwards."""
    arrivals(frames(1))
    owner = scanned_shoot.owner
    for state in (State.SUBMITTED, State.EDITING, State.DELIVERED):
        take_step(scanned_shoot, state, actor=owner)
    archive(scanned_shoot, actor=owner)
    file = StoredFile.objects.get()
    with backup():
        archive_files(scanned_shoot.pk)
        cold = StoredFile.objects.get()
    FileMove.objects.create(stored_file=file, to_storage=cold.storage, to_name=cold.name)
    archive_files(scanned_shoot.pk)

    file.refresh_from_db()
    assert (file.storage, file.name, file.stage) == (cold.storage, cold.name, Stage.READY)
    assert storage_for(file.storage).size(file.name) == file.size
    assert not FileMove.objects.exists()
    assert strict() == []


def test_a_gallery_that_is_deleted_leaves_no_words_behind(scanned_shoot, arrivals):
    arrivals(frames(1))
    arrivals({"IMG_1_edit.jpg": photograph(500, 400)}, Purpose.EDIT)
    arrivals.receive(frames(2))
    erasing.delete_gallery(scanned_shoot, actor=None)
    assert erasing.erase_gallery(scanned_shoot.pk)
    assert [*walk(ORIGINALS), *walk(INCOMING)] == []


def test_what_came_whole_is_not_given_up_by_a_database_of_last_week(scanned_shoot, arrivals):
    content = photograph()
    upload = arrivals.announce("a.jpg", sizes={"a.jpg": len(content)}).uploads.get()
    receiving.start(upload)
    with backup():
        arrivals.send(upload, content)
    Upload.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert receiving.abandon_expired() == 0
    assert repaired() == ["adopt"]
    arrivals.process()
    Ledger({"a.jpg": content}).assert_kept()
