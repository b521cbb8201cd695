"""The example studio as it runs in production: web server, workers, scanner, mail, all real.

Each :class:`LiveSite` has a folder, ports and a database of its own. Its programs run in process
groups of their own, so that a test can kill one of them whole, as a machine would.
"""

from __future__ import annotations

import atexit
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.models import Model, QuerySet
from wagtail.models import Site

from pumbaphoto_wagtail.conf import MEBIBYTE
from pumbaphoto_wagtail.intake.clamd_process import SOCKET_NAME, RunningClamd, find_clamd
from pumbaphoto_wagtail.mail_sink import MailSink
from pumbaphoto_wagtail.testing import running_clamd, smtp_sink
from tests.database_template import template_path
from tests.postgresql import new_database, programs

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "example_site"
START_SECONDS = 60

# Leases that a killed worker leaves behind end within seconds, so that a test need not wait long.
PACKAGE = {
    "LEASE_SECONDS": 5,
    "CLAMD_SCAN_TIMEOUT_SECONDS": 5,
    "MAX_FILE_BYTES": 64 * MEBIBYTE,
}

CLUSTERS = {
    "worker": "pumbaphoto",
    "second worker": "pumbaphoto",
    "slow worker": "pumbaphoto-slow",
}

_numbers = itertools.count(1)


class Watched:
    """Something that runs, and has a database that is looked into."""

    alias: str
    patience_seconds = 60

    def rows(self, model: type[Model]) -> QuerySet:
        """The rows of a model in the site's own database."""
        return model._default_manager.using(self.alias)

    def wait_until(
        self, condition: Callable[[], Any], *, seconds: float | None = None, what: str = ""
    ) -> Any:
        """The first true result of ``condition``; fails the test if there is none in time."""
        seconds = seconds or self.patience_seconds
        deadline = time.monotonic() + seconds
        while not (result := condition()):
            if time.monotonic() > deadline:
                pytest.fail(f"Waited {seconds} s for {what or condition}.\n{self.last_words()}")
            time.sleep(0.2)
        return result

    def last_words(self) -> str:
        """The ends of all logs, for a test that fails."""
        raise NotImplementedError


