from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import PinTry, ShareLink
from pumbaphoto_wagtail.proofing import links, pins

pytestmark = pytest.mark.django_db
HERE, THERE = "10.0.0.0/24", "10.9.9.0/24"


@pytest.fixture
def locked(gallery):
    return testing.make_link(gallery, pin="2468")


def address(link):
    return f"/galleries/s/{links.token(link)}"


def test_a_pin_is_stored_as_a_hash(locked):
    assert "2468" not in locked.pin_hash


def test_a_link_with_a_pin_asks_for_it_and_sets_no_cookie(locked, client):
    response = client.get(address(locked))
    assert response.status_code == 200
    assert "pumbaphoto_links" not in response.cookies
    assert client.get(locked.gallery.main_page.url).status_code == 404


def test_the_right_pin_opens_the_gallery(locked, client):
    response = client.post(address(locked), {"pin": " 2468 "})
    assert response.status_code == 303
    assert client.get(locked.gallery.main_page.url).status_code == 200


def test_a_wrong_pin_opens_nothing(locked, client):
    response = client.post(address(locked), {"pin": "1111"})
    assert response.status_code == 403
    assert "pumbaphoto_links" not in response.cookies


def test_the_form_needs_the_csrf_token(locked):
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(address(locked), {"pin": "2468"}).status_code == 403


def test_a_browser_that_gave_the_pin_is_not_asked_again(locked, client):
    client.post(address(locked), {"pin": "2468"})
    assert client.get(address(locked)).status_code == 303


def test_a_changed_pin_closes_every_browser(locked, client):
    client.post(address(locked), {"pin": "2468"})
    ShareLink.objects.filter(pk=locked.pk).update(pin_hash=pins.hash_pin("1357"))
    assert client.get(locked.gallery.main_page.url).status_code == 404


def test_the_wait_grows_from_the_fifth_wrong_try_on():
    assert [pins.wait_after(count) for count in (0, 4, 5, 6, 7)] == [0, 0, 2, 4, 8]
    assert pins.wait_after(500) == 900


def test_after_five_wrong_tries_even_the_right_pin_waits(locked):
    for _ in range(5):
        pins.try_pin(locked, "0000", HERE)
    is_right, wait = pins.try_pin(locked, "2468", HERE)
    assert not is_right
    assert wait > 0


def test_a_guesser_does_not_slow_down_another_network(locked):
    for _ in range(6):
        pins.try_pin(locked, "0000", HERE)
    assert pins.try_pin(locked, "2468", THERE) == (True, 0)


def test_after_the_wait_the_right_pin_opens(locked):
    for _ in range(5):
        pins.try_pin(locked, "0000", HERE)
    PinTry.objects.update(at=timezone.now() - timedelta(seconds=10))
    assert pins.try_pin(locked, "2468", HERE) == (True, 0)


def test_a_hundred_wrong_tries_in_an_hour_close_the_question_everywhere(locked):
    now = timezone.now()
    PinTry.objects.bulk_create(
        PinTry(share_link=locked, network=f"10.{number}.0.0/24", at=now) for number in range(100)
    )
    is_right, wait = pins.try_pin(locked, "2468", THERE)
    assert not is_right
    assert wait > 3000


def test_a_holder_is_never_locked_out_by_a_guesser(locked, client):
    client.post(address(locked), {"pin": "2468"})
    for _ in range(8):
        pins.try_pin(locked, "0000", "127.0.0.0/24")
    assert client.get(locked.gallery.main_page.url).status_code == 200


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_fifty_who_guess_at_once_neither_come_in_nor_lock_anybody_out(gallery):
    locked = testing.make_link(gallery, pin="2468")
    holder = Client(REMOTE_ADDR="198.51.100.7")
    holder.post(address(locked), {"pin": "2468"})

    def guess(number):
        try:
            guesser = Client(REMOTE_ADDR="203.0.113.9")
            return guesser.post(address(locked), {"pin": f"{number:04d}"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(guess, range(50))) == {403}
    # Who waits is not counted: the question stays open for everybody else.
    assert PinTry.objects.count() <= 2 * pins.FREE_TRIES
    assert holder.get(gallery.main_page.url).status_code == 200
    elsewhere = Client(REMOTE_ADDR="192.0.2.1")
    assert elsewhere.post(address(locked), {"pin": "2468"}).status_code == 303
