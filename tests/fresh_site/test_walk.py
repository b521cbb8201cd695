"""From `wagtail start` to the client's download, in a site that has nothing but the README's lines.

An environment of its own has the wheel and nothing of this one, and everything runs: migrations,
the queues, the scanner, two browsers. `make fresh-site` runs it.
"""

import os
import re

import pytest
from PIL import Image

from pumbaphoto_wagtail.intake.clamd_process import find_clamd
from pumbaphoto_wagtail.testing import running_clamd
from tests.browser.accessibility import violations
from tests.browser.conftest import DESKTOP, PHONE
from tests.live import free_port

from .site import FreshSite, python_with_the_wheel

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("live"),
    pytest.mark.skipif(os.environ.get("FRESH_SITE") != "all", reason="make fresh-site runs it"),
]
PASSWORD = "two-exposures-of-one-frame"
MACHINE = """
from .base import *  # noqa: F403

PUMBAPHOTO |= {{"CLAMD_ADDRESS": "{scanner}", "DISK_RESERVE_SHARE": 0.0, "DISK_RESERVE_BYTES": 0}}
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    if find_clamd() is None:
        pytest.skip("clamd is not installed")
    return python_with_the_wheel(tmp_path_factory.mktemp("package"))


@pytest.fixture(params=["the README's pages", "pages of its own", "its own base page"])
def site(request, python, tmp_path_factory, tmp_path):
    site = FreshSite(tmp_path_factory.mktemp("fresh"), free_port(), python)
    site.start_project()
    if request.param != "the README's pages":
        site.take_own_pages(has_own_base=request.param == "its own base page")
    with running_clamd(tmp_path) as scanner:
        site.write_local_settings(MACHINE.format(scanner=scanner.address))
        if request.param != "the README's pages":
            site.make_migrations()
        assert "no issues" in site.install()
        site.manage(
            *("createsuperuser", "--noinput", "--username", "chief"),
            *("--email", "chief@example.com"),
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        )
        site.start()
        try:
            yield site
        finally:
            site.stop()


def test_from_wagtail_start_to_the_download(site, person, tmp_path):
    chief, maria, anna = person(DESKTOP), person(DESKTOP), person(PHONE)
    the_package_is_the_installed_one(site)
    log_in(chief.page, site, "chief")
    say_where_the_site_is(chief.page, site)
    hire_a_photographer(chief.page, site)
    log_in(maria.page, site, "maria")
    create_a_gallery(maria.page)
    workspace = maria.page.url
    upload(maria.page, photographs(tmp_path))
    link = share(maria.page, workspace)
    choose(anna.page, site, link)
    see_the_choice(maria.page, workspace)
    send_the_choice(anna.page)
    edit = upload_an_edit(maria.page, workspace, tmp_path)
    deliver(maria.page, workspace)
    download(anna.page, link, edit)
    assert "Traceback" not in site.logs()


def the_package_is_the_installed_one(site):
    said = site.python("-c", "import pumbaphoto_wagtail; print(pumbaphoto_wagtail.__file__)")
    assert said.startswith(str(site.program.parent.parent))
    assert "site-packages" in said


def log_in(page, site, name):
    page.goto(f"{site.address}/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Galleries")).to_be_visible()


def say_where_the_site_is(page, site):
    """Settings -> Sites, as the README says: links are made of it."""
    page.goto(f"{site.address}/admin/sites/")
    page.get_by_role("link", name=re.compile("localhost|127")).click()
    page.get_by_label("Hostname").fill("127.0.0.1")
    page.get_by_role("spinbutton", name="Port").fill(str(site.port))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("updated")).to_be_visible()


def hire_a_photographer(page, site):
    """Settings -> Users: somebody in the group that pumbaphoto_setup_group has made."""
    page.goto(f"{site.address}/admin/users/new/")
    for name, words in (
        ("username", "maria"),
        ("email", "maria@example.com"),
        ("first_name", "Maria"),
        ("last_name", "Lindqvist"),
    ):
        page.locator(f"input[name={name}]").fill(words)
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.get_by_role("tab", name="Roles").first.click()
    page.get_by_label("Photographers").check()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("created")).to_be_visible()


def create_a_gallery(page):
    page.get_by_role("button", name="Galleries").click()
    page.get_by_role("link", name="All galleries").click()
    page.get_by_role("link", name="Add a gallery").first.click()
    page.get_by_label("Title").fill("Anna & Tom")
    page.get_by_role("combobox", name="Client").fill("Anna Berg")
    page.get_by_label("Wedding").check()
    page.get_by_role("button", name="Create gallery").click()
    expect(page.get_by_text("The gallery is there. Now drop its photos.")).to_be_visible()


def photographs(folder):
    paths = [folder / f"IMG_452{number}.jpg" for number in (1, 2)]
    for path, angle in zip(paths, (0, 90), strict=True):
        Image.radial_gradient("L").resize((1500, 1000)).rotate(angle).convert("RGB").save(path)
    return paths


def upload(page, paths):
    page.locator("[data-pumba-files]").set_input_files(paths)
    expect(page.locator("[data-pumba-stages]")).to_contain_text(
        "All 2 files are ready", timeout=90_000
    )
    expect(page.locator("main").get_by_text("IMG_4521.jpg").first).to_be_visible()
    page.reload()
    page.wait_for_load_state("networkidle")
    assert violations(page, "main") == []


def share(page, workspace):
    page.goto(f"{workspace}sharing/")
    page.get_by_role("button", name="Make the link").click()
    return page.locator("input[readonly]").first.input_value()


def choose(page, site, link):
    assert re.match(re.escape(f"{site.address}/galleries/s/"), link)
    page.goto(link)
    expect(page.get_by_role("heading", name="Choose your favourites")).to_be_visible()
    page.wait_for_function(
        "[...document.querySelectorAll('.pumba-tile img')].every(i => i.complete && i.naturalWidth)"
    )
    page.get_by_role("button", name="Favourite").first.tap()
    expect(page.get_by_role("status").first).to_contain_text("1 ")
    page.wait_for_load_state("networkidle")
    assert violations(page) == []


def see_the_choice(page, workspace):
    page.goto(f"{workspace}selections/")
    expect(page.locator(".pumba-tile--selected")).to_have_count(1)


def send_the_choice(page):
    page.get_by_role("link", name="Review and send").tap()
    expect(page.locator(".pumba-pick")).to_have_count(1)
    page.get_by_role("button", name="Send my selection").tap()
    expect(page.get_by_text("Thank you, Maria has your 1")).to_be_visible()


def upload_an_edit(page, workspace, folder):
    """Of both photographs, since either may be the one that was chosen; the folder of them."""
    edits = folder / "edits"
    edits.mkdir()
    for path in sorted(folder.glob("IMG_452?.jpg")):
        Image.open(path).save(edits / f"{path.stem}_edit.jpg", quality=90)
    page.goto(f"{workspace}edits/")
    page.locator("[data-pumba-files]").set_input_files(sorted(edits.iterdir()))
    expect(page.locator("[data-pumba-stages]")).to_contain_text(
        "All 2 files are ready", timeout=90_000
    )
    return edits


def deliver(page, workspace):
    matched = page.locator(".w-status", has_text=re.compile("^\\s*matched", re.IGNORECASE))
    for _try in range(60):
        page.goto(f"{workspace}edits/")
        if matched.count():
            break
        page.wait_for_timeout(500)
    page.goto(f"{workspace}delivery/")
    page.get_by_role("button", name="Deliver 1 photo").click()
    expect(page.get_by_text("1 photo is delivered.")).to_be_visible()


def download(page, link, edits):
    page.goto(link)
    expect(page.get_by_role("heading", name="Your photos are ready")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name=re.compile("^Download IMG_452")).first.tap()
    name = started.value.suggested_filename
    assert started.value.path().read_bytes() == (edits / name).read_bytes()
