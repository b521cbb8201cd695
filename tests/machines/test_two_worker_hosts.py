"""Two worker hosts, one database over TCP, one volume: a machine that is gone costs time, and
nothing else.
"""

import pytest

from pumbaphoto_wagtail.models import WorkerHost
from tests.faults.ledger import assert_each_is_ready_once, gallery_of, settle, shoot_of
from tests.machines.batches import assert_all_came, await_ready, send_in_the_background
from tests.machines.hosts import running_studio
from tests.sending import Sender

pytestmark = [pytest.mark.machines, pytest.mark.xdist_group("machines")]

AMOUNT = 60


@pytest.fixture
def studio(bridge, django_db_blocker):
    with django_db_blocker.unblock(), running_studio(bridge, "north", "south") as studio:
        studio.start_host("north")
        studio.start_host("south")
        yield studio


def seen(studio):
    """The machines that work for the photographs' cluster."""
    told = studio.rows(WorkerHost).filter(cluster="pumbaphoto")
    return {host.name: host.seen_at for host in told}


def test_a_host_that_is_switched_off_in_mid_batch(studio):
    files = shoot_of(AMOUNT)
    sending, result = send_in_the_background(studio, files)
    await_ready(studio, 8)
    assert seen(studio).keys() == {"north", "south"}

    studio.switch_off("south")
    sending.join()
    settle(studio, seconds=240)

    assert_all_came(studio, files, result)


def test_a_host_whose_network_is_cut_and_comes_back(studio):
    """It goes on with what it had in its hands, which others have taken over meanwhile."""
    files = shoot_of(AMOUNT)
    sending, result = send_in_the_background(studio, files)
    await_ready(studio, 8)

    studio.machines["south"].cut_off()
    sending.join()
    settle(studio, seconds=240)
    studio.machines["south"].connect()

    # It works again, by itself.
    studio.switch_off("north")
    more, gallery = shoot_of(4, width=900), gallery_of(studio, "Two days")
    ledger = Sender(studio.address).send(gallery, more)
    settle(studio, seconds=240)
    assert_each_is_ready_once(studio, gallery, more, ledger.acknowledged)
    acknowledged = result["ledger"].acknowledged
    assert_each_is_ready_once(studio, gallery_of(studio), files, acknowledged)
    studio.wait_until(lambda: len(studio.mail.messages) == 2, what="a mail about each batch")
