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

from tests.distributions import build_wheel

from .readme import Steps, read_own_pages, read_steps

START_SECONDS = 90
STOP_SECONDS = 10
NAME = "mysite"
WAGTAILS_PAGE = "from wagtail.models import Page"
BASE_APP = "wagtail.test.basepage"
BASE_PAGE = f"from {BASE_APP}.models import BasePage as Page"
# Wagtail's template makes these in a migration, which knows of no other base page than Wagtail's.
FRONT_PAGE = """
from home.models import HomePage
from wagtail.models import Site
if not Site.objects.exists():
    base = HomePage.base_page_model
    root = base.get_first_root_node() or base.add_root(instance=base(title="Root", slug="root"))
    home = root.add_child(instance=HomePage(title="Home", slug="home-of-its-own"))
    Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
"""


class FreshSite:
    """A project in ``folder``, run by ``python``: by this one, or by one that has but the wheel."""

    def __init__(self, folder: Path, port: int, python: Path | None = None) -> None:
        self.folder = folder
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.program = python or Path(sys.executable)
        self.steps: Steps = read_steps()
        self._running: list[subprocess.Popen] = []

    def start_project(self) -> None:
        """``wagtail start``, and then what the README says about settings and addresses."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._run([str(self.program.with_name("wagtail")), "start", NAME, "."])
        self._append("settings/base.py", self.steps.settings)
        self._append("urls.py", self.steps.urls)

    def take_own_pages(self, *, has_own_base: bool) -> None:
        """Page types of the site's own, as docs/installation.md says, instead of ours; on Wagtail's
        page, or on the base page that Wagtail has for its own tests, with a home page made anew.
        """
        said = read_own_pages()
        models, home = said.models, self.folder / "home"
        if has_own_base:
            settings = said.settings_with_base.replace("base.BasePage", "basepage.BasePage")
            self._append("settings/base.py", f'INSTALLED_APPS += ["{BASE_APP}"]\n{settings}')
            models = models.replace(
                WAGTAILS_PAGE, f"from {BASE_APP}.models import BasePage as Page"
            )
            models += "\n\nclass HomePage(Page):\n    pass\n"
            shutil.rmtree(home / "migrations")
            (home / "models.py").write_text(models)
        else:
            self._append("settings/base.py", said.settings)
            before = (home / "models.py").read_text()
            (home / "models.py").write_text(f"{before}\n\n{models}")

    def make_migrations(self) -> None:
        """Of the page types of the site's own."""
        self.manage("makemigrations", "home")

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
        return {**inherited, "PYTHONUNBUFFERED": "1"}

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
        return self._run([str(self.program), *arguments], **environment)

    def manage(self, *arguments: str, **environment: str) -> str:
        """Run a command of the site."""
        return self.python("manage.py", *arguments, **environment)

    def install(self) -> str:
        """The README's commands, one after the other; what the last of them has written."""
        for command in self.steps.commands:
            said = self.manage(*command)
            if command == ["migrate"]:
                self.manage("shell", "-v", "0", "-c", FRONT_PAGE)
        return said

    def start(self) -> None:
        """The web server, and beside it what the README lets run for ever."""
        programs = [*self.steps.programs, ("", ["runserver", "--noreload", str(self.port)])]
        for number, (cluster, words) in enumerate(programs):
            with (self.folder / f"log-{number}-{words[0]}.txt").open("ab") as log:
                started = subprocess.Popen(
                    [str(self.program), "manage.py", *words],
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


def python_with_the_wheel(folder: Path, *others: str) -> Path:
    """The Python of a new environment, into which the wheel was installed as the README says, and
    ``others``; nothing of this environment can be imported there, nor this repository.
    """
    wheel = build_wheel(folder)
    python = folder / "environment" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*install, f"{wheel}[raw,fast]", *others], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return python
