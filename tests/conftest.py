import pytest

from pumbaphoto_wagtail import testing

pytest_plugins = ["tests.clamd", "tests.postgresql", "tests.live"]


@pytest.fixture(scope="session", autouse=True)
def storages():
    """The photo storages of the test project, initialised once."""
    testing.make_storages()
