"""Archiving and restoring: acts, where files belong, and how they get there."""

import contextlib
import os
import shutil
import subprocess
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone
from django_q.models import OrmQ

from pumbaphoto_wagtail import tasks, testing
from pumbaphoto_wagtail.delivery import cold, moves
from pumbaphoto_wagtail.delivery.cold import (
    archive,
    archive_files,
    cold_progress,
    reconcile,
    restore,
    restore_files,
    why_paused,
)
from pumbaphoto_wagtail.exceptions import StaleState, TransitionNotAllowed
from pumbaphoto_wagtail.models import (
    FileMove,
    FileRole,
    Gallery,
    PhotoFile,
    Rendition,
    ShareLink,
    Stage,
    State,
    StoredFile,
    Transition,
)
from pumbaphoto_wagtail.storage import (
    ORIGINALS,
    RENDITIONS,
    SENTINEL_NAME,
    digest,
    read_sidecar,
    storage_for,
    walk,
    write_sidecar,
)

from ..test_workflow import at_once
from .shoot import present

pytestmark = pytest.mark.django_db
COLD = "pumbaphoto_cold"


EVERYTHING = {"COLD_FILES": ("originals", "edits")}


@pytest.fixture(autouse=True)
def own_storages(tmp_path):
    """Storages of this test, and a site that sends all it has to the cold one."""
    storages = testing.temporary_storages(tmp_path)
    with override_settings(STORAGES=storages, PUMBAPHOTO=EVERYTHING):
        yield tmp_path


@pytest.fixture
def gallery(db):
    return delivered_gallery()


def delivered_gallery():
    """Two photos, one with a second version; an edit that was delivered, and one that was not."""
    gallery = testing.make_gallery(has_page=False, state=State.DELIVERED)
    first, second = (testing.make_photo(gallery, is_rendered=False) for _ in range(2))
    old = testing.make_stored_file()
    PhotoFile.objects.create(
        photo=first, stored_file=old, role=FileRole.PICTURE, version=2, is_current=False
    )
    testing.make_delivery(gallery, [testing.make_edit(gallery, first)])
    testing.make_edit(gallery, second)
    return gallery


FILES = 5


def archived(gallery):
    archive(gallery, actor=gallery.owner)
    archive_files(gallery.pk)
    return gallery


def places():
    return set(StoredFile.objects.values_list("storage", flat=True))


def check_every_file():
    """I4 and I5: every row names a whole file, and nothing else lies in the storages."""
    for file in StoredFile.objects.all():
        assert digest(file.storage, file.name).sha256 == file.sha256
    for alias in (ORIGINALS, COLD):
        named = set(StoredFile.objects.filter(storage=alias).values_list("name", flat=True))
        assert {name for name in walk(alias) if not name.endswith(".json")} == named
    assert not FileMove.objects.exists()


def queued():
    return [task.func() for task in OrmQ.objects.all()]


# --- The acts ------------------------------------------------------------------------------------


def test_archiving_moves_the_state_and_wakes_the_mover(gallery):
    OrmQ.objects.all().delete()
    step = archive(gallery, actor=gallery.owner)
    assert (step.to_state, present(gallery).state) == (State.ARCHIVED, State.ARCHIVED)
    assert queued() == ["pumbaphoto_wagtail.tasks.archive_files"]
    assert places() == {ORIGINALS}


@pytest.mark.parametrize("state", [State.ACTIVE, State.SUBMITTED, State.EDITING, State.ARCHIVED])
def test_only_a_delivered_gallery_can_be_archived(gallery, state):
    Gallery.objects.update(state=state)
    gallery.refresh_from_db()
    with pytest.raises(TransitionNotAllowed):
        archive(gallery, actor=gallery.owner)
    assert present(gallery).state == state


def test_only_an_archived_gallery_can_be_restored(gallery):
    Gallery.objects.update(state=State.EDITING)
    stale = Gallery(pk=gallery.pk, state=State.ARCHIVED, kind=gallery.kind)
    with pytest.raises(StaleState):
        restore(stale, actor=gallery.owner)


def test_without_a_cold_storage_nothing_is_archived(gallery):
    with (
        override_settings(PUMBAPHOTO={"COLD_STORAGE": "somewhere"}),
        pytest.raises(TransitionNotAllowed, match="no storage for archived"),
    ):
        archive(gallery, actor=gallery.owner)
    assert present(gallery).state == State.DELIVERED


