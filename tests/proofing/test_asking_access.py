"""Asking for access: one form for whatever cannot be seen, kept where there is something."""

from types import SimpleNamespace

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from wagtail.models import PageViewRestriction

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.mail.addresses import share_address
from pumbaphoto_wagtail.models import (
    AccessPolicy,
    AccessRequest,
    Message,
    MessageKind,
    RequestState,
    StudioSettings,
    Visibility,
)
from pumbaphoto_wagtail.notifications import send_message
from pumbaphoto_wagtail.pages.models import IndexKind

pytestmark = pytest.mark.django_db
BOB = {"name": "Bob", "email": "bob@example.com", "words": "I was a guest."}


@pytest.fixture(autouse=True)
def _nobody_has_asked():
    cache.clear()


@pytest.fixture
def site():
    """A portfolio in which one may ask, with a public gallery, a private one and one that says no;
    and below it an index page that nobody sees.
    """
    portfolio = testing.make_index_page(IndexKind.PORTFOLIO)
    testing.make_policy(Visibility.PUBLIC, page=portfolio, may_be_asked=True)
    keeper = testing.make_user("keeper", email="keeper@example.com")
    StudioSettings.objects.create(site=testing.make_site(), owner=keeper)
    maria = testing.make_user("maria", email="maria@example.com")

    def gallery(title, page=portfolio, **policy):
        made = testing.make_gallery(title, owner=maria, has_page=False)
        testing.make_page(made, index_page=page, slug=title)
        if policy:
            testing.make_policy(gallery=made, **policy)
        made.refresh_from_db()
        return made

    hidden = portfolio.add_child(instance=type(portfolio)(title="Hidden", slug="hidden"))
    testing.make_policy(Visibility.MEMBERS, page=hidden)
    members = Visibility.MEMBERS
    return SimpleNamespace(
        portfolio=portfolio,
        hidden=hidden,
        keeper=keeper,
        maria=maria,
        public=gallery("public"),
        private=gallery("private", visibility=members),
        refused=gallery("refused", visibility=members, may_be_asked=False),
        inner=gallery("inner", page=hidden),
        address=portfolio.url,
    )


def look(client, address, method="get"):
    """What somebody gets to see of an address, without what is new in each answer."""
    response = getattr(client, method)(address, BOB if method == "post" else None)
    token = client.cookies["csrftoken"].value if "csrftoken" in client.cookies else ""
    text = response.content.decode().replace(token, "")
    text = "\n".join(line for line in text.splitlines() if "csrfmiddlewaretoken" not in line)
    return response.status_code, sorted(response.headers.items()), text


UNSEEN = (
    *("private/", "refused/", "hidden/", "hidden/inner/", "hidden/nothing/", "private/photos/"),
    *("private/photo/4b4d1c4e-0000-4000-8000-000000000000/", "private/nothing/", "private/review/"),
)


@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_what_may_not_be_seen_and_what_is_not_there_look_the_same(client, site, method):
    nothing = look(client, f"{site.address}nothing/", method)

    assert nothing[0] == (200 if method == "post" else 404)
    for path in UNSEEN:
        assert look(client, site.address + path, method) == nothing, path


def test_there_is_a_form_only_below_pages_that_offer_it(client, site):
    AccessPolicy.objects.filter(page=site.portfolio).update(may_be_asked=None)
    for path in ("nothing/", *UNSEEN):
        response = client.get(site.address + path)
        assert response.status_code == 404
        assert b"pumba-ask" not in response.content, path


def test_an_index_page_that_is_not_seen_may_offer_the_form_but_never_take_it_away(client, site):
    hidden = AccessPolicy.objects.filter(page=site.hidden)
    hidden.update(may_be_asked=False)
    assert b"pumba-ask" in client.get(site.hidden.url).content

    AccessPolicy.objects.filter(page=site.portfolio).update(may_be_asked=False)
    hidden.update(may_be_asked=True)
    assert b"pumba-ask" in client.get(site.hidden.url).content
    assert b"pumba-ask" not in client.get(site.private.main_page.url).content


def test_who_may_look_finds_no_form(client, site):
    assert client.get(site.address).status_code == 200
    assert b"pumba-ask" not in client.get(site.public.main_page.url).content


