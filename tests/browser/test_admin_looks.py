"""Every screen of the photographer's admin, beside Wagtail's own: on a phone, a tablet and a desk,
light, dark and from right to left. Nothing is wider than the window, no script complains, axe finds
nothing, and what frames our screens stands where it stands on Wagtail's.

The suite looks at half of them once; `make browser` looks at all of it in every light. Each is
photographed where PUMBAPHOTO_SCREENSHOTS names a folder, with Wagtail's own, for people to compare.
"""

import os
import zlib
from pprint import pformat

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.users.models import UserProfile

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import State, Upload, UploadBatch, UploadState
from tests.admin_addresses import menu_addresses, snippet_addresses
from tests.browser.accessibility import violations
from tests.browser.conftest import DESKTOP
from tests.browser.test_photographers_rooms import (  # noqa: F401
    _rooms,
    chief,
    gallery,
    maria,
)

pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
IN_FULL = os.environ.get("BROWSER_TESTS") == "all"
WIDTHS = (1280, 820, 390)
# The admin scrolls within the page: in a high window all of it is seen at once.
HEIGHT = 2400
# Wagtail's front page, and the one list that wagtail-modeladmin frames by itself.
OWN_HEADERS = {"home", "pumbaphoto-quarantine"}
TABS = ("photos", "delivery", "keeping", "history", "settings")
# How high the header is, on ours and on Wagtail's.
FRAME = "document.querySelector('.w-slim-header')?.getBoundingClientRect().height"


@pytest.fixture
def shoots(gallery, chief):  # noqa: F811
    """Beside the gallery in its second round: one that is new, one delivered, one archived."""
    empty = testing.make_gallery("A portrait, not begun", owner=chief)
    delivered = testing.make_gallery("Delivered", owner=chief, state=State.DELIVERED)
    photos = [testing.make_photo(delivered, f"DSC_{number:04d}.jpg") for number in range(6)]
    testing.make_delivery(delivered, [testing.make_edit(delivered, photo) for photo in photos])
    testing.make_link(delivered, "Anna Smith", email="anna@example.com")
    archived = testing.make_gallery("Archived", owner=chief, state=State.ARCHIVED)
    batch = UploadBatch.objects.create(gallery=gallery, uploader=chief)
    for name in ("sidecar.xmp", "a-file-with-a-very-long-name-from-some-software_2026-07-12.pdf"):
        Upload.objects.create(
            batch=batch,
            file_name=name,
            state=UploadState.REFUSED,
            reason="No photo.",
            length=10,
        )
    testing.make_stored_file(
        b"infected",
        original_name="invoice.jpg",
        stage="infected",
        verdict="infected",
        virus_name="Eicar-Test-Signature",
        collection=gallery.collection,
        scanned_at=timezone.now(),
    )
    return {"empty": empty, "delivered": delivered, "archived": archived}


def screens(chief, gallery, shoots) -> dict[str, str]:  # noqa: F811
    """Every screen of ours by a name for its photograph; in the suite, half of one of each kind."""
    found = {"home": reverse("wagtailadmin_home"), "new": reverse("pumbaphoto_galleries:add")}
    of_snippets = snippet_addresses() if IN_FULL else ()
    for address in [*menu_addresses(chief), *of_snippets]:
        found[address.removeprefix("/admin/").strip("/").replace("/", "-")] = address
    found |= {f"tab-{tab}": gallery_url(gallery, tab) for tab in TABS}
    found |= {
        "board": gallery_url(gallery, "board"),
        "decide": gallery_url(gallery, "decide_edit", edit_pk=gallery.edits.last().pk),
        "refused": gallery_url(gallery) + "?show=refused",
        "watermark": gallery_url(gallery, "watermark"),
        "clocks": gallery_url(gallery, "clocks"),
    }
    for name, one in shoots.items():
        found |= {f"{name}-{tab}": gallery_url(one, tab) for tab in ("photos", "delivery")}
    found |= {"archived-keeping": gallery_url(shoots["archived"], "keeping")}
    if IN_FULL:
        return found | _rooms(gallery)
    return {name: one for name, one in found.items() if zlib.crc32(name.encode()) % 2}