def test_links_open_once_more_for_two_weeks_when_a_gallery_is_restored(gallery):
    link = testing.make_link(gallery, expires_at=timezone.now() + timedelta(days=300))
    for_ever = testing.make_link(gallery)
    ShareLink.objects.filter(pk=for_ever.pk).update(expires_at=None)
    archived(gallery)
    # Ten years later they are long closed.
    ShareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now() + timedelta(seconds=1))
    restore(gallery, actor=gallery.owner)
    for one in (link, for_ever):
        one.refresh_from_db()
        assert abs(one.expires_at - timezone.now() - timedelta(days=14)) < timedelta(minutes=1)


def test_links_that_were_closed_before_stay_closed(gallery):
    revoked, expired = testing.make_link(gallery), testing.make_link(gallery)
    then = timezone.now() - timedelta(days=1)
    ShareLink.objects.filter(pk=revoked.pk).update(revoked_at=then)
    ShareLink.objects.filter(pk=expired.pk).update(expires_at=then)
    before = [*ShareLink.objects.order_by("pk").values("expires_at", "revoked_at")]
    restore(archived(gallery), actor=gallery.owner)
    assert [*ShareLink.objects.order_by("pk").values("expires_at", "revoked_at")] == before


# --- There and back ------------------------------------------------------------------------------


def test_archived_files_are_cold_and_whole(gallery):
    archived(gallery)
    assert places() == {COLD}
    assert len([*walk(COLD)]) == FILES
    assert [*walk(ORIGINALS)] == []
    check_every_file()


def test_restored_files_are_back_and_the_same_to_the_byte(gallery):
    before = {
        file.pk: storage_for(file.storage).open(file.name).read()
        for file in StoredFile.objects.all()
    }
    restore(archived(gallery), actor=gallery.owner)
    assert restore_files(gallery.pk) == FILES
    assert places() == {ORIGINALS}
    for file in StoredFile.objects.all():
        assert storage_for(file.storage).open(file.name).read() == before[file.pk]
    check_every_file()


def test_the_queue_knows_both_tasks(gallery):
    archive(gallery, actor=gallery.owner)
    tasks.archive_files(gallery.pk)
    assert places() == {COLD}
    restore(gallery, actor=gallery.owner)
    tasks.restore_files(gallery.pk)
    assert places() == {ORIGINALS}


def test_renditions_stay_where_they_are(gallery):
    archived(gallery)
    assert Rendition.objects.exists()
    for rendition in Rendition.objects.all():
        assert rendition.storage == RENDITIONS
        assert digest(RENDITIONS, rendition.name).sha256 == rendition.digest


def test_a_sidecar_goes_with_its_file(gallery):
    file = StoredFile.objects.first()
    write_sidecar(ORIGINALS, file.name, {"file": str(file.uuid)})
    archived(gallery)
    file.refresh_from_db()
    assert read_sidecar(COLD, file.name) == {"file": str(file.uuid)}
    assert [*walk(ORIGINALS)] == []


def test_moving_twice_moves_once(gallery):
    archived(gallery)
    before = [*StoredFile.objects.values()]
    assert archive_files(gallery.pk) == 0
    assert [*StoredFile.objects.values()] == before


def test_nobody_s_lease_is_left_behind(gallery):
    archived(gallery)
    assert not StoredFile.objects.filter(lease_holder__isnull=False).exists()


def test_a_late_archiving_of_a_restored_gallery_moves_nothing_away(gallery):
    restore(archived(gallery), actor=gallery.owner)
    archive_files(gallery.pk)
    assert places() == {ORIGINALS}


def test_a_file_that_another_gallery_uses_stays_hot(gallery):
    other = testing.make_gallery(has_page=False, state=State.EDITING)
    shared = gallery.photos.first().picture
    testing.make_photo(other, picture=shared)
    archived(gallery)
    shared.refresh_from_db()
    assert shared.storage == ORIGINALS
    assert StoredFile.objects.filter(storage=COLD).count() == FILES - 1
    Gallery.objects.filter(pk=other.pk).update(state=State.ARCHIVED)
    archive_files(other.pk)
    assert places() == {COLD}


