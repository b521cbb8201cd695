"""Words of e-mails while they are written, beside what the client will get."""

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse

from pumbaphoto_wagtail import testing
from tests.browser.accessibility import violations
from tests.browser.conftest import PHONE

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
SPACE = "wagtailsnippets_pumbaphoto_wagtail_mailtemplate"


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


def test_what_is_written_is_seen_as_the_client_will_see_it(person, live_server):
    chief = testing.make_user("chief", is_staff=True, is_superuser=True, first_name="Maria")
    testing.make_gallery("Anna & Tom", owner=chief)
    maria = person(PHONE)
    maria.context.add_cookies([_session_cookie(live_server, chief)])
    page = maria.page
    page.goto(f"{live_server.url}{reverse(f'{SPACE}:add')}?kind=delivered")
    page.get_by_role("textbox", name="Words").fill("Dear {client}, <b>here</b> they are!")
    page.get_by_role("button", name="Toggle preview").click()
    mail = page.frame_locator("#w-preview-iframe")
    expect(mail.get_by_text("Dear Anna, <b>here</b> they are!")).to_be_visible()
    expect(mail.get_by_role("link", name="See your photos")).to_be_visible()

    page.goto(f"{live_server.url}{reverse(f'{SPACE}:previews')}?kind=receipt")
    shown = page.frame_locator(".pumba-mails__frame")
    expect(shown.get_by_text("Your selection has arrived")).to_be_visible()
    assert violations(page, ".pumba-mails") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
