"""Fifty at once, through the real views: what must happen once happens once, whoever is quicker.

On PostgreSQL fifty requests run side by side; SQLite lets one write at a time, so fewer do there.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import cycle

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import (
    Gallery,
    Message,
    MessageKind,
    Pick,
    Selection,
    ShareLink,
    State,
    Transition,
)
from pumbaphoto_wagtail.proofing import links, submission

from .world import come_with, signed_in

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
MAXIMUM = 7


@pytest.fixture
def crowd(db) -> int:
    return 50 if connection.vendor == "postgresql" else 8


@pytest.fixture
def gallery(db) -> Gallery:
    return testing.make_gallery(owner=testing.make_photographer())


@pytest.fixture
def link(gallery) -> ShareLink:
    return testing.make_link(gallery, email="anna@example.com")


@pytest.fixture
def photos(gallery, crowd):
    return testing.make_many_photos(gallery, crowd)


class Phone:
    """A browser of the link's holder; many of them share one cookie."""

    def __init__(self, browser: Browser, gallery: Gallery) -> None:
        self.cookies = browser.cookies
        self.gallery = gallery

    def post(self, name: str, body: dict | None = None):
        browser = Browser()
        browser.cookies = self.cookies
        address = reverse(f"pumbaphoto_wagtail:{name}", args=[self.gallery.uuid])
        return browser.post(address, body or {}, content_type="application/json")

    def pick(self, photo, *, on: bool = True):
        return self.post("acts", body_of(photo, on=on))

    def has_picked(self, photo) -> bool:
        """Pick, and say whether it was done."""
        answer = self.pick(photo)
        return answer.status_code == 200 and not answer.json()["refused"]


def body_of(photo, *, on: bool = True) -> dict:
    act = {"id": str(photo.pk), "photo": str(photo.uuid), "on": on}
    return {"round": 1, "list": "to_edit", "acts": [act]}


@pytest.fixture
def phone(gallery, link) -> Phone:
    return Phone(come_with(link), gallery)


def at_once(*acts: Callable[[], object]) -> list:
    """Do all of these at the same moment, each in a thread; their results, in their order."""
    barrier = threading.Barrier(len(acts))
    results: list = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            results[place] = act()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def favourites(gallery: Gallery) -> int:
    return Pick.objects.filter(selection__share_link__gallery=gallery, is_favourite=True).count()


def mails(gallery: Gallery) -> Counter:
    return Counter(Message.objects.filter(gallery=gallery).values_list("kind", flat=True))


def statuses(answers: list) -> Counter:
    return Counter(getattr(answer, "status_code", answer) for answer in answers)


# --- Hearts --------------------------------------------------------------------------------------


def test_a_hard_maximum_is_never_passed_by_one(gallery, photos, phone):
    Gallery.objects.filter(pk=gallery.pk).update(maximum=MAXIMUM)

    done = at_once(*(lambda photo=photo: phone.has_picked(photo) for photo in photos))

    assert done.count(True) == MAXIMUM, done
    assert done.count(False) == len(photos) - MAXIMUM, done
    assert favourites(gallery) == MAXIMUM


def test_the_same_heart_is_one_heart(gallery, photos, phone, crowd):
    answers = at_once(*[lambda: phone.pick(photos[0])] * crowd)

    assert statuses(answers) == {200: crowd}
    assert Selection.objects.count() == 1
    assert Pick.objects.count() == 1


def test_hearts_that_come_and_go_leave_a_heart_or_none(gallery, photos, phone, crowd):
    wishes = [on for on, _number in zip(cycle((True, False)), range(crowd), strict=False)]
    answers = at_once(*(lambda on=on: phone.pick(photos[0], on=on) for on in wishes))

    assert statuses(answers) == {200: crowd}
    assert Pick.objects.count() in (0, 1)


def test_a_request_that_is_sent_again_changes_nothing(gallery, photos, phone, crowd):
    body = {
        "round": 1,
        "list": "to_edit",
        "acts": [
            {"id": "1", "photo": str(photos[0].uuid), "on": True},
            {"id": "2", "photo": str(photos[0].uuid), "words": "Warmer"},
            {"id": "3", "photo": str(photos[1].uuid), "on": True},
            {"id": "4", "photo": str(photos[1].uuid), "on": False},
        ],
    }
    first = phone.post("acts", body).json()
    rows = [*Pick.objects.order_by("pk").values()]
    for answer in at_once(*[lambda: phone.post("acts", body)] * crowd):
        again = answer.json()
        assert {name: again[name] for name in ("refused", "mark")} == {
            name: first[name] for name in ("refused", "mark")
        }

    assert [*Pick.objects.order_by("pk").values()] == rows


