"""A busy evening of one studio, through the shipped nginx: ``make load``.

All at once: fifty clients who look through a gallery of 4,000 photos as people do, four
photographers who upload, and two downloads of ZIPs at 5 MB/s. Behind nginx run both gunicorn
services, a queue for photographs and one for mail, clamd and a PostgreSQL with durable writes. The
people run on the same machine: what they take is told.

Environment: LOAD_SECONDS (90), LOAD_CLIENTS (50), LOAD_PHOTOS (4000), LOAD_BUSY=1 for the recipe
of a busy site, BENCH_DIRECTORY a folder that keeps the made photographs.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import report
from tests.benchmarks.load_facts import Memory, threads_held
from tests.benchmarks.load_people import Downloader, Evening, Uploader, Visitor

SECONDS = int(os.environ.get("LOAD_SECONDS", 90))
CLIENTS = int(os.environ.get("LOAD_CLIENTS", 50))
PHOTOS = int(os.environ.get("LOAD_PHOTOS", 4000))
PHOTOGRAPHERS, DOWNLOADS = 4, 2
# The hundred megabits of one studio's line, shared by its people.
UPLOAD_BYTES_PER_SECOND = 12_500_000 // PHOTOGRAPHERS
DOWNLOAD_BYTES_PER_SECOND = 5_000_000
ZIP_FILES, ZIP_FILE_BYTES = 50, 10_000_000
SERVER_OPTIONS = "-c listen_addresses=''"
SETTINGS = "tests.benchmarks.client_settings"
SEED = 8
# With the verdicts that nginx keeps for a busy site.
IS_BUSY = "LOAD_BUSY" in os.environ
# Each step of nice is a quarter: 1.25 ** 7 is about 100 / 20.
WORKERS_NICE = 7


def main() -> int:
    with ExitStack() as stack:
        site, facts = _prepared(stack)
        front = _front(stack, site)
        report.heading(
            f"{CLIENTS} clients, {PHOTOGRAPHERS} uploading, {DOWNLOADS} ZIPs, {SECONDS} s, "
            f"{os.cpu_count()} cores"
        )
        report.note(f"load before: {os.getloadavg()[0]:.1f}")
        _warm_up(front, facts)
        _let_pages_come_first(site)
        evening = Evening(SECONDS)
        memory = Memory(site, front)
        stack.enter_context(memory)
        _spend(evening, front, facts)
        _report(evening, memory, front, site)
    report.all_goals()
    return 0


def _prepared(stack: ExitStack):
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from tests.benchmarks.photographs import photographs
    from tests.live import live_site
    from tests.postgresql import private_server

    kept = os.environ.get("BENCH_DIRECTORY") or stack.enter_context(tempfile.TemporaryDirectory())
    os.environ["BENCH_DIRECTORY"] = kept
    photographs(Path(kept))
    site = stack.enter_context(
        live_site(
            stack.enter_context(private_server(SERVER_OPTIONS)),
            X_ACCEL_PREFIX="/protected/",
            CSP="enforce",
            TRUSTED_ADDRESS_HEADER="X-Real-IP",
            LEASE_SECONDS=180,
            CLAMD_SCAN_TIMEOUT_SECONDS=30,
        )
    )
    site.manage("collectstatic", "--noinput")
    site.start("clamd", "worker", "slow worker")
    planted = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load_plant"],
        env=site.environment
        | {
            "LOAD_FACTS": json.dumps(
                {
                    "photos": PHOTOS,
                    "clients": CLIENTS,
                    "photographers": PHOTOGRAPHERS,
                    "downloads": DOWNLOADS,
                    "files": ZIP_FILES,
                    "file_bytes": ZIP_FILE_BYTES,
                }
            )
        },
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return site, json.loads(planted.stdout.splitlines()[-1])


def _front(stack: ExitStack, site):
    from tests.uploads.servers import Front

    # With its limits on pages and downloads as they are shipped: these are people.
    front = Front(site, is_hurried=False, is_busy=IS_BUSY)
    for program in (front.pages, front.uploads):
        program.environment["DJANGO_SETTINGS_MODULE"] = SETTINGS
        _note_threads(program)
    stack.enter_context(front)
    return front


def _note_threads(program) -> None:
    config = program.command.index("--config") + 1
    program.environment["LOAD_GUNICORN"] = program.command[config]
    program.environment["LOAD_THREADS"] = str(_threads_notes(program))
    program.command[config] = str(Path(__file__).with_name("load_threads.py"))


def _threads_notes(program) -> Path:
    return program.log.with_suffix(".threads")


def _warm_up(front, facts: dict) -> None:
    """What a process does once, when it is asked for the first time, is no visitor's affair."""
    from tests.benchmarks.client_load import Client, Measured

    for number in range(6):
        Client(front.address, 250 + number, facts["tokens"][0], Measured()).look(
            facts["uuid"], 1, 4
        )


