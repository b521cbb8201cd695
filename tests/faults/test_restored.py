"""A studio whose database is restored from a backup: no photograph that was acknowledged is lost.

Everything is real: the programs, the files, a backup by the database's own means, and a repair that
is killed in the middle. It takes a minute or two, and runs with ``make drills``.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connections

from pumbaphoto_wagtail.models import Gallery, Photo, PhotoFile, Stage, StoredFile
from tests.faults.ledger import gallery_of, settle, shoot_of, verify
from tests.live import SITE, LiveSite, running_site
from tests.postgresql import programs
from tests.sending import Sender

pytestmark = [
    pytest.mark.faults,
    pytest.mark.xdist_group("live"),
    pytest.mark.skipif(os.environ.get("FAULT_DRILLS") != "all", reason="make drills runs it"),
]

PROGRAMS = ("web", "worker", "slow worker")
# For a machine that does much else.
PATIENCE_SECONDS = 300


@pytest.fixture
def site(live_database, django_db_blocker):
    with running_site(django_db_blocker, live_database) as site:
        yield site


def run(site: LiveSite, program: str, *arguments: str) -> None:
    subprocess.run(
        [programs() / program, *arguments], env={**os.environ, **site.database}, check=True
    )


def back_up(site: LiveSite, path: Path) -> None:
    """As docs/backup-and-repair.md says."""
    if site.database:
        run(site, "pg_dump", "-Fc", "-f", str(path), site.database["PGDATABASE"])
        return
    with (
        closing(sqlite3.connect(site.directory / "studio.sqlite3")) as studio,
        closing(sqlite3.connect(path)) as copy,
    ):
        studio.backup(copy)


def restore(site: LiveSite, path: Path) -> None:
    connections[site.alias].close()
    if site.database:
        name = site.database["PGDATABASE"]
        run(site, "dropdb", "--force", name)
        run(site, "createdb", name)
        run(site, "pg_restore", "-d", name, str(path))
        return
    database = site.directory / "studio.sqlite3"
    for suffix in ("-wal", "-shm"):
        database.with_name(f"{database.name}{suffix}").unlink(missing_ok=True)
    database.write_bytes(path.read_bytes())


def repair_and_kill(site: LiveSite, plan: Path) -> None:
    """Begin a repair, and end it as a power cut would once it has done something."""
    before = site.rows(StoredFile).count()
    repair = subprocess.Popen(
        [sys.executable, SITE / "manage.py", "pumbaphoto_repair", str(plan)],
        cwd=SITE,
        env=site.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while repair.poll() is None and site.rows(StoredFile).count() < before + 2:
        pass
    repair.send_signal(signal.SIGKILL)
    repair.wait()


def send(site: LiveSite, gallery: Gallery, prefix: str, amount: int, purpose="original") -> dict:
    files = {f"{prefix}{name}": content for name, content in shoot_of(amount).items()}
    ledger = Sender(site.address).send(gallery, files, purpose=purpose)
    assert ledger.acknowledged.keys() == files.keys()
    return ledger.acknowledged


def test_a_restored_database_knows_every_photograph_again(site, tmp_path):
    gallery, copy, plan = gallery_of(site), tmp_path / "backup", tmp_path / "plan.json"
    acknowledged = send(site, gallery, "old_", 4)
    settle(site, seconds=PATIENCE_SECONDS)
    back_up(site, copy)
    acknowledged |= send(site, gallery, "new_", 12)
    settle(site, seconds=PATIENCE_SECONDS)
    edits = send(site, gallery, "edit_", 2, purpose="edit")
    settle(site, seconds=PATIENCE_SECONDS)
    # Received, and no more: the workers are gone.
    site.kill("worker")
    acknowledged |= send(site, gallery, "last_", 3)
    site.kill("web", "slow worker")
    restore(site, copy)
    assert site.rows(StoredFile).count() == 4

    site.manage("pumbaphoto_verify", "--repair-plan", str(plan))
    repair_and_kill(site, plan)
    assert "1" in site.manage("pumbaphoto_repair", str(plan))
    assert site.manage("pumbaphoto_repair", str(plan)).endswith("done before.\n")

    site.start(*PROGRAMS)
    settle(site, seconds=PATIENCE_SECONDS)
    ready = site.rows(StoredFile).filter(stage=Stage.READY)
    known = dict(ready.values_list("original_name", "sha256"))
    assert known == acknowledged | edits
    assert site.rows(Photo).filter(gallery=gallery.pk).count() == len(acknowledged)
    assert site.rows(PhotoFile).count() == len(acknowledged)
    verify(site)
