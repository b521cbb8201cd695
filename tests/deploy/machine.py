"""A small machine with the studio on it, set up as docs/deployment.md says, from the shipped files.

``write.py`` fills the templates for a folder that stands for the machine. Every program is then
started by what those files say: services by the ExecStart, Environment, EnvironmentFile, user,
umask and sandbox of their units (:mod:`.confine` stands in for systemd), nginx, PostgreSQL and
clamd by their configurations.
"""

from __future__ import annotations

import grp
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connections

from pumbaphoto_wagtail.testing import smtp_sink
from tests.deploy.units import Unit, read_unit
from tests.live import ROOT, SITE, Watched, _connected, free_port
from tests.postgresql import programs
from tests.uploads.servers import DEPLOY, make_certificate

# Of a user and a group that this machine does not have.
STUDIO_ID = 64210
DOMAINS = ("maria.localhost", "lisa.localhost")
SERVICES = ("pages", "uploads", "photographs", "slow", "scanner")
START_SECONDS = 120
HTTPS = 443
CLAMD = "/usr/sbin/clamd"
NGINX = "/usr/sbin/nginx"
NGINX_MAIN = """
daemon off;
user www-data;
worker_processes 2;
pid {home}/nginx/nginx.pid;
error_log {home}/log/nginx-main.log;
events {{ worker_connections 768; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {home}/nginx/body;
    proxy_temp_path {home}/nginx/proxy;
    fastcgi_temp_path {home}/nginx/fastcgi;
    uwsgi_temp_path {home}/nginx/uwsgi;
    scgi_temp_path {home}/nginx/scgi;
    access_log {home}/log/nginx-access.log;
    include {home}/root/etc/nginx/conf.d/*.conf;
}}
"""


def skip_unless_possible() -> None:
    """Skip where a program is missing, or this user may not make users and mounts of its own."""
    missing = [name for name in (CLAMD, NGINX) if not Path(name).exists()]
    if programs() is None:
        missing.append("PostgreSQL")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("only root can start services as other users")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        pytest.skip("this machine allows no mounts of one's own")