def _let_pages_come_first(site) -> None:
    """The workers' CPUWeight of 20 in the shipped units, as a nice value of the same ratio."""
    for name in ("worker", "slow worker", "clamd"):
        for pid in site.pids(name):
            os.setpriority(os.PRIO_PROCESS, pid, WORKERS_NICE)


def _spend(evening: Evening, front, facts: dict) -> None:
    """Everybody at once, each with a beginning of their own within the first ten seconds."""
    chance = random.Random(SEED)
    photographs = sorted(Path(os.environ["BENCH_DIRECTORY"]).glob("24-*.jpg"))
    people = [
        Visitor(front.address, number, token, facts["uuid"], random.Random(chance.random()))
        for number, token in enumerate(facts["tokens"])
    ]
    people += [
        Uploader(front, gallery, photographs, UPLOAD_BYTES_PER_SECOND)
        for gallery in facts["uploads"]
    ]
    people += [
        Downloader(front.address, number, download, DOWNLOAD_BYTES_PER_SECOND)
        for number, download in enumerate(facts["downloads"])
    ]
    with ThreadPoolExecutor(len(people)) as crowd:
        for person in people:
            crowd.submit(evening.spend, person, chance.uniform(0, 10))


def _report(evening: Evening, memory: Memory, front, site) -> None:
    measured = evening.measured
    report.heading("What they asked for")
    rows = [
        (
            kind,
            measured.count(kind),
            *(f"{1000 * measured.quantile(kind, share):.0f}" for share in (0.5, 0.95, 0.99)),
        )
        for kind in measured.seconds
    ]
    report.table(("", "requests", "p50 ms", "p95", "p99"), rows)
    report.note(f"errors: {Counter(measured.errors).most_common(8) or 'none'}")
    report.heading("What it took")
    held = {
        name: threads_held(_threads_notes(program).read_text(), evening.began, SECONDS)
        for name, program in (("pages", front.pages), ("uploads", front.uploads))
    }
    report.table(
        ("", "threads held, mean", "most"),
        [(name, f"{mean:.2f} of 16", most) for name, (mean, most) in held.items()],
    )
    report.table(
        ("", "MB, most"), [(name, f"{size / 1e6:.0f}") for name, size in memory.most.items()]
    )
    report.note(f"sent: {evening.sent / 1e6:.0f} MB in {evening.files} files, each acknowledged")
    report.note(f"downloaded: {evening.downloaded / 1e6:.0f} MB, cut short: {evening.cut_short}")
    report.note(f"rendered by the end: {_rendered(site)} of {evening.files}")
    report.note(f"processor seconds of the people: {evening.own_seconds():.0f}")
    _goals(evening)


def _goals(evening: Evening) -> None:
    measured = evening.measured
    report.goal("page p95", measured.quantile("page", 0.95), 1, at_most=True, unit=" s")
    report.goal("errors", len(measured.errors), 0, at_most=True)
    slowest = min(evening.rates, default=0) / DOWNLOAD_BYTES_PER_SECOND
    report.goal("slowest ZIP, of 5 MB/s", slowest, 0.95)


def _rendered(site) -> int:
    from pumbaphoto_wagtail.models import Stage, StoredFile

    uploaded = site.rows(StoredFile).filter(uploads__isnull=False)
    return uploaded.filter(stage=Stage.READY).distinct().count()


if __name__ == "__main__":
    raise SystemExit(main())
