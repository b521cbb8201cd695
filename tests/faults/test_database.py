"""PostgreSQL loses its connections and is restarted at once, in the middle of a shoot."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from pathlib import Path

import pytest
from django.db import connections

from tests.faults.ledger import assert_each_is_ready_once, files_of, gallery_of, settle, shoot_of
from tests.faults.test_every_call import IS_THOROUGH
from tests.live import running_site
from tests.postgresql import OPTIONS, account, private_server, programs
from tests.sending import Sender

pytestmark = [
    pytest.mark.faults,
    pytest.mark.xdist_group("live"),
    pytest.mark.skipif(not IS_THOROUGH, reason="a server of its own: make drills"),
]

AMOUNT = 40
# What was committed must be there after a restart.
SAFE = OPTIONS.replace("synchronous_commit=off", "synchronous_commit=on")


@pytest.fixture
def server():
    with private_server(SAFE) as server:
        yield server


def restart(server: dict[str, str]) -> None:
    """As after a crash: no connection is ended, nothing is written that was not."""
    home = Path(server["PGHOST"])
    words = ["-D", home / "data", "-w", "-m", "immediate", "-l", home / "log"]
    subprocess.run(
        [programs() / "pg_ctl", *words, "-o", f"{SAFE} -k {home}", "restart"],
        user=account(),
        cwd=home,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def _sql(server: dict[str, str], statement: str) -> None:
    words = [programs() / "psql", "-h", server["PGHOST"], "-U", server["PGUSER"], "-d", "postgres"]
    # It warns of those that have ended by themselves meanwhile.
    subprocess.run([*words, "-c", statement], check=True, capture_output=True)


def settle_copy(server: dict[str, str]) -> None:
    """Have a database that was copied from a template survive a crash whole: until the next
    checkpoint PostgreSQL 15 would put its sequences back to where they were in the template.
    """
    _sql(server, "CHECKPOINT")


def cut_every_connection(server: dict[str, str]) -> None:
    _sql(
        server,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'",
    )


def test_acknowledged_files_survive_cut_connections_and_a_restart(server, django_db_blocker):
    with running_site(django_db_blocker, server) as site:
        settle_copy(server)
        gallery, files = gallery_of(site), shoot_of(AMOUNT, width=500, height=400)
        sender, result = Sender(site.address), {}
        sending = threading.Thread(
            target=lambda: result.update(ledger=sender.send(gallery, files, lanes=3))
        )
        sending.start()
        for share, harm in ((5, cut_every_connection), (12, restart), (20, cut_every_connection)):
            wait_for(site, gallery, share, sending)
            harm(server)
        sending.join()
        connections[site.alias].close()

        settle(site, seconds=180)
        assert_each_is_ready_once(site, gallery, files, result["ledger"].acknowledged)
        assert "Traceback" not in site.log("web"), site.last_words()


def wait_for(site, gallery, amount: int, sending: threading.Thread) -> None:
    """Our own connection is cut as well."""

    def has_come() -> bool:
        with contextlib.suppress(Exception):
            return files_of(site, gallery).count() >= amount or not sending.is_alive()
        connections[site.alias].close()
        return False

    site.wait_until(has_come, seconds=120, what=f"{amount} files")
