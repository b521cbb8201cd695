"""Answering requests for access: who is let in, by which way, and told what."""

import re
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from wagtail.models import ModelLogEntry, PageLogEntry

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.exceptions import NothingToSay
from pumbaphoto_wagtail.mail.composing import compose
from pumbaphoto_wagtail.models import (
    AccessPolicy,
    AccessRequest,
    Downloads,
    Gallery,
    LinkPurpose,
    Message,
    MessageKind,
    RequestState,
    Visibility,
)
from pumbaphoto_wagtail.notifications import send_message
from pumbaphoto_wagtail.pages.models import IndexKind
from pumbaphoto_wagtail.proofing import granting

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """A gallery below an index page that members of a family see."""
    index = testing.make_index_page(IndexKind.PORTFOLIO)
    cousin, family = testing.make_user("cousin"), Group.objects.create(name="Family")
    testing.make_policy(Visibility.MEMBERS, page=index, users=[cousin], groups=[family])
    maria = testing.make_user("maria", email="maria@example.com", first_name="Maria")
    gallery = testing.make_gallery("Coast", owner=maria, has_page=False)
    page = testing.make_page(gallery, index_page=index)
    gallery.refresh_from_db()
    return SimpleNamespace(
        index=index, cousin=cousin, family=family, maria=maria, gallery=gallery, page=page
    )


def asked(page, gallery=None, **fields) -> AccessRequest:
    fields = {"name": "Bob", "email": "bob@example.com"} | fields
    return AccessRequest.objects.create(page_id=page.pk, gallery=gallery, **fields)


def sees(user, gallery) -> bool:
    viewer = access.Viewer(user=get_user_model().objects.get(pk=user.pk))
    return access.may_see_gallery(viewer, Gallery.objects.get(pk=gallery.pk))


def the_mail():
    message = Message.objects.get(kind=MessageKind.ACCESS_GRANTED)
    assert send_message(message.pk), Message.objects.get().error
    return mail.outbox[-1]


def test_an_account_becomes_a_member_and_who_was_one_before_stays_so(world):
    bob = testing.make_user("bob", email="bob@example.com")
    request = asked(world.page, world.gallery, user=bob)

    assert granting.let_in(request, bob, actor=world.maria)

    assert sees(bob, world.gallery)
    assert sees(world.cousin, world.gallery)
    policy = AccessPolicy.objects.get(gallery=world.gallery)
    assert [*policy.groups.all()] == [world.family]
    request.refresh_from_db()
    assert (request.state, request.decided_by) == (RequestState.GRANTED, world.maria)
    sent = the_mail()
    assert sent.to == ["bob@example.com"]
    assert world.page.full_url in sent.body
    assert "Sign in as bob" in sent.body
    assert sent.reply_to == ["maria@example.com"]


def test_a_policy_of_its_own_gets_one_more_member(world):
    other = testing.make_user("other")
    policy = testing.make_policy(Visibility.MEMBERS, gallery=world.gallery, users=[other])
    bob = testing.make_user("bob")
    granting.let_in(asked(world.page, world.gallery), bob, actor=world.maria)

    assert {*policy.users.all()} == {other, bob}


def test_what_is_open_by_now_gets_no_rule(world):
    testing.make_policy(Visibility.PUBLIC, gallery=world.gallery)
    bob = testing.make_user("bob")
    granting.let_in(asked(world.page, world.gallery), bob, actor=world.maria)

    policy = AccessPolicy.objects.get(gallery=world.gallery)
    assert (policy.visibility, policy.users.count()) == (Visibility.PUBLIC, 0)


def test_what_was_said_of_zips_and_asking_is_kept(world):
    testing.make_policy(Visibility.INHERIT, gallery=world.gallery, offers_zip=False)
    bob = testing.make_user("bob")
    granting.let_in(asked(world.page, world.gallery), bob, actor=world.maria)

    assert AccessPolicy.objects.get(gallery=world.gallery).offers_zip is False
    assert sees(bob, world.gallery)
    assert sees(world.cousin, world.gallery)


def test_somebody_without_an_account_gets_a_link_for_looking_and_nothing_else(world):
    request = asked(world.page, world.gallery)

    assert granting.give_link(request, actor=world.maria)

    request.refresh_from_db()
    link = request.share_link
    assert (link.email, link.purpose) == ("bob@example.com", LinkPurpose.FAMILY)
    assert not any([link.decides, link.may_choose, link.may_download_originals])
    assert link.downloads == Downloads.NONE
    sent = the_mail()
    assert sent.to == ["bob@example.com"]
    assert "/s/" in sent.body
    assert not AccessPolicy.objects.filter(gallery=world.gallery).exists()


