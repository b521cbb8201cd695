"""A live site with photographs, before it nginx by each of the two recipes."""

import json
import subprocess
import sys

import pytest

from tests.live import ROOT, live_site
from tests.serving.browsers import Raw
from tests.uploads.servers import Front

# Shorter than what is shipped, so that a test need not wait as long as a client might.
VERDICT_SECONDS = 2


def soon_forgotten(text: str) -> str:
    return text.replace("204 403 20s", f"204 403 {VERDICT_SECONDS}s").replace(
        # Whoever tests at speed is no burglar.
        "rate=30r/m",
        "rate=6000r/m",
    )


@pytest.fixture(scope="package")
def site(django_db_setup, django_db_blocker):
    pytest.importorskip("gunicorn")
    with (
        django_db_blocker.unblock(),
        live_site(
            X_ACCEL_PREFIX="/protected/",
            CSP="enforce",
            TRUSTED_ADDRESS_HEADER="X-Real-IP",
            PUBLISHED_STORAGE="pumbaphoto_published",
        ) as site,
    ):
        yield site


@pytest.fixture(scope="package")
def planted(site) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "tests.serving.plant"],
        cwd=ROOT,
        env=site.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="package")
def plain(site, planted):
    """The recipe for everybody: X-Accel-Redirect."""
    with Front(site, soon_forgotten) as front:
        yield front


@pytest.fixture(scope="package")
def busy(site, plain):
    """The recipe for a busy site, before the same services."""
    with Front(site, soon_forgotten, is_busy=True, beside=plain) as front:
        yield front


@pytest.fixture(params=["plain", "busy"])
def front(request, plain, busy) -> Front:
    return {"plain": plain, "busy": busy}[request.param]


@pytest.fixture
def stranger(front) -> Raw:
    return Raw(front)


@pytest.fixture
def anna(front, planted) -> Raw:
    """Somebody who has come with the client's link."""
    browser = Raw(front)
    assert browser.open(planted["tokens"]["client"]).status == 303
    return browser
