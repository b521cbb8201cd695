"""What every address of the package says with its answers, whoever asks and in every state."""

from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from pumbaphoto_wagtail import testing, urls
from pumbaphoto_wagtail.models import FileRole, Gallery, PhotoFile, State
from pumbaphoto_wagtail.proofing import headers, links, picks, submission
from pumbaphoto_wagtail.proofing.colours import colours_address
from pumbaphoto_wagtail.proofing.pictures import (
    file_pictures,
    item_pictures,
    photo_pictures,
    picture_url,
)
from pumbaphoto_wagtail.proofing.videos import play_url, thumbnail_pictures

pytestmark = pytest.mark.django_db

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PRIVATE = EVERYWHERE | {
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Permissions-Policy": headers.PERMISSIONS,
}
OWN_PAGE = PRIVATE | {
    "Content-Security-Policy": headers.PAGE_POLICY,
    "X-Frame-Options": "SAMEORIGIN",
}
PICTURE = EVERYWHERE | {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": headers.FILE_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Content-Disposition": None,
}
FILE = PICTURE | {"Cache-Control": "private, no-store", "Content-Disposition": "attachment"}
REFUSED_FILE = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Disposition": None,
}
TUS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


PLAYER = OWN_PAGE | {
    "Content-Security-Policy": headers.PLAYER_POLICY.format(player="https://player.films.example")
}
# Of each address: what is said with an answer, and with a refusal.
DOOR = (OWN_PAGE, OWN_PAGE)
CLIENT_PAGE = (OWN_PAGE, EVERYWHERE)
JSON = (PRIVATE, PRIVATE)
SHOWN = (PICTURE, REFUSED_FILE)
SAVED = (FILE, REFUSED_FILE)
ASKED_BY_NGINX = (REFUSED_FILE, REFUSED_FILE)
PROTOCOL = (TUS, TUS)
SURFACES = {
    "door": DOOR,
    "link_again": DOOR,
    "welcome": DOOR,
    "colours": (
        EVERYWHERE | {"Cache-Control": "public, max-age=31536000, immutable"},
        EVERYWHERE,
    ),
    "health": (EVERYWHERE, EVERYWHERE | {"Set-Cookie": None}),
    "family": CLIENT_PAGE,
    "receipt": CLIENT_PAGE,
    "picks": JSON,
    "acts": JSON,
    "side_by_side": (PRIVATE, EVERYWHERE),
    "closed_gallery": CLIENT_PAGE,
    "ask_for_change": CLIENT_PAGE,
    "may_be_shown": CLIENT_PAGE,
    "before_after": CLIENT_PAGE,
    "send": JSON,
    "take_back": JSON,
    "photo_picture": SHOWN,
    "published_picture": SHOWN,
    "item_picture": SHOWN,
    "file_picture": SHOWN,
    "video_picture": SHOWN,
    "play_video": (PLAYER, EVERYWHERE),
    "photo_verdict": ASKED_BY_NGINX,
    "item_verdict": ASKED_BY_NGINX,
    "raw": SAVED,
    "original": SAVED,
    "download_photo": SAVED,
    "download_photo_web": SAVED,
    "download_section": SAVED,
    "download_item": SAVED,
    "download_web": SAVED,
    "download_all": SAVED,
    "delivery_zip": SAVED,
    "web_zip": SAVED,
    "originals_zip": SAVED,
    "list_zip": SAVED,
    "album_zip": SAVED,
    "print_release": SAVED,
    "uploads": PROTOCOL,
    "manifest": PROTOCOL,
    "batch": PROTOCOL,
    "batch_answer": PROTOCOL,
    "upload": PROTOCOL,
}
POSTED = {"acts", "send", "take_back", "uploads", "manifest", "batch_answer", "upload"}
LED_ELSEWHERE = {301, 302, 303}


def url_names(patterns) -> list[str]:
    names = []
    for pattern in patterns:
        deeper = getattr(pattern, "url_patterns", None)
        names += url_names(deeper) if deeper is not None else [pattern.name]
    return names


def test_every_address_has_its_headers_written_down_here():
    assert set(url_names(urls.urlpatterns)) == set(SURFACES)


def published_address(photo) -> str:
    row = photo.picture.renditions.get(tier="grid")
    return picture_url("published_picture", (photo.gallery.uuid, photo.uuid), row)


