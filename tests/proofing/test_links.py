from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from django.utils import timezone
from django.views.debug import ExceptionReporter
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import ShareLink
from pumbaphoto_wagtail.proofing import links
from tests.work import calls_in

pytestmark = pytest.mark.django_db


def expire(link):
    ShareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_the_database_holds_no_token(link):
    token = str(links.token(link))
    stored = " ".join(map(str, ShareLink.objects.values_list().get(pk=link.pk)))
    assert token not in stored
    assert links.find(token) == link


def test_an_address_is_absolute_and_belongs_to_the_gallerys_site(gallery, link):
    assert links.address(link) == f"{gallery.site.root_url}/galleries/s/{links.token(link)}"


def test_the_first_link_remembers_when_the_gallery_was_shared(gallery, link):
    gallery.refresh_from_db()
    first = gallery.first_shared_at
    testing.make_link(gallery, "Tom")
    gallery.refresh_from_db()
    assert first is not None
    assert gallery.first_shared_at == first


def test_making_and_revoking_a_link_is_logged_with_its_recipient(gallery, link):
    links.revoke(link, gallery.owner)
    entries = ModelLogEntry.objects.filter(
        action__in=["pumbaphoto.share", "pumbaphoto.revoke_link"]
    )
    assert {entry.data["recipient"] for entry in entries} == {"Anna"}
    assert entries.count() == 2


def test_a_link_cannot_show_another_gallerys_section(gallery):
    foreign = testing.make_section(testing.make_gallery())
    with pytest.raises(ValidationError):
        testing.make_link(gallery, sections=[foreign])


def test_the_door_leads_to_the_gallerys_page(gallery, link, enter):
    response = enter(link)
    assert response.status_code == 303
    assert response["Location"] == gallery.main_page.url


def test_opening_a_link_changes_no_row(link, enter):
    before = ShareLink.objects.values().get(pk=link.pk)
    enter(link)
    assert ShareLink.objects.values().get(pk=link.pk) == before


def test_a_head_request_sets_the_cookie_and_changes_no_row(link, client):
    response = client.head(f"/galleries/s/{links.token(link)}")
    assert response.status_code == 303
    assert "pumbaphoto_links" in response.cookies


def test_the_cookie_is_kept_from_scripts_and_other_sites(link, enter):
    cookie = enter(link).cookies["pumbaphoto_links"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert not cookie["secure"]


def test_the_cookie_is_secure_on_https(link, client):
    response = client.get(f"/galleries/s/{links.token(link)}", secure=True)
    assert response.cookies["pumbaphoto_links"]["secure"]


def test_the_cookie_does_not_hold_the_token(link, enter):
    assert str(links.token(link)) not in enter(link).cookies["pumbaphoto_links"].value


def test_one_browser_holds_the_last_twenty_links(gallery, client, enter):
    made = [testing.make_link(testing.make_gallery()) for _ in range(22)]
    for link in made:
        enter(link)
    request = RequestFactory().get("/")
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    request.user = testing.make_user()
    held = links.viewer(request).links
    assert [link.pk for link in held] == [link.pk for link in reversed(made)][:20]


@pytest.mark.parametrize(
    "text", ["", "x", "not-a-token", "0b7d1f5e-6c1d-4f0e-9a53-5f2f5a0c1d11", "a" * 5000]
)
def test_unknown_tokens_open_nothing(text):
    assert links.find(text) is None


def unknown(link):
    return uuid4()


def malformed(link):
    return "half-a-tok"


def expired(link):
    expire(link)
    return links.token(link)


def revoked(link):
    token = links.token(link)
    links.revoke(link, None)
    return token


def renewed(link):
    token = links.token(link)
    links.renew(link, None)
    return token


@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_every_closed_link_gets_the_same_answer(link, method):
    reference = getattr(Client(), method)(f"/galleries/s/{uuid4()}")
    assert reference.status_code == 404
    for close in (malformed, renewed, expired, revoked):
        response = getattr(Client(), method)(f"/galleries/s/{close(link)}")
        assert (response.status_code, response.content) == (404, reference.content)
        assert dict(response.headers) == dict(reference.headers)
        assert not response.cookies


def test_every_closed_link_costs_the_same(link, django_assert_num_queries):
    """As many questions to the database, and about as much work in the server."""
    others = [testing.make_link(link.gallery, f"Guest {number}") for number in range(2)]
    tokens = [
        unknown(link), malformed(link), "x" * 5000, renewed(link), expired(others[0]),
        revoked(others[1]),
    ]  # fmt: skip
    browser = Client()
    browser.get(f"/galleries/s/{uuid4()}")
    for token in tokens:
        # Two of them find the site and the studio's looks.
        with django_assert_num_queries(4):
            browser.get(f"/galleries/s/{token}")
    work = [calls_in(lambda token=token: browser.get(f"/galleries/s/{token}")) for token in tokens]
    assert max(work) < 1.1 * min(work), work


@pytest.mark.parametrize("after", ["/", ".", ",", ")", "/.", "%20", "»"])
def test_what_a_mail_program_adds_to_an_address_does_not_close_it(link, client, after):
    assert client.get(f"/galleries/s/{links.token(link)}{after}").status_code == 303


def test_a_link_outlives_its_key_and_new_links_take_the_new_one(settings, link):
    token = links.token(link)
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "LINK_KEYS": {"2026": "first", "2027": "second"}}
    later = testing.make_link(link.gallery, "Tom")
    assert later.key_id == "2027"
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "LINK_KEYS": {"2028": "third"}}
    assert links.find(token) == link
    renewed_link = links.renew(later, None)
    assert renewed_link.key_id == "2028"
    assert links.find(links.token(renewed_link)) == later


