"""The Archive tab: where files lie, single photos, announcing, restoring for those who asked."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from pumbaphoto_wagtail import notifications, testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.delivery import cold
from pumbaphoto_wagtail.models import Gallery, Message, MessageKind, State, StoredFile
from pumbaphoto_wagtail.proofing.closed_gallery import ask_for_photos
from pumbaphoto_wagtail.storage import ORIGINALS

from .conftest import in_state

pytestmark = pytest.mark.django_db
COLD = "pumbaphoto_cold"


@pytest.fixture(autouse=True)
def own_storages(tmp_path):
    with override_settings(STORAGES=testing.temporary_storages(tmp_path)):
        yield tmp_path


@pytest.fixture
def delivered(gallery, photos):
    testing.make_delivery(gallery, [testing.make_edit(gallery, photos[0])])
    in_state(gallery, State.DELIVERED)
    gallery.refresh_from_db()
    return gallery


@pytest.fixture
def archived(delivered):
    cold.archive(delivered, actor=delivered.owner)
    cold.archive_files(delivered.pk)
    return delivered


def tab(gallery):
    return gallery_url(gallery, "keeping")


def do(browser, gallery, act, **data):
    return browser.post(tab(gallery), {"act": act, **data}, follow=True)


def words(response) -> str:
    return " ".join(response.content.decode().split())


def test_the_tab_says_where_the_files_lie(maria, archived):
    text = words(maria.get(tab(archived)))

    assert "4 files on pumbaphoto_cold" in text
    assert "1 file at hand" in text
    assert "data-pumba-watch" not in text


def test_while_files_move_the_tab_says_how_far_they_are_and_looks_again(maria, delivered):
    cold.archive(delivered, actor=delivered.owner)
    text = words(maria.get(tab(delivered)))

    assert "1 of 5 files are where they belong" in text
    assert "data-pumba-watch" in text


@pytest.mark.parametrize("state", State)
def test_every_state_has_the_tab(maria, gallery, state):
    in_state(gallery, state)
    assert maria.get(tab(gallery)).status_code == 200


def test_files_on_a_disk_of_an_earlier_year_are_named_and_not_a_stack_trace(maria, archived):
    StoredFile.objects.filter(storage=COLD).update(storage="Cold-2019")
    assert "Plug in Cold-2019" in words(maria.get(tab(archived)))

    cold.restore(archived, actor=archived.owner)
    cold.restore_files(archived.pk)
    assert "Paused. Plug in Cold-2019" in words(maria.get(tab(archived)))


# --- One photo -----------------------------------------------------------------------------------


def test_a_photo_is_found_by_name_fetched_and_downloaded_while_the_gallery_stays_closed(
    maria, archived, photos
):
    photo = photos[1]
    page = maria.get(tab(archived), {"name": photo.name[:-4].lower()})
    assert f'Fetch<span class="w-sr-only">: {photo.name}' in words(page)

    text = words(do(maria, archived, "fetch", photo=photo.uuid))
    assert "is being fetched" in text
    assert "on its way from pumbaphoto_cold" in text
    cold.restore_files(archived.pk)
    text = words(maria.get(tab(archived)))
    assert "at hand until" in text
    assert maria.get(f"/galleries/download/photo/{photo.uuid}/original").status_code == 200
    assert Gallery.objects.get(pk=archived.pk).state == State.ARCHIVED
    history = words(maria.get(gallery_url(archived, "history")))
    assert f"Fetched from the archive by itself: {photo.name}" in history


@pytest.mark.parametrize("uuid", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_no_photo_is_no_server_error(maria, archived, uuid):
    assert maria.post(tab(archived), {"act": "fetch", "photo": uuid}).status_code in (302, 404)


def test_a_photo_of_another_gallery_is_not_fetched(maria, archived):
    foreign = testing.make_photo(testing.make_gallery(has_page=False))
    response = maria.post(tab(archived), {"act": "fetch", "photo": foreign.uuid})
    assert response.status_code == 404


def test_odd_names_find_nothing(maria, archived):
    text = words(maria.get(tab(archived), {"name": "\0<script>%"}))
    assert "No photo has that in its name." in text


# --- Acts ----------------------------------------------------------------------------------------


def test_archiving_asks_what_stays_online(maria, delivered):
    url = gallery_url(delivered, "step", step_name="archive")
    assert 'name="keeps_online">' in words(maria.get(url))
    with override_settings(PUMBAPHOTO={"KEEP_DELIVERED_ONLINE": True}):
        assert 'name="keeps_online" checked>' in words(maria.get(url))
    maria.post(url, {"state": State.DELIVERED, "keeps_online": "on"})
    delivered.refresh_from_db()
    assert (delivered.state, delivered.keeps_delivered_online) == (State.ARCHIVED, True)


def test_what_is_kept_online_is_changed_later(maria, archived):
    do(maria, archived, "keep-online")
    archived.refresh_from_db()
    assert archived.keeps_delivered_online
    do(maria, archived, "take-offline")
    archived.refresh_from_db()
    assert not archived.keeps_delivered_online


def test_a_day_is_announced_and_taken_back(maria, delivered, link):
    day = timezone.localdate() + timedelta(days=30)
    text = words(do(maria, delivered, "announce", day=day.isoformat()))
    assert "an e-mail goes to 1 recipient" in text
    assert "Announced for" in text
    assert "archiving is announced for" in text
    text = words(do(maria, delivered, "withdraw"))
    assert "taken back" in text
    delivered.refresh_from_db()
    assert delivered.archive_on is None


@pytest.mark.parametrize("day", ["", "soon", "2020-01-01"])
def test_no_day_to_come_is_refused_with_words(maria, delivered, day):
    response = maria.post(tab(delivered), {"act": "announce", "day": day})
    assert response.status_code == 400
    assert not Message.objects.filter(kind=MessageKind.ARCHIVE_ANNOUNCED).exists()


def test_nothing_is_announced_of_a_gallery_that_is_not_delivered(maria, gallery):
    day = timezone.localdate() + timedelta(days=30)
    response = maria.post(tab(gallery), {"act": "announce", "day": day.isoformat()})
    assert response.status_code == 409


def test_two_clicks_restore_for_who_asked(maria, archived, link):
    ask_for_photos(link)
    notifications.send_message(Message.objects.get(kind=MessageKind.PHOTOS_ASKED).pk)
    # The first click: the button of the mail.
    address = mail.outbox[-1].body.partition("http://localhost")[2].split()[0]
    text = words(maria.get(address))
    assert "Anna asked for the photos" in text
    assert "Restore and open for 14 days" in text
    # The second one.
    maria.post(gallery_url(archived, "step", step_name="restore"), {"state": State.ARCHIVED})
    archived.refresh_from_db()
    assert archived.state == State.DELIVERED
    cold.restore_files(archived.pk)
    assert set(StoredFile.objects.values_list("storage", flat=True)) == {ORIGINALS}
    assert Message.objects.filter(kind=MessageKind.RESTORED, share_link=link).count() == 1


def test_the_home_page_says_who_asks_and_what_may_go(maria, archived, link):
    assert "Anna asks for the photos" not in words(maria.get("/admin/"))
    ask_for_photos(link)
    assert "Anna asks for the photos" in words(maria.get("/admin/"))
    cold.restore(archived, actor=archived.owner)
    assert "Anna asks for the photos" not in words(maria.get("/admin/"))
    Gallery.objects.update(archive_on=timezone.localdate())
    assert "its time at hand is over" in words(maria.get("/admin/"))


def test_who_may_only_look_is_offered_nothing(archived, photos, studios, log_in, link):
    ask_for_photos(link)
    user = testing.make_photographer("colleague", collection=studios.collection)
    permissions = user.groups.get().collection_permissions
    permissions.exclude(permission__codename="share_gallery").delete()
    colleague = log_in(user)
    text = words(colleague.get(tab(archived), {"name": photos[0].name}))
    assert "Anna asked for the photos" in text
    assert 'name="act"' not in text
    assert "Restore and open" not in text
    colleague.post(tab(archived), {"act": "keep-online"})
    archived.refresh_from_db()
    assert not archived.keeps_delivered_online
