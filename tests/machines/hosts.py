"""Machines made of network namespaces: a host for the web, the database and the scanner, and worker
hosts that reach them over a bridge alone.

A machine's network can be cut and come back, and a machine can be switched off. All see the same
directory, as they would see one volume of a NAS.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from wagtail.models import Site

from pumbaphoto_wagtail.intake.clamd_process import find_clamd, running_clamd
from pumbaphoto_wagtail.mail_sink import MailSink
from pumbaphoto_wagtail.storage import ORIGINALS
from tests.live import LiveSite, _connected, _new_postgresql, free_port
from tests.machines.buckets import Bucket, new_bucket, running_object_storage
from tests.machines.redis_server import RedisServer, running_redis
from tests.postgresql import OPTIONS, OWNER, private_server

NETWORK = "10.213.7"
BRIDGE = f"{NETWORK}.1"
CLAMD_PORT = 3310
PROGRAMS = {"photos": "pumbaphoto", "slow": "pumbaphoto-slow"}

# What docs/growing.md tells of PostgreSQL, with seconds for its minutes: a machine that is gone
# holds its locks no longer than this.
SERVER_PATIENCE = (
    "-c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3"
    " -c tcp_user_timeout=5000 -c idle_in_transaction_session_timeout=10000"
)
CONNECTION = {
    "connect_timeout": 3,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}


def run(*words: str, check: bool = True) -> None:
    subprocess.run(words, check=check, capture_output=True, stdin=subprocess.DEVNULL)


def why_no_machines() -> str:
    """What this machine lacks to be several; empty if nothing."""
    if os.geteuid() != 0:
        return "only root makes network namespaces"
    if shutil.which("ip") is None:
        return "ip (iproute2) is not installed"
    if find_clamd() is None:
        return "clamd is not installed"
    try:
        with _bridge(f"{NETWORK}.251", "ppprobe"):
            _Machine("ppprobe", 9, "ppprobe").remove()
    except subprocess.CalledProcessError as error:
        return f"network namespaces cannot be made: {error.stderr.decode().strip()}"
    return ""


@contextmanager
def _bridge(address: str, name: str) -> Iterator[None]:
    # A run that was killed has left its own.
    run("ip", "link", "delete", name, check=False)
    run("ip", "link", "add", name, "type", "bridge")
    try:
        run("ip", "address", "add", f"{address}/24", "dev", name)
        run("ip", "link", "set", name, "up")
        yield
    finally:
        run("ip", "link", "delete", name, check=False)


class _Machine:
    """A network namespace with one cable to the bridge."""

    def __init__(self, name: str, number: int, bridge: str) -> None:
        self.name = name
        self.space = f"pumbaphoto-{name}"
        self.cable = f"pp-{name}"
        inside = f"pp-{name}-in"
        run("ip", "netns", "delete", self.space, check=False)
        run("ip", "netns", "add", self.space)
        run("ip", "link", "add", self.cable, "type", "veth", "peer", "name", inside)
        run("ip", "link", "set", inside, "netns", self.space)
        run("ip", "link", "set", self.cable, "master", bridge)
        run("ip", "link", "set", self.cable, "up")
        for words in (
            ("address", "add", f"{NETWORK}.{number}/24", "dev", inside),
            ("link", "set", inside, "up"),
            ("link", "set", "lo", "up"),
        ):
            run("ip", "-n", self.space, *words)

    def on_it(self, command: list[str]) -> list[str]:
        """The command line that runs another one on this machine, under its own host name."""
        script = 'hostname "$0" && exec "$@"'
        inside = ["unshare", "--uts", "sh", "-c", script, self.name, *command]
        return ["ip", "netns", "exec", self.space, *inside]

    def cut_off(self) -> None:
        """Pull the cable: whatever is sent goes nowhere, and nobody is told."""
        run("ip", "link", "set", self.cable, "down")

    def connect(self) -> None:
        run("ip", "link", "set", self.cable, "up")

    def remove(self) -> None:
        run("ip", "netns", "delete", self.space, check=False)
        run("ip", "link", "delete", self.cable, check=False)


class Studio(LiveSite):
    """A live site with worker hosts: "north photos" is the photographs' cluster of the host north,
    "north slow" its slow one.

    ``options`` are further ones of ``tests.live_settings``.
    """

    def __init__(self, *arguments: Any, options: dict[str, Any], **package: Any) -> None:
        super().__init__(*arguments, **package)
        self.options = options
        self.machines: dict[str, _Machine] = {}
        self.redis: RedisServer | None = None
        self.bucket: Bucket | None = None

    @property
    def environment(self) -> dict[str, str]:
        found = super().environment
        options = json.loads(found["LIVE_OPTIONS"]) | self.options
        return found | {"LIVE_OPTIONS": json.dumps(options)}

    def _command(self, name: str) -> list[str]:
        host, _space, program = name.partition(" ")
        if host not in self.machines:
            return super()._command(name)
        # By the environment, since django-q2 has read its settings when it looks at --name.
        self.environments[name] = {"Q_CLUSTER_NAME": PROGRAMS[program]}
        return self.machines[host].on_it(super()._command("worker"))

    def start_host(self, host: str) -> None:
        self.start(f"{host} photos", f"{host} slow")

    def bytes_of(self, storage: str, name: str) -> bytes:
        if self.bucket is not None and storage == ORIGINALS:
            return self.bucket.get(name)
        return super().bytes_of(storage, name)

    def switch_off(self, host: str) -> None:
        """End a machine as a power cut does: no process says goodbye, and no packet leaves."""
        self.machines[host].cut_off()
        self.kill(f"{host} photos", f"{host} slow")


@contextmanager
def postgresql_on_the_bridge() -> Iterator[dict[str, str]]:
    """A server that listens on the bridge; yields the environment of its clients."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        who_may = Path(directory, "pg_hba.conf")
        who_may.write_text(f"local all all trust\nhost all all {NETWORK}.0/24 trust\n")
        os.chmod(directory, 0o755)
        listening = OPTIONS.replace("listen_addresses=''", f"listen_addresses='{BRIDGE}'")
        options = f"{listening} {SERVER_PATIENCE} -c hba_file={who_may}"
        with private_server(options):
            yield {"PGHOST": BRIDGE, "PGUSER": OWNER}


