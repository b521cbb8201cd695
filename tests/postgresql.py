"""A PostgreSQL server of the tests' own: private, on a socket, gone when they end.

The ``postgresql_server`` fixture gives the environment in which a process reaches it, so that a
test can start anything against it: another pytest, a live site, a worker.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

OWNER = "postgres"
# Nothing here outlives the run, so that no write has to wait for the disk. Statistics taken in the
# middle of a test count the tables as empty, and queries planned by them take a minute.
OPTIONS = (
    "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    " -c autovacuum=off"
)


def programs() -> Path | None:
    """The folder of the newest PostgreSQL on this machine; Debian keeps it out of PATH."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name)
    )
    if folders:
        return folders[-1]
    found = shutil.which("pg_ctl")
    return Path(found).resolve().parent if found else None


def account() -> str | None:
    """The user who runs the server: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    return OWNER


@contextmanager
def private_server(options: str = OPTIONS) -> Iterator[dict[str, str]]:
    """Run a new, empty server; yields PGHOST, PGUSER and PGDATABASE for its clients.

    Raises RuntimeError if this machine has no PostgreSQL or no user to run it as.
    """
    folder = programs()
    if folder is None:
        raise RuntimeError("PostgreSQL is not installed")
    user = account()
    if user and user not in {entry.pw_name for entry in pwd.getpwall()}:
        raise RuntimeError(f"there is no user {user!r} to run PostgreSQL as")
    # Directly under /tmp: a socket's path has at most 107 characters, and pytest's own folders
    # are closed to other users.
    home = Path(tempfile.mkdtemp(prefix="pumbaphoto-postgresql-", dir="/tmp"))
    if user:
        shutil.chown(home, user)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [folder / program, *arguments],
            user=user,
            cwd=home,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    data = str(home / "data")
    try:
        run("initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-sync")
        log = str(home / "log")
        run("pg_ctl", "-D", data, "-w", "-l", log, "-o", f"{options} -k {home}", "start")
        try:
            server = {"PGHOST": str(home), "PGUSER": OWNER}
            yield new_database(server, "pumbaphoto")
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)


def new_database(server: dict[str, str], name: str) -> dict[str, str]:
    """Create an empty database on ``server``; the environment that leads to it."""
    environment = {**server, "PGDATABASE": name}
    subprocess.run([programs() / "createdb", name], env={**os.environ, **server}, check=True)
    return environment


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[dict[str, str]]:
    """Environment variables that lead to a private server; skips where there is none to run."""
    with ExitStack() as stack:
        try:
            environment = stack.enter_context(private_server())
        except RuntimeError as reason:
            pytest.skip(f"No PostgreSQL for this test: {reason}")
        yield environment
