"""Photos that came after the first share wait, and are shown once."""

from datetime import timedelta

import pytest
from django.utils import timezone
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.exceptions import TransitionNotAllowed
from pumbaphoto_wagtail.mail.composing import compose
from pumbaphoto_wagtail.models import Message, MessageKind, State
from pumbaphoto_wagtail.proofing.links import revoke
from pumbaphoto_wagtail.proofing.showing import show_waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery():
    return testing.make_gallery()


@pytest.fixture
def anna(gallery):
    return testing.make_link(gallery, "Anna", email="anna@example.com")


@pytest.fixture
def waiting(gallery):
    return [testing.make_photo(gallery, f"NEW_{n}.jpg", is_shown=False) for n in range(3)]


def show(gallery, *, tells_clients=True):
    return show_waiting(gallery, actor=gallery.owner, tells_clients=tells_clients)


def told():
    messages = Message.objects.filter(kind=MessageKind.NEW_PHOTOS)
    return sorted(message.share_link.recipient for message in messages)


def test_all_that_wait_are_shown_and_the_client_is_told(gallery, anna, waiting):
    assert show(gallery) == 3

    assert not gallery.photos.filter(is_shown=False).exists()
    assert told() == ["Anna"]
    assert ModelLogEntry.objects.get(action="pumbaphoto.show").data == {"count": 3}


def test_asked_for_twice_it_happens_once(gallery, anna, waiting):
    show(gallery)

    assert show(gallery) == 0
    assert told() == ["Anna"]
    assert ModelLogEntry.objects.filter(action="pumbaphoto.show").count() == 1


def test_later_photos_are_another_occasion(gallery, anna, waiting):
    show(gallery)
    testing.make_photo(gallery, "LATER.jpg", is_shown=False)
    show(gallery)

    assert told() == ["Anna", "Anna"]


def test_nobody_is_told_who_should_not_be(gallery, anna, waiting):
    show(gallery, tells_clients=False)

    assert told() == []


def test_hidden_photos_stay_as_they_are(gallery, anna, waiting):
    waiting[0].is_hidden = True
    waiting[0].save()

    assert show(gallery) == 2
    waiting[0].refresh_from_db()
    assert not waiting[0].is_shown


def test_only_who_can_see_them_hears_of_them(gallery, waiting):
    party, church = (testing.make_section(gallery, title) for title in ("Party", "Church"))
    gallery.photos.update(section=party)
    past = timezone.now() - timedelta(days=1)
    people = {
        "expired": {"expires_at": past},
        "revoked": {},
        "nowhere to write": {"email": ""},
        "church only": {},
        "party only": {},
        "everything": {},
    }
    links = {
        name: testing.make_link(gallery, name, **({"email": f"{n}@example.com"} | fields))
        for n, (name, fields) in enumerate(people.items())
    }
    revoke(links["revoked"], gallery.owner)
    links["church only"].sections.set([church])
    links["party only"].sections.set([party])

    show(gallery)

    assert told() == ["everything", "party only"]


def test_an_archived_gallery_shows_nothing_new(gallery, anna, waiting):
    type(gallery).objects.filter(pk=gallery.pk).update(state=State.ARCHIVED)

    with pytest.raises(TransitionNotAllowed):
        show(gallery)
    assert gallery.photos.filter(is_shown=False).count() == 3


def test_the_mail_leads_to_the_gallery_by_the_clients_own_link(gallery, anna, waiting):
    show(gallery)

    mail = compose(Message.objects.get(kind=MessageKind.NEW_PHOTOS))

    assert mail.subject == "More photos for you: Smith wedding"
    assert mail.to == ["anna@example.com"]
    assert "/s/" in mail.body
