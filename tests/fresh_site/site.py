"""A site made by ``wagtail start``, into which the package is put as the README says."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from .readme import Steps, read_steps

START_SECONDS = 90
STOP_SECONDS = 10
NAME = "mysite"
PACKAGE = "pumbaphoto_wagtail"


class FreshSite:
    """A project in ``folder``; ``packages`` is a folder with the package in it, None takes the one
    that this Python knows.
    """

    def __init__(self, folder: Path, port: int, packages: Path | None = None) -> None:
        self.folder = folder
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.packages = packages
        self.steps: Steps = read_steps()
        self._running: list[subprocess.Popen] = []

    def start_project(self) -> None:
        """``wagtail start``, and then what the README says about settings and addresses."""
        self.folder.mkdir(parents=True, exist_ok=True)
        program = Path(sys.executable).with_name("wagtail")
        self._run([str(program), "start", NAME, "."])
        self._append("settings/base.py", self.steps.settings)
        self._append("urls.py", self.steps.urls)

    def _append(self, module: str, text: str) -> None:
        with (self.folder / NAME / module).open("a") as file:
            file.write(f"\n\n{text}")

    def write_local_settings(self, text: str) -> None:
        """What differs on this machine; Wagtail's template reads it last."""
        (self.folder / NAME / "settings" / "local.py").write_text(text)

    # --- Programs

    @property
    def environment(self) -> dict[str, str]:
        """As of a shell of its own, in which nothing of this repository can be imported."""
        strangers = ("DJANGO_SETTINGS_MODULE", "PYTHONPATH")
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in strangers and not name.startswith(("PG", "PYTEST", "PUMBAPHOTO_TEST"))
        }
        path = {"PYTHONPATH": str(self.packages)} if self.packages else {}
        return {**inherited, **path, "PYTHONUNBUFFERED": "1"}

    def _run(self, command: list[str], **environment: str) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def python(self, *arguments: str, **environment: str) -> str:
        """Run Python in the project's folder; what it has written."""
        return self._run([sys.executable, *arguments], **environment)

    def manage(self, *arguments: str, **environment: str) -> str:
        """Run a command of the site."""
        return self.python("manage.py", *arguments, **environment)

    def install(self) -> str:
        """The README's commands, one after the other; what the last of them has written."""
        for command in self.steps.commands:
            said = self.manage(*command)
        return said

    def start(self) -> None:
        """The web server, and beside it what the README lets run for ever."""
        programs = [*self.steps.programs, ("", ["runserver", "--noreload", str(self.port)])]
        for number, (cluster, words) in enumerate(programs):
            with (self.folder / f"log-{number}-{words[0]}.txt").open("ab") as log:
                started = subprocess.Popen(
                    [sys.executable, "manage.py", *words],
                    cwd=self.folder,
                    env=self.environment | ({"Q_CLUSTER_NAME": cluster} if cluster else {}),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self._running.append(started)
        self._await_web()

    def _await_web(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{self.address}/admin/login/").close()
                return
            time.sleep(0.2)
        raise AssertionError(f"The site does not answer.\n{self.logs()}")

    def logs(self) -> str:
        """What all programs have written."""
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')}"
            for path in sorted(self.folder.glob("log-*.txt"))
        )

    def stop(self) -> None:
        """End every program that was started, with whatever it has started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
            for process in self._running:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_SECONDS)
        self._running.clear()


def build_package(folder: Path) -> Path:
    """The package as its wheel installs it, alone in ``folder / "packages"``."""
    root = Path(__file__).resolve().parents[2]
    # Of a copy, so that no earlier build leaks into it.
    source, packages = folder / "source", folder / "packages"
    for name in ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        source.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, source)
    shutil.copytree(root / PACKAGE, source / PACKAGE, ignore=shutil.ignore_patterns("*.pyc"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    options = ["--target", str(packages), str(source)]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return packages
