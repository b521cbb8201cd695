"""Requests for access in the admin: seen and answered by those whose galleries they are about."""

import pytest
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import AccessRequest, RequestState

from .conftest import words_of

pytestmark = pytest.mark.django_db
LIST = reverse("pumbaphoto_access:index")


@pytest.fixture
def asked(gallery):
    page = gallery.main_page or testing.make_page(gallery)
    return AccessRequest.objects.create(
        page=page, gallery=gallery, name="Bob <b>", email="bob@example.com", words="I was <there>."
    )


def place(request) -> str:
    return reverse("pumbaphoto_access:answer", args=[request.uuid])


def test_they_are_listed_for_whose_gallery_it_is_and_nobody_else(maria, log_in, studios, asked):
    assert "Bob &lt;b&gt;" in maria.get(LIST).content.decode()
    bert = log_in(studios.bert)
    assert "bob@example.com" not in bert.get(LIST).content.decode()
    assert bert.get(place(asked)).status_code == 404
    assert bert.post(place(asked), {"how": "link"}).status_code == 404


def test_one_tells_who_asks_what_and_offers_a_link(maria, asked):
    page = maria.get(place(asked)).content.decode()

    assert "I was &lt;there&gt;." in page
    assert 'value="link"' in page
    assert 'value="account"' not in page
    assert 'value="addressee"' not in page


@pytest.mark.parametrize(
    ("how", "state"), [("link", RequestState.GRANTED), ("refused", RequestState.REFUSED)]
)
def test_it_is_answered_once(maria, asked, how, state):
    maria.post(place(asked), {"how": how})
    asked.refresh_from_db()
    assert asked.state == state

    again = maria.post(place(asked), {"how": "link"}, follow=True)
    assert "answered already" in words_of(again)[-1]


def test_an_account_with_the_address_can_be_let_in(maria, asked):
    bob = testing.make_user("bob", email="bob@example.com")
    maria.post(place(asked), {"how": "addressee"})

    assert asked.gallery.policy.users.get() == bob


def test_a_way_that_is_not_offered_is_refused_in_words(maria, asked):
    page = maria.post(place(asked), {"how": "account"}).content.decode()

    assert "Select a valid choice" in page
    asked.refresh_from_db()
    assert asked.state == RequestState.OPEN


def test_an_index_page_is_for_who_may_decide_for_all_that_is_below(maria, log_in, studios, asked):
    index = asked.page.get_parent()
    whole = AccessRequest.objects.create(page=index, name="Carl", email="carl@example.com")
    assert maria.get(place(whole)).status_code == 404

    chief = log_in(studios.chief)
    assert 'value="account"' in chief.get(place(whole)).content.decode()
    chief.post(place(whole), {"how": "account"})
    whole.refresh_from_db()
    assert whole.user.email == "carl@example.com"


def test_the_sharing_tab_says_that_somebody_asks(maria, asked):
    page = maria.get(reverse("pumbaphoto_galleries:sharing", args=[asked.gallery.uuid]))

    assert place(asked) in page.content.decode()