def test_a_shared_file_of_two_archived_galleries_comes_back_with_either(gallery):
    other = testing.make_gallery(has_page=False, state=State.ARCHIVED)
    shared = gallery.photos.first().picture
    testing.make_photo(other, picture=shared)
    archived(gallery)
    Gallery.objects.filter(pk=other.pk).update(state=State.DELIVERED)
    restore_files(other.pk)
    shared.refresh_from_db()
    assert shared.storage == ORIGINALS
    assert StoredFile.objects.filter(storage=COLD).count() == FILES - 1


def test_files_of_the_photographer_s_library_are_never_moved(gallery):
    StoredFile.objects.update(is_owned=False)
    archived(gallery)
    assert places() == {ORIGINALS}


def test_files_go_back_from_a_cold_storage_that_is_no_longer_the_setting(gallery):
    archived(gallery)
    Gallery.objects.update(state=State.DELIVERED)
    with override_settings(PUMBAPHOTO=EVERYTHING | {"COLD_STORAGE": "pumbaphoto_exports"}):
        restore_files(gallery.pk)
    assert places() == {ORIGINALS}
    check_every_file()


def test_a_file_that_somebody_holds_is_left_for_later(gallery):
    busy = StoredFile.objects.first()
    until = timezone.now() + timedelta(minutes=5)
    StoredFile.objects.filter(pk=busy.pk).update(lease_until=until)
    archived(gallery)
    busy.refresh_from_db()
    assert busy.storage == ORIGINALS
    assert StoredFile.objects.filter(storage=COLD).count() == FILES - 1


def test_a_long_move_is_done_in_several_tasks(gallery, monkeypatch):
    monkeypatch.setattr(cold, "WORK_SECONDS", -1)
    archive(gallery, actor=gallery.owner)
    OrmQ.objects.all().delete()
    assert archive_files(gallery.pk) == 0
    assert queued() == ["pumbaphoto_wagtail.tasks.archive_files"]


# --- Trouble -------------------------------------------------------------------------------------


@contextlib.contextmanager
def offline(path, name):
    """The volume's directory as it is while it is not mounted: there, and without a sentinel."""
    sentinel, kept = path / name / SENTINEL_NAME, path / f"{name}-sentinel"
    os.rename(sentinel, kept)
    try:
        yield
    finally:
        os.rename(kept, sentinel)


def test_while_the_cold_volume_is_offline_archiving_waits(gallery, own_storages):
    """F59"""
    archive(gallery, actor=gallery.owner)
    with offline(own_storages, "cold"):
        assert archive_files(gallery.pk) == 0
        assert places() == {ORIGINALS}
        assert present(gallery).state == State.ARCHIVED
        assert "cold storage is offline" in why_paused(gallery)
        assert os.listdir(own_storages / "cold") == []
    assert why_paused(gallery) == ""
    assert archive_files(gallery.pk) == FILES
    check_every_file()


def test_while_the_cold_volume_is_offline_restoring_waits(gallery, own_storages):
    restore(archived(gallery), actor=gallery.owner)
    with offline(own_storages, "cold"):
        assert restore_files(gallery.pk) == 0
        assert places() == {COLD}
        assert not StoredFile.objects.filter(stage=Stage.MISSING).exists()
    assert restore_files(gallery.pk) == FILES
    check_every_file()


def test_while_the_photo_volume_is_offline_nothing_is_called_missing(gallery, own_storages):
    archive(gallery, actor=gallery.owner)
    with offline(own_storages, "originals"):
        assert archive_files(gallery.pk) == 0
        assert "photo storage is offline" in why_paused(gallery)
    assert not StoredFile.objects.filter(stage=Stage.MISSING).exists()
    archive_files(gallery.pk)
    check_every_file()


def damage(file):
    path = os.path.join(storage_for(file.storage).location, file.name)
    with open(path, "r+b") as stored:
        first = stored.read(1)
        stored.seek(0)
        stored.write(bytes([first[0] ^ 1]))


