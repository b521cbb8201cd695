"""After choosing, in Chromium: wishes, before and after, saving to a phone, a closed gallery."""

import pytest
from django.urls import reverse
from django.utils import timezone

from pumbaphoto_wagtail import testing, workflow
from pumbaphoto_wagtail.models import (
    ChangeRequest,
    Consent,
    EditStatus,
    Gallery,
    LinkPurpose,
    Message,
    MessageKind,
    State,
)
from pumbaphoto_wagtail.proofing import changes, links

from .accessibility import violations
from .conftest import DESKTOP, PHONE

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
DEVICES = [pytest.param(PHONE, id="phone"), pytest.param(DESKTOP, id="desktop")]
SHAPES = ((600, 400), (400, 600), (600, 400), (600, 450))
# A telephone that can share files, as far as a page can tell.
SHARING = """
  window.shared = [];
  navigator.canShare = ({files}) => files.every((file) => file.type === "image/jpeg");
  navigator.share = async ({files}) => { window.shared.push(files.map((file) => file.name)); };
"""


@pytest.fixture(autouse=True)
def strict_policy(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "enforce"}


@pytest.fixture
def gallery():
    gallery = testing.make_gallery("Anna & Tom", shows_before_after=True)
    photos = [
        testing.make_photo(gallery, f"IMG_{number}.jpg", width=width, height=height)
        for number, (width, height) in enumerate(SHAPES)
    ]
    edits = [testing.make_edit(gallery, photo) for photo in photos]
    edits.append(
        testing.make_edit(gallery, photos[0], name="IMG_0_bw.jpg", variant="black_and_white")
    )
    testing.make_delivery(gallery, edits, words="All of them, with love!")
    Gallery.objects.update(state=State.DELIVERED)
    gallery.refresh_from_db()
    return gallery


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery, email="anna@example.com")


@pytest.fixture
def visit(live_server, person):
    """Somebody at a device who has opened a link."""

    def visit(link, device, **options):
        script = options.pop("script", "")
        somebody = person(device, **options)
        if script:
            somebody.context.add_init_script(script)
        somebody.page.goto(f"{live_server.url}/galleries/s/{links.token(link)}")
        return somebody

    return visit


def ask(page, name="IMG_0_edit.jpg"):
    page.get_by_role("link", name=f"Ask for a change: {name}", exact=True).click()
    return page.get_by_role("dialog", name="Ask for a change")


def device_name(device) -> str:
    return "phone" if device is PHONE else "desktop"


def looked_at(somebody, name) -> None:
    somebody.photograph(name, full_page=False)
    assert violations(somebody.page) == []


@pytest.mark.parametrize("device", DEVICES)
def test_a_change_is_asked_for_in_a_dialog_and_withdrawn(visit, link, device):
    anna = visit(link, device)
    page = anna.page
    expect(page.get_by_role("heading", name="Your photos are ready")).to_be_visible()
    looked_at(anna, f"delivered-{device_name(device)}")
    dialog = ask(page)
    expect(dialog.get_by_label("What should Maria change?")).to_be_focused()
    looked_at(anna, f"ask-{device_name(device)}")
    page.keyboard.type("A little brighter, please")
    dialog.get_by_role("button", name="Ask Maria").click()
    expect(dialog.get_by_text("You asked Maria on")).to_be_visible()
    looked_at(anna, f"asked-{device_name(device)}")
    assert ChangeRequest.objects.get().words == "A little brighter, please"
    dialog.get_by_role("button", name="Withdraw this wish").click()
    expect(dialog.get_by_text("You asked Maria on")).to_be_hidden()
    assert not ChangeRequest.objects.exists()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    name = "Ask for a change: IMG_0_edit.jpg"
    expect(page.get_by_role("link", name=name, exact=True)).to_be_focused()


def test_what_was_asked_stands_on_the_page(visit, gallery, link):
    item = gallery.deliveries.get().items.order_by("position").first()
    changes.ask_for_change(link, item, "A little brighter, please")
    anna = visit(link, PHONE, color_scheme="dark")
    expect(anna.page.get_by_text("You asked Maria for 1 change")).to_be_visible()
    looked_at(anna, "wishes-phone-dark")


