"""Sharing with family: a client's links that only look."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.exceptions import LimitExceeded
from pumbaphoto_wagtail.models import Downloads, Gallery, LinkPurpose, ShareLink, State
from pumbaphoto_wagtail.proofing import family, links
from pumbaphoto_wagtail.proofing.pictures import photo_pictures

pytestmark = pytest.mark.django_db


def page_of(gallery):
    return f"/galleries/family/{gallery.uuid}/"


@pytest.fixture
def shared(link):
    return family.share(link, "Aunt Gerda")


def visitor(link):
    browser = Client()
    browser.get(f"/galleries/s/{links.token(link)}")
    return browser


def test_what_is_shared_on_only_looks(link, shared):
    shared.refresh_from_db()
    assert (shared.recipient, shared.purpose) == ("Aunt Gerda", LinkPurpose.FAMILY)
    assert shared.shared_by == link
    assert not any((shared.may_choose, shared.decides, shared.may_download_originals))
    assert shared.downloads == Downloads.NONE
    assert shared.expires_at == link.expires_at
    assert not shared.email


def test_it_shows_the_same_sections_as_the_clients_own(gallery):
    ceremony = testing.make_section(gallery)
    own = testing.make_link(gallery, sections=[ceremony])
    made = family.share(own, "Gerda")
    assert [*made.sections.all()] == [ceremony]


def test_it_asks_for_the_clients_pin(gallery):
    own = testing.make_link(gallery, pin="2468")
    address = f"/galleries/s/{links.token(family.share(own, 'Gerda'))}"
    assert Client().get(address).status_code == 200
    assert Client().post(address, {"pin": "2468"}).status_code == 303


def test_photos_for_the_couple_only_stay_with_the_couple(gallery, link, shared):
    photo = testing.make_photo(gallery, is_couple_only=True)
    address = photo_pictures(photo).grid.url
    assert visitor(link).get(address).status_code == 200
    assert visitor(shared).get(address).status_code == 404
    assert str(photo.uuid) not in visitor(shared).get(gallery.main_page.url).content.decode()


def revoke(link):
    links.revoke(link, None)


def revoke_all(link):
    links.revoke_all(link.gallery, None)


def renew(link):
    links.renew(link, None)


def expire(link):
    past = timezone.now() - timedelta(seconds=1)
    ShareLink.objects.filter(pk=link.pk).update(expires_at=past)


def close(link):
    family.close(link, link.shared_links.get().uuid)


@pytest.mark.parametrize("end", [revoke, revoke_all, renew, expire, close])
def test_it_closes_with_the_clients_own_link_at_once(gallery, link, shared, end):
    photo = testing.make_photo(gallery)
    picture = photo_pictures(photo).grid.url
    browser = visitor(shared)
    assert browser.get(gallery.main_page.url).status_code == 200
    assert browser.get(picture).status_code == 200
    end(link)
    assert browser.get(gallery.main_page.url).status_code == 404
    assert browser.get(picture).status_code == 404
    assert links.find(links.token(shared)) is None
    assert not family.shared_links(link).exists()


def test_renewing_the_clients_link_does_not_open_it_again(link, shared):
    links.revoke(link, None)
    links.renew(link, None)
    assert links.find(links.token(link)) == link
    assert links.find(links.token(shared)) is None


@pytest.mark.parametrize(
    "fields",
    [{"purpose": LinkPurpose.FAMILY}, {"purpose": LinkPurpose.ALBUM_DESIGNER}],
    ids=["family", "designer"],
)
def test_only_a_client_shares_on(gallery, fields):
    other = testing.make_link(gallery, "Tom", **fields)
    with pytest.raises(ShareLink.DoesNotExist):
        family.share(other, "Gerda")
    assert visitor(other).get(page_of(gallery)).status_code == 404


def test_what_was_shared_on_cannot_be_shared_on(gallery, link, shared):
    assert visitor(shared).get(page_of(gallery)).status_code == 404
    ShareLink.objects.filter(pk=shared.pk).update(purpose=LinkPurpose.CLIENT)
    shared.refresh_from_db()
    with pytest.raises(ShareLink.DoesNotExist):
        family.share(shared, "Gerda's neighbour")


def test_a_closed_link_shares_nothing(gallery, link, recipient):
    links.revoke(link, None)
    with pytest.raises(ShareLink.DoesNotExist):
        family.share(link, "Gerda")
    response = recipient.post(page_of(gallery), {"name": "Gerda"})
    assert response.status_code == 404
    assert "does not open anything" in response.content.decode()


def test_an_archived_gallery_is_not_shared_any_further(gallery, link, recipient):
    Gallery.objects.filter(pk=gallery.pk).update(state=State.ARCHIVED)
    assert 'name="share"' not in recipient.get(page_of(gallery)).content.decode()
    assert recipient.post(page_of(gallery), {"name": "Gerda"}).status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_it_has_to_be_for_somebody(link, name):
    with pytest.raises(ValidationError):
        family.share(link, name)


def test_there_is_a_limit_and_closing_makes_room(link):
    made = [family.share(link, f"Cousin {number}") for number in range(family.OPEN_LINKS)]
    with pytest.raises(LimitExceeded):
        family.share(link, "One cousin more")
    family.close(link, made[0].uuid)
    family.share(link, "One cousin more")


def test_making_and_closing_for_ever_has_an_end(link, monkeypatch):
    monkeypatch.setattr(family, "LINKS_EVER", 2)
    for _ in range(2):
        family.close(link, family.share(link, "Gerda").uuid)
    with pytest.raises(LimitExceeded):
        family.share(link, "Gerda")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_tabs_at_once_make_no_more_than_one_may(link, monkeypatch):
    monkeypatch.setattr(family, "OPEN_LINKS", 3)

    def share(number):
        try:
            family.share(ShareLink.objects.get(pk=link.pk), f"Cousin {number}")
        except LimitExceeded:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(share, range(12))) == 3


# --- The page


def test_the_page_makes_a_link_and_shows_its_address(gallery, link, recipient):
    response = recipient.post(page_of(gallery), {"name": "Aunt  Gerda"})
    assert response.status_code == 303
    made = link.shared_links.get()
    page = recipient.get(response["Location"]).content.decode()
    assert "Aunt Gerda" in page
    assert links.address(made) in page
    assert str(links.token(link)) not in page


def test_the_gallerys_page_leads_there_and_back(gallery, recipient):
    testing.make_photo(gallery)
    assert page_of(gallery) in recipient.get(gallery.main_page.url).content.decode()
    assert gallery.main_page.url in recipient.get(page_of(gallery)).content.decode()


def test_the_gallerys_page_offers_it_to_nobody_else(gallery, link, shared, client):
    testing.make_photo(gallery)
    assert page_of(gallery) not in visitor(shared).get(gallery.main_page.url).content.decode()
    client.force_login(testing.make_photographer())
    assert page_of(gallery) not in client.get(gallery.main_page.url).content.decode()


def test_each_is_closed_by_its_own_button(gallery, link, recipient, shared):
    other = family.share(link, "Uncle Bo")
    response = recipient.post(page_of(gallery), {"close": str(shared.uuid)})
    assert response.status_code == 303
    assert [*family.shared_links(link)] == [other]
    assert "Aunt Gerda" not in recipient.get(page_of(gallery)).content.decode()


@pytest.mark.parametrize("which", ["own", "foreign", "unknown", "malformed"])
def test_nobody_closes_what_they_did_not_share(gallery, link, recipient, which):
    foreign = family.share(testing.make_link(gallery, "Tom"), "Tom's mother")
    uuid = {"own": link.uuid, "foreign": foreign.uuid, "unknown": uuid4(), "malformed": "x"}[which]
    assert recipient.post(page_of(gallery), {"close": str(uuid)}).status_code == 404
    assert access.valid_links().count() == 3


def test_nobody_sees_what_another_recipient_shared(gallery, recipient):
    family.share(testing.make_link(gallery, "Tom"), "Tom's mother")
    assert "mother" not in recipient.get(page_of(gallery)).content.decode()


def test_a_stranger_learns_nothing(gallery, client):
    known, unknown = client.get(page_of(gallery)), client.get(f"/galleries/family/{uuid4()}/")
    assert known.status_code == unknown.status_code == 404
    assert known.content == unknown.content


def test_words_of_a_client_are_only_words(gallery, recipient):
    recipient.post(page_of(gallery), {"name": "<script>__xss=1</script>"})
    assert "<script>__xss" not in recipient.get(page_of(gallery)).content.decode()


def test_an_empty_name_is_explained_and_the_form_is_there_again(gallery, recipient):
    response = recipient.post(page_of(gallery), {"name": " "})
    assert response.status_code == 400
    assert "whom this link is for" in response.content.decode()


def test_the_limit_is_explained(gallery, link, recipient, monkeypatch):
    monkeypatch.setattr(family, "OPEN_LINKS", 0)
    response = recipient.post(page_of(gallery), {"name": "Gerda"})
    assert response.status_code == 409
    assert "Close one" in response.content.decode()
    assert 'value="Gerda"' in response.content.decode()


def test_the_forms_cannot_be_forged(gallery, link, enter):
    browser = Client(enforce_csrf_checks=True)
    enter(link, browser)
    assert browser.post(page_of(gallery), {"name": "Gerda"}).status_code == 403


def test_looking_at_the_page_changes_nothing(gallery, link, recipient):
    before = ShareLink.objects.values().get(pk=link.pk)
    recipient.get(page_of(gallery))
    recipient.head(page_of(gallery))
    assert [*ShareLink.objects.values()] == [before]


def test_a_link_whose_key_is_gone_can_still_be_closed(gallery, link, shared, recipient):
    ShareLink.objects.filter(pk=shared.pk).update(key_id="long gone")
    page = recipient.get(page_of(gallery)).content.decode()
    assert "Aunt Gerda" in page
    assert 'name="close"' in page


def test_sharing_and_closing_are_in_the_gallerys_history(link, shared):
    family.close(link, shared.uuid)
    made, closed = ModelLogEntry.objects.filter(action__contains="family").order_by("pk")
    assert made.message == "Anna shared with Aunt Gerda, who can only look"
    assert closed.message == "Anna closed the link of Aunt Gerda"


def test_after_a_delivery_it_lasts_as_long_as_the_clients_own(gallery, link, shared):
    from pumbaphoto_wagtail.delivery.sending import _keep_links_open

    _keep_links_open(gallery)
    link.refresh_from_db()
    shared.refresh_from_db()
    assert shared.expires_at == link.expires_at


@pytest.mark.parametrize("amount", [1, 20])
def test_the_page_costs_the_same_queries_for_any_number(
    link, recipient, gallery, amount, django_assert_max_num_queries
):
    for number in range(amount):
        family.share(link, f"Cousin {number}")
    recipient.get(page_of(gallery))
    with django_assert_max_num_queries(6):
        recipient.get(page_of(gallery))
