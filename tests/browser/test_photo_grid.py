"""The Photos tab as a screen for thousands: by mouse, keyboard and finger."""

import re

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import Photo, Pick
from tests.browser.accessibility import violations
from tests.browser.conftest import DESKTOP, PHONE

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
MANY = 5000
CELLS = "[role=option]"
PICTURE = testing.jpeg_bytes()


@pytest.fixture
def chief():
    return testing.make_user("chief", is_staff=True, is_superuser=True, first_name="Maria")


@pytest.fixture
def gallery(chief):
    return testing.make_gallery("Anna & Tom", owner=chief)


@pytest.fixture
def maria(person, live_server, chief):
    def sit_down(device, **options):
        maria = person(device, **options)
        session = SessionStore()
        session["_auth_user_id"] = str(chief.pk)
        session["_auth_user_backend"] = django_settings.AUTHENTICATION_BACKENDS[0]
        session["_auth_user_hash"] = chief.get_session_auth_hash()
        session.save()
        name = django_settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": session.session_key, "url": live_server.url}
        maria.context.add_cookies([cookie])
        return maria

    return sit_down


def few(gallery):
    """Twelve photos in two sections: one picked with a note, one hidden, one not shown yet."""
    church, party = (
        testing.make_section(gallery, title, position=position)
        for position, title in enumerate(("Church", "Party until the morning"))
    )
    photos = [
        testing.make_photo(
            gallery, f"IMG_{number:04d}.jpg", section=church if number < 8 else party
        )
        for number in range(1, 13)
    ]
    link = testing.make_link(gallery, "Anna")
    selection = link.selections.create(round=1)
    for photo, note in zip(photos[:2], ("A little darker, please", ""), strict=True):
        Pick.objects.create(
            selection=selection, photo=photo, is_favourite=True, note=note, picked_at=timezone.now()
        )
    Photo.objects.filter(pk=photos[2].pk).update(is_hidden=True)
    Photo.objects.filter(pk=photos[3].pk).update(is_shown=False)
    Photo.objects.filter(pk=photos[4].pk).update(is_couple_only=True)
    return photos


def bar(page):
    return page.locator("[data-pumba-bar]")


def open_grid(maria, live_server, gallery, query=""):
    maria.page.goto(live_server.url + gallery_url(gallery) + query)
    expect(maria.page.locator(f"{CELLS}[data-uuid]").first).to_be_visible()
    return maria.page


def test_five_thousand_are_walked_and_selected_by_keyboard(maria, live_server, gallery):
    testing.make_many_photos(gallery, MANY)
    maria = maria(DESKTOP)
    maria.context.add_init_script("localStorage.setItem('pumba-tile-size', '120')")
    # Rows without bytes: the pictures are none of what is tried here.
    maria.page.route("**/*.jpg", lambda route: route.fulfill(body=PICTURE))
    page = open_grid(maria, live_server, gallery)

    page.locator(CELLS).first.focus()
    for key in ("Space", "ArrowRight", "ArrowRight", "Shift+Space"):
        page.keyboard.press(key)
    expect(bar(page)).to_contain_text("3 photos selected")
    expect(page.locator("[data-pumba-photos-live]")).to_have_text("3 photos selected")
    page.keyboard.press("End")
    expect(page.locator(f"{CELLS}:focus")).to_have_attribute("aria-posinset", str(MANY))
    expect(page.locator(f"{CELLS}:focus")).to_have_attribute("aria-label", re.compile("IMG_04999"))
    assert page.evaluate("document.querySelectorAll('[data-pumba-photos] *').length") < 1500
    page.keyboard.press("Control+a")
    expect(bar(page)).to_contain_text("All 5,000 photos selected")
    page.keyboard.press("Space")
    bar(page).get_by_role("button", name="Hide", exact=True).click()

    expect(page.locator("[data-pumba-outcome]")).to_contain_text("4999 photos are hidden")
    assert gallery.photos.filter(is_hidden=False).get().name == "IMG_04999.jpg"
    page.locator("[data-pumba-undo]").click()
    expect(page.locator("[data-pumba-outcome]")).to_contain_text("Taken back")
    assert not gallery.photos.filter(is_hidden=True).exists()
    page.keyboard.press("Escape")
    expect(bar(page)).to_have_class(re.compile("hidden"))


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_photos_are_put_into_a_section_deleted_and_looked_at(device, maria, live_server, gallery):
    photos = few(gallery)
    maria = maria(device, color_scheme="dark" if device is PHONE else "light")
    page = open_grid(maria, live_server, gallery)
    assert violations(page) == []
    maria.photograph(f"grid-{device['viewport']['width']}", full_page=False)

    for number in (2, 5):
        page.get_by_role("option", name=f"IMG_{number:04d}.jpg").click()
    maria.photograph(f"grid-chosen-{device['viewport']['width']}", full_page=False)
    assert violations(page) == []
    bar(page).get_by_role("button", name="Put into a section").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Put into a section: 2 photos")
    expect(dialog.get_by_role("img")).to_have_count(2)
    maria.photograph(f"grid-dialog-{device['viewport']['width']}", full_page=False)
    assert violations(page) == []
    dialog.get_by_label("Section", exact=False).first.select_option(label="Party until the morning")
    dialog.get_by_role("button", name="Put into a section").click()
    expect(page.locator("[data-pumba-outcome]")).to_be_visible()
    assert {photo.section.title for photo in Photo.objects.filter(name__in=["IMG_0002.jpg"])} == {
        "Party until the morning"
    }

    bar(page).get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator(CELLS).first).to_have_attribute("aria-setsize", "10")
    expect(page.locator("[data-pumba-outcome]")).to_contain_text("2 photos are deleted")
    maria.photograph(f"grid-deleted-{device['viewport']['width']}", full_page=False)
    page.get_by_role("link", name="Recently deleted").click()
    expect(page.locator(CELLS).first).to_have_attribute("aria-setsize", "2")
    page.locator(CELLS).first.click()
    bar(page).get_by_role("button", name="Bring back").click()
    expect(page.locator(CELLS).first).to_have_attribute("aria-setsize", "1")
    page.go_back()
    expect(page.locator(CELLS).first).to_have_attribute("aria-setsize", "11")

    page.get_by_role("option", name="IMG_0001.jpg").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="IMG_0001.jpg").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("A little darker, please")
    maria.photograph(f"photo-{device['viewport']['width']}")
    assert violations(page) == []
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{gallery_url(gallery, 'photo', photo_uuid=following(photos[0]))}")
    page.keyboard.press("Escape")
    expect(page.locator(f"{CELLS}:focus")).to_be_visible()


def following(photo):
    keys = [*photo.gallery.photos.kept().in_order()]
    return keys[keys.index(photo) + 1].uuid