def test_a_refusal_is_said_in_the_dialog_and_the_words_stay(visit, link):
    anna = visit(link, DESKTOP)
    anna.complaints = _Tolerating("409", anna.complaints)
    dialog = ask(anna.page)
    expect(dialog.get_by_label("What should Maria change?")).to_be_focused()
    Gallery.objects.update(state=State.ACTIVE)
    anna.page.keyboard.type("Brighter")
    dialog.get_by_role("button", name="Ask Maria").click()
    expect(dialog.get_by_role("alert")).to_be_visible()


class _Tolerating(list):
    """Complaints without those about an answer that the test asks for."""

    def __init__(self, expected, complaints) -> None:
        super().__init__(complaints)
        self.expected = expected

    def append(self, complaint) -> None:
        if self.expected not in complaint:
            super().append(complaint)


def test_everything_works_without_javascript(visit, link):
    anna = visit(link, PHONE, java_script_enabled=False)
    page = anna.page
    page.get_by_role("link", name="Ask for a change: IMG_0_edit.jpg", exact=True).click()
    anna.photograph("ask-plain-phone")
    page.get_by_label("What should Maria change?").fill("Brighter")
    page.get_by_role("button", name="Ask Maria").click()
    expect(page.get_by_text("You asked Maria on")).to_be_visible()
    page.get_by_role("link", name="Back to the photos").click()
    expect(page.get_by_text("You asked Maria for 1 change")).to_be_visible()
    page.get_by_role("link", name="Before and after: IMG_1_edit.jpg", exact=True).click()
    expect(page.get_by_role("img")).to_have_count(2)
    expect(page.get_by_role("slider")).to_be_hidden()
    anna.photograph("before-after-plain-phone")


@pytest.mark.parametrize("device", DEVICES)
def test_before_and_after_are_compared_with_a_slider_and_by_keys(visit, link, device):
    anna = visit(link, device)
    page = anna.page
    page.get_by_role("link", name="Before and after: IMG_2_edit.jpg", exact=True).click()
    dialog = page.get_by_role("dialog", name="Before and after")
    slider = dialog.get_by_role("slider")
    expect(slider).to_be_focused()
    after = dialog.get_by_role("img", name="After: IMG_2_edit.jpg")
    assert after.evaluate("(image) => image.style.clipPath") == "inset(0px 0px 0px 50%)"
    looked_at(anna, f"before-after-{device_name(device)}")
    page.keyboard.press("End")
    assert after.evaluate("(image) => image.style.clipPath") == "inset(0px 0px 0px 100%)"
    boxes = [dialog.get_by_role("img").nth(number).bounding_box() for number in (0, 1)]
    assert boxes[0] == boxes[1], "one lies exactly over the other"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_photos_are_saved_to_a_telephone_some_at_a_time(visit, link):
    anna = visit(link, PHONE, script=SHARING)
    page = anna.page
    page.get_by_role("button", name="Save to my photos: 1–5 of 5").tap()
    page.get_by_role("button", name="Ready: save these 5 now").tap()
    expect(page.get_by_role("button", name="All photos were handed over")).to_be_disabled()
    (names,) = page.evaluate("window.shared")
    assert names[:2] == ["IMG_0_edit.jpg", "IMG_0_bw.jpg"]
    assert len(names) == 5


def test_of_many_photos_twenty_are_handed_over_at_a_time(visit):
    gallery = testing.make_gallery("Anna & Tom", state=State.DELIVERED)
    edits = [testing.make_edit(gallery, name=f"card-{number:02}.jpg") for number in range(23)]
    testing.make_delivery(gallery, edits)
    page = visit(testing.make_link(gallery), PHONE, script=SHARING).page
    page.get_by_role("button", name="Save to my photos: 1–20 of 23").tap()
    page.get_by_role("button", name="Ready: save these 20 now").tap()
    page.get_by_role("button", name="Save to my photos: 21–23 of 23").tap()
    page.get_by_role("button", name="Ready: save these 3 now").tap()
    expect(page.get_by_role("button", name="All photos were handed over")).to_be_disabled()
    first, second = page.evaluate("window.shared")
    assert [*first, *second] == [f"card-{number:02}.jpg" for number in range(23)]


