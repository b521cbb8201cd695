"""What befalls a studio's machine, one misfortune after another, decided by a seed.

Each is a function that begins it, yields for how long it lasts, and ends it. While it lasts nothing
else befalls what it is about (a program, the volume, the mail server, the database).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import connections

from tests.faults import mail_line
from tests.faults.mail_line import MailLine
from tests.faults.people import patiently
from tests.faults.test_database import cut_every_connection, restart
from tests.live import LiveSite

WEB = ("web", "uploads")
CLUSTERS = ("worker", "second worker", "slow worker")
PROGRAMS = (*WEB, *CLUSTERS, "watch")
SKEWS = (7200, -7200, 86_400, -90)
VOLUME_BYTES = 2 * 2**30
MOMENT_SECONDS = 20

Misfortune = Callable[["Misfortunes"], Iterator[float]]


class Volume:
    """The site's photo volumes on a file system of their own, which may vanish, fill up, freeze.

    It is mounted twice: at a place that stays, and over the folder that the site knows.
    """

    def __init__(self, site: LiveSite) -> None:
        self.place = site.directory / "volume"
        self.disk = site.directory / "disk"
        self._stack = ExitStack()

    def __enter__(self) -> Volume:
        self.disk.mkdir()
        _run("mount", "-t", "tmpfs", "-o", f"size={VOLUME_BYTES}", "photographs", self.disk)
        self._stack.callback(_run, "umount", "-l", self.disk)
        _run("cp", "-a", f"{self.place}/.", self.disk)
        # What lies below is the bare mount point.
        _run("sh", "-c", f"rm -rf {self.place}/*")
        self.mount()
        self._stack.callback(self.unmount)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def mount(self) -> None:
        _run("mount", "--bind", self.disk, self.place)

    def unmount(self) -> None:
        _run("umount", "-l", self.place)

    def mount_another(self) -> None:
        """Another studio's volume, with folders and sentinels of the same names."""
        _run("mount", "-t", "tmpfs", "-o", "size=4m", "another", self.place)
        for folder in self.disk.iterdir():
            (self.place / folder.name).mkdir()
            if (sentinel := folder / ".pumbaphoto-volume").exists():
                words = sentinel.read_text().replace("-4", "-5")
                (self.place / folder.name / sentinel.name).write_text(words)

    def freeze(self, *, is_frozen: bool) -> None:
        if is_frozen:
            # Anew, since a mount that somebody is writing to cannot become read-only.
            self.unmount()
            self.mount()
        way = "ro" if is_frozen else "rw"
        _run("mount", "-o", f"remount,{way},bind", self.place)

    @property
    def ballast(self) -> Path:
        return self.disk / "ballast"

    def fill(self) -> None:
        free = os.statvfs(self.disk)
        with self.ballast.open("wb") as file, suppress(OSError):
            os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_bsize - 4096))

    def empty(self) -> None:
        self.ballast.unlink(missing_ok=True)

    def is_bare(self) -> bool:
        """Whether nothing lies below the mount; only while nothing is mounted there."""
        return not any(self.place.iterdir())


def _run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True)


@dataclass
class Lasting:
    """One that goes on until ``ends_at``."""

    about: str
    rest: Iterator[float]
    ends_at: float