@pytest.fixture
def world():
    """A gallery with all that has an address: the gallery, the addresses, people's browsers."""
    maria = testing.make_photographer("maria")
    gallery = testing.make_gallery(owner=maria, shows_before_after=True, asks_for_consent=True)
    section = testing.make_section(gallery, is_finished=True)
    photo = testing.make_photo(gallery, section=section)
    raw = testing.make_stored_file(original_name="IMG_1.CR2")
    PhotoFile.objects.create(photo=photo, stored_file=raw, role=FileRole.RAW)
    edit = testing.make_edit(gallery, photo)
    delivery = testing.make_delivery(gallery, [edit], print_release=b"%PDF-1.7")
    item = delivery.items.get()
    film = testing.make_video(gallery, thumbnail=edit.stored_file)
    link = testing.make_link(gallery, may_download_originals=True)
    choosing = testing.make_link(gallery, "Eva", list="to_edit")
    testing.make_policy(gallery=gallery)
    picks.set_favourite(link, photo, True)
    submission.submit_selection(link)
    gone = testing.make_link(gallery, "Tom")
    browsers = {name: Client() for name in ("stranger", "client", "eva", "former", "photographer")}
    browsers["photographer"].force_login(maria)
    browsers["client"].get(f"/galleries/s/{links.token(link)}")
    browsers["eva"].get(f"/galleries/s/{links.token(choosing)}")
    browsers["former"].get(f"/galleries/s/{links.token(gone)}")
    links.revoke(gone, None)
    shown = photo_pictures(photo).grid.url
    delivered = item_pictures(item.uuid, item.stored_file).grid.url
    by_gallery = {"gallery_uuid": gallery.uuid}
    arguments = {
        **dict.fromkeys(("family", "picks", "acts", "side_by_side", "send"), by_gallery),
        **dict.fromkeys(("take_back", "download_all", "uploads", "manifest"), by_gallery),
        **dict.fromkeys(("web_zip", "originals_zip", "list_zip", "album_zip"), by_gallery),
        "delivery_zip": {"delivery_uuid": item.delivery.uuid},
        **{name: {"photo_uuid": photo.uuid} for name in ("download_photo", "download_photo_web")},
        "closed_gallery": by_gallery,
        "may_be_shown": by_gallery,
        "download_section": {"section_uuid": section.uuid},
        "print_release": {"delivery_uuid": delivery.uuid},
        "link_again": {},
        "health": {},
        "welcome": {"uidb64": uuid4(), "token": "abc-def"},
        "door": {"token": links.token(link)},
        "receipt": by_gallery | {"list_name": "to_edit", "round_number": 1},
        "raw": {"photo_uuid": photo.uuid},
        "original": {"photo_uuid": photo.uuid},
        "download_item": {"item_uuid": item.uuid},
        **{name: {"item_uuid": item.uuid} for name in ("ask_for_change", "before_after")},
        "download_web": {"item_uuid": item.uuid},
        "upload": by_gallery | {"upload_uuid": uuid4()},
        "batch": by_gallery | {"batch_uuid": uuid4()},
        "batch_answer": by_gallery | {"batch_uuid": uuid4()},
    }
    addresses = {
        name: reverse(f"pumbaphoto_wagtail:{name}", kwargs=values)
        for name, values in arguments.items()
    }
    addresses |= {
        "colours": colours_address("#8a4b2d"),
        "photo_picture": shown,
        "published_picture": published_address(photo),
        "item_picture": delivered,
        "file_picture": file_pictures(edit.stored_file).grid.url,
        "video_picture": thumbnail_pictures(film).grid.url,
        "play_video": play_url(film.uuid),
        "photo_verdict": shown.replace("/media/", "/verdict/"),
        "item_verdict": delivered.replace("/media/", "/verdict/"),
    }
    return gallery, addresses, browsers


def differences(response: HttpResponse, expected: dict) -> dict:
    found = {name: response.headers.get(name) for name in expected}
    if found.get("Content-Disposition", "") and expected["Content-Disposition"]:
        found["Content-Disposition"] = found["Content-Disposition"].partition(";")[0]
    return {name: value for name, value in found.items() if value != expected[name]}


def said(world, names: set[str], states: list[str]) -> tuple[list[str], set[str]]:
    """What differs from the tables above, and which addresses have answered somebody."""
    gallery, addresses, browsers = world
    wrong, answered = [], set()
    for state in states:
        Gallery.objects.filter(pk=gallery.pk).update(state=state)
        for name in sorted(names):
            for who, browser in browsers.items():
                ask = browser.post if name in POSTED else browser.get
                response = ask(addresses[name])
                is_answered = response.status_code < 400
                if is_answered:
                    answered.add(name)
                expected = SURFACES[name][0 if is_answered else 1]
                if response.status_code not in LED_ELSEWHERE and (
                    found := differences(response, expected)
                ):
                    wrong.append(f"{state} {who} {name} {response.status_code}: {found}")
    return wrong, answered


