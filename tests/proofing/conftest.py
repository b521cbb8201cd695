import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.proofing import links


@pytest.fixture
def gallery(db):
    return testing.make_gallery()


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery, email="anna@example.com")


@pytest.fixture
def enter(client):
    """Open a share link in the test browser, as its recipient does."""

    def enter(link, browser=client):
        return browser.get(f"/galleries/s/{links.token(link)}")

    return enter


@pytest.fixture
def recipient(client, link, enter):
    """The test browser of somebody who came with ``link``."""
    enter(link)
    return client