# --- Sending -------------------------------------------------------------------------------------


def test_of_many_submissions_one_is_the_submission(gallery, photos, phone, crowd):
    phone.pick(photos[0])

    answers = at_once(*[lambda: phone.post("send")] * crowd)

    assert statuses(answers) == {200: 1, 409: crowd - 1}
    assert Transition.objects.filter(gallery=gallery).count() == 1
    assert Gallery.objects.get(pk=gallery.pk).state == State.SUBMITTED
    sent = mails(gallery)
    assert (sent[MessageKind.SELECTION_SUBMITTED], sent[MessageKind.RECEIPT]) == (1, 1)


def test_what_is_sent_is_what_was_picked_before(gallery, photos, phone):
    phone.pick(photos[0])
    picks = [lambda photo=photo: phone.has_picked(photo) for photo in photos[1:]]

    *done, sent = at_once(*picks, lambda: phone.post("send"))

    assert sent.status_code == 200
    selection = Selection.objects.get()
    assert favourites(gallery) == 1 + done.count(True)
    assert all(pick.picked_at <= selection.submitted_at for pick in selection.picks.all())
    assert phone.pick(photos[-1]).status_code == 409


def test_a_selection_is_taken_back_or_opened_and_never_both(gallery, photos, phone, crowd):
    maria = signed_in(gallery.owner)
    address = reverse("pumbaphoto_galleries:selections", args=[gallery.uuid])

    def open_it() -> int:
        browser = Browser()
        browser.cookies = maria.cookies
        return browser.get(address).status_code

    for _round in range(3):
        Selection.objects.update(opened_at=None)
        phone.pick(photos[0])
        phone.post("send")
        half = max(2, crowd // 6)
        answers = at_once(*[lambda: phone.post("take_back")] * half, *[open_it] * half)

        assert {*answers[half:]} == {200}, answers
        selection = Selection.objects.get()
        taken_back = statuses(answers[:half])[200]
        assert taken_back <= 1
        assert (selection.submitted_at is None) == (taken_back == 1)
        assert selection.submitted_at is None or selection.opened_at is not None
        assert selection.submitted_at is not None or selection.opened_at is None
        state = Gallery.objects.get(pk=gallery.pk).state
        assert state == (State.ACTIVE if taken_back else State.SUBMITTED)
        if not taken_back:
            return


def test_closing_the_round_and_sending_are_one_step(gallery, photos, phone, crowd):
    phone.pick(photos[0])
    half = crowd // 2

    at_once(
        *[lambda: phone.post("send")] * half,
        *[lambda: submission.close_round(Gallery.objects.get(pk=gallery.pk), gallery.owner)] * half,
    )

    assert Transition.objects.filter(gallery=gallery).count() == 1
    selection = Selection.objects.get()
    assert selection.is_submitted
    assert Gallery.objects.get(pk=gallery.pk).state == State.SUBMITTED
    by_client = selection.submitted_by_id is None
    assert mails(gallery)[MessageKind.SELECTION_SUBMITTED] == int(by_client)


# --- Revoking ------------------------------------------------------------------------------------


def test_after_a_link_is_revoked_nothing_is_written(gallery, link, photos, phone):
    """A pick that was asked for after the revocation was answered is refused, and not there."""
    revoked_at = []
    asked_at = {}

    def revoke() -> None:
        links.revoke(ShareLink.objects.get(pk=link.pk), gallery.owner)
        revoked_at.append(time.monotonic())

    def pick(photo, number: int) -> int:
        time.sleep(number * 0.004)
        asked_at[photo.pk] = time.monotonic()
        return phone.pick(photo).status_code

    answers = at_once(
        *(lambda photo=p, number=n: pick(photo, number) for n, p in enumerate(photos)),
        lambda: (time.sleep(0.02), revoke()),
    )

    late = [photo for photo in photos if asked_at[photo.pk] > revoked_at[0]]
    by_photo = dict(zip([photo.pk for photo in photos], answers, strict=False))
    assert {by_photo[photo.pk] for photo in late} <= {404}
    assert not Pick.objects.filter(photo__in=late).exists()
    assert {*answers[:-1]} <= {200, 404}
    assert favourites(gallery) == answers.count(200)
    assert phone.pick(photos[0]).status_code == 404
