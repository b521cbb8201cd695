"""The operator's whole path and a shoot in Chromium, on the machine at its strictest.

``make deploy-test`` runs it: the studio is set up from an empty database by the commands of
docs/deployment.md, and every system call that a unit forbids is refused.
"""

from __future__ import annotations

import os
import re
import shutil

import pytest
from django.contrib.auth import get_user_model

from tests.browser import test_journey as steps
from tests.browser.conftest import DESKTOP, PHONE, person  # noqa: F401
from tests.deploy.conftest import KEPT_PASSWORD, PASSWORD
from tests.deploy.machine import HTTPS, SERVICES, Machine, skip_unless_possible
from tests.deploy.visitor import Visitor
from tests.uploads.servers import is_open

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("live"),
    pytest.mark.skipif(os.environ.get("DEPLOY_TESTS") != "all", reason="make deploy-test runs it"),
]

# The one name that Chromium and what it is steered by both know.
DOMAIN = "localhost"


@pytest.fixture
def machine(names, monkeypatch, django_db_setup, django_db_blocker):
    skip_unless_possible()
    for name in ("strace", "systemd-analyze"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
    if is_open(HTTPS):
        pytest.skip("port 443 is taken, and Wagtail knows a site of HTTPS by it")
    mail = {"BASE_URL": "https://maria.localhost", "DEFAULT_FROM_EMAIL": "maria@maria.localhost"}
    strict = Machine(is_strict=True, port=HTTPS, domains=(DOMAIN,), COLD_DISKS="", **mail)
    with django_db_blocker.unblock(), strict as machine:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", machine.certificate)
        yield machine


def set_up(machine: Machine) -> str:
    """docs/deployment.md, step 6; what was said when the studio was made."""
    machine.manage("migrate", "--verbosity", "0")
    machine.manage("createcachetable")
    machine.manage("collectstatic", "--noinput", "--verbosity", "0")
    said = machine.manage("pumbaphoto_init_storage")
    volume = re.search(r"pumbaphoto_originals\s+([0-9a-f-]{36})", said)[1]
    path = machine.root / "etc/studio/studio.env"
    text = path.read_text().replace("STUDIO_VOLUME_UUID=''", f"STUDIO_VOLUME_UUID='{volume}'")
    path.write_text(text)
    return machine.manage(
        *("pumbaphoto_setup_site", DOMAIN, "--port", str(machine.port), "--default"),
        *("--name", "Maria Lindqvist", "--owner", "maria", "--email", "maria@example.com"),
    )


def test_the_operators_path_leads_to_a_shoot_that_is_delivered(machine, person, tmp_path):  # noqa: F811
    said = set_up(machine)
    shown_once = re.search(r"with the password (\S+) ", said)[1]
    machine.start("clamd", "nginx", *SERVICES)
    machine.await_front()
    Visitor(machine.address, machine.certificate).log_in("maria", shown_once)
    # The steps sign in with the password of all tests.
    users = machine.rows(get_user_model()).filter(username="maria")
    users.update(password=KEPT_PASSWORD, first_name="Maria", last_name="Lindqvist")
    checked = machine.manage(
        "check", "--deploy", "--database", "default", "--fail-level", "WARNING"
    )
    assert "no issues" in checked
    machine.manage("pumbaphoto_clamd_conf", "--self-test")

    # What no page of theirs sends, but what the steps ask past the pages.
    options = {"ignore_https_errors": True, "extra_http_headers": {"Referer": machine.address}}
    story = steps.Story(machine, person(DESKTOP, **options), person(PHONE, **options), tmp_path)
    story.maria.context.grant_permissions(["clipboard-read", "clipboard-write"])
    steps.log_in(story)
    steps.create_gallery(story)
    steps.refuse_to_deliver_before_a_selection(story)
    photos = steps.drop_a_folder(story)
    steps.see_what_was_refused(story)
    steps.share(story)
    open_on_the_phone(story, photos)
    steps.choose_in_the_lightbox(story, photos)
    steps.review_and_send(story)
    steps.read_the_selection(story)
    steps.upload_edits(story)
    steps.decide_and_deliver(story)
    steps.download(story)
    steps.archive(story)
    steps.restore(story)

    for name in ("reconcile", "housekeeping", "sessions", "verify-quick", "verify"):
        machine.run_unit(name)
    for name in SERVICES:
        machine.stop(name)
    logs = machine.logs()
    for name in SERVICES:
        assert "(INJECTED)" not in logs[f"{name}.log"], refused(logs[f"{name}.log"])
        assert "Traceback" not in logs[f"{name}.log"], logs[f"{name}.log"][-3000:]
    token = story.link.rsplit("/", 1)[-1]
    for secret in (token, shown_once, PASSWORD, steps.NOTE, "anna@example.com"):
        assert secret not in "\n".join(logs.values())


def open_on_the_phone(story: steps.Story, photos: int) -> None:
    """In the page that this studio's galleries stand below; each picture comes from nginx."""
    page = story.anna.page
    page.goto(story.link)
    assert story.gallery.main_page.slug in page.url
    steps.expect(page.locator(".pumba-tile")).to_have_count(photos)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function(
        "[...document.querySelectorAll('.pumba-tile img')].every(i => i.complete && i.naturalWidth)"
    )


def refused(log: str) -> str:
    """The system calls that were, each once."""
    return str(sorted(set(re.findall(r"(\w+)\(.*\(INJECTED\)", log))))
