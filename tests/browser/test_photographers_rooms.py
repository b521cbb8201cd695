"""Comparing, choosing for a client, sections and sharing, as the photographer has them before her:
on a telephone and on a desk, light and dark, by keyboard, and with nothing for axe to find.
"""

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.backends.db import SessionStore

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import EditStatus, SelectionList, ShareLink
from pumbaphoto_wagtail.proofing import family, picks, submission
from pumbaphoto_wagtail.workflow import reopen
from tests.browser.accessibility import violations
from tests.browser.conftest import DESKTOP, PHONE

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
COLOURS = ("light", "dark")


@pytest.fixture
def chief():
    return testing.make_user("chief", is_staff=True, is_superuser=True, first_name="Maria")


@pytest.fixture
def gallery(chief):
    """A second round: Anna and Tom have changed their minds, and Aunt Gerda suggests."""
    gallery = testing.make_gallery(
        "Anna & Tom", owner=chief, included=3, maximum=4, lists=[SelectionList.ALBUM]
    )
    gallery.clients.add(testing.make_client("Anna Smith"), testing.make_client("Eve"))
    church, party = (
        testing.make_section(gallery, title, position=position)
        for position, title in enumerate(("Church", "Party until the morning"))
    )
    photos = [
        testing.make_photo(
            gallery,
            f"IMG_{number:04d}.jpg",
            section=church if number < 6 else party,
            folder="Church" if number < 6 else "Party",
            width=60 if number % 3 else 40,
            height=40 if number % 3 else 60,
        )
        for number in range(1, 11)
    ]
    testing.make_photo(gallery, "IMG_0001.jpg", section=party, folder="Party")
    anna, tom = (
        testing.make_link(gallery, name, email="a@example.com") for name in ("Anna", "Tom")
    )
    gerda = testing.make_link(gallery, "Aunt Gerda", decides=False, sections=[church], pin="2468")
    family.share(anna, "Grandmother")
    for link, chosen in ((anna, photos[:3]), (tom, photos[1:4]), (gerda, photos[4:5])):
        for photo in chosen:
            picks.set_favourite(link, photo, True)
    picks.set_note(anna, photos[0], "Black and white, please.\nAnd a little darker.")
    for link in (anna, tom):
        submission.submit_selection(link)
    gallery.refresh_from_db()
    reopen(gallery, actor=chief)
    picks.set_favourite(anna, photos[5], True)
    picks.set_favourite(anna, photos[1], False)
    picks.set_note(anna, photos[0], "In colour after all")
    picks.set_favourite(anna, photos[0], True)
    submission.submit_selection(anna)
    picks.set_favourite(tom, photos[6], True)
    for version in (1, 2):
        testing.make_edit(gallery, photos[0], version=version)
    testing.make_edit(gallery, name="collage.jpg", status=EditStatus.UNMATCHED)
    return gallery


@pytest.fixture
def maria(person, live_server, chief):
    def sit_down(device, **options):
        maria = person(device, **options)
        maria.context.add_cookies([_session_cookie(live_server, chief)])
        return maria

    return sit_down


def _session_cookie(live_server, user):
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = django_settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    return {
        "name": django_settings.SESSION_COOKIE_NAME,
        "value": session.session_key,
        "url": live_server.url,
    }


