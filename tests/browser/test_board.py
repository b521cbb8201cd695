"""The review board as the photographer has it before her: by keyboard alone at a desk, with a thumb
on a telephone, while files arrive and a colleague decides as well.
"""

import io

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.backends.db import SessionStore
from PIL import Image, ImageDraw, ImageOps

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.delivery import edits as matching
from pumbaphoto_wagtail.delivery.visual import visual_key
from pumbaphoto_wagtail.models import EditStatus, State
from pumbaphoto_wagtail.proofing import picks, submission
from tests.browser.accessibility import violations
from tests.browser.conftest import DESKTOP, PHONE

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
TIERS = {"grid": 240, "view": 720, "display": 1200}


def scene(number, *, size=(1200, 800)):
    """A picture that looks like no other number's."""
    width, height = size
    sky = Image.linear_gradient("L").resize(size)
    image = ImageOps.colorize(sky, (150 + 10 * number, 200, 235), (240, 200 - 15 * number, 150))
    draw = ImageDraw.Draw(image)
    for step in range(9):
        left, base = (step * 173 * number + 90 * step) % width, height - 40 * (step % 4)
        draw.polygon(
            [(left - 160, base), (left, base - 150 - 31 * (step * number % 9)), (left + 190, base)],
            fill=(60 + 17 * step, 80 + 9 * number, 70 + 3 * step * number % 90),
        )
    sun = 140 * number % (width - 120)
    draw.ellipse((sun, 90, sun + 120, 210), fill=(255, 236, 190))
    return image


def give_pictures(file, image):
    """Renditions and looks of a stored file, made of ``image``."""
    for tier, side in TIERS.items():
        picture = ImageOps.contain(image, (side, side))
        out = io.BytesIO()
        picture.convert("RGB").save(out, "JPEG", quality=80)
        width, height = picture.size
        testing.make_rendition(file, tier, content=out.getvalue(), width=width, height=height)
    file.visual_key = visual_key(image.convert("RGB"))
    file.save()


def edit_of(gallery, image, name, *photos, **fields):
    """An edit that waits, with what speaks for each of ``photos``."""
    findings = [
        {
            "photo": photo.pk,
            "kind": "name",
            "words_key": "name_stripped",
            "data": {"original": photo.name, "marks": "-Edit"},
            "score": 0.8 - 0.2 * place,
        }
        for place, photo in enumerate(photos)
    ]
    file = testing.make_stored_file(original_name=name, collection=gallery.collection)
    give_pictures(file, image)
    fields.setdefault("status", EditStatus.DOUBTFUL if photos else EditStatus.UNMATCHED)
    return gallery.edits.create(stored_file=file, evidence=findings, **fields)


@pytest.fixture
def chief():
    return testing.make_user("chief", is_staff=True, is_superuser=True, first_name="Maria")


@pytest.fixture
def gallery(chief):
    """Eight photos, four of them chosen; four edits to decide, one of them a collage."""
    gallery = testing.make_gallery("Anna & Tom", owner=chief)
    gallery.clients.add(testing.make_client("Anna Smith"))
    photos = []
    for number in range(1, 9):
        photo = testing.make_photo(
            gallery, f"IMG_452{number}.jpg", width=1200, height=800, is_rendered=False
        )
        give_pictures(photo.picture, scene(number))
        photos.append(photo)
    link = testing.make_link(gallery, "Anna")
    for photo in photos[:4]:
        picks.set_favourite(link, photo, True)
    picks.set_note(link, photos[0], "Black and white, please")
    submission.submit_selection(link)
    gallery.refresh_from_db()
    gallery.state = State.EDITING
    gallery.save()
    grey = ImageOps.grayscale(scene(1).crop((60, 40, 1100, 760)))
    edit_of(gallery, grey, "IMG_4521-Edit.jpg", photos[0], photos[5], photos[6])
    edit_of(gallery, scene(2), "IMG_4522-Edit-2.jpg", photos[1])
    edit_of(gallery, scene(3).rotate(4).crop((100, 100, 1000, 700)), "Smith-Wedding-017.jpg")
    edit_of(gallery, scene(4, size=(800, 1200)), "collage.jpg")
    for version in (1, 2):
        edit_of(
            gallery,
            scene(2),
            f"IMG_4522_v{version}.jpg",
            photo=photos[1],
            version=version,
            status=EditStatus.MATCHED,
        )
    return gallery


@pytest.fixture
def maria(person, live_server, chief):
    def sit_down(device):
        maria = person(device)
        session = SessionStore()
        session["_auth_user_id"] = str(chief.pk)
        session["_auth_user_backend"] = django_settings.AUTHENTICATION_BACKENDS[0]
        session["_auth_user_hash"] = chief.get_session_auth_hash()
        session.save()
        cookie = {"name": django_settings.SESSION_COOKIE_NAME, "value": session.session_key}
        maria.context.add_cookies([{**cookie, "url": live_server.url}])
        return maria

    return sit_down