def test_what_is_not_finished_yet_is_not_handed_over(visit, gallery):
    waiting = testing.make_photo(gallery, "waiting.jpg")
    chosen = testing.make_link(gallery).selections.create(list="album", submitted_at=timezone.now())
    for photo in (gallery.photos.first(), waiting, gallery.photos.get(name="IMG_3.jpg")):
        chosen.picks.create(photo=photo, is_favourite=True, picked_at=timezone.now())
    bindery = testing.make_link(
        gallery,
        "Bindery",
        purpose=LinkPurpose.ALBUM_DESIGNER,
        list="album",
        decides=False,
        may_choose=False,
    )
    page = visit(bindery, PHONE, script=SHARING).page
    page.get_by_role("button", name="Save to my photos: 1–4 of 4").tap()
    page.get_by_role("button", name="Ready: save these 3 now").tap()
    expect(page.get_by_role("button", name="All photos were handed over")).to_be_disabled()
    (names,) = page.evaluate("window.shared")
    assert {*names} == {"IMG_0_edit.jpg", "IMG_0_bw.jpg", "IMG_3_edit.jpg"}


@pytest.mark.parametrize("device", DEVICES)
def test_a_change_is_asked_for_from_the_lightbox(visit, link, device):
    anna = visit(link, device)
    page = anna.page
    page.locator(".pumba-tile__link").first.click()
    lightbox = page.get_by_role("dialog", name="Photos, one at a time")
    lightbox.get_by_role("link", name="Ask for a change: IMG_0_edit.jpg").click()
    dialog = page.get_by_role("dialog", name="Ask for a change")
    field = dialog.get_by_label("What should Maria change?")
    expect(field).to_be_focused()
    page.keyboard.type("n brighter f")
    expect(field).to_have_value("n brighter f")
    looked_at(anna, f"ask-in-lightbox-{device_name(device)}")
    dialog.get_by_role("button", name="Ask Maria").click()
    expect(dialog.get_by_text("You asked Maria on")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(lightbox).to_be_visible()
    assert ChangeRequest.objects.get().words == "n brighter f"


@pytest.mark.parametrize("device", DEVICES)
def test_each_download_is_said_with_its_size_and_saved(visit, gallery, device):
    newer = testing.make_edit(gallery, gallery.photos.first(), name="newer.jpg", version=2)
    testing.make_delivery(gallery, [newer], print_release=b"%PDF-1.7")
    link = testing.make_link(gallery, may_download_originals=True)
    anna = visit(link, device)
    page = anna.page
    expect(page.get_by_text("5 photos,").first).to_be_visible()
    expect(page.get_by_text("4 in colour, 1 in black and white")).to_be_visible()
    page.get_by_text("Each delivery by itself").click()
    looked_at(anna, f"downloads-{device_name(device)}")
    for name, ending in (
        ("Download all", ".zip"),
        ("In web size", ".zip"),
        ("The originals", ".zip"),
        ("Print release", "print-release.pdf"),
    ):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert download.value.suggested_filename.endswith(ending)
        assert download.value.failure() is None


@pytest.mark.parametrize("device", DEVICES)
def test_the_photographer_looks_sends_a_part_and_then_the_rest(live_server, person, device):
    gallery = testing.make_gallery("Anna & Tom", state=State.EDITING)
    link = testing.make_link(gallery, email="anna@example.com")
    ceremony = testing.make_section(gallery, "Ceremony")
    photos = [
        testing.make_photo(gallery, f"IMG_{number}.jpg", width=width, height=height)
        for number, (width, height) in enumerate(SHAPES)
    ]
    type(photos[0]).objects.filter(pk__in=[photo.pk for photo in photos[:2]]).update(
        section=ceremony
    )
    for photo in photos:
        testing.make_edit(gallery, photo, status=EditStatus.AS_IT_IS)
    testing.make_edit(gallery, photos[0], name="bw.jpg", variant="black_and_white")
    testing.make_photographer("maria")
    maria = person(device)
    page = maria.page
    page.goto(live_server.url + reverse("pumbaphoto_galleries:delivery", args=[gallery.uuid]))
    page.get_by_label("Username").fill("maria")
    page.get_by_label("Password").fill("password")
    page.keyboard.press("Enter")
    page.get_by_label("With a print release").check()
    page.get_by_text("Look at them, or send only some now").click()
    page.get_by_role("checkbox", name="IMG_2_edit.jpg").check()
    maria.photograph(f"deliver-{device_name(device)}")
    assert violations(page) == []
    page.get_by_role("button", name="Send the ticked now").click()
    expect(page.get_by_text("1 photo is delivered. The others stay here")).to_be_visible()
    page.get_by_role("button", name="Deliver 3 photos").click()
    expect(page.get_by_text("3 photos are delivered.")).to_be_visible()
    maria.photograph(f"deliver-done-{device_name(device)}")
    first, second = gallery.deliveries.order_by("number")
    assert bytes(first.print_release).startswith(b"%PDF-")
    assert second.print_release is None
    assert Message.objects.filter(share_link=link, kind=MessageKind.DELIVERED).count() == 2


def test_where_files_cannot_be_shared_only_the_download_is_offered(visit, link):
    for device in (PHONE, DESKTOP):
        page = visit(link, device).page
        expect(page.get_by_role("link", name="Download all")).to_be_visible()
        expect(page.get_by_role("button", name="Save to my photos")).to_have_count(0)


@pytest.mark.parametrize("device", DEVICES)
def test_a_finished_section_is_offered_while_the_rest_is_chosen(visit, device):
    gallery = testing.make_gallery("Anna & Tom")
    ceremony = testing.make_section(gallery, "Ceremony", is_finished=True)
    for width, height in SHAPES:
        testing.make_photo(gallery, width=width, height=height, section=ceremony)
    anna = visit(testing.make_link(gallery), device)
    page = anna.page
    expect(page.get_by_role("link", name="Download “Ceremony”")).to_be_visible()
    expect(page.locator("a.pumba-tile__download")).to_have_count(4)
    looked_at(anna, f"finished-{device_name(device)}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download “Ceremony”").click()
    assert download.value.suggested_filename == "Anna & Tom (Ceremony).zip"


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("has_page", [True, False], ids=["page", "no page"])
def test_a_closed_gallery_is_asked_for(visit, gallery, link, device, has_page):
    workflow.take_step(gallery, State.ARCHIVED, actor=gallery.owner)
    if not has_page:
        gallery.main_page.unpublish()
    anna = visit(link, device)
    name = f"archived{'' if has_page else '-alone'}-{device_name(device)}"
    expect(anna.page.get_by_role("heading", name="Safely stored")).to_be_visible()
    looked_at(anna, name)
    anna.page.get_by_role("button", name="Ask for your photos").click()
    expect(anna.page.get_by_text("Maria knows since")).to_be_visible()
    looked_at(anna, f"{name}-asked")
    assert Message.objects.filter(kind=MessageKind.PHOTOS_ASKED).count() == 1


def test_the_photographer_finds_wishes_on_the_delivery_tab(live_server, person, gallery, link):
    item = gallery.deliveries.get().items.order_by("position").first()
    changes.ask_for_change(link, item, "A little brighter, please")
    testing.make_photographer("maria")
    maria = person(DESKTOP)
    page = maria.page
    page.goto(live_server.url + reverse("pumbaphoto_galleries:delivery", args=[gallery.uuid]))
    page.get_by_label("Username").fill("maria")
    page.get_by_label("Password").fill("password")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A little brighter, please")).to_be_visible()
    maria.photograph("wishes-admin")
    page.get_by_role("button", name="Mark as answered").click()
    expect(page.get_by_text("Marked as answered.")).to_be_visible()
    assert ChangeRequest.objects.get().answered_at is not None


def test_what_may_be_shown_is_ticked_with_the_keyboard_and_stays_ticked(visit, gallery, link):
    Gallery.objects.update(asks_for_consent=True)
    anna = visit(link, PHONE)
    page = anna.page
    tick = page.get_by_role("button", name="You may show this one: IMG_0_edit.jpg")
    variant = page.get_by_role("button", name="You may show this one: IMG_0_bw.jpg")
    expect(tick).to_have_attribute("aria-pressed", "false")
    looked_at(anna, "consent-asked-phone")
    with page.expect_response("**/may-be-shown/**"):
        tick.press("Enter")
    expect(tick).to_have_attribute("aria-pressed", "true")
    expect(variant).to_have_attribute("aria-pressed", "true")
    looked_at(anna, "consent-given-phone")
    page.reload()
    expect(tick).to_have_attribute("aria-pressed", "true")
    with page.expect_response("**/may-be-shown/**"):
        tick.click()
    expect(tick).to_have_attribute("aria-pressed", "false")
    assert Consent.objects.get().withdrawn_at
    page.get_by_role("link", name="What you allow to be shown").click()
    expect(page.get_by_text("You allow nothing to be shown.")).to_be_visible()
    looked_at(anna, "consent-page-phone")