class Machine(Watched):
    """The machine; ``address`` is the first studio's front, ``is_strict`` denies system calls too.

    A context manager: set up, with nothing running but PostgreSQL and the mail sink.
    """

    patience_seconds = 120

    def __init__(
        self,
        *,
        is_strict: bool = False,
        port: int = 0,
        domains: tuple[str, ...] = DOMAINS,
        **values: str,
    ) -> None:
        self.is_strict = is_strict
        self.values = values
        self.port, self.plain_port = port or free_port(), free_port()
        shown = "" if self.port == HTTPS else f":{self.port}"
        self.addresses = [f"https://{domain}{shown}" for domain in domains]
        self.domains = domains
        self.address = self.addresses[0]
        self.running: dict[str, subprocess.Popen] = {}
        self.alias = "machine"
        self._stack = ExitStack()

    def __enter__(self) -> Machine:
        with ExitStack() as stack:
            # Directly under /tmp, for the sake of the sockets.
            self.home = Path(tempfile.mkdtemp(prefix="studio-", dir="/tmp"))
            stack.callback(shutil.rmtree, self.home, ignore_errors=True)
            self.mail = stack.enter_context(smtp_sink())
            self._make_directories()
            self._make_accounts()
            self.certificate = make_certificate(self.home / "tls", names=self.domains)
            self._write()
            stack.callback(self.end)
            self._start_postgresql()
            stack.enter_context(_connected(self.alias, self._database))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    # --- Set up

    @property
    def root(self) -> Path:
        return self.home / "root"

    @property
    def directory(self) -> Path:
        return self.home

    @property
    def _database(self) -> dict[str, Any]:
        """For this process, which looks at the rows as the administrator."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "studio",
            "HOST": str(self.home / "postgresql"),
            "USER": "root",
        }

    def _make_directories(self) -> None:
        """What the operator makes by hand, and what Debian's packages bring."""
        self.home.chmod(0o711)
        owners = {
            "accounts": None, "tls": None, "log": None, "specifications": None, "nginx": None,
            "clamav": "clamav", "postgresql": "postgres", "data": STUDIO_ID,
            "data/media": STUDIO_ID, "photos": STUDIO_ID, "cold-2027": STUDIO_ID,
        }  # fmt: skip
        for name, owner in owners.items():
            (self.home / name).mkdir()
            if owner is not None:
                group = STUDIO_ID if owner == STUDIO_ID else grp.getgrnam(owner).gr_gid
                shutil.chown(self.home / name, owner, group)
            is_closed = owner == STUDIO_ID
            (self.home / name).chmod(0o750 if is_closed else 0o755)

    def _make_accounts(self) -> None:
        """adduser --system --group studio; adduser www-data studio."""
        user = f"studio:x:{STUDIO_ID}:{STUDIO_ID}::/nonexistent:/usr/sbin/nologin\n"
        group = f"studio:x:{STUDIO_ID}:www-data\n"
        for name, line in (("passwd", user), ("group", group)):
            path = self.home / "accounts" / name
            path.write_text(Path("/etc", name).read_text() + line)
            path.chmod(0o644)

    def _write(self) -> None:
        home = self.home
        values = {
            "DOMAIN": " ".join(self.domains),
            "CODE_DIR": SITE,
            "VENV_DIR": Path(sys.prefix),
            "ENV_FILE": self.root / "etc/studio/studio.env",
            "HTTP_PORT": f"127.0.0.1:{self.plain_port}",
            "HTTPS_PORT": f"127.0.0.1:{self.port}",
            "BASE_URL": self.address,
            "CERTIFICATE": self.certificate,
            "CERTIFICATE_KEY": home / "tls" / "key.pem",
            "RUN_DIR": home / "run",
            "LOG_DIR": home / "nginx-log",
            "NGINX_PID": home / "nginx" / "nginx.pid",
            "DATA_DIR": home / "data",
            "VOLUME_DIR": home / "photos",
            "COLD_DISKS": f"Cold-2027={home / 'cold-2027'}",
            "SNIPPET_DIR": self.root / "etc/nginx/studio.d",
            "CACHE_DIR": home / "nginx" / "verdicts",
            "ACME_DIR": home / "nginx",
            "DATABASE_HOST": home / "postgresql",
            "CLAMD_SOCKET": home / "clamav" / "clamd.ctl",
            "CLAMD_DATABASE_DIR": self.root / "var/lib/clamav",
            "EMAIL_HOST": self.mail.host,
            "EMAIL_PORT": self.mail.port,
            **self.values,
        }
        write = [sys.executable, DEPLOY / "write.py", "--to", self.root]
        subprocess.run([*write, *(f"{name}={value}" for name, value in values.items())], check=True)
        (home / "nginx" / "nginx.conf").write_text(NGINX_MAIN.format(home=home))
        # As systemd-tmpfiles --create does it, which knows this machine's users only.
        for line in (self.root / "etc/tmpfiles.d/studio.conf").read_text().splitlines():
            if line.startswith("d "):
                _kind, path, mode, user, group, _age = line.split()
                Path(path).mkdir(mode=int(mode, 8))
                Path(path).chmod(int(mode, 8))
                os.chown(path, self._id("passwd", user), self._id("group", group))

    def _id(self, table: str, name: str) -> int:
        lines = (self.home / "accounts" / table).read_text().splitlines()
        return int(next(line.split(":")[2] for line in lines if line.startswith(f"{name}:")))

    def _start_postgresql(self) -> None:
        data = self.home / "postgresql" / "data"
        binaries = programs()
        quiet = {"stdout": subprocess.DEVNULL, "check": True, "cwd": "/"}
        initdb = [binaries / "initdb", "-D", data, "-A", "peer", "-E", "UTF8", "--no-sync"]
        subprocess.run(initdb, user="postgres", **quiet)
        # As Debian has it, with the test as one more administrator.
        (data / "conf.d").mkdir()
        shutil.copy(self.root / "etc/postgresql/15/main/conf.d/studio.conf", data / "conf.d")
        shutil.chown(data / "conf.d" / "studio.conf", "postgres")
        (data / "conf.d").chmod(0o755)
        with (data / "postgresql.conf").open("a") as file:
            file.write("\ninclude_dir = 'conf.d'\n")
        server = [str(binaries / "postgres"), "-D", str(data), "-k", str(data.parent)]
        self._launch("postgresql", server, user="postgres", group="postgres", umask="0077")
        ready = [binaries / "pg_isready", "-q", "-U", "postgres", "-h", data.parent]
        self.wait_until(lambda: subprocess.run(ready).returncode == 0, what="PostgreSQL")
        for command in (
            ["createuser", "--superuser", "root"],
            ["createuser", "studio"],
            ["createdb", "--owner", "studio", "studio"],
        ):
            line = [binaries / command[0], "-h", data.parent, *command[1:]]
            subprocess.run(line, user="postgres", **quiet)

    # --- Programs

    def _launch(self, name: str, command: list[str], **wanted: Any) -> subprocess.Popen:
        """Start a program of the machine's, in a view of the file system of its own."""
        with (self.home / "log" / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self._confined(name, command, **wanted),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.running[name]

    def _confined(self, name: str, command: list[str], **wanted: Any) -> list[str]:
        specification = {
            "command": command,
            "environment": {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            "directory": "/",
            "umask": "0022",
            "user": None,
            "group": None,
            "accounts": str(self.home / "accounts"),
            "hidden": [],
            "kept": [],
            "writable": None,
            "may_write_and_execute": True,
            **wanted,
        }
        path = self.home / "specifications" / f"{name}.json"
        path.write_text(json.dumps(specification))
        path.chmod(0o600)
        return [sys.executable, str(Path(__file__).with_name("confine.py")), str(path)]

    def unit(self, name: str) -> Unit:
        return read_unit(self.root, f"studio-{name}.service")

    def sandbox(self, unit: Unit) -> dict[str, Any]:
        """What :mod:`.confine` needs to know of a unit."""
        hidden = ["/root", "/home"] if unit.one("ProtectHome") == "yes" else []
        hidden += ["/tmp", "/var/tmp"] if unit.one("PrivateTmp") == "yes" else []
        # This test's own machine is below /tmp, and its Python may be below /root.
        kept = [self.home, *(path for path in (Path(sys.base_prefix), ROOT) if is_in(path, hidden))]
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **unit.environment}
        return {
            "environment": environment,
            "directory": unit.one("WorkingDirectory"),
            "umask": unit.one("UMask"),
            "user": unit.one("User"),
            "group": unit.one("Group"),
            "hidden": hidden,
            "kept": [str(path) for path in kept],
            "writable": unit.writable if unit.one("ProtectSystem") == "strict" else None,
            "may_write_and_execute": unit.one("MemoryDenyWriteExecute") != "yes",
        }

    def start(self, *names: str) -> None:
        """Start services by their units' names, "clamd" and "nginx"."""
        for name in names:
            if name == "clamd":
                conf = self.root / "etc/clamav/clamd.conf"
                self._launch(name, [CLAMD, "--foreground", f"--config-file={conf}"])
            elif name == "nginx":
                start_log = str(self.home / "log" / "nginx-start.log")
                conf = str(self.home / "nginx" / "nginx.conf")
                self._launch(name, [NGINX, "-c", conf, "-e", start_log])
            else:
                unit = self.unit(name)
                command = [*denying(unit, self.is_strict), *unit.command]
                self._launch(name, command, **self.sandbox(unit))

    def run_unit(self, name: str) -> str:
        """Run a service of a timer to its end, which must be a good one; its output."""
        unit = self.unit(name)
        command = self._confined(name, unit.command, **self.sandbox(unit))
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def manage(self, *arguments: str) -> str:
        """studio-manage, as the operator's shell runs it; its output."""
        script = str(self.root / "usr/local/bin/studio-manage")
        kept = [str(self.home), sys.base_prefix]
        # Its user cannot enter /root, where the Python of a test may be.
        command = self._confined("manage", [script, *arguments], hidden=["/root"], kept=kept)
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self, name: str) -> float:
        """End a service as systemd does; the seconds it took of its TimeoutStopSec."""
        process = self.running.pop(name)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(float(self.unit(name).one("TimeoutStopSec")))
        return time.monotonic() - began

    def end(self) -> None:
        for process in reversed(self.running.values()):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.running = {}

    def await_front(self) -> None:
        sockets = [self.home / "run" / f"{name}.sock" for name in ("pages", "uploads")]

        def answers() -> bool:
            if not all(path.exists() for path in sockets):
                return False
            with suppress(requests.ConnectionError):
                return requests.get(f"{self.address}/", verify=self.certificate).ok
            return False

        self.wait_until(answers, seconds=START_SECONDS, what="nginx and gunicorn")

    # --- What is in it

    def last_words(self) -> str:
        return "\n".join(f"--- {name}\n{text[-3000:]}" for name, text in self.logs().items())

    def logs(self) -> dict[str, str]:
        """Everything that anything has written down, by the file's name."""
        folders = (self.home / "log", self.home / "nginx-log")
        paths = [path for folder in folders for path in sorted(folder.iterdir())]
        return {path.name: path.read_text(errors="replace") for path in paths}

    def log(self, name: str) -> str:
        return self.logs()[{"web": "pages"}.get(name, name) + ".log"]

    def folder_of(self, alias: str) -> Path:
        if alias.startswith("pumbaphoto_"):
            return self.home / "photos" / alias.removeprefix("pumbaphoto_")
        return self.home / alias.lower()

    def bytes_of(self, storage: str, name: str) -> bytes:
        """What lies in a storage, by its alias and the name there."""
        return (self.folder_of(storage) / name).read_bytes()

    def close_connection(self) -> None:
        connections[self.alias].close()