@pytest.fixture
def wagtails_own(chief):  # noqa: F811
    """Wagtail's own screens of the same kinds, for comparison."""
    image = get_image_model().objects.create(title="Test", file=get_test_image_file())
    return {
        "wagtail-images": reverse("wagtailimages:index"),
        "wagtail-add-image": reverse("wagtailimages:add_multiple"),
        "wagtail-edit-image": reverse("wagtailimages:edit", args=[image.pk]),
        "wagtail-edit-user": reverse("wagtailusers_users:edit", args=[chief.pk]),
        "wagtail-users": reverse("wagtailusers_users:index"),
        "wagtail-report": reverse("wagtailadmin_reports:site_history"),
    }


# Whether the name of the tab that is open lies within the window.
TAB_IS_SEEN = """() => {
  const tab = document.querySelector(".pumba-tabs [aria-current]");
  const { left, right } = tab?.getBoundingClientRect() ?? { left: 0, right: 0 };
  return left >= 0 && right <= innerWidth;
}"""


def look(page, name, person, lights) -> list[str]:
    """What is wrong with the screen that is shown, in each width and light."""
    problems = []
    if IN_FULL:
        page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelectorAll('.pumba-more').forEach(more => more.open = true)")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if (found := page.evaluate("document.documentElement.scrollWidth")) > width:
            problems.append(f"{width}: {found} pixels wide")
        # A script brings it there once the window has its width.
        page.wait_for_function(TAB_IS_SEEN)
        for light in lights if IN_FULL else ():
            page.emulate_media(color_scheme=light)
            person.photograph(f"looks-{name}-{width}-{light}")
            problems += [f"{width} {light}: {line}" for line in violations(page, "main")]
    if not IN_FULL:
        problems += violations(page, "main")
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    return problems


def test_every_screen_is_sound_and_framed_as_wagtails_own(
    maria,  # noqa: F811
    live_server,
    chief,  # noqa: F811
    gallery,  # noqa: F811
    shoots,
    wagtails_own,
):
    # What moves into place would be measured and photographed on its way.
    maria = maria(DESKTOP, reduced_motion="reduce")
    page = maria.page
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    frames = []
    for name, address in wagtails_own.items():
        page.goto(live_server.url + address)
        frames.append(page.evaluate(FRAME))
        maria.photograph(f"looks-{name}-{WIDTHS[0]}-light")
    found = {}
    for name, address in screens(chief, gallery, shoots).items():
        response = page.goto(live_server.url + address)
        if response.status == 404 and "/snippets/" in address:
            # What is not made by hand has nothing to be made or changed with.
            maria.complaints.clear()
            continue
        if response.status == 200 and page.locator("main").count():
            problems = look(page, name, maria, ("light", "dark")) + maria.complaints
        else:
            problems = [f"{response.status} at {address}"]
        maria.complaints.clear()
        if name not in OWN_HEADERS and (frame := page.evaluate(FRAME)) not in frames:
            problems.append(f"a header of {frame}, and Wagtail's own are of {frames}")
        if problems:
            found[name] = problems

    assert not found, pformat(found, width=200)


@pytest.mark.skipif(not IN_FULL, reason="make browser runs it")
def test_every_screen_can_be_read_from_right_to_left(
    maria,  # noqa: F811
    live_server,
    chief,  # noqa: F811
    gallery,  # noqa: F811
    shoots,
    wagtails_own,
):
    UserProfile.objects.create(user=chief, preferred_language="he")
    # What moves into place would be measured and photographed on its way.
    maria = maria(DESKTOP, reduced_motion="reduce")
    found = {}
    for name, address in (wagtails_own | screens(chief, gallery, shoots)).items():
        if maria.page.goto(live_server.url + address).status == 404:
            continue
        assert maria.page.evaluate("document.documentElement.dir") == "rtl"
        problems = look(maria.page, f"rtl-{name}", maria, ["light"])
        if problems and name not in wagtails_own:
            found[name] = problems

    assert not found, pformat(found, width=200)