def look(maria, name, found):
    """Both colours, as a screenshot and through axe; nothing is wider than the window."""
    page = maria.page
    width, height = page.viewport_size.values()
    # The admin scrolls within the page: in a high window all of it is seen at once.
    page.set_viewport_size({"width": width, "height": 1700})
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        maria.photograph(f"board-{name}-{width}-{colours}")
        found[f"{name} {colours}"] = violations(page, ".pumba-workspace")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": width, "height": height})
    maria.photograph(f"board-{name}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def broken(found):
    return {name: lines for name, lines in found.items() if lines}


def wait_for_edit(page, name):
    page.locator(".pumba-pane__name").first.get_by_text(name, exact=True).wait_for()
    page.locator("#pumba-board:not([aria-busy])").wait_for()


def test_all_is_decided_by_keyboard_without_loading_a_page(maria, live_server, gallery):
    maria, found = maria(DESKTOP), {}
    page, press = maria.page, maria.page.keyboard.press
    page.goto(live_server.url + gallery_url(gallery, "board"))
    wait_for_edit(page, "IMG_4521-Edit.jpg")
    # What stays through everything that follows, as long as no page is loaded.
    page.evaluate("window.pumbaIsStillHere = true")
    look(maria, "decide", found)
    press("?")
    undo = page.locator("#keyboard-shortcuts-dialog").get_by_text("Undo the last decision")
    undo.wait_for()
    maria.photograph("board-keys", full_page=False)
    press("Escape")
    undo.wait_for(state="hidden")

    press("j")
    wait_for_edit(page, "IMG_4522-Edit-2.jpg")
    press("ArrowLeft")
    wait_for_edit(page, "IMG_4521-Edit.jpg")
    press("x")
    assert page.locator(".pumba-pair--over").count() == 1
    press("s")
    press("2")
    page.get_by_role("heading", name="Is this an edit of IMG_4526.jpg?").wait_for()

    # Another edit arrives and a colleague decides about this one: what is looked at stays.
    late = edit_of(gallery, scene(5), "late.jpg")
    page.get_by_text("5 to decide").wait_for()
    looked_at = gallery.edits.first()
    for edit in (late, looked_at):
        matching.ignore(edit, actor=gallery.owner)
    page.get_by_text("Somebody else has decided about this edit meanwhile").wait_for()
    page.get_by_text("3 to decide").wait_for()
    assert page.get_by_role("heading", name="Is this an edit of IMG_4526.jpg?").is_visible()
    matching.unlink(looked_at, actor=gallery.owner)
    page.get_by_role("link", name="Show how it stands").click()
    page.get_by_role("heading", name="Is this an edit of IMG_4521.jpg?").wait_for()
    press("a")
    wait_for_edit(page, "IMG_4522-Edit-2.jpg")
    press("u")
    wait_for_edit(page, "IMG_4521-Edit.jpg")
    press("Enter")
    wait_for_edit(page, "IMG_4522-Edit-2.jpg")
    press("a")
    wait_for_edit(page, "Smith-Wedding-017.jpg")
    look(maria, "unknown", found)
    press("o")
    page.get_by_text("Looks like it").wait_for()
    look(maria, "choose", found)
    press("f")
    # Keys are letters in a field.
    page.keyboard.type("4523")
    press("Enter")
    expect(page.locator("[data-pumba-tile]")).to_have_count(1)
    press("ArrowDown")
    press("Enter")
    wait_for_edit(page, "collage.jpg")
    press("d")
    page.get_by_role("heading", name="All decided").wait_for()
    look(maria, "done", found)
    assert page.evaluate("window.pumbaIsStillHere")

    photos = {photo.pk: photo.name for photo in gallery.photos.all()}
    decided = gallery.edits.exclude(status=EditStatus.IGNORED).select_related("stored_file")
    outcome = {edit.stored_file.original_name: photos.get(edit.photo_id) for edit in decided}
    assert outcome == {
        "IMG_4521-Edit.jpg": "IMG_4521.jpg",
        "IMG_4522-Edit-2.jpg": "IMG_4522.jpg",
        "Smith-Wedding-017.jpg": "IMG_4523.jpg",
        "collage.jpg": None,
        "IMG_4522_v1.jpg": "IMG_4522.jpg",
        "IMG_4522_v2.jpg": "IMG_4522.jpg",
    }
    assert broken(found) == {}


def test_a_thumb_decides_on_a_telephone(maria, live_server, gallery):
    maria, found = maria(PHONE), {}
    page = maria.page
    page.goto(live_server.url + gallery_url(gallery, "board"))
    look(maria, "decide", found)
    page.get_by_role("button", name="Yes, it belongs to IMG_4521.jpg").tap()
    wait_for_edit(page, "IMG_4522-Edit-2.jpg")
    page.get_by_role("button", name="Undo").tap()
    wait_for_edit(page, "IMG_4521-Edit.jpg")
    page.get_by_role("link", name="Another original").tap()
    page.get_by_text("Looks like it").wait_for()
    look(maria, "choose", found)
    page.get_by_role("button", name="It belongs to IMG_4521.jpg").tap()
    wait_for_edit(page, "IMG_4522-Edit-2.jpg")
    page.get_by_role("link", name="versions and variants").tap()
    page.get_by_role("heading", name="Edits of IMG_4522.jpg").wait_for()
    look(maria, "variants", found)
    page.get_by_role("button", name="IMG_4522_v1.jpg").tap()
    page.get_by_text("chosen by you").wait_for()

    assert gallery.edits.get(stored_file__original_name="IMG_4522_v1.jpg").is_chosen
    assert broken(found) == {}
