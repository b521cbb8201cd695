"""Sets up the example studio and keeps everything it needs running until Ctrl-C.

Run by ``make demo`` in the virtual environment. It may be stopped and started again at any time:
what is there already is kept. ``make demo-reset`` forgets it all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "example_site"
DATA = Path(os.environ.get("STUDIO_DATA_DIR") or SITE / "var")
PHOTOS = DATA / "photographs"
PHOTO_COUNT = 54
# The last of them come back as edits.
EDITED_COUNT = 12
# A socket's path has at most 107 characters.
LONGEST_SOCKET = 100
START_SECONDS = 90
STOP_SECONDS = 10
RESTART_SECONDS = 1.0


@dataclass
class Child:
    """A program that is started again when it ends."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen | None = None
    started: float = field(default=0.0)

    @property
    def log(self) -> Path:
        return DATA / "log" / f"{self.name}.log"

    def start(self) -> None:
        self.started = time.monotonic()
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C reaches this program alone, which then stops them all.
            self.process = subprocess.Popen(
                self.command,
                cwd=SITE,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def restart_if_ended(self) -> None:
        if self.process.poll() is None or time.monotonic() - self.started < RESTART_SECONDS:
            return
        say(f"{self.name} ended (code {self.process.returncode}) and is started again; {self.log}")
        self.signal(signal.SIGKILL)
        self.start()

    def signal(self, number: int) -> None:
        """To the program and whatever it started; a worker's children outlive a killed worker."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


def main() -> None:
    arguments = parse_arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    children: list[Child] = []
    try:
        run_demo(arguments, children)
    except KeyboardInterrupt:
        print()
    finally:
        stop(children)


def run_demo(arguments: argparse.Namespace, children: list[Child]) -> None:
    """Everything up to Ctrl-C; ``children`` grows by what has to be stopped afterwards."""
    (DATA / "log").mkdir(parents=True, exist_ok=True)
    refuse_a_taken_port(arguments.port)
    environment = demo_environment(arguments.port)
    say("Preparing the database and the photo storage")
    manage(environment, "migrate", "--verbosity=0", "--skip-checks")
    manage(environment, "pumbaphoto_init_storage", "--skip-checks", quiet=True)
    photos = arguments.photos or own_photographs()
    manage(environment, "set_up_studio", f"--photos={photos}", f"--port={arguments.port}")
    for child in programs(environment, arguments.port):
        child.start()
        children.append(child)
    wait_for_web(arguments.port, children)
    say("Filling the studio's galleries; their photographs go the way of every upload")
    manage(environment, "pumbaphoto_demo", f"--photos={photos}", while_running=children)
    introduce(arguments.port, environment)
    while True:
        time.sleep(0.5)
        for child in children:
            child.restart_if_ended()


# --- Setting up ----------------------------------------------------------------------------------


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--photos", type=existing_folder, help="a folder of your own photographs")
    return parser.parse_args()


def existing_folder(text: str) -> Path:
    path = Path(text).expanduser().resolve()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{path} is not a folder")
    return path


def refuse_a_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(f"Port {port} is taken: make demo PORT={port + 1} takes another one.")


def demo_environment(port: int) -> dict[str, str]:
    """The environment of every program of the demo; says how files are scanned."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "example_site.settings.demo",
        "PYTHONUNBUFFERED": "1",
        "STUDIO_BASE_URL": f"http://127.0.0.1:{port}",
    }
    scanner = DATA / "scanner" / "clamd.ctl"
    if len(str(scanner)) > LONGEST_SOCKET:
        scanner = Path(gettempdir()) / f"pumbaphoto-demo-{os.getuid()}-{port}" / "clamd.ctl"
    environment.setdefault("STUDIO_CLAMD_ADDRESS", f"unix:{scanner}")
    if not has_clamd():
        environment["STUDIO_WITHOUT_SCANNER"] = "1"
    return environment


def has_clamd() -> bool:
    return bool(
        shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    )


def own_photographs() -> Path:
    """The folder of the demo's photographs, written on the first run."""
    sys.path.insert(0, str(SITE))
    from studio.photographs import PhotographsMissing, edited_versions, write_photographs

    if not (PHOTOS / "edited").exists():
        say(f"Developing {PHOTO_COUNT} photographs")
    try:
        paths = write_photographs(PHOTOS, PHOTO_COUNT)
    except PhotographsMissing as reason:
        sys.exit(str(reason))
    edited_versions(paths[-EDITED_COUNT:], PHOTOS / "edited")
    return PHOTOS


def manage(
    environment: dict[str, str],
    *arguments: str,
    quiet: bool = False,
    while_running: Sequence[Child] = (),
) -> None:
    """Run one management command to its end, keeping the given children alive meanwhile."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=SITE,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if quiet else None,
    )
    try:
        while process.poll() is None:
            time.sleep(0.1)
            for child in while_running:
                child.restart_if_ended()
    finally:
        process.terminate()
    if process.returncode:
        sys.exit(f"manage.py {arguments[0]} failed")


def programs(environment: dict[str, str], port: int) -> list[Child]:
    """What runs for the whole of the demo."""

    def child(name: str, *arguments: str, **extra: str) -> Child:
        command = [sys.executable, "manage.py", *arguments]
        return Child(name, command, {**environment, **extra})

    scanner = [child("scanner", "run_scanner")]
    return [
        *([] if environment.get("STUDIO_WITHOUT_SCANNER") else scanner),
        child("worker", "qcluster", Q_CLUSTER_NAME="pumbaphoto"),
        child("worker-slow", "qcluster", Q_CLUSTER_NAME="pumbaphoto-slow"),
        child("scan-uploads", "scan_uploads", "--watch"),
        child("web", "runserver", "--noreload", f"127.0.0.1:{port}"),
    ]


def wait_for_web(port: int, children: Sequence[Child]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10):
                return
        except urllib.error.HTTPError as error:
            sys.exit(f"The site answers with an error ({error.code}); {children[-1].log} says why.")
        except OSError:
            time.sleep(0.3)
            for child in children:
                child.restart_if_ended()
    sys.exit(f"The site did not start; {children[-1].log} says why.")


# --- Talking and stopping ------------------------------------------------------------------------


def introduce(port: int, environment: dict[str, str]) -> None:
    if environment.get("STUDIO_WITHOUT_SCANNER"):
        scanning = "NOT SCANNED: demo only. No clamd here (Debian: clamav-daemon)."
    elif any(Path("/var/lib/clamav").glob("main.c?d")):
        scanning = "scanned by a clamd of the demo's own, with this machine's signatures."
    else:
        scanning = (
            "scanned by a real clamd that knows ONE TEST SIGNATURE ONLY (EICAR): demo only,\n"
            "             it finds no real virus."
        )
    print(
        f"""
  Studio     http://127.0.0.1:{port}/
  Admin      http://127.0.0.1:{port}/admin/      administrator: admin / demo
  Uploads    {scanning}
  Mail       {DATA / "mail"} (one file per message)
  Logs       {DATA / "log"}

  Ctrl-C stops everything; make demo goes on where it stopped; make demo-reset starts afresh.
""",
        flush=True,
    )


def say(text: str) -> None:
    print(text, flush=True)


def stop(children: Sequence[Child]) -> None:
    """Ask all of them to end, then make them."""
    for child in reversed(children):
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0, deadline - time.monotonic()))
        child.signal(signal.SIGKILL)


if __name__ == "__main__":
    main()
