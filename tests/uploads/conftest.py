"""A live site of which only the upload service runs: no scanner and no queue."""

import pytest

from tests.live import live_site
from tests.uploads.photographer import Photographer
from tests.uploads.servers import UploadServer


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker):
    pytest.importorskip("gunicorn")
    with django_db_blocker.unblock(), live_site() as site:
        yield site


@pytest.fixture(scope="module")
def server(site):
    with UploadServer(site) as server:
        yield server


@pytest.fixture(scope="module")
def maria(server) -> Photographer:
    return Photographer(server.address)