def test_a_file_with_a_flipped_byte_is_never_switched(gallery, own_storages):
    file = StoredFile.objects.order_by("pk").first()
    place = (file.storage, file.name)
    damage(file)
    archived(gallery)
    file.refresh_from_db()
    assert (file.storage, file.name) == place
    assert storage_for(ORIGINALS).exists(file.name)
    assert cold_progress(gallery).stuck == 1
    assert StoredFile.objects.filter(storage=COLD).count() == FILES - 1
    assert len([*walk(COLD)]) == FILES - 1
    assert not FileMove.objects.exists()


def test_a_flipped_byte_in_the_copy_is_never_switched_to(gallery, monkeypatch):
    """The copy goes wrong after it was made: only what is read again afterwards shows it."""
    real = moves.link_or_copy

    def copy_badly(from_alias, from_name, to_alias, to_name, expected):
        real(from_alias, from_name, to_alias, to_name, expected)
        path = os.path.join(storage_for(to_alias).location, to_name)
        # On one device the copy is a link; here it is a copy of its own that goes bad.
        content = storage_for(to_alias).open(to_name).read()
        os.unlink(path)
        with open(path, "wb") as stored:
            stored.write(bytes([content[0] ^ 1]) + content[1:])

    monkeypatch.setattr(moves, "link_or_copy", copy_badly)
    archived(gallery)
    assert places() == {ORIGINALS}
    assert [*walk(COLD)] == []
    check_every_file()


def test_a_damaged_file_is_not_read_on_every_pass(gallery):
    damage(StoredFile.objects.first())
    archived(gallery)
    OrmQ.objects.all().delete()
    assert reconcile() == {"galleries moved on": 0}
    StoredFile.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    assert reconcile() == {"galleries moved on": 1}


def test_a_file_that_is_gone_is_called_missing_and_keeps_nobody_back(gallery):
    file = StoredFile.objects.first()
    os.unlink(os.path.join(storage_for(ORIGINALS).location, file.name))
    archived(gallery)
    file.refresh_from_db()
    assert file.stage == Stage.MISSING
    assert StoredFile.objects.filter(storage=COLD).count() == FILES - 1
    assert reconcile() == {"galleries moved on": 0}


def test_a_full_cold_volume_stops_the_move_and_changes_nothing(gallery, own_storages):
    target = own_storages / "cold"
    sentinel = (target / SENTINEL_NAME).read_bytes()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "pumbaphoto", target], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not permitted here")
    try:
        (target / SENTINEL_NAME).write_bytes(sentinel)
        with contextlib.suppress(OSError), open(target / "filler", "wb", 0) as filler:
            while filler.write(b"x" * 4096):
                pass
        archived(gallery)
        assert places() == {ORIGINALS}
    finally:
        subprocess.run(["umount", "-l", target], check=True)
    archive_files(gallery.pk)
    check_every_file()


# --- Cut off -------------------------------------------------------------------------------------


def test_a_second_copy_that_was_left_behind_is_cleared_away(gallery):
    """As after a crash in the middle of copying."""
    archive(gallery, actor=gallery.owner)
    file = StoredFile.objects.first()
    shutil.copy(
        os.path.join(storage_for(ORIGINALS).location, file.name),
        os.path.join(storage_for(COLD).location, "half.jpg"),
    )
    FileMove.objects.create(stored_file=file, to_storage=COLD, to_name="half.jpg")
    archive_files(gallery.pk)
    assert places() == {COLD}
    check_every_file()


def test_restoring_in_the_middle_of_archiving_leaves_one_hot_copy(gallery):
    """As after a crash behind the switch, and another decision."""
    archived(gallery)
    file = StoredFile.objects.first()
    testing.write_new(ORIGINALS, "old.jpg", storage_for(COLD).open(file.name).read())
    FileMove.objects.create(stored_file=file, to_storage=ORIGINALS, to_name="old.jpg")
    restore(gallery, actor=gallery.owner)
    restore_files(gallery.pk)
    assert places() == {ORIGINALS}
    check_every_file()


