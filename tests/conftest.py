import gc

import pytest
from django.db import connections
from wagtail.models import Site

from pumbaphoto_wagtail import testing
from tests.database_template import copy_template, keep_as_template, quicken_flushes

pytest_plugins = ["tests.chromium", "tests.clamd", "tests.postgresql", "tests.live"]


@pytest.fixture(scope="session", autouse=True)
def storages():
    """The photo storages of the test project, initialised once."""
    testing.make_storages()


@pytest.fixture(scope="session")
def django_db_keepdb(request, django_db_modify_db_settings) -> bool:
    """Whether a migrated database stands ready already: a copy of an earlier run's."""
    return copy_template() or request.config.getvalue("reuse_db")


@pytest.fixture(scope="session", autouse=True)
def migrated_rows(django_db_setup, django_db_blocker):
    """Let every connection know the rows that the migrations made.

    Playwright runs in a context of its own, in which Django opens another connection; a flush on
    one that does not know them would make content types anew, with other keys.
    """
    with django_db_blocker.unblock():
        keep_as_template()
        quicken_flushes()
    # They are remembered only where a test of this run will want them back.
    if rows := getattr(connections["default"], "_test_serialized_contents", None):
        type(connections["default"])._test_serialized_contents = rows


@pytest.fixture(autouse=True)
def sites_of_each_test():
    """Wagtail keeps where sites begin, also those of a test whose rows are gone."""
    yield
    Site.clear_site_root_paths_cache()


@pytest.fixture
def searchable(settings):
    """What is saved from here on is found by Wagtail's search, at once."""
    settings.TASKS = settings.TASKS_AT_ONCE


def pytest_collection_finish(session):
    """Have Python look for cycles seldom: what was imported stays, and a tenth of the time went
    into looking through it again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_collection_modifyitems(items):
    """Keep the database as the migrations left it, whichever transactional test ran before."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        options = marker.kwargs if marker else {}
        if options.get("transaction") and not options.get("serialized_rollback"):
            raise pytest.UsageError(f"{item.nodeid} needs serialized_rollback=True as well")
