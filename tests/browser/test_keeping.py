"""The Archive tab before the photographer: it tells of what moves while she looks, on a telephone
and on a desk, light and dark, with nothing for axe to find; the closed page with what stays online.
"""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.delivery import cold
from pumbaphoto_wagtail.models import Gallery, State, StoredFile
from pumbaphoto_wagtail.proofing import links
from pumbaphoto_wagtail.proofing.closed_gallery import ask_for_photos
from tests.browser.accessibility import violations
from tests.browser.conftest import DESKTOP, PHONE

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


@pytest.fixture
def chief():
    return testing.make_user("chief", is_staff=True, is_superuser=True, first_name="Maria")


@pytest.fixture
def gallery(chief):
    """Delivered, with an open link; then archived, of which nothing has moved yet."""
    gallery = testing.make_gallery("Anna & Tom", owner=chief, state=State.DELIVERED)
    photos = [testing.make_photo(gallery, f"IMG_{number:04d}.jpg") for number in range(1, 7)]
    testing.make_delivery(gallery, [testing.make_edit(gallery, photo) for photo in photos[:3]])
    return gallery


def sit_down(person, chief, live_server, device):
    """The photographer, signed in."""
    someone = person(device)
    session = SessionStore()
    session["_auth_user_id"] = str(chief.pk)
    session["_auth_user_backend"] = django_settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = chief.get_session_auth_hash()
    session.save()
    cookie = {"name": "sessionid", "value": session.session_key, "url": live_server.url}
    someone.context.add_cookies([cookie])
    return someone


def look(someone, name, within="document") -> dict:
    """What is wrong with the page in both widths and both colours, pictures taken."""
    page, found = someone.page, {}
    for width, colours in ((1280, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 1600})
        page.emulate_media(color_scheme=colours)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        someone.photograph(f"{name}-{width}-{colours}")
        found[f"{name} {width} {colours}"] = violations(page, within)
    return {where: broken for where, broken in found.items() if broken}


def test_the_archive_tells_what_moves_while_one_looks_and_anybody_can_read_it(
    person, chief, live_server, gallery
):
    maria = sit_down(person, chief, live_server, DESKTOP)
    page, tab = maria.page, live_server.url + gallery_url(gallery, "keeping")
    link = testing.make_link(gallery, "Anna", email="anna@example.com")
    Gallery.objects.update(archive_on=timezone.localdate() + timedelta(days=30))
    page.goto(tab)
    broken = look(maria, "announced", ".pumba-workspace")
    cold.archive(Gallery.objects.get(), actor=chief, keeps_online=True)
    ask_for_photos(link)
    page.goto(tab)
    expect(page.get_by_text("3 of 9 files are where they belong")).to_be_visible()
    cold.archive_files(gallery.pk)
    # The page looks for itself.
    expect(page.get_by_text("6 files on pumbaphoto_cold")).to_be_visible(timeout=30_000)

    page.get_by_label("File name").fill("img_0002")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name="IMG_0002.jpg").click()
    expect(page.get_by_text("on its way from pumbaphoto_cold")).to_be_visible()
    broken |= look(maria, "fetching", ".pumba-workspace")
    field = page.get_by_label("File name").bounding_box()
    assert field["x"] + field["width"] <= page.viewport_size["width"]
    StoredFile.objects.filter(pk=gallery.photos.last().picture_id).update(storage="Cold-2019")
    page.goto(live_server.url + gallery_url(gallery, "step", step_name="restore"))
    page.goto(tab)
    page.get_by_role("button", name="Restore and open for 14 days").click()
    page.goto(tab)
    expect(page.get_by_text("Plug in Cold-2019")).to_be_visible()
    broken |= look(maria, "paused", ".pumba-workspace")
    assert broken == {}


def test_what_stays_online_hangs_on_the_closed_page(person, chief, live_server, gallery):
    anna = person(PHONE)
    link = testing.make_link(gallery, "Anna")
    cold.archive(gallery, actor=chief, keeps_online=True)
    anna.page.goto(f"{live_server.url}/galleries/s/{links.token(link)}")
    expect(anna.page.get_by_text("Safely stored")).to_be_visible()
    expect(anna.page.get_by_role("link", name="Download all")).to_be_visible()
    broken = look(anna, "kept-online")
    gallery.main_page.unpublish()
    anna.page.goto(f"{live_server.url}/galleries/s/{links.token(link)}")
    anna.page.get_by_text("3 photos one by one").click()
    expect(anna.page.get_by_role("link", name="IMG_0001_edit.jpg")).to_be_visible()
    assert broken | look(anna, "kept-online-own-page") == {}
