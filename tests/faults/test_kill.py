"""The worker and the scanner are killed in the middle of a shoot: nothing is lost or doubled."""

import threading
import time

import pytest

from pumbaphoto_wagtail.models import Message, Stage
from tests.faults.ledger import assert_each_is_ready_once, files_of, gallery_of, settle, shoot_of
from tests.live import running_site
from tests.sending import Sender

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]

AMOUNT = 50


@pytest.fixture
def site(live_database, django_db_blocker):
    with running_site(django_db_blocker, live_database) as site:
        yield site


def test_fifty_photos_survive_a_killed_worker_and_a_killed_scanner(site):
    gallery, files = gallery_of(site), shoot_of(AMOUNT)
    sender, result = Sender(site.address), {}
    sending = threading.Thread(
        target=lambda: result.update(ledger=sender.send(gallery, files, lanes=3))
    )
    sending.start()
    ready = files_of(site, gallery).filter(stage=Stage.READY)
    site.wait_until(lambda: ready.count() >= 8, what="the first photos")
    site.kill("worker", "clamd")
    ready_when_killed = ready.count()
    sending.join()
    time.sleep(1)
    assert ready.count() == ready_when_killed < AMOUNT

    site.start("clamd", "worker")
    settle(site, seconds=90)
    assert_each_is_ready_once(site, gallery, files, result["ledger"].acknowledged)
    site.wait_until(lambda: site.mail.messages, what="the mail about the batch")
    assert site.rows(Message).filter(kind="upload_settled").count() == 1
    time.sleep(1)
    assert len(site.mail.messages) == 1