def test_an_index_page_is_opened_by_an_account_that_opens_nothing_else(world, client):
    request = asked(world.index)

    assert granting.make_account(request, actor=world.maria)

    request.refresh_from_db()
    bob = request.user
    assert not any([bob.has_usable_password(), bob.is_staff, bob.is_superuser])
    assert not bob.get_all_permissions()
    assert sees(bob, world.gallery)
    address = re.search(r"https?://\S+/welcome/\S+", the_mail().body)[0]
    form = client.get(address, follow=True)
    assert form.status_code == 200
    assert form["Cache-Control"] == "private, no-store"
    place = form.redirect_chain[-1][0]
    assert "set-password" in place
    chosen = {"new_password1": "photographs-of-the-sea", "new_password2": "photographs-of-the-sea"}
    landed = client.post(place, chosen, follow=True)
    assert landed.redirect_chain[-1][0] == world.index.url
    assert client.session["_auth_user_id"] == str(bob.pk)
    assert client.get("/admin/", follow=False).status_code == 302

    client.logout()
    again = client.get(address, follow=True).content.decode()
    assert "does not open anything any more" in again


@pytest.mark.parametrize("state", [RequestState.OPEN, RequestState.REFUSED])
def test_no_password_is_chosen_for_what_was_not_granted(world, client, state):
    granting.make_account(asked(world.index), actor=world.maria)
    address = re.search(r"https?://\S+/welcome/\S+", the_mail().body)[0]
    AccessRequest.objects.update(state=state)

    assert "does not open" in client.get(address, follow=True).content.decode()


@pytest.mark.parametrize("uuid", ["nonsense", "4b4d1c4e-0000-4000-8000-000000000000"])
def test_an_address_that_was_never_sent_opens_nothing(db, client, uuid):
    response = client.get(reverse("pumbaphoto_wagtail:welcome", args=[uuid, "abc-def"]))

    assert "does not open anything any more" in response.content.decode()


def test_nobody_gets_a_second_account_for_one_address(world):
    testing.make_user("bob", email="Bob@Example.com")
    with pytest.raises(ValidationError):
        granting.make_account(asked(world.index), actor=world.maria)

    assert AccessRequest.objects.get().state == RequestState.OPEN


def test_two_accounts_with_one_address_are_nobodys(db):
    assert granting.account_with_address("bob@example.com") is None
    bob = testing.make_user("bob", email="bob@example.com")
    assert granting.account_with_address("BOB@example.com") == bob
    testing.make_user("second", email="bob@example.com")
    assert granting.account_with_address("bob@example.com") is None


def test_a_link_opens_galleries_alone(world):
    with pytest.raises(ValidationError):
        granting.give_link(asked(world.index), actor=world.maria)


def test_who_is_refused_is_told_nothing(world):
    request = asked(world.page, world.gallery)

    assert granting.refuse(request, actor=world.maria)

    request.refresh_from_db()
    assert request.state == RequestState.REFUSED
    assert not Message.objects.exists()
    assert not mail.outbox


@pytest.mark.parametrize("first", ["let_in", "give_link", "refuse"])
def test_a_request_is_answered_once(world, first):
    bob = testing.make_user("bob")
    request = asked(world.page, world.gallery)
    acts = {
        "let_in": lambda: granting.let_in(request, bob, actor=world.maria),
        "give_link": lambda: granting.give_link(request, actor=world.maria),
        "refuse": lambda: granting.refuse(request, actor=world.maria),
    }
    assert acts[first]()
    before = Message.objects.count(), world.gallery.share_links.count()

    assert not any(act() for act in acts.values())
    assert (Message.objects.count(), world.gallery.share_links.count()) == before


def test_each_answer_is_in_the_log_and_names_nobody(world):
    granting.refuse(asked(world.page, world.gallery), actor=world.maria)
    granting.make_account(asked(world.index), actor=world.maria)
    entries = [
        ModelLogEntry.objects.get(action=granting.REFUSE),
        PageLogEntry.objects.get(action=granting.GRANT),
    ]

    assert [entry.user for entry in entries] == [world.maria] * 2
    assert "bob" not in str([entry.data for entry in entries]).casefold()


def test_what_was_taken_back_before_the_mail_left_is_not_announced(world):
    request = asked(world.page, world.gallery)
    granting.give_link(request, actor=world.maria)
    world.gallery.share_links.update(revoked_at="2020-01-01T00:00Z")

    with pytest.raises(NothingToSay):
        compose(Message.objects.get())