class Misfortunes:
    """``befall(n)`` lets so many happen; ``counts`` tells which, ``is_over`` whether all ended."""

    def __init__(
        self,
        site: LiveSite,
        volume: Volume,
        line: MailLine,
        server: dict[str, str] | None,
        seed: int,
        pause_seconds: float = 0.5,
        length: float = 1,
    ) -> None:
        self.site, self.volume, self.line, self.server = site, volume, line, server
        self.dice = random.Random(seed)
        self.pause_seconds = pause_seconds
        # By how much each of them lasts longer, or shorter, than it would.
        self.length = length
        self.counts: Counter[str] = Counter()
        self.written_below = 0
        self.restarted: Counter[str] = Counter()
        self._lasting: list[Lasting] = []
        self._lock = threading.Lock()

    def befall(self, amount: int, done: Callable[[], int] | None = None) -> None:
        """Let so many happen. ``done`` counts what people got done: with each tenth misfortune they
        get a moment to do something more, lest nothing be under way that could suffer.
        """
        before = done() if done else 0
        for number in range(1, amount + 1):
            self._one()
            self._wait(self.dice.uniform(0.2, 1.8) * self.pause_seconds)
            if done and not number % 10:
                self._let_work(done, before)
                before = done()

    def _let_work(self, done: Callable[[], int], before: int) -> None:
        deadline = time.monotonic() + MOMENT_SECONDS
        while done() == before and time.monotonic() < deadline:
            self._wait(0.2)

    def end_all(self) -> None:
        """Let whatever lasts come to its end; every program runs as it should."""
        while self._lasting:
            self._wait(0.1)
        self._restart_what_died()

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            for lasting in [one for one in self._lasting if one.ends_at <= now]:
                self._lasting.remove(lasting)
                with suppress(StopIteration):
                    next(lasting.rest)
            self._restart_what_died()
            if time.monotonic() >= until:
                return
            time.sleep(0.05)

    def _restart_what_died(self) -> None:
        """As systemd does with each of its services; what a dead one has started is ended."""
        for name in PROGRAMS:
            if not self._is_busy(name) and not self.site.is_running(name):
                self.restarted[name] += 1
                self.site.kill(name)
                self.site.start(name, awaits_web=False)

    def _is_busy(self, about: str) -> bool:
        return any(one.about == about for one in self._lasting)

    def befall_each(self, names: list[str]) -> None:
        """Let each of these happen once, one after the other."""
        for name in names:
            _weight, subjects, _happen = KINDS[name]
            about = self.dice.choice(subjects)
            while self._is_busy(about):
                self._wait(0.05)
            self._begin(name, about)
            self._wait(self.pause_seconds)

    def _one(self) -> None:
        names = [*KINDS]
        while True:
            name = self.dice.choices(names, [KINDS[one][0] for one in names])[0]
            about = self.dice.choice(KINDS[name][1])
            if not self._is_busy(about) and (self.server or name not in ONLY_ON_A_SERVER):
                break
            # Busy or not is a matter of time; that the seed decides the rest, is not.
            self._wait(0.02)
        self._begin(name, about)

    def _begin(self, name: str, about: str) -> None:
        rest = KINDS[name][2](self, about)
        seconds = next(rest)
        self.counts[name] += 1
        self._lasting.append(Lasting(about, rest, time.monotonic() + seconds * self.length))


# --- Programs ------------------------------------------------------------------------------------


def kill_one_process(they: Misfortunes, name: str) -> Iterator[float]:
    """Any of those that a program has started; its first process starts another, or gives up."""
    found = they.site.descendants(name)
    if found:
        with suppress(ProcessLookupError):
            os.kill(they.dice.choice(found), signal.SIGKILL)
    yield 0.5


def end_one_process(they: Misfortunes, name: str) -> Iterator[float]:
    found = they.site.descendants(name)
    if found:
        with suppress(ProcessLookupError):
            os.kill(they.dice.choice(found), signal.SIGTERM)
    yield 0.5


def kill_program(they: Misfortunes, name: str) -> Iterator[float]:
    they.site.kill(name)
    yield they.dice.uniform(0.1, 2)
    they.site.start(name, awaits_web=False)


def restart_program(they: Misfortunes, name: str) -> Iterator[float]:
    """A deployment: SIGTERM, a moment of grace, and the new one."""
    they.site.signal_first(name, signal.SIGTERM)
    yield they.dice.uniform(1, 6)
    they.site.kill(name)
    they.site.start(name, awaits_web=False)


def hold_program(they: Misfortunes, name: str) -> Iterator[float]:
    """All its processes stand still, as on a machine that swaps."""
    they.site.signal(name, signal.SIGSTOP)
    yield they.dice.uniform(0.3, 7)
    they.site.signal(name, signal.SIGCONT)


def put_clock_wrong(they: Misfortunes, name: str) -> Iterator[float]:
    skew = they.dice.choice(SKEWS)
    they.site.kill(name)
    they.site.environments[name] = {"LIVE_CLOCK": str(skew)}
    they.site.start(name, awaits_web=False)
    yield they.dice.uniform(6, 15)
    they.site.kill(name)
    del they.site.environments[name]
    they.site.start(name, awaits_web=False)