def test_the_cookie_is_kept_as_long_again_with_each_visit(gallery, link, recipient):
    cookie = recipient.get(gallery.main_page.url).cookies["pumbaphoto_links"]
    assert cookie["max-age"] == links.COOKIE_SECONDS
    assert cookie["httponly"]
    assert "pumbaphoto_links" not in Client().get(gallery.main_page.url).cookies


MESSENGERS = [
    "WhatsApp/2.23.20.0",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "TelegramBot (like TwitterBot)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
]


@pytest.mark.parametrize("messenger", MESSENGERS)
def test_a_messengers_preview_shows_the_studio_and_no_photo(gallery, link, messenger):
    testing.make_photo(gallery)
    browser = Client(headers={"User-Agent": messenger})
    response = browser.get(f"/galleries/s/{links.token(link)}", follow=True)
    page = response.content.decode()
    assert response.status_code == 200
    assert 'property="og:title" content="Test studio"' in page
    assert gallery.title not in page
    assert "<img" not in page
    assert "/media/" not in page
    assert str(links.token(link)) not in page
    assert not response.cookies
    closed_page = browser.get(f"/galleries/s/{uuid4()}")
    assert closed_page.content == Client().get(f"/galleries/s/{uuid4()}").content


def test_a_forged_form_at_the_door_is_refused_and_its_address_not_logged(gallery, caplog):
    caplog.set_level("DEBUG")
    token = str(links.token(testing.make_link(gallery, pin="2468")))
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(f"/galleries/s/{token}", {"pin": "2468"}).status_code == 403
    assert "/galleries/s/***" in caplog.text
    assert token not in caplog.text


def test_an_error_at_the_door_is_reported_without_its_address(link, caplog, monkeypatch):
    def fail(text):
        raise RuntimeError("the database is away")

    monkeypatch.setattr(links, "find", fail)
    token = str(links.token(link))
    browser = Client(raise_request_exception=False)
    assert browser.get(f"/galleries/s/{token}").status_code == 500
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    report = ExceptionReporter(record.request, *record.exc_info)
    assert token not in caplog.text
    assert token not in report.get_traceback_text()


def test_door_pages_are_private_strict_and_unknown_to_search_engines(client):
    headers = client.get("/galleries/s/nothing").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in headers["X-Robots-Tag"]


@pytest.mark.parametrize("close", [expired, revoked, renewed])
def test_a_closed_link_opens_nothing_from_the_next_request_on(gallery, link, recipient, close):
    page = gallery.main_page.url
    assert recipient.get(page).status_code == 200
    close(link)
    response = recipient.get(page)
    assert response.status_code == 404
    assert "does not open anything" in response.content.decode()


def test_a_renewed_link_opens_again_at_its_new_address(gallery, link, client, enter):
    links.revoke(link, gallery.owner)
    links.renew(link, gallery.owner)
    assert enter(link).status_code == 303
    assert client.get(gallery.main_page.url).status_code == 200


def test_revoking_all_closes_every_link_of_one_gallery(gallery, link):
    other = testing.make_link(testing.make_gallery())
    testing.make_link(gallery, "Tom")
    assert links.revoke_all(gallery, gallery.owner) == 2
    assert links.find(links.token(other)) == other


def test_a_forged_cookie_opens_nothing(gallery, link, client):
    client.cookies["pumbaphoto_links"] = "forged:value"
    assert client.get(gallery.main_page.url).status_code == 404


def test_without_a_published_page_a_link_shows_the_studios_page(gallery, link, enter):
    gallery.main_page.specific.unpublish()
    response = enter(link)
    assert response.status_code == 200
    assert "Maria" in response.content.decode()


def test_without_any_page_a_link_shows_the_studios_page():
    gallery = testing.make_gallery(has_page=False)
    response = Client().get(f"/galleries/s/{links.token(testing.make_link(gallery))}")
    assert response.status_code == 200


def test_a_link_is_used_when_a_picture_is_seen_and_not_when_it_is_opened(gallery, link, recipient):
    photo = testing.make_photo(gallery)
    link.refresh_from_db()
    assert link.last_used_at is None
    rendition = photo.picture.renditions.get(tier="grid")
    recipient.get(f"/galleries/media/photo/{photo.uuid}/grid/{rendition.digest[:16]}.jpg")
    link.refresh_from_db()
    assert link.last_used_at is not None


def test_no_token_reaches_the_log(link, caplog):
    caplog.set_level("DEBUG")
    token = str(links.token(link))
    links.revoke(link, None)
    Client().get(f"/galleries/s/{token}")
    Client().post(f"/galleries/s/{token}")
    assert token not in caplog.text


def test_a_mail_that_has_not_left_does_not_lead_to_a_revoked_link(gallery):
    link = testing.make_link(gallery, email="anna@example.com")
    links.send(link, gallery.owner)
    links.revoke(link, gallery.owner)
    assert not link.messages.exists()
