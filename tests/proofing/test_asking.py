"""Asking for one's link again: one answer for everybody, and a mail for whom it concerns."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from wagtail.models import ModelLogEntry, Site

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Message, MessageKind, ShareLink
from pumbaphoto_wagtail.proofing import asking, door, links

pytestmark = pytest.mark.django_db
PAGE = "/galleries/link/"


@pytest.fixture(autouse=True)
def no_questions_yet():
    cache.clear()


@pytest.fixture
def site(gallery):
    Site.objects.filter(pk=gallery.site_id).update(hostname="testserver")
    return Site.objects.get(pk=gallery.site_id)


def ask(email, browser=None):
    return (browser or Client()).post(PAGE, {"email": email})


def mailed():
    messages = Message.objects.filter(kind=MessageKind.LINK)
    return {message.share_link for message in messages}


def test_the_closed_page_leads_to_the_question():
    page = Client().get("/galleries/s/nothing").content.decode()
    assert f'href="{PAGE}"' in page
    assert "Have your link sent to your e-mail again" in page


def test_an_open_link_is_mailed_to_the_address_it_was_made_for(site, link):
    assert ask("anna@example.com").status_code == 200
    assert mailed() == {link}


@pytest.mark.parametrize("typed", ["ANNA@Example.COM", "  anna@example.com\n"])
def test_capitals_and_spaces_do_not_matter(site, link, typed):
    ask(typed)
    assert mailed() == {link}


def test_every_open_link_of_the_address_is_mailed(site, link):
    other = testing.make_link(testing.make_gallery(), email="Anna@example.com")
    ask("anna@example.com")
    assert mailed() == {link, other}


def closed_by_nobody(link):
    """A link that is open, asked for by another address."""
    return "tom@example.com"


def revoked(link):
    links.revoke(link, None)
    return link.email


def expired(link):
    ShareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    return link.email


def of_another_site(link):
    site = Site.objects.create(hostname="other.example", root_page=link.gallery.site.root_page)
    type(link.gallery).objects.filter(pk=link.gallery_id).update(site=site)
    return link.email


def empty(link):
    ShareLink.objects.filter(pk=link.pk).update(email="")
    return ""


OTHERS = [closed_by_nobody, revoked, expired, of_another_site, empty]


@pytest.mark.parametrize("prepare", OTHERS, ids=[each.__name__ for each in OTHERS])
def test_nothing_else_is_mailed_and_nothing_is_revived(site, link, prepare):
    ask(prepare(link))
    assert mailed() == set()
    assert links.find(links.token(link)) == (
        link if prepare in (closed_by_nobody, of_another_site, empty) else None
    )


@pytest.mark.parametrize(
    "typed",
    ["tom@example.com", "", "no address", "a" * 300 + "@example.com", "anna@example.com\0", "%"],
)
def test_the_answer_is_the_same_to_the_last_byte(site, link, typed):
    known, unknown = ask("anna@example.com"), ask(typed)
    assert known.status_code == unknown.status_code == 200
    assert known.content == unknown.content
    assert dict(known.headers) == dict(unknown.headers)
    assert not known.cookies
    assert not unknown.cookies
    assert b"anna" not in known.content


def test_the_answer_leaves_before_the_addresses_are_compared(site, link, rf):
    request = rf.post(PAGE, {"email": "anna@example.com"})
    request._dont_enforce_csrf_checks = True
    response = door.link_again(request).render()
    assert mailed() == set()
    # It would close the test's own connection to the database as well.
    request_finished.disconnect(close_old_connections)
    try:
        response.close()
    finally:
        request_finished.connect(close_old_connections)
    assert mailed() == {link}


def test_trouble_with_the_mail_is_logged_without_the_address(site, monkeypatch, caplog):
    def fail(*args):
        raise RuntimeError("the outbox is closed")

    monkeypatch.setattr(asking, "send_links_of", fail)
    assert ask("anna@example.com").status_code == 200
    assert "outbox is closed" in caplog.text
    assert "anna" not in caplog.text


def test_the_question_is_asked_by_a_form_that_cannot_be_forged(site, link):
    browser = Client(enforce_csrf_checks=True)
    assert ask("anna@example.com", browser).status_code == 403
    page = browser.get(PAGE)
    token = page.context["csrf_token"]
    data = {"email": "anna@example.com", "csrfmiddlewaretoken": str(token)}
    assert browser.post(PAGE, data).status_code == 200
    assert mailed() == {link}


def test_looking_at_the_question_sends_nothing(site, link):
    Client().get(PAGE, {"email": "anna@example.com"})
    Client().head(PAGE)
    assert mailed() == set()


def test_one_link_is_mailed_once_in_ten_minutes(site, link):
    for _ in range(3):
        ask("anna@example.com")
    assert Message.objects.count() == 1


def test_after_ten_minutes_it_is_mailed_again(site, link):
    ask("anna@example.com")
    before = timezone.now() - timedelta(minutes=11)
    Message.objects.update(created_at=before, sent_at=before, key="earlier")
    ask("anna@example.com")
    assert Message.objects.count() == 2


def test_a_mail_that_has_not_left_yet_is_enough(site, link):
    ask("anna@example.com")
    Message.objects.update(created_at=timezone.now() - timedelta(hours=2), key="earlier")
    ask("anna@example.com")
    assert Message.objects.count() == 1


def test_a_mailbox_is_not_flooded(site, link):
    before = timezone.now() - timedelta(hours=3)
    for number in range(asking.MAILS_IN_A_DAY):
        ask("anna@example.com")
        Message.objects.filter(sent_at=None).update(
            created_at=before, sent_at=before, key=f"earlier {number}"
        )
    ask("anna@example.com")
    assert Message.objects.count() == asking.MAILS_IN_A_DAY


def test_who_asks_too_often_is_asked_to_wait_and_nobody_else_is(site, link):
    for number in range(asking.QUESTIONS):
        assert ask(f"{number}@example.com").status_code == 200
    refused = ask("anna@example.com")
    assert refused.status_code == 429
    assert refused["Retry-After"] == "600"
    assert refused.content == ask("tom@example.com").content
    assert mailed() == set()
    elsewhere = Client(REMOTE_ADDR="203.0.113.5")
    assert ask("anna@example.com", elsewhere).status_code == 200
    assert mailed() == {link}


def test_where_the_network_is_unknown_nobody_is_kept_waiting(site, link):
    nobody_knows = Client(REMOTE_ADDR="")
    answers = {ask("x@example.com", nobody_knows).status_code for _ in range(25)}
    assert answers == {200}


def test_it_is_written_down_in_the_gallerys_history(site, link):
    ask("anna@example.com")
    entry = ModelLogEntry.objects.get(action="pumbaphoto.send_link_again")
    assert entry.data["recipient"] == "Anna"
    assert "Anna asked for the link again" in entry.message
