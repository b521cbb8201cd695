"""The web servers of a live site as it is deployed: nginx in front, gunicorn for pages and uploads.

What runs is ``example_site/deploy``, with the paths, ports and certificate of a test.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.live import ROOT, SITE, LiveSite, free_port

DEPLOY = SITE / "deploy"
# Django's start, with a machine that does other things beside.
START_SECONDS = 60

# nginx as a distribution configures it, around what is ours.
NGINX_MAIN = """
daemon off;
user root;
worker_processes 2;
pid {home}/nginx.pid;
error_log {home}/log/main.log;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    include {home}/studio.conf;
}}
"""


class Program:
    """A program with children of its own, that a test can kill and start again."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.command = command
        self.environment = environment
        self.log = log
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=SITE,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """As a power cut would end it and all it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def pids(self) -> list[int]:
        """The program's own process and its children."""
        return [self.process.pid, *self.workers()]

    def workers(self) -> list[int]:
        pid = self.process.pid
        with suppress(FileNotFoundError):
            text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
            return [int(word) for word in text.split()]
        return []


def gunicorn(site: LiveSite, service: str, *options: str, **environment: str) -> Program:
    """One of the two services; ``options`` come after the shipped configuration."""
    config = DEPLOY / f"gunicorn_{service}.py"
    command = [sys.executable, "-m", "gunicorn", "--config", str(config), *options]
    return Program(
        [*command, "example_site.wsgi"],
        {**site.environment, **environment},
        site.directory / "log" / f"gunicorn-{service}.log",
    )


class UploadServer:
    """The service for uploads alone, on a port, without nginx."""

    def __init__(self, site: LiveSite, **environment: str) -> None:
        self.site = site
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.program = gunicorn(
            site, "uploads", "--bind", f"127.0.0.1:{self.port}", "--graceful-timeout", "3",
            **environment,
        )  # fmt: skip

    def __enter__(self) -> UploadServer:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.program.kill()

    def start(self) -> None:
        self.program.start()
        self.site.wait_until(lambda: is_open(self.port), seconds=START_SECONDS, what="gunicorn")


class Front:
    """nginx on HTTPS with both services behind it; ``address`` is where it answers.

    ``change`` may edit the filled configuration, to show what its lines are for. ``is_busy`` adds
    the verdicts of a busy site. ``beside`` another front it has no services of its own. Whoever
    tests at speed is no robot: only where ``is_hurried`` is False are pages and downloads limited
    as they are shipped.
    """

    def __init__(
        self,
        site: LiveSite,
        change: Callable[[str], str] = str,
        *,
        is_busy: bool = False,
        beside: Front | None = None,
        is_hurried: bool = True,
    ) -> None:
        if shutil.which("nginx") is None and not Path("/usr/sbin/nginx").exists():
            pytest.skip("nginx is not installed")
        self.site = site
        self.is_busy = is_busy
        self.is_hurried = is_hurried
        self.port = free_port()
        self.plain_port = free_port()
        self.address = f"https://127.0.0.1:{self.port}"
        # Directly under /tmp, for the sake of the sockets, and open to nginx alone.
        self.home = Path(tempfile.mkdtemp(prefix="front-", dir=site.directory))
        (self.home / "log").mkdir()
        self.run_directory = beside.home if beside else self.home
        self.body_directory = self.home / "body"
        self.certificate = make_certificate(self.home)
        self.configuration = self._write_configuration(change)
        main = self.home / "nginx.conf"
        self.nginx = Program(
            ["/usr/sbin/nginx", "-c", str(main), "-e", str(self.home / "log" / "start.log")],
            dict(os.environ),
            self.home / "log" / "nginx.log",
        )
        self.pages = gunicorn(site, "pages", STUDIO_RUN_DIR=str(self.home))
        self.uploads = gunicorn(site, "uploads", STUDIO_RUN_DIR=str(self.home))
        own = [] if beside else [self.pages, self.uploads]
        self.programs = [self.nginx, *own]

    def _write_configuration(self, change: Callable[[str], str]) -> str:
        data = self.site.directory
        values = {
            "DOMAIN": "127.0.0.1",
            "HTTP_PORT": f"127.0.0.1:{self.plain_port}",
            "HTTPS_PORT": f"127.0.0.1:{self.port}",
            "CERTIFICATE": self.home / "certificate.pem",
            "CERTIFICATE_KEY": self.home / "key.pem",
            "RUN_DIR": self.run_directory,
            "LOG_DIR": self.home / "log",
            "DATA_DIR": data,
            "VOLUME_DIR": data / "volume",
            "LIBRARIES": f"pumbaphoto_library={data / 'library'}",
            "SNIPPET_DIR": self.home / "filled" / "etc" / "nginx" / "studio.d",
            "CACHE_DIR": self.home / "verdicts",
        }
        write = [sys.executable, DEPLOY / "write.py", "--to", self.home / "filled"]
        if self.is_busy:
            write.append("--busy")
        subprocess.run([*write, *(f"{name}={value}" for name, value in values.items())], check=True)
        text = (self.home / "filled" / "etc" / "nginx" / "conf.d" / "studio.conf").read_text()
        text = change(unlimited(text) if self.is_hurried else text)
        (self.home / "studio.conf").write_text(text)
        for snippet in values["SNIPPET_DIR"].glob("busy_*.conf"):
            snippet.write_text(change(snippet.read_text()))
        (self.home / "nginx.conf").write_text(NGINX_MAIN.format(home=self.home))
        return text

    def __enter__(self) -> Front:
        for program in self.programs:
            program.start()
        self.site.wait_until(self._answers, seconds=START_SECONDS, what="nginx and gunicorn")
        return self

    def __exit__(self, *error: object) -> None:
        for program in self.programs:
            program.kill()

    def _answers(self) -> bool:
        sockets = [self.run_directory / f"{name}.sock" for name in ("pages", "uploads")]
        if not all(path.exists() for path in sockets):
            return False
        with suppress(requests.ConnectionError):
            return requests.get(f"{self.address}/admin/login/", verify=self.certificate).ok
        return False

    def log(self, name: str) -> str:
        return (self.home / "log" / name).read_text(errors="replace")


def unlimited(text: str) -> str:
    """The configuration with room for a test that asks like a hundred visitors."""
    zones = re.sub(r"zone=(pages|originals|zips):10m rate=\S+;", r"zone=\1:10m rate=6000r/s;", text)
    return zones.replace("limit_conn zips_of_address 16;", "limit_conn zips_of_address 160;")


def make_certificate(directory: Path, names: tuple[str, ...] = ()) -> str:
    """A certificate for 127.0.0.1 and for domains, and its key beside it."""
    known_as = ",".join(["IP:127.0.0.1", *(f"DNS:{name}" for name in names)])
    certificate = directory / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", f"subjectAltName={known_as}"),
            *("-keyout", directory / "key.pem", "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    return str(certificate)


def is_open(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


__all__ = ["DEPLOY", "ROOT", "Front", "Program", "UploadServer", "gunicorn"]
