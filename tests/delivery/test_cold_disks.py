"""Which files go to the cold, to which disk, and back: one photo alone, disks of other years, and
storages that are not ours.
"""

import os
import shutil
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.files.storage.memory import InMemoryStorage
from django.test import override_settings
from django.utils import timezone

from pumbaphoto_wagtail import notifications, testing
from pumbaphoto_wagtail.delivery import cold, cold_disks, moves
from pumbaphoto_wagtail.exceptions import TransitionNotAllowed
from pumbaphoto_wagtail.models import (
    FileMove,
    FileRole,
    Message,
    MessageKind,
    PhotoFile,
    ShareLink,
    Stage,
    State,
    StoredFile,
)
from pumbaphoto_wagtail.proofing.closed_gallery import ask_for_photos
from pumbaphoto_wagtail.storage import ORIGINALS, digest, walk

from .shoot import present

pytestmark = pytest.mark.django_db
COLD = "pumbaphoto_cold"


class Flaky(InMemoryStorage):
    """Somebody's own storage, that may be away, or unable to read one file."""

    is_away = False
    unreadable: set = set()

    def _check(self, name):
        if Flaky.is_away or name in Flaky.unreadable:
            raise ConnectionResetError("no route to the bucket")

    def _open(self, name, mode="rb"):
        self._check(name)
        return super()._open(name, mode)

    def _save(self, name, content):
        self._check(name)
        return super()._save(name, content)

    def exists(self, name):
        self._check(name)
        return super().exists(name)

    def listdir(self, path):
        self._check(path)
        return super().listdir(path)


@pytest.fixture(autouse=True)
def own_storages(tmp_path):
    Flaky.is_away, Flaky.unreadable = False, set()
    own = testing.temporary_storages(tmp_path)
    own["Cold-2027"] = {"BACKEND": f"{__name__}.Flaky"}
    own["Cold-2028"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path / "Cold-2028"},
    }
    with override_settings(STORAGES=own):
        yield tmp_path


@pytest.fixture
def gallery(db):
    """Two photos, the first a RAW with its picture; one edit that was delivered."""
    gallery = testing.make_gallery(has_page=False, state=State.DELIVERED)
    first, _second = (testing.make_photo(gallery, is_rendered=False) for _ in range(2))
    raw = testing.make_stored_file(original_name="IMG_1.cr2", format="cr2")
    PhotoFile.objects.create(photo=first, stored_file=raw, role=FileRole.RAW)
    testing.make_delivery(gallery, [testing.make_edit(gallery, first)])
    return gallery


def archived(gallery, **options):
    cold.archive(gallery, actor=gallery.owner, **options)
    cold.archive_files(gallery.pk)
    return gallery


def places():
    """How many files lie where."""
    found = {}
    for alias in StoredFile.objects.values_list("storage", flat=True):
        found[alias] = found.get(alias, 0) + 1
    return found


def check_every_file():
    for file in StoredFile.objects.all():
        assert digest(file.storage, file.name).sha256 == file.sha256
    assert not FileMove.objects.exists()


def to_disk(alias):
    return override_settings(PUMBAPHOTO={"COLD_STORAGE": alias})


# --- What goes -----------------------------------------------------------------------------------


def test_originals_go_and_what_was_delivered_stays(gallery):
    archived(gallery)
    assert places() == {COLD: 3, ORIGINALS: 1}
    assert gallery.edits.get().stored_file.storage == ORIGINALS
    assert cold.cold_progress(gallery)[:3] == (4, 4, 0)
    assert cold.reconcile() == {"galleries moved on": 0}
    check_every_file()


def test_finished_photos_are_what_was_delivered(gallery):
    """A picture that was itself delivered stays at hand, its RAW goes."""
    photo = gallery.photos.order_by("pk").first()
    gallery.deliveries.get().items.update(edit=None, stored_file=photo.picture)
    archived(gallery)
    photo.picture.refresh_from_db()
    raw = photo.files.get(role=FileRole.RAW).stored_file
    assert (photo.picture.storage, raw.storage) == (ORIGINALS, COLD)