@contextmanager
def mail_on_the_bridge() -> Iterator[MailSink]:
    sink = MailSink()
    sink.host, sink.port = BRIDGE, free_port()
    controller = Controller(sink, hostname=sink.host, port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


@contextmanager
def running_studio(
    server: dict[str, str],
    *hosts: str,
    has_redis: bool = False,
    has_object_storage: bool = False,
    **package: Any,
) -> Iterator[Studio]:
    """A studio whose web server, database, scanner and mail run on one host, and its workers on
    others; none of these runs yet. ``server`` is as of :func:`bridge`.

    With ``has_redis`` its queue is in Redis, with ``has_object_storage`` its originals are in an
    S3-compatible storage, on the host of the database.
    """
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="pumbaphoto-live-", dir="/tmp"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        database = _new_postgresql(server)
        mail = stack.enter_context(mail_on_the_bridge())
        options = {"scanner": f"tcp:{BRIDGE}:{CLAMD_PORT}", "connection": CONNECTION}
        redis = bucket = None
        if has_redis:
            redis = stack.enter_context(running_redis(BRIDGE))
            options["queue"] = {"orm": None, "redis": redis.options}
        if has_object_storage:
            bucket = new_bucket(stack.enter_context(running_object_storage(BRIDGE)))
            backend = "storages.backends.s3.S3Storage"
            options["storages"] = {ORIGINALS: {"BACKEND": backend, "OPTIONS": bucket.options}}
        studio = Studio(directory, mail, database, options=options, **package)
        studio.redis, studio.bucket = redis, bucket
        facts = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database["PGDATABASE"],
            "HOST": database["PGHOST"],
            "USER": database["PGUSER"],
        }
        stack.enter_context(_connected(studio.alias, facts))
        tcp = {"TCPAddr": BRIDGE, "TCPSocket": CLAMD_PORT}
        most = studio.package["MAX_FILE_BYTES"]
        stack.enter_context(running_clamd(directory / "clamd", max_file_bytes=most, **tcp))
        for number, host in enumerate(hosts, start=2):
            studio.machines[host] = machine = _Machine(host, number, "pp-bridge")
            stack.callback(machine.remove)
        stack.callback(studio.end)
        studio.rows(Site).update(port=studio.port)
        studio.manage("pumbaphoto_init_storage")
        studio.start("web")
        yield studio


@pytest.fixture(scope="session")
def bridge() -> Iterator[dict[str, str]]:
    """The environment that leads to a PostgreSQL on a bridge that machines can be put to.

    Skips where this machine cannot be several.
    """
    if reason := why_no_machines():
        pytest.skip(f"No machines to run this on: {reason}")
    with _bridge(BRIDGE, "pp-bridge"), postgresql_on_the_bridge() as server:
        yield server
