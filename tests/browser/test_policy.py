"""The example site enforces one strict policy: Chromium walks through it, nothing is blocked."""

import json
import subprocess
import sys

import pytest
from django.contrib.auth import get_user_model

from tests.browser.conftest import DESKTOP
from tests.live import ROOT, live_site

pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]
# Pages of Wagtail's own, with date fields in their filters and without.
ADMIN = (
    "", "pages/", "users/", "groups/", "images/", "images/add/", "documents/", "collections/",
    "reports/site-history/", "reports/aging-pages/", "reports/locked/", "sites/", "account/",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker):
    pytest.importorskip("gunicorn")
    with django_db_blocker.unblock(), live_site() as site:
        site.start("web")
        yield site


def test_nothing_is_blocked_outside_the_page_editor(site, person):
    done = subprocess.run(
        [sys.executable, "-m", "tests.serving.plant"],
        cwd=ROOT, env=site.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    planted = json.loads(done.stdout.splitlines()[-1])
    site.rows(get_user_model()).filter(username="maria").update(is_superuser=True)
    one = person(DESKTOP, base_url=site.address)
    policies = {}
    one.page.on(
        "response",
        lambda answer: policies.update(
            {answer.url: answer.headers.get("content-security-policy", "")}
            if answer.request.is_navigation_request() and answer.status == 200
            else {}
        ),
    )
    one.page.goto("/admin/login/")
    one.page.get_by_label("Username").fill("maria")
    one.page.get_by_label("Password").fill("password")
    one.page.get_by_role("button", name="Sign in").click()
    one.page.wait_for_url("**/admin/")
    for path in ("/", planted["page"], *(f"/admin/{path}" for path in ADMIN)):
        one.page.goto(path, wait_until="networkidle")
    blocked = [each for each in one.complaints if "Content Security" in each or "script:" in each]
    assert blocked == []
    one.complaints.clear()
    assert len(policies) >= len(ADMIN)
    for address, policy in policies.items():
        assert "default-src 'none'" in policy, address
        assert "unsafe" not in policy, address


def test_the_page_editor_alone_may_run_inline_scripts(site, person):
    one = person(DESKTOP, base_url=site.address)
    one.page.goto("/admin/login/?next=/admin/pages/3/edit/")
    one.page.get_by_label("Username").fill("maria")
    one.page.get_by_label("Password").fill("password")
    with one.page.expect_response(lambda answer: "/edit/" in answer.url) as answer:
        one.page.get_by_role("button", name="Sign in").click()
    policy = answer.value.headers["content-security-policy"]
    assert "script-src 'self' 'unsafe-inline'" in policy


def test_what_is_blocked_is_complained_of(site, person):
    one = person(DESKTOP, base_url=site.address)
    one.page.goto("/")

    one.page.evaluate(
        """() => document.body.append(
             Object.assign(document.createElement("script"), {textContent: "window.planted = 1"}),
             Object.assign(document.createElement("img"), {src: "https://example.com/pixel.png"}))"""
    )
    while len(one.complaints) < 2:
        one.page.wait_for_event("console")

    assert one.page.evaluate("window.planted") is None
    blocked = [each for each in one.complaints if "Content Security" in each]
    one.complaints.clear()
    assert len(blocked) == 2, blocked