def test_what_is_kept_online_stays_even_where_edits_go(gallery):
    with override_settings(PUMBAPHOTO={"COLD_FILES": ("originals", "edits")}):
        archived(gallery, keeps_online=True)
        assert places() == {COLD: 3, ORIGINALS: 1}
        cold.keep_online(gallery, False, actor=gallery.owner)
        cold.archive_files(gallery.pk)
        assert places() == {COLD: 4}
        cold.keep_online(gallery, True, actor=gallery.owner)
        cold.restore_files(gallery.pk)
        assert places() == {COLD: 3, ORIGINALS: 1}
    check_every_file()


def test_edits_that_are_cold_are_not_fetched_because_a_setting_changed(gallery):
    with override_settings(PUMBAPHOTO={"COLD_FILES": ("originals", "edits")}):
        archived(gallery)
    assert cold.reconcile() == {"galleries moved on": 0}
    cold.restore_files(gallery.pk)
    assert places() == {COLD: 4}


@pytest.mark.parametrize("keeps", [True, False])
def test_the_settings_say_what_is_kept_online_where_nobody_does(gallery, keeps):
    with override_settings(PUMBAPHOTO={"KEEP_DELIVERED_ONLINE": keeps}):
        archived(gallery)
    assert present(gallery).keeps_delivered_online is keeps


# --- One photo -----------------------------------------------------------------------------------


def test_one_photo_is_fetched_without_opening_the_gallery_and_goes_back_by_itself(gallery):
    archived(gallery)
    photo = gallery.photos.order_by("pk").first()
    assert cold.fetch_photo(photo, actor=gallery.owner) == 2
    cold.restore_files(gallery.pk)
    assert {file.stored_file.storage for file in photo.files.all()} == {ORIGINALS}
    assert places() == {COLD: 1, ORIGINALS: 3}
    assert present(gallery).state == State.ARCHIVED
    assert cold.reconcile() == {"galleries moved on": 0}
    check_every_file()

    StoredFile.objects.filter(hot_until__isnull=False).update(hot_until=timezone.now())
    assert cold.reconcile() == {"galleries moved on": 1}
    cold.archive_files(gallery.pk)
    assert places() == {COLD: 3, ORIGINALS: 1}
    check_every_file()


def test_a_photo_fetched_again_stays_longer(gallery):
    archived(gallery)
    photo = gallery.photos.order_by("pk").first()
    cold.fetch_photo(photo, actor=gallery.owner)
    cold.restore_files(gallery.pk)
    soon = timezone.now() + timedelta(hours=1)
    StoredFile.objects.filter(hot_until__isnull=False).update(hot_until=soon)
    assert cold.fetch_photo(photo, actor=gallery.owner) == 2
    assert photo.files.first().stored_file.hot_until > soon


def test_only_of_an_archived_gallery_is_a_photo_fetched(gallery):
    with pytest.raises(TransitionNotAllowed):
        cold.fetch_photo(gallery.photos.first(), actor=gallery.owner)


# --- Disks of other years ------------------------------------------------------------------------


def test_each_file_stays_on_the_disk_of_its_year(gallery):
    archived(gallery)
    other = testing.make_gallery(has_page=False, state=State.DELIVERED)
    testing.make_photo(other, is_rendered=False)
    with to_disk("Cold-2027"):
        archived(other)
        assert places() == {COLD: 3, ORIGINALS: 1, "Cold-2027": 1}
        assert cold.reconcile() == {"galleries moved on": 0}
        disks = {disk.alias: (disk.is_cold, disk.files) for disk in cold_disks.disks_of(other)}
        assert disks == {"Cold-2027": (True, 1)}
    assert cold_disks.cold_aliases() == ["Cold-2027", COLD]


def test_a_disk_that_is_not_in_the_settings_is_named_and_the_others_come_back(gallery):
    archived(gallery)
    lost = StoredFile.objects.filter(storage=COLD).order_by("pk").first()
    place = lost.name
    StoredFile.objects.filter(pk=lost.pk).update(storage="Cold-2019")
    cold.restore(gallery, actor=gallery.owner)
    assert cold.restore_files(gallery.pk) == 2
    assert places() == {"Cold-2019": 1, ORIGINALS: 3}
    assert "Plug in Cold-2019" in cold.why_paused(gallery)
    assert not StoredFile.objects.filter(stage=Stage.MISSING).exists()

    # Plugged in again, under its own name.
    with override_settings(STORAGES=storages.backends | {"Cold-2019": storages.backends[COLD]}):
        assert storages["Cold-2019"].exists(place)
        assert cold.restore_files(gallery.pk) == 1
    assert cold.why_paused(gallery) == ""
    check_every_file()