def kill_scanner(they: Misfortunes, name: str) -> Iterator[float]:
    they.site.kill("clamd")
    yield they.dice.uniform(0.5, 4)
    they.site.start("clamd")


# --- Database, queue, mail, volume ---------------------------------------------------------------


def cut_connections(they: Misfortunes, name: str) -> Iterator[float]:
    cut_every_connection(they.server)
    yield 0.3


def restart_database(they: Misfortunes, name: str) -> Iterator[float]:
    restart(they.server)
    yield 1


def empty_queue(they: Misfortunes, name: str) -> Iterator[float]:
    def delete() -> None:
        with connections[they.site.alias].cursor() as cursor:
            cursor.execute("DELETE FROM django_q_ormq")

    patiently(they.site, delete)
    connections[they.site.alias].close()
    yield 0.2


def trouble_mail(way: str) -> Misfortune:
    def happen(they: Misfortunes, name: str) -> Iterator[float]:
        they.line.way = way
        yield they.dice.uniform(1, 5)
        they.line.way = mail_line.PASSES

    return happen


def refuse_mail(they: Misfortunes, name: str) -> Iterator[float]:
    they.site.mail.refusal = they.dice.choice(["451 Try again later", "550 Not here"])
    yield they.dice.uniform(1, 5)
    they.site.mail.refusal = ""


def unmount(they: Misfortunes, name: str) -> Iterator[float]:
    they.volume.unmount()
    yield they.dice.uniform(0.2, 3)
    they.written_below += not they.volume.is_bare()
    they.volume.mount()


def mount_another(they: Misfortunes, name: str) -> Iterator[float]:
    they.volume.unmount()
    they.volume.mount_another()
    yield they.dice.uniform(0.2, 3)
    they.volume.unmount()
    they.written_below += not they.volume.is_bare()
    they.volume.mount()


def freeze_volume(they: Misfortunes, name: str) -> Iterator[float]:
    they.volume.freeze(is_frozen=True)
    yield they.dice.uniform(0.2, 3)
    they.volume.freeze(is_frozen=False)


def fill_volume(they: Misfortunes, name: str) -> Iterator[float]:
    they.volume.fill()
    yield they.dice.uniform(0.2, 3)
    they.volume.empty()


# Of each: its weight, what it may be about, how it happens.
KINDS: dict[str, tuple[float, tuple[str, ...], Misfortune]] = {
    "a web process killed": (12, WEB, kill_one_process),
    "a worker's process killed": (12, CLUSTERS, kill_one_process),
    "a process told to end": (8, (*WEB, *CLUSTERS), end_one_process),
    "a program killed": (5, PROGRAMS, kill_program),
    "a program deployed anew": (5, PROGRAMS, restart_program),
    "a program standing still": (10, PROGRAMS, hold_program),
    "the scanner standing still": (5, ("clamd",), hold_program),
    "the scanner killed": (3, ("clamd",), kill_scanner),
    "a clock put wrong": (3, PROGRAMS, put_clock_wrong),
    "every connection cut": (10, ("database",), cut_connections),
    "the database restarted": (1, ("database",), restart_database),
    "the queue emptied": (8, ("queue",), empty_queue),
    "mail refused": (4, ("mail",), refuse_mail),
    "no mail server": (3, ("mail",), trouble_mail(mail_line.REFUSES)),
    "mail server hanging": (2, ("mail",), trouble_mail(mail_line.HANGS)),
    "mail taken, answer lost": (3, ("mail",), trouble_mail(mail_line.DROPS)),
    "mail server slow": (2, ("mail",), trouble_mail(mail_line.SLOW)),
    "volume unmounted": (4, ("volume",), unmount),
    "another volume mounted": (2, ("volume",), mount_another),
    "volume read-only": (4, ("volume",), freeze_volume),
    "volume full": (4, ("volume",), fill_volume),
}
ONLY_ON_A_SERVER = {"every connection cut", "the database restarted"}
