"""Files that kill, stop or bloat their worker: given up after two attempts, and nobody waits."""

import time

import pytest

from pumbaphoto_wagtail.models import Stage
from tests.faults.ledger import files_of, gallery_of, settle, shoot_of, stages, verify
from tests.faults.poison import poisoned
from tests.live import running_site
from tests.sending import Sender

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]

TASK_SECONDS = 6
REASONS = {
    "crash": "This file could not be processed.",
    "hang": "This file could not be processed.",
    "bloat": "This picture needs more memory than the server allows.",
}


@pytest.fixture
def site(django_db_blocker, monkeypatch):
    monkeypatch.setenv("LIVE_POISON", str(TASK_SECONDS))
    with running_site(django_db_blocker, LEASE_SECONDS=TASK_SECONDS + 2) as site:
        yield site


def test_poison_is_given_up_in_words_and_no_other_photo_waits_longer_than_its_time(site):
    gallery = gallery_of(site)
    shoot = shoot_of(3 + 8, width=400, height=300)
    names = dict(zip(REASONS, shoot, strict=False))
    files = shoot | {name: poisoned(shoot[name], deed) for deed, name in names.items()}
    Sender(site.address).send(gallery, files)
    sent = time.monotonic()
    good = files_of(site, gallery).exclude(original_name__in=names.values())
    site.wait_until(lambda: good.filter(stage=Stage.READY).count() == 8, what="the good photos")
    waited = time.monotonic() - sent
    settle(site, seconds=120)

    # Two workers: the hanging file has one of them, the crashing one ends the other for a moment.
    assert waited < 2 * TASK_SECONDS + 10
    assert stages(site, gallery) == {Stage.FAILED: 3, Stage.READY: 8}
    for deed, name in names.items():
        file = files_of(site, gallery).get(original_name=name)
        assert (file.reason, file.render_attempts) == (REASONS[deed], 3), deed
        assert not file.renditions.exists()
    verify(site)