def test_a_second_copy_on_a_disk_that_is_gone_holds_only_its_own_file(gallery):
    archived(gallery)
    file = StoredFile.objects.filter(storage=COLD).order_by("pk").first()
    FileMove.objects.create(stored_file=file, to_storage="Cold-2019", to_name="x/old.jpg")
    cold.restore(gallery, actor=gallery.owner)
    assert cold.restore_files(gallery.pk) == 2
    assert places() == {COLD: 1, ORIGINALS: 3}
    # A restore that is nearly done does not wait long for one file that a moment's trouble held up.
    file.refresh_from_db()
    assert timezone.now() < file.retry_at < timezone.now() + timedelta(minutes=6)


# --- Storages that are not ours ------------------------------------------------------------------


@pytest.mark.parametrize("alias", ["Cold-2027", "Cold-2028"])
def test_any_django_storage_may_be_the_cold_one_both_ways(gallery, alias):
    before = {file.pk: file.sha256 for file in StoredFile.objects.all()}
    with to_disk(alias):
        archived(gallery)
        assert places() == {alias: 3, ORIGINALS: 1}
        check_every_file()
        cold.restore(gallery, actor=gallery.owner)
        assert cold.restore_files(gallery.pk) == 3
    assert places() == {ORIGINALS: 4}
    assert [*walk(alias)] == []
    assert {file.pk: file.sha256 for file in StoredFile.objects.all()} == before
    check_every_file()


def test_any_django_storage_may_hold_the_originals(own_storages):
    own = storages.backends | {ORIGINALS: {"BACKEND": f"{__name__}.Flaky"}}
    with override_settings(STORAGES=own):
        gallery = testing.make_gallery(has_page=False, state=State.DELIVERED)
        testing.make_photo(gallery, is_rendered=False)
        archived(gallery)
        assert places() == {COLD: 1}
        check_every_file()
        cold.restore(gallery, actor=gallery.owner)
        cold.restore_files(gallery.pk)
        assert places() == {ORIGINALS: 1}
        check_every_file()


def test_while_a_foreign_storage_is_away_files_wait_and_nothing_is_missing(gallery):
    with to_disk("Cold-2027"):
        Flaky.is_away = True
        archived(gallery)
        assert places() == {ORIGINALS: 4}
        assert "Plug in Cold-2027" in cold.why_paused(gallery)
        Flaky.is_away = False
        cold.archive_files(gallery.pk)
        Flaky.is_away = True
        cold.restore(gallery, actor=gallery.owner)
        assert cold.restore_files(gallery.pk) == 0
        assert not StoredFile.objects.filter(stage=Stage.MISSING).exists()
        Flaky.is_away = False
        assert cold.restore_files(gallery.pk) == 3
    check_every_file()


def test_a_file_that_cannot_be_read_keeps_no_other_back(gallery):
    with to_disk("Cold-2027"):
        archived(gallery)
        bad = StoredFile.objects.filter(storage="Cold-2027").order_by("pk").first()
        Flaky.unreadable = {bad.name}
        cold.restore(gallery, actor=gallery.owner)
        with pytest.raises(ConnectionResetError):
            storages["Cold-2027"].exists(bad.name)
        assert cold.restore_files(gallery.pk) == 2
        assert cold.cold_progress(gallery).stuck == 1
        Flaky.unreadable = set()
        StoredFile.objects.update(retry_at=None)
        assert cold.restore_files(gallery.pk) == 1
    check_every_file()


def test_an_empty_disk_is_taken_for_one_that_is_not_plugged_in(gallery, own_storages):
    with to_disk("Cold-2028"):
        archived(gallery)
        os.rename(own_storages / "Cold-2028", own_storages / "on the shelf")
        cold.restore(gallery, actor=gallery.owner)
        assert cold.restore_files(gallery.pk) == 0
        assert not StoredFile.objects.filter(stage=Stage.MISSING).exists()
        assert "Plug in Cold-2028" in cold.why_paused(gallery)
        shutil.rmtree(own_storages / "Cold-2028", ignore_errors=True)
        os.rename(own_storages / "on the shelf", own_storages / "Cold-2028")
        assert cold.restore_files(gallery.pk) == 3
    check_every_file()