class LiveSite(Watched):
    """A running studio: ``address`` is its front page, ``mail`` what it has sent.

    ``database`` is the environment of :func:`tests.postgresql.new_database`, or empty for SQLite.
    ``package`` overrides the package's settings.
    """

    def __init__(self, directory: Path, mail: MailSink, database: dict[str, str], **package: Any):
        self.directory = directory
        self.mail = mail
        self.database = database
        self.alias = f"live{next(_numbers)}"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        # A second web server, for uploads, where a test starts it.
        self.uploads_port = free_port()
        self.package = PACKAGE | package
        # What a single program finds in its environment besides, by the program's name.
        self.environments: dict[str, dict[str, str]] = {}
        # The UUIDs of the volumes that its storages insist on, by alias.
        self.volumes: dict[str, str] = {}
        self._running: dict[str, subprocess.Popen] = {}
        self._scanner: tuple[ExitStack, RunningClamd] | None = None
        (directory / "log").mkdir()
        (directory / "clamd").mkdir()

    # --- Programs

    @property
    def environment(self) -> dict[str, str]:
        return environment(
            self.directory,
            self.database,
            address=self.address,
            mail=[self.mail.host, self.mail.port],
            scanner=f"unix:{self.directory / 'clamd' / SOCKET_NAME}",
            package=self.package,
            volumes=self.volumes,
        )

    def know_volumes(self) -> None:
        """Have each storage insist on the volume that it has, as an operator's settings do."""
        for path in sorted((self.directory / "volume").glob("*/.pumbaphoto-volume")):
            self.volumes[f"pumbaphoto_{path.parent.name}"] = json.loads(path.read_text())["uuid"]

    def _command(self, name: str) -> list[str]:
        manage = [sys.executable, str(SITE / "manage.py")]
        gunicorn = [
            *(sys.executable, "-m", "gunicorn"),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "8"),
            *("--worker-tmp-dir", "/dev/shm", "--graceful-timeout", "3"),
            *("--no-control-socket", "example_site.wsgi", "--bind"),
        ]
        return {
            "web": [*gunicorn, f"127.0.0.1:{self.port}"],
            "uploads": [*gunicorn, f"127.0.0.1:{self.uploads_port}"],
            "worker": [*manage, "qcluster"],
            "second worker": [*manage, "qcluster"],
            "slow worker": [*manage, "qcluster"],
            "watch": [*manage, "scan_uploads", "--watch", "--interval", "1"],
        }[name]

    def start(self, *names: str, awaits_web: bool = True) -> None:
        """Start programs: "web", "worker", "second worker", "slow worker", "clamd", "watch",
        "uploads".
        """
        for name in names:
            if name == "clamd":
                self._start_scanner()
                continue
            cluster = CLUSTERS.get(name)
            with self._log_path(name).open("ab") as log:
                self._running[name] = subprocess.Popen(
                    self._command(name),
                    cwd=SITE,
                    env=self.environment
                    | ({"Q_CLUSTER_NAME": cluster} if cluster else {})
                    | self.environments.get(name, {}),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        if "web" in names and awaits_web:
            self._await_web()

    def _start_scanner(self) -> None:
        stack = ExitStack()
        running = stack.enter_context(
            running_clamd(self.directory / "clamd", max_file_bytes=self.package["MAX_FILE_BYTES"])
        )
        self._scanner = (stack, running)

    def _await_web(self) -> None:
        def answers() -> bool:
            with suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{self.address}/admin/login/").close()
                return True
            return False

        self.wait_until(answers, seconds=START_SECONDS, what="the web server")

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a program and whatever it has started."""
        if name == "clamd":
            self._scanner[1].process.send_signal(number)
        else:
            with suppress(ProcessLookupError):
                os.killpg(self._running[name].pid, number)

    def kill(self, *names: str) -> None:
        """End programs as a power cut would; :meth:`start` starts them again."""
        for name in names:
            self.signal(name, signal.SIGKILL)
        for name in names:
            if name == "clamd":
                self._scanner[0].close()
                self._scanner = None
            else:
                self._running.pop(name).wait()

    def stop(self, name: str, *, seconds: float = 30) -> None:
        """End a program as systemd does: SIGTERM to the first process, SIGKILL to what stays."""
        self.signal_first(name, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._running[name].wait(seconds)
        self.kill(name)

    def signal_first(self, name: str, number: int) -> None:
        """Send a signal to a program's first process alone."""
        self._running[name].send_signal(number)

    def is_running(self, name: str) -> bool:
        """Whether a program was started and neither killed nor ended by itself."""
        if name == "clamd":
            return self._scanner is not None
        return name in self._running and self._running[name].poll() is None

    def end(self) -> None:
        """End everything that runs; nothing of this site is needed any more."""
        self.kill(*self._running, *(["clamd"] if self._scanner else []))

    def pids(self, name: str) -> list[int]:
        """The process ids of a program, of all that it has started, and they in turn."""
        if name == "clamd":
            return [self._scanner[1].process.pid]
        return [self._running[name].pid, *self.descendants(name)]

    def descendants(self, name: str) -> list[int]:
        """The process ids of all that a program has started, and they in turn."""
        found = _children(self._running[name].pid)
        for pid in found:
            found.extend(_children(pid))
        return found

    def _log_path(self, name: str) -> Path:
        return self.directory / "log" / f"{name}.log"

    def log(self, name: str) -> str:
        """What a program has written so far."""
        return self._log_path(name).read_text(errors="replace")

    def manage(self, *arguments: str) -> str:
        """Run a management command beside the running site; its output."""
        done = subprocess.run(
            [sys.executable, SITE / "manage.py", *arguments],
            cwd=SITE,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # --- What is in it

    def last_words(self) -> str:
        """The ends of all logs, for a test that fails."""
        ends = [
            f"--- {path.stem}\n{path.read_text(errors='replace')[-2000:]}"
            for path in sorted((self.directory / "log").glob("*.log"))
        ]
        return "\n".join(ends)

    def volume(self, name: str) -> Path:
        """The folder of one of the site's photo storages."""
        return self.directory / "volume" / name

    def bytes_of(self, storage: str, name: str) -> bytes:
        """What lies in one of them, by the storage's alias and the name there."""
        return (self.volume(storage.removeprefix("pumbaphoto_")) / name).read_bytes()


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(word) for word in text.split()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(directory: Path, database: dict[str, str], **options: Any) -> dict[str, str]:
    """The environment of a live site's programs."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PG", "PYTEST"))
    }
    return {
        **inherited,
        **database,
        "DJANGO_SETTINGS_MODULE": "tests.live_settings",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{SITE}",
        "PYTHONUNBUFFERED": "1",
        "STUDIO_DATA_DIR": str(directory),
        "LIVE_OPTIONS": json.dumps(
            {"address": "", "mail": ["127.0.0.1", 0], "scanner": "", "package": {}} | options
        ),
    }


# --- Databases -----------------------------------------------------------------------------------


def _plant(directory: Path, database: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "tests.live_studio"],
        cwd=ROOT,
        env=environment(directory, database),
        stdin=subprocess.DEVNULL,
        check=True,
    )


@cache
def _sqlite_template() -> Path:
    """A migrated and planted database file; migrating takes longer than most tests."""
    directory = Path(tempfile.mkdtemp(prefix="pumbaphoto-template-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    if template_path().exists():
        # Most of the migrations have been run for the tests' own database.
        shutil.copyfile(template_path(), directory / "studio.sqlite3")
    _plant(directory, {})
    return directory / "studio.sqlite3"


@cache
def _postgresql_template(socket_directory: str) -> str:
    server = {"PGHOST": socket_directory, "PGUSER": "postgres"}
    with tempfile.TemporaryDirectory() as directory:
        _plant(Path(directory), new_database(server, "planted"))
    return "planted"


def _new_sqlite(directory: Path) -> dict[str, Any]:
    name = directory / "studio.sqlite3"
    shutil.copyfile(_sqlite_template(), name)
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": {"timeout": 20}}


def _new_postgresql(server: dict[str, str]) -> dict[str, str]:
    template = _postgresql_template(server["PGHOST"])
    name = f"live_{os.getpid()}_{next(_numbers)}"
    subprocess.run(
        [programs() / "createdb", "-T", template, name], env={**os.environ, **server}, check=True
    )
    return {**server, "PGDATABASE": name}


@contextmanager
def _connected(alias: str, facts: dict[str, Any]) -> Iterator[None]:
    """A further database connection of this process, under ``alias``."""
    connections.databases[alias] = {**connections.databases["default"], "OPTIONS": {}, **facts}
    try:
        yield
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]


# --- Fixtures ------------------------------------------------------------------------------------


@contextmanager
def live_site(database: dict[str, str] | None = None, **package: Any) -> Iterator[LiveSite]:
    """A site with its storage and database ready and nothing running yet.

    ``database`` is the environment of a PostgreSQL server; None takes SQLite.
    """
    with ExitStack() as stack:
        # Directly under /tmp, for the sake of clamd's socket.
        directory = Path(tempfile.mkdtemp(prefix="pumbaphoto-live-", dir="/tmp"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        if database:
            database = _new_postgresql(database)
            facts = {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": database["PGDATABASE"],
                "HOST": database["PGHOST"],
                "USER": database["PGUSER"],
            }
        else:
            facts = _new_sqlite(directory)
        mail = stack.enter_context(smtp_sink())
        site = LiveSite(directory, mail, database or {}, **package)
        stack.enter_context(_connected(site.alias, facts))
        stack.callback(site.end)
        site.rows(Site).update(port=site.port)
        site.manage("pumbaphoto_init_storage")
        yield site


@contextmanager
def running_site(
    django_db_blocker, database: dict[str, str] | None = None, **package: Any
) -> Iterator[LiveSite]:
    """A site as of :func:`live_site` with clamd and all other programs running."""
    if find_clamd() is None:
        pytest.skip("clamd is not installed")
    pytest.importorskip("gunicorn")
    with django_db_blocker.unblock(), live_site(database, **package) as site:
        site.start("clamd", "worker", "slow worker", "web")
        yield site


@pytest.fixture(params=["sqlite", "postgresql"])
def live_database(request) -> dict[str, str]:
    """Both databases in turn, as :func:`live_site` takes them."""
    if request.param == "sqlite":
        return {}
    return request.getfixturevalue("postgresql_server")