def is_in(path: Path, directories: list[str]) -> bool:
    return any(path.is_relative_to(directory) for directory in directories)


def denying(unit: Unit, is_strict: bool) -> list[str]:
    """What refuses system calls as SystemCallFilter does; each refused one is in the log."""
    if not is_strict:
        return []
    allowed: set[str] = set()
    for line in unit.all("SystemCallFilter"):
        names = {call for word in line.lstrip("~").split() for call in calls_of(word)}
        allowed = allowed - names if line.startswith("~") else allowed | names
    kept_by_strace = {"execve", "exit_group"}
    names = ",".join(f"?{name}" for name in sorted(allowed | kept_by_strace))
    return [
        *("strace", "-f", "--seccomp-bpf", "--quiet=all"),
        *("-e", f"trace=!{names}", "-e", f"inject=!{names}:error=EPERM"),
    ]


def calls_of(word: str) -> set[str]:
    """A system call, or those of a group, as systemd-analyze names them."""
    if not word.startswith("@"):
        return {word}
    shown = subprocess.run(
        ["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True
    ).stdout
    inner = re.findall(r"^\s+(@?[a-z0-9_-]+)\s*$", re.sub(r"#.*", "", shown), re.MULTILINE)
    return {call for name in inner if name != word for call in calls_of(name)}