def test_b9_a_request_is_kept_with_who_asked_and_the_photographer_is_told(client, site):
    client.post(site.private.main_page.url, BOB)

    asked = AccessRequest.objects.get()
    assert (asked.page_id, asked.gallery) == (site.private.main_page.pk, site.private)
    assert (asked.name, asked.email, asked.words) == tuple(BOB.values())
    assert asked.network == "127.0.0.0/24"
    message = Message.objects.get(kind=MessageKind.ACCESS_ASKED)
    assert message.recipient == site.maria
    assert send_message(message.pk)
    assert "bob@example.com" in mail.outbox[0].body
    assert "I was a guest." in mail.outbox[0].body


def test_who_keeps_the_site_is_told_of_requests_for_an_index_page(client, site):
    client.post(site.hidden.url, BOB)

    asked = AccessRequest.objects.get()
    assert (asked.page_id, asked.gallery) == (site.hidden.pk, None)
    message = Message.objects.get()
    assert message.recipient == site.keeper
    assert send_message(message.pk)
    assert mail.outbox[0].subject == "Bob asks for access: Hidden"


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("nothing/", BOB),
        ("refused/", BOB),
        ("private/nothing/", BOB),
        ("private/", BOB | {"website": "https://buy.example"}),
        ("private/", BOB | {"email": "nonsense"}),
        ("private/", BOB | {"name": " "}),
    ],
)
def test_nothing_is_kept_of_what_cannot_be_asked_for(client, site, path, data):
    client.post(site.address + path, data)

    assert not AccessRequest.objects.exists()
    assert not Message.objects.exists()


def test_asking_twice_is_asking_once(client, site):
    for _time in range(2):
        client.post(site.private.main_page.url, BOB)

    assert AccessRequest.objects.count() == Message.objects.count() == 1


def test_who_was_refused_is_not_heard_again_for_a_while(client, site):
    client.post(site.private.main_page.url, BOB)
    AccessRequest.objects.update(state=RequestState.REFUSED, decided_at="2999-01-01T00:00Z")
    client.post(site.private.main_page.url, BOB)
    assert AccessRequest.objects.count() == 1

    AccessRequest.objects.update(decided_at="2020-01-01T00:00Z")
    client.post(site.private.main_page.url, BOB)
    assert AccessRequest.objects.count() == 2


def test_whoever_asks_too_often_waits_wherever_they_ask(client, site):
    answers = [
        client.post(f"{site.address}{path}/", BOB | {"email": f"bob{number}@example.com"})
        for number in range(13)
        for path in ("private", "nothing")
    ]

    assert answers[0].status_code == answers[1].status_code == 200
    assert answers[-2].status_code == answers[-1].status_code == 429


def test_one_address_of_many_networks_waits_as_well(client, site):
    answers = [
        client.post(f"{site.address}private/", BOB, REMOTE_ADDR=f"10.0.{number}.1")
        for number in range(21)
    ]

    assert [answers[0].status_code, answers[-1].status_code] == [200, 429]


def test_who_is_signed_in_asks_with_their_account(client, site):
    visitor = testing.make_user("carl", email="carl@example.com", first_name="Carl")
    client.force_login(visitor)
    assert 'value="carl@example.com"' in client.get(site.private.main_page.url).content.decode()
    client.post(site.private.main_page.url, BOB)

    assert AccessRequest.objects.get().user == visitor


def test_what_is_written_is_checked_for_forgery(site):
    strict = Client(enforce_csrf_checks=True)
    answers = {strict.post(site.address + path, BOB).status_code for path in ("private/", "none/")}
    assert answers == {403}


def test_former_holders_are_told_that_their_link_is_closed(client, site):
    link = testing.make_link(site.private)
    client.get(share_address(link))
    type(link).objects.update(revoked_at="2020-01-01T00:00Z")
    response = client.get(site.private.main_page.url)

    assert b"does not open anything any more" in response.content


def test_b10_a_restricted_page_asks_to_log_in_as_wagtail_does(client, site):
    PageViewRestriction.objects.create(
        page=site.private.main_page, restriction_type=PageViewRestriction.LOGIN
    )

    assert client.get(site.private.main_page.url).status_code == 302