# --- Who asked -----------------------------------------------------------------------------------


def restored_messages():
    return Message.objects.filter(kind=MessageKind.RESTORED)


def test_who_asked_is_told_once_when_the_last_file_is_back_and_not_before(gallery, monkeypatch):
    link = testing.make_link(gallery, "Anna", email="anna@example.com")
    other = testing.make_link(gallery, "Tom", email="tom@example.com")
    archived(gallery)
    ask_for_photos(link)
    cold.restore(present(gallery), actor=gallery.owner)
    monkeypatch.setattr(cold, "WORK_SECONDS", -1)
    cold.restore_files(gallery.pk)
    assert not restored_messages().exists()
    monkeypatch.undo()
    for _ in range(2):
        cold.restore_files(gallery.pk)
        cold.reconcile()
    assert [message.share_link for message in restored_messages()] == [link]
    assert notifications.send_message(restored_messages().get().pk)
    assert other.messages.count() == 0


def test_the_mail_is_owed_by_the_reconciler_where_the_mover_died_before_it(gallery):
    link = testing.make_link(gallery, "Anna", email="anna@example.com")
    archived(gallery)
    ask_for_photos(link)
    cold.restore(present(gallery), actor=gallery.owner)
    for key in StoredFile.objects.filter(storage=COLD).values_list("pk", flat=True):
        moves.bring_home(key)
    cold.reconcile()
    assert restored_messages().count() == 1


def test_the_fourteen_days_begin_when_the_files_are_back(gallery):
    link = testing.make_link(gallery, "Anna", email="anna@example.com")
    archived(gallery)
    step = cold.restore(present(gallery), actor=gallery.owner)
    # The disk was fetched from the shelf twenty days later.
    then = timezone.now() - timedelta(days=20)
    gallery.transitions.filter(pk=step.pk).update(at=then)
    ShareLink.objects.filter(pk=link.pk).update(expires_at=then + timedelta(days=14))
    cold.restore_files(gallery.pk)
    link.refresh_from_db()
    until = link.expires_at
    assert abs(until - timezone.now() - timedelta(days=14)) < timedelta(minutes=1)
    cold.restore_files(gallery.pk)
    link.refresh_from_db()
    assert link.expires_at == until


def test_a_link_that_had_expired_is_opened_for_who_asked_and_for_nobody_else(gallery):
    asking, silent = (testing.make_link(gallery, name, email="a@b.c") for name in ("Anna", "Tom"))
    ShareLink.objects.update(expires_at=timezone.now() - timedelta(days=400))
    archived(gallery)
    ask_for_photos(asking)
    cold.restore(present(gallery), actor=gallery.owner)
    cold.restore_files(gallery.pk)
    for link in (asking, silent):
        link.refresh_from_db()
    assert asking.expires_at > timezone.now() + timedelta(days=13)
    assert silent.expires_at < timezone.now()


def test_a_damaged_file_that_nobody_gets_holds_no_mail_up_and_a_delivered_one_does(gallery):
    everything = override_settings(PUMBAPHOTO={"COLD_FILES": ("originals", "edits")})
    link = testing.make_link(gallery, "Anna", email="anna@example.com")
    with everything:
        archived(gallery)
    ask_for_photos(link)
    cold.restore(present(gallery), actor=gallery.owner)
    delivered = gallery.edits.get().stored_file
    original = StoredFile.objects.exclude(pk=delivered.pk).order_by("pk").first()
    put_off = timezone.now() + timedelta(days=1)
    StoredFile.objects.filter(pk__in=[delivered.pk, original.pk]).update(retry_at=put_off)
    cold.restore_files(gallery.pk)
    assert not restored_messages().exists()
    StoredFile.objects.filter(pk=delivered.pk).update(retry_at=None)
    cold.restore_files(gallery.pk)
    assert restored_messages().count() == 1