def test_every_answer_says_what_it_has_to(world):
    """Every address, for everybody, in every state of the gallery."""
    wrong, answered = said(world, set(SURFACES), [*State])
    assert not wrong, "\n".join(wrong[:20])
    # Forms that are sent empty are refused, and without nginx there is nothing to tell it.
    silent = {name for name, surface in SURFACES.items() if surface in (PROTOCOL, ASKED_BY_NGINX)}
    # The list is sent and taken back on the way.
    assert set(SURFACES) - answered <= silent | POSTED | {"side_by_side", "list_zip", "health"}


def test_what_is_left_to_nginx_says_the_same(world, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "X_ACCEL_PREFIX": "/protected/"}
    files = {
        name for name, surface in SURFACES.items() if surface in (SHOWN, SAVED, ASKED_BY_NGINX)
    }
    wrong, answered = said(world, files, [State.DELIVERED])
    assert not wrong, "\n".join(wrong[:20])
    assert answered == files


# --- The policy inside a host's pages ------------------------------------------------------------


def page_headers(settings, client, link, **package):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, **package}
    client.get(f"/galleries/s/{links.token(link)}")
    return client.get(link.gallery.main_page.url).headers


@pytest.fixture
def link():
    return testing.make_link(testing.make_gallery())


@pytest.mark.parametrize(
    ("choice", "header"),
    [
        ("off", None),
        ("report-only", "Content-Security-Policy-Report-Only"),
        ("enforce", "Content-Security-Policy"),
    ],
)
def test_the_site_chooses_the_policy_of_gallery_pages(settings, client, link, choice, header):
    found = page_headers(settings, client, link, CSP=choice)
    policies = {name: value for name, value in found.items() if name.startswith("Content-Security")}
    assert policies == ({header: headers.PAGE_POLICY} if header else {})
    assert found["Cache-Control"] == "private, no-store"


def later_middleware(get_response):
    """As Django 6's and django-csp's: for responses that have no policy yet."""

    def answer(request):
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", "default-src 'self'")
        return response

    return answer


class HostsOwnMiddleware:
    """A subclass, as a site writes one, of what it knows from its framework."""

    def __init__(self, get_response):
        self.answer = later_middleware(get_response)

    def __call__(self, request):
        return self.answer(request)


@pytest.mark.parametrize("module", ["django.middleware.csp", "csp.middleware"])
def test_a_policy_that_the_hosts_middleware_will_set_is_left_to_it(
    settings, client, link, monkeypatch, module
):
    base = type("PolicyMiddleware", (HostsOwnMiddleware,), {"__module__": module})
    monkeypatch.setattr(f"{__name__}.HostsOwnMiddleware", type("OfTheSite", (base,), {}))
    settings.MIDDLEWARE = [f"{__name__}.HostsOwnMiddleware", *settings.MIDDLEWARE]
    headers._is_set_by_middleware.cache_clear()
    found = page_headers(settings, client, link, CSP="enforce")
    headers._is_set_by_middleware.cache_clear()
    assert found["Content-Security-Policy"] == "default-src 'self'"
    assert client.get("/galleries/s/x")["Content-Security-Policy"] == headers.PAGE_POLICY


@pytest.mark.parametrize(
    "middleware",
    ["django.middleware.csp.ContentSecurityPolicyMiddleware", "csp.middleware.CSPMiddleware"],
)
def test_the_policies_of_django_and_django_csp_are_left_to_them(settings, client, link, middleware):
    pytest.importorskip(middleware.rpartition(".")[0], reason=f"{middleware} is not here")
    settings.SECURE_CSP = {"default-src": ["https://studio.example"]}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": settings.SECURE_CSP}
    settings.MIDDLEWARE = [middleware, *settings.MIDDLEWARE]
    headers._is_set_by_middleware.cache_clear()
    found = page_headers(settings, client, link, CSP="enforce")
    headers._is_set_by_middleware.cache_clear()
    assert found["Content-Security-Policy"] == "default-src https://studio.example"
    assert client.get("/galleries/s/x")["Content-Security-Policy"] == headers.PAGE_POLICY


def test_a_policy_that_is_there_already_is_left_alone():
    response = HttpResponse(headers={"Content-Security-Policy": "default-src https:"})
    assert headers.secure_gallery_page(response)["Content-Security-Policy"] == "default-src https:"


def test_what_a_host_says_of_permissions_and_openers_is_left_alone():
    own = {"Permissions-Policy": "camera=(self)", "Cross-Origin-Opener-Policy": "unsafe-none"}
    response = headers.secure_gallery_page(HttpResponse(headers=own))
    assert {name: response[name] for name in own} == own