def _rooms(gallery):
    """Every screen of these rooms by its name."""
    anna, tom = (gallery.share_links.get(recipient=name) for name in ("Anna", "Tom"))
    church = gallery.sections.first()
    for_tom = {"link_uuid": tom.uuid}
    return {
        "selections": gallery_url(gallery, "selections"),
        "selections-all": gallery_url(gallery, "selections") + "?show=all&round=2",
        "selections-removed": gallery_url(gallery, "selections") + "?show=removed&round=2",
        "exports": gallery_url(gallery, "exports") + "?show=all&round=1",
        "choose-whom": gallery_url(gallery, "choose_whom"),
        "choose-for": gallery_url(gallery, "choose_for", **for_tom),
        "choose-for-sent": gallery_url(gallery, "choose_for", link_uuid=anna.uuid),
        "paste-for": gallery_url(gallery, "paste_for", **for_tom),
        "send-for": gallery_url(gallery, "send_for", **for_tom),
        "close-round": gallery_url(gallery, "step", step_name="close-round"),
        "edits": gallery_url(gallery, "edits"),
        "photo-edits": gallery_url(gallery, "photo_edits", photo_uuid=gallery.photos.first().uuid),
        "sections": gallery_url(gallery, "sections"),
        "section-stays": gallery_url(gallery, "remove_section", section_uuid=church.uuid),
        "section-goes": gallery_url(
            gallery, "remove_section", section_uuid=gallery.sections.last().uuid
        ),
        "sharing": gallery_url(gallery, "sharing"),
        "change-link": gallery_url(gallery, "change_link", **for_tom),
        "settings": gallery_url(gallery, "settings"),
    }


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_screen_can_be_read_and_used_by_everybody(device, maria, live_server, gallery):
    maria = maria(device)
    page, width = maria.page, device["viewport"]["width"]
    found = {}
    # The admin scrolls within the page: in a high window all of it is seen at once.
    page.set_viewport_size({"width": width, "height": 2400})
    for name, address in _rooms(gallery).items():
        page.goto(live_server.url + address)
        if name == "paste-for":
            page.get_by_label("File names").fill("img_0008, IMG_0001 IMG_0002\nUNKNOWN_1")
            with page.expect_navigation():
                page.get_by_role("button", name="Look for them").click()
        page.evaluate("document.querySelectorAll('.pumba-more').forEach(more => more.open = true)")
        for colours in COLOURS:
            page.emulate_media(color_scheme=colours)
            maria.photograph(f"photographer-{name}-{width}-{colours}")
            found[f"{name} {colours}"] = violations(page, ".pumba-workspace")
        # Nothing is wider than the window, so that nobody has to push the page about.
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    assert {name: broken for name, broken in found.items() if broken} == {}


def test_a_client_is_chosen_for_by_keyboard_alone(maria, live_server, gallery):
    maria = maria(DESKTOP)
    page = maria.page
    tom = gallery.share_links.get(recipient="Tom")
    page.goto(live_server.url + gallery_url(gallery, "choose_for", link_uuid=tom.uuid))

    page.locator("input[name=photo]").nth(7).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Space")
    page.get_by_role("button", name="Take the ticked into").focus()
    page.keyboard.press("Enter")
    page.get_by_text("taken into the selection of Tom").wait_for()

    selection = tom.selections.get(round=2)
    names = selection.picks.filter(is_favourite=True).values_list("photo__name", flat=True)
    assert {"IMG_0007.jpg", "IMG_0008.jpg"} <= {*names}


def test_a_section_is_moved_by_keyboard_and_the_button_keeps_the_focus(maria, live_server, gallery):
    maria = maria(DESKTOP)
    maria.page.goto(live_server.url + gallery_url(gallery, "sections"))

    maria.page.get_by_role("button", name="Move Church down").press("Enter")
    maria.page.wait_for_url("**moved=**")

    assert [section.title for section in gallery.sections.all()][1] == "Church"
    assert "Move Church" in maria.page.evaluate("document.activeElement.innerText")


def test_the_photographer_sees_what_anna_sees_and_nothing_counts(maria, live_server, gallery):
    maria = maria(DESKTOP)
    gerda = gallery.share_links.get(recipient="Aunt Gerda")
    page = maria.page
    page.goto(live_server.url + gallery_url(gallery, "sharing"))
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="See what Aunt Gerda sees").click()
    seen = opened.value

    expect(seen.locator(".pumba-preview")).to_contain_text("this is what Aunt Gerda sees")
    seen.wait_for_load_state()
    # The section she is limited to, and no more.
    assert seen.get_by_text("Party until the morning").count() == 0
    assert ShareLink.objects.get(pk=gerda.pk).last_used_at is None