def test_a_worker_that_was_overtaken_switches_nothing_and_takes_its_copy_back(gallery, monkeypatch):
    archive(gallery, actor=gallery.owner)
    real, overtaken = moves._copy, []

    def copy(file, move):
        real(file, move)
        if not overtaken:
            # The lease ran out while this worker slept; another one does the whole work.
            overtaken.append(file.pk)
            StoredFile.objects.filter(pk=file.pk).update(lease_until=timezone.now())
            assert moves.bring_home(file.pk)

    monkeypatch.setattr(moves, "_copy", copy)
    archive_files(gallery.pk)
    assert overtaken
    assert places() == {COLD}
    check_every_file()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_several_workers_at_once_move_each_file_once():
    gallery = delivered_gallery()
    archive(gallery, actor=gallery.owner)
    at_once(lambda: archive_files(gallery.pk), times=4)
    archive_files(gallery.pk)
    assert places() == {COLD}
    assert len([*walk(COLD)]) == FILES
    check_every_file()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_archiving_and_restoring_at_once_loses_nothing():
    gallery = delivered_gallery()
    works = [archive, restore, archive, restore] * 2

    def work():
        mine = present(gallery)
        with contextlib.suppress(StaleState, TransitionNotAllowed):
            works.pop()(mine, actor=mine.owner)
        archive_files(gallery.pk)

    results = at_once(work, times=8)
    assert results == [None] * 8
    restore_files(gallery.pk)
    check_every_file()
    assert places() == {COLD if present(gallery).state == State.ARCHIVED else ORIGINALS}
    assert Transition.objects.exists()


# --- Putting right, and how far ------------------------------------------------------------------


def test_reconciling_wakes_what_was_forgotten(gallery):
    archive(gallery, actor=gallery.owner)
    OrmQ.objects.all().delete()
    assert reconcile() == {"galleries moved on": 1}
    assert queued() == ["pumbaphoto_wagtail.tasks.archive_files"]


def test_reconciling_wakes_a_restored_gallery_with_cold_files(gallery):
    restore(archived(gallery), actor=gallery.owner)
    OrmQ.objects.all().delete()
    assert reconcile() == {"galleries moved on": 1}
    assert queued() == ["pumbaphoto_wagtail.tasks.restore_files"]


def test_reconciling_wakes_for_a_copy_that_was_left_behind(gallery):
    archived(gallery)
    file = StoredFile.objects.first()
    FileMove.objects.create(stored_file=file, to_storage=ORIGINALS, to_name="old.jpg")
    assert reconcile() == {"galleries moved on": 1}


def test_reconciling_leaves_alone_what_is_done_or_being_done(gallery):
    assert reconcile() == {"galleries moved on": 0}
    archive(gallery, actor=gallery.owner)
    later = timezone.now() + timedelta(minutes=5)
    StoredFile.objects.filter(pk=StoredFile.objects.first().pk).update(lease_until=later)
    assert reconcile() == {"galleries moved on": 0}
    StoredFile.objects.update(lease_until=None)
    archive_files(gallery.pk)
    assert reconcile() == {"galleries moved on": 0}


def test_where_looking_takes_long_galleries_of_the_last_days_come_first(gallery, monkeypatch):
    """The others have their turn when the time for looking through all is come."""
    archive(gallery, actor=gallery.owner)
    monkeypatch.setattr(cold, "QUICK_SECONDS", 0)
    cache.delete(cold.ALL_LOOKED_AT)
    try:
        assert reconcile() == {"galleries moved on": 1}
        cache.set(cold.ALL_LOOKED_AT, True, 60)
        assert reconcile() == {"galleries moved on": 1}

        Transition.objects.update(at=timezone.now() - timedelta(days=3))
        assert reconcile() == {"galleries moved on": 0}
        cache.delete(cold.ALL_LOOKED_AT)
        assert reconcile() == {"galleries moved on": 1}
    finally:
        cache.delete(cold.ALL_LOOKED_AT)


def test_the_reconciling_of_the_house_includes_it(gallery):
    archive(gallery, actor=gallery.owner)
    assert tasks.reconcile()["galleries moved on"] == 1


def test_progress_is_told(gallery):
    size = sum(StoredFile.objects.values_list("size", flat=True))
    assert cold_progress(gallery) == (FILES, FILES, 0, 0)
    archive(gallery, actor=gallery.owner)
    assert cold_progress(gallery) == (0, FILES, size, 0)
    archive_files(gallery.pk)
    assert cold_progress(gallery) == (FILES, FILES, 0, 0)
    restore(gallery, actor=gallery.owner)
    assert cold_progress(gallery) == (0, FILES, size, 0)
