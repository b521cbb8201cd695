"""The dashboard while somebody looks at it: what happens elsewhere is there without a reload."""

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.urls import reverse
from wagtail.models import Collection

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery, Message, MessageKind, State
from tests.admin import waiting_world as world
from tests.browser.accessibility import violations
from tests.browser.conftest import DESKTOP, PHONE

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
LOOK_MILLISECONDS = 16_000


class Studio:
    """What the factories of ``waiting_world`` need to know."""

    def __init__(self):
        self.maria = testing.make_user("maria", is_staff=True, is_superuser=True)
        self.site = testing.make_site()
        self.collection = Collection.get_first_root_node()


@pytest.fixture
def studio(db):
    return Studio()


@pytest.fixture
def maria(person, live_server, studio):
    """Maria before her dashboard, on a device whose clock the test moves."""

    def sit_down(device):
        maria = person(device)
        session = SessionStore()
        session["_auth_user_id"] = str(studio.maria.pk)
        session["_auth_user_backend"] = django_settings.AUTHENTICATION_BACKENDS[0]
        session["_auth_user_hash"] = studio.maria.get_session_auth_hash()
        session.save()
        cookie = {"name": django_settings.SESSION_COOKIE_NAME, "value": session.session_key}
        maria.context.add_cookies([{**cookie, "url": live_server.url}])
        maria.page.clock.install()
        maria.page.goto(live_server.url + reverse("pumbaphoto_dashboard:index"))
        expect(maria.page.get_by_text("Your photos take")).to_be_visible()
        return maria

    return sit_down


def look(page) -> None:
    """The time until the page asks again goes by."""
    page.clock.fast_forward(LOOK_MILLISECONDS)


def test_it_lives_while_it_is_looked_at(maria, studio):
    late = world.late(studio).share_links.get()
    page = maria(DESKTOP).page
    page.evaluate("window.isStillTheSame = true")
    copying = page.locator("[data-pumba-copy-from]")
    copying.focus()

    # Somebody sends a selection.
    chosen = world.selections(studio)
    look(page)
    expect(page.locator(".pumba-todo", has_text="Anna has chosen 3 photos")).to_be_visible()
    expect(page.locator("[data-pumba-said]")).to_have_text("Selections: Anna has chosen 3 photos.")
    expect(copying).to_be_focused()

    # What is done goes, and nothing is said about it.
    Gallery.objects.filter(pk=chosen.pk).update(state=State.EDITING)
    look(page)
    expect(page.get_by_text("Anna has chosen 3 photos", exact=True)).to_have_count(0)

    # Nobody looks: nobody asks. Whoever comes back sees at once how things stand.
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    look(page)
    look(page)
    assert asked == []
    world.edits(studio)
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    page.clock.run_for(100)
    expect(page.get_by_text("1 edit to decide", exact=True)).to_be_visible()

    # A message is copied, and the page stays where it is.
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copying.click()
    expect(copying).to_contain_text("Copied")
    assert "Hello Anna" in page.evaluate("navigator.clipboard.readText()")
    assert page.evaluate("window.isStillTheSame")

    # Or sent, by one click.
    page.get_by_role("button", name="Send e-mail").click()
    expect(page.get_by_text("An e-mail is on its way to Anna.")).to_be_visible()
    assert Message.objects.get().kind == MessageKind.DUE_SOON
    assert Message.objects.get().share_link == late


def test_it_says_when_it_stands_still(maria, studio):
    world.late(studio)
    one = maria(PHONE)
    page = one.page
    silent = page.get_by_text("The server does not answer just now")
    assert violations(page, ".pumba-workspace") == []

    page.route("**/pumbaphoto/news/**", lambda route: route.abort())
    for _look in range(2):
        with page.expect_event("requestfailed"):
            page.clock.fast_forward(5 * LOOK_MILLISECONDS)
    expect(silent).to_be_visible()
    page.unroute("**/pumbaphoto/news/**")
    page.clock.fast_forward(20 * LOOK_MILLISECONDS)
    expect(silent).to_have_count(0)

    Session.objects.all().delete()
    look(page)
    expect(page.get_by_text("You have been logged out")).to_be_visible()
    # Asking stops: that the server refused once is all that the browser complains of.
    refused = [complaint for complaint in one.complaints if "403" in complaint]
    assert len(refused) == 1
    one.complaints.clear()
