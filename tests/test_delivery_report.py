"""E-mails about deliveries: all, a part, the rest, and what comes after."""

import pytest
from django.core import mail

from pumbaphoto_wagtail import notifications, testing
from pumbaphoto_wagtail.delivery.sending import deliver
from pumbaphoto_wagtail.models import Gallery, Kind, Message, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery():
    return testing.make_gallery("Ann <3 Tom", kind=Kind.FINISHED, has_page=False)


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery, email="anna@example.com")


def add(gallery, amount, **fields):
    return [testing.make_photo(gallery, is_rendered=False, **fields) for _ in range(amount)]


def told(gallery, **fields):
    """The mail about a delivery that is made now: its subject, its text, its other form."""
    gallery = Gallery.objects.get(pk=gallery.pk)
    delivery = deliver(gallery, actor=gallery.owner, **fields)
    message = Message.objects.get(delivery=delivery)
    assert notifications.send_message(message.pk)
    sent = mail.outbox[-1]
    return sent.subject, sent.body, sent.alternatives[0].content


def test_all_at_once(gallery, link):
    add(gallery, 3)
    subject, text, html = told(gallery, words="With love", print_release="You may print.")
    assert subject == "Your photos are ready: Ann <3 Tom"
    assert "Maria Sol has finished 3 photos of “Ann <3 Tom” for you." in text
    assert "Ann &lt;3 Tom" in html
    assert "With love" in text
    assert "See and download them (" in text
    assert "/galleries/s/" in text
    assert "A print release goes with them" in text


def test_a_part_and_the_rest(gallery, link):
    first, *_others = add(gallery, 3)
    subject, text, _html = told(gallery, only={first.picture_id})
    assert subject == "1 photo is ready already: Ann <3 Tom"
    assert "Maria Sol works on the others" in text
    assert "print release" not in text
    subject, text, _html = told(gallery)
    assert subject == "Now all your photos are ready: Ann <3 Tom"
    assert "the last 2 photos" in text
    assert "Now you have all 3." in text


def test_more_and_newer(gallery, link):
    (first,) = add(gallery, 1)
    edit = testing.make_edit(gallery, first)
    told(gallery)
    testing.make_edit(gallery, first, name="newer.jpg", version=edit.version + 1)
    subject, text, _html = told(gallery)
    assert subject == "1 new photo for you: Ann <3 Tom"
    assert "has a new version of 1 photo" in text
    add(gallery, 2)
    assert "has 2 more photos" in told(gallery)[1]
    add(gallery, 1)
    testing.make_edit(gallery, first, name="newest.jpg", version=edit.version + 2)
    assert (
        "2 more photos of “Ann <3 Tom” for you, some of them in a new version" in told(gallery)[1]
    )


def test_a_delivery_after_a_revision_is_more_and_not_the_rest(gallery, link):
    edit = testing.make_edit(gallery)
    told(gallery)
    Gallery.objects.update(state=State.EDITING, kind=Kind.CHOOSE)
    testing.make_edit(gallery, name="another.jpg", variant=edit.variant)
    assert "has 1 more photo" in told(gallery)[1]


def test_everybody_hears_how_many_are_theirs(gallery, link):
    party = testing.make_section(gallery, "Party")
    add(gallery, 2)
    add(gallery, 1, section=party)
    type(link).objects.update(email="")
    testing.make_link(gallery, email="tom@example.com", sections=[party])
    assert "has finished 1 photo" in told(gallery)[1]
