"""A clamd of one's own: for tests and for the demo, beside whatever the machine runs.

It knows one signature, that of the EICAR test file, and needs no download.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from pumbaphoto_wagtail.exceptions import ScannerUnavailable
from pumbaphoto_wagtail.intake.clamd_client import MEBIBYTE, ClamdClient
from pumbaphoto_wagtail.intake.clamd_configuration import (
    SIGNATURE_FILE,
    clamd_configuration,
    eicar_signature,
)

START_SECONDS = 60
STOP_SECONDS = 10
# Debian keeps daemons where a user's PATH does not look.
DAEMON_DIRECTORIES = ("/usr/sbin", "/usr/local/sbin")
SOCKET_NAME = "clamd.ctl"


@dataclass(frozen=True, kw_only=True)
class RunningClamd:
    """A clamd that answers at ``address`` until its process ends."""

    address: str
    process: subprocess.Popen


def find_clamd() -> str | None:
    """The path of the clamd program; None where ClamAV is not installed."""
    return which("clamd", path=os.pathsep.join((*os.get_exec_path(), *DAEMON_DIRECTORIES)))


@contextmanager
def running_clamd(
    directory: str | Path, *, max_file_bytes: int = 512 * MEBIBYTE, **options: Any
) -> Iterator[RunningClamd]:
    """A clamd with its socket, signature and temporary files in ``directory``, which exists.

    It is configured for files up to ``max_file_bytes``; ``options`` are further lines of
    ``clamd.conf``, or others in place of those. Raises ScannerUnavailable where clamd is not
    installed, does not start within a minute, or the directory's name is too long for a socket.
    """
    directory = Path(directory).resolve()
    program = find_clamd()
    if program is None:
        raise ScannerUnavailable("clamd is not installed")
    configuration = _write_files(directory, max_file_bytes, options)
    process = subprocess.Popen(
        [program, "--foreground", f"--config-file={configuration}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    running = RunningClamd(address=f"unix:{directory / SOCKET_NAME}", process=process)
    try:
        _await_start(running)
        yield running
    finally:
        _stop(process)


def _write_files(directory: Path, max_file_bytes: int, options: dict[str, Any]) -> Path:
    files = FileSystemStorage(location=directory)
    signature = f"signatures/{SIGNATURE_FILE}"
    for name in ("clamd.conf", signature):
        files.delete(name)
    files.save(signature, ContentFile(eicar_signature() + "\n"))
    text = _configuration(directory, max_file_bytes, options)
    return directory / files.save("clamd.conf", ContentFile(text))


def _configuration(directory: Path, max_file_bytes: int, options: dict[str, Any]) -> str:
    lines = [line.split(" ", 1) for line in clamd_configuration(max_file_bytes).splitlines()]
    values = {name: value for name, value in lines if name != "#"}
    values |= {
        "LocalSocket": directory / SOCKET_NAME,
        "DatabaseDirectory": directory / "signatures",
        "TemporaryDirectory": directory,
        "LogFile": directory / "clamd.log",
        "PidFile": directory / "clamd.pid",
    }
    if os.geteuid() == 0:
        # Otherwise it would change to a user who may not enter the directory.
        values["User"] = "root"
    values |= options
    return "".join(f"{name} {value}\n" for name, value in values.items())


def _await_start(running: RunningClamd) -> None:
    client = ClamdClient(running.address)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and running.process.poll() is None:
        try:
            client.version()
        except ScannerUnavailable:
            time.sleep(0.05)
        else:
            return
    raise ScannerUnavailable("clamd did not start: its log is beside its socket")


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
