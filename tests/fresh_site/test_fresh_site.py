"""The package in a site that knows nothing of it: `wagtail start`, and the README's steps.

The whole of it, with migrations, queues, scanner and browsers, is walked by `make fresh-site`.
"""

import json
import shutil
from pathlib import Path

import pytest

from tests.live import free_port

from .readme import read_steps
from .site import FreshSite

# No database is asked for in between, so nothing has to be migrated: the tables are enough.
WITHOUT_MIGRATIONS = """
class NoMigrations:
    def __contains__(self, app):
        return True

    def __getitem__(self, app):
        return None


MIGRATION_MODULES = NoMigrations()
"""


@pytest.fixture(scope="module", params=["the README's pages", "its own base page"])
def answers(request, tmp_path_factory):
    """What the site itself says of its settings, and how its pages and its admin's open."""
    site = FreshSite(tmp_path_factory.mktemp("fresh"), free_port())
    site.start_project()
    if request.param == "its own base page":
        site.take_own_pages(has_own_base=True)
    site.write_local_settings(WITHOUT_MIGRATIONS)
    shutil.copy(Path(__file__).with_name("admin_pages.py"), site.folder)
    said = site.python("admin_pages.py", DJANGO_SETTINGS_MODULE="mysite.settings.dev")
    return json.loads(said.splitlines()[-1])


def test_the_readme_names_every_step():
    steps = read_steps()

    assert [words[0] for words in steps.commands] == [
        "migrate",
        "pumbaphoto_init_storage",
        "pumbaphoto_setup_group",
        "check",
    ]
    assert [words[0] for _, words in steps.programs] == ["qcluster", "qcluster", "scan_uploads"]


def test_with_the_readmes_lines_no_check_has_anything_to_say(answers):
    assert "no issues" in answers["checks"]


def test_every_room_of_the_admin_opens(answers):
    statuses = answers["statuses"]

    assert [address for address in statuses if "/pumbaphoto/galleries/" in address]
    assert [address for address in statuses if "/snippets/pumbaphoto_wagtail/" in address]
    assert {address: status for address, status in statuses.items() if status != 200} == {}


def test_a_gallery_is_made_shared_edited_and_shown(answers):
    asked = answers["galleries"]

    assert {name for name, status in asked.items() if status == 200} == {
        *("edit GalleryPage", "edit GalleryIndexPage"),
        *("page", "slideshow", "client", "index"),
    }
    # To the page that asks members to log in, and from the link's door to the gallery.
    assert (asked["nobody"], asked["link"]) == (302, 303)
    assert asked["photos after the page went"] == 1
