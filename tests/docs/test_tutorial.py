"""The tutorial, done in its order: in a site of ``wagtail start``, every block in its place.

By ``make fresh-site``, which also walks through the README's steps in a browser; ``test_code.py``
says each time that they are the same.
"""

import os
import shlex

import pytest

from tests.fresh_site.site import FreshSite
from tests.live import free_port

from .pages import Block, blocks

pytestmark = pytest.mark.skipif(
    os.environ.get("FRESH_SITE") != "all", reason="takes a minute: make fresh-site"
)
# Where the block goes whose first line, or language, is this.
PLACES = {
    "# settings": "mysite/settings/base.py",
    "# urls": "mysite/urls.py",
    "# local settings": "mysite/settings/local.py",
    "# home/models.py": "home/models.py",
    "html+django": "home/templates/home/home_page.html",
}
APPENDED = ("# settings", "# urls")
# Done before Python begins, or run for ever.
OF_THE_SHELL = ("mkdir", "cd", "source", "pip", "python -m venv")
FOR_EVER = ("runserver", "qcluster", "scan_uploads")
PASSWORD = {"DJANGO_SUPERUSER_PASSWORD": "a long enough password"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The tutorial's site after its last step."""
    site = FreshSite(tmp_path_factory.mktemp("tutorial"), free_port())
    for block in blocks():
        if block.page != "docs/tutorial.md":
            continue
        if block.language == "sh":
            for line in block.text.splitlines():
                run(site, line)
        else:
            place(site, block)
    return site


def run(site: FreshSite, line: str) -> None:
    if line.startswith(OF_THE_SHELL) or any(name in line for name in FOR_EVER):
        return
    words = shlex.split(line)
    if words[0] == "wagtail":
        site.python("-c", "from wagtail.bin.wagtail import main; main()", *words[1:])
        return
    if "createsuperuser" in words:
        words += ["--noinput", "--username", "chief", "--email", "chief@example.com"]
    assert words[0] == "python"
    site.python(*words[1:], **PASSWORD)


def place(site: FreshSite, block: Block) -> None:
    name = block.text.splitlines()[0] if block.language == "python" else block.language
    path = site.folder / PLACES[name]
    before = f"{path.read_text()}\n\n" if name in APPENDED else ""
    path.write_text(before + block.text)


def test_on_the_tutorials_site_no_check_has_anything_to_say(site):
    assert "no issues" in site.manage("check")


def test_the_home_page_shows_galleries(site):
    asked = (
        "from django.test import Client; print(Client().get('/', HTTP_HOST='localhost').content)"
    )
    said = site.manage("shell", "--verbosity=0", "-c", asked)
    assert "gallery.css" in said
