"""A studio at work while a thousand things go wrong: ``make soak``, or SOAK_FAULTS=100 for fewer.

Photographers and clients go through whole shoots, over and over, from the first upload to the
archive and back. Meanwhile programs die, hang and are deployed anew, volumes vanish, fill up and
freeze, the database loses its connections, the queue its rows and the mail server its manners, in
an order that SOAK_SEED decides. At ten moments all of it ends: the site must come to rest by
itself, ``pumbaphoto_verify --strict`` find nothing, and everything be there that people were told.

SOAK_DATABASE=sqlite takes SQLite (PostgreSQL otherwise), SOAK_PEOPLE=5 more shoots at a time,
SOAK_PAUSE=0.2 less time between two faults.
"""

from __future__ import annotations

import os
import random
import time
from contextlib import ExitStack

import pytest

from pumbaphoto_wagtail.conf import MEBIBYTE
from tests.faults.mail_line import MailLine
from tests.faults.misfortunes import Misfortunes, Volume
from tests.faults.people import Diary
from tests.faults.resident import Resident
from tests.faults.studio import PACKAGE, Studio, odd_errors
from tests.faults.test_database import SAFE, settle_copy
from tests.live import live_site
from tests.postgresql import private_server

FAULTS = int(os.environ.get("SOAK_FAULTS", 0))
SEED = int(os.environ.get("SOAK_SEED") or random.randrange(10**6))
PEOPLE = int(os.environ.get("SOAK_PEOPLE", 3))
PAUSE = float(os.environ.get("SOAK_PAUSE", 0.5))
ON_POSTGRESQL = os.environ.get("SOAK_DATABASE", "postgresql") == "postgresql"
CHECKPOINTS = 10
# More than any of its processes needs, and less than what two of them would take together.
MOST_RESIDENT = {"web": 400 * MEBIBYTE, "uploads": 400 * MEBIBYTE, "worker": 700 * MEBIBYTE}

pytestmark = [
    pytest.mark.faults,
    pytest.mark.xdist_group("soak"),
    pytest.mark.skipif(not FAULTS, reason="takes half an hour: make soak"),
]


@pytest.fixture
def site(django_db_blocker):
    if os.geteuid():
        pytest.skip("only root may mount volumes")
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        server = stack.enter_context(private_server(SAFE)) if ON_POSTGRESQL else None
        site = stack.enter_context(live_site(server, **PACKAGE))
        site.server = server
        if server:
            settle_copy(server)
        site.know_volumes()
        site.disk = stack.enter_context(Volume(site))
        site.line = stack.enter_context(MailLine(site.mail))
        site.mail.port = site.line.port
        stack.callback(site.end)
        site.start("clamd", "worker", "second worker", "slow worker", "watch", "web", "uploads")
        yield site


def test_work_goes_on_whatever_happens_and_everything_is_there(site, tmp_path):
    print(f"\nSOAK_SEED={SEED} SOAK_FAULTS={FAULTS} SOAK_PEOPLE={PEOPLE}", flush=True)
    studio = Studio(site, Diary(tmp_path / "diary.jsonl"), people=PEOPLE, seed=SEED)
    they = Misfortunes(site, site.disk, site.line, site.server, SEED, PAUSE)
    done, began = 0, time.monotonic()
    with Resident(site, ("web", "uploads", "worker", "second worker", "slow worker")) as resident:
        studio.open()
        for number in range(1, CHECKPOINTS + 1):
            share = FAULTS * number // CHECKPOINTS - done
            they.befall(share, lambda: len(studio.diary.lines))
            done += share
            they.end_all()
            seconds = studio.rest()
            print(
                f"{done} faults, {time.monotonic() - began:.0f} s, at rest after {seconds:.0f} s:",
                dict(studio.diary.counts()),
                flush=True,
            )
            studio.check()
            studio.go_on()
        studio.close()
        studio.check()

    print("faults:", dict(they.counts), "restarted by themselves:", dict(they.restarted))
    print("answers:", dict(studio.answers))
    peaks = {name: peak // MEBIBYTE for name, peak in resident.peaks.items()}
    print("largest resident, MiB:", peaks)
    print("mail:", studio.mail_figures())
    assert sum(they.counts.values()) == FAULTS
    assert studio.diary.counts()["done"] > 0
    assert not they.written_below, "something was written below a volume that was away"
    assert not odd_errors(site), odd_errors(site)
    for name, most in MOST_RESIDENT.items():
        assert resident.peaks[name] < most, name
