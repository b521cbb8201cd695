"""Fifty clients at once in a gallery of 4,000 photos: ``make bench-client``.

The shipped nginx configuration, gunicorn with two workers and PostgreSQL, as an operator has them;
beside them the naive way (Django sends every picture itself) and, as the ceiling, nginx sending the
same files to whoever asks. The clients run on the same machine: what they take is told.

Environment: BENCH_PHOTOS_COUNT (4000), BENCH_CLIENTS (50), BENCH_THUMBNAILS (150) for each client,
BENCH_DIRECTORY a folder that keeps the made photographs.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.benchmarks import report

PHOTOS = int(os.environ.get("BENCH_PHOTOS_COUNT", 4000))
CLIENTS = int(os.environ.get("BENCH_CLIENTS", 50))
THUMBNAILS = int(os.environ.get("BENCH_THUMBNAILS", 150))
FEED_PAGES = 3
WRK_SECONDS = 8
# PostgreSQL as it comes, durable; only not on the network.
SERVER_OPTIONS = "-c listen_addresses=''"
SETTINGS = "tests.benchmarks.client_settings"
STATIC = "    location /ceiling/ {{ alias {folder}/; access_log off; }}\n    # --- Doors\n"
RECIPE = "X-Accel-Redirect"
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    with ExitStack() as stack:
        site, facts = _prepared(stack)
        fronts = _fronts(stack, site)
        # Two recipes share the services of the first.
        services = dict.fromkeys((RECIPE, "auth_request"), fronts[RECIPE].programs[1:])
        results = {
            name: _visit(front, services.get(name, front.programs[1:]), facts)
            for name, front in fronts.items()
        }
        _report_visits(results)
        _report_queries(site, facts)
        _report_pictures(fronts, facts, results)
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

    database = stack.enter_context(private_server(SERVER_OPTIONS))
    site = stack.enter_context(
        live_site(
            database,
            X_ACCEL_PREFIX="/protected/",
            CSP="enforce",
            TRUSTED_ADDRESS_HEADER="X-Real-IP",
        )
    )
    report.heading(f"{PHOTOS} photos, {CLIENTS} clients, {os.cpu_count()} cores")
    report.note(f"load before: {os.getloadavg()[0]:.1f}")
    site.manage("collectstatic", "--noinput")
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.client_gallery", str(PHOTOS), str(CLIENTS)],
        env=site.environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return site, json.loads(done.stdout.splitlines()[-1])


def _fronts(stack: ExitStack, site) -> dict:
    """The recipes by name, each ready to be visited; the naive way has services of its own."""
    from tests.uploads.servers import Front

    folder = site.volume("renditions")

    def change(text: str) -> str:
        return text.replace("    # --- Doors\n", STATIC.format(folder=folder))

    plain = Front(site, change)
    busy = Front(site, change, is_busy=True, beside=plain)
    for program in (plain.pages, plain.uploads):
        program.environment["DJANGO_SETTINGS_MODULE"] = SETTINGS
    site.package["X_ACCEL_PREFIX"] = ""
    naive = Front(site, change)
    for program in (naive.pages, naive.uploads):
        program.environment["DJANGO_SETTINGS_MODULE"] = SETTINGS
    site.package["X_ACCEL_PREFIX"] = "/protected/"
    fronts = {RECIPE: plain, "auth_request": busy, "naive (Django)": naive}
    for front in fronts.values():
        stack.enter_context(front)
    return fronts


# --- Visits --------------------------------------------------------------------------------------


def _visit(front, services: list, facts: dict) -> dict:
    """All clients at once through one front: page, parts of the wall, thumbnails, hearts."""
    from tests.benchmarks.client_load import Client, Measured, at_once

    warm = Measured()
    for number in range(4):
        Client(front.address, 250 + number, facts["tokens"][0], warm).look(facts["uuid"], 1, 4)
    measured = Measured()
    clients = [
        Client(front.address, number, token, measured)
        for number, token in enumerate(facts["tokens"])
    ]
    programs = [front.nginx, *services]
    before, own = _cpu(programs), resource.getrusage(resource.RUSAGE_SELF)
    urls: list[str] = []

    def look(client) -> None:
        urls.extend(client.look(facts["uuid"], FEED_PAGES, THUMBNAILS))

    taken = at_once(clients, look)
    spent = _cpu(programs) - before
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "measured": measured,
        "seconds": taken,
        "servers": spent,
        "driver": after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime,
        "urls": urls[:400],
        "cookies": clients[0].cookies,
    }


def _cpu(programs: list) -> float:
    """Processor seconds that these programs have taken so far, with children that have ended."""
    total = 0
    for program in programs:
        total += sum(_ticks(program.process.pid)[:4])
        total += sum(sum(_ticks(pid)[:2]) for pid in program.workers())
    return total / TICKS


def _ticks(pid: int) -> list[int]:
    """Of a process: in its own code, in the system's, and both of its ended children."""
    with suppress(FileNotFoundError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return [int(field) for field in fields[11:15]]
    return [0, 0, 0, 0]


def _report_visits(results: dict) -> None:
    report.heading(f"{CLIENTS} clients at once: page, {FEED_PAGES} parts, {THUMBNAILS} thumbnails")
    rows = []
    for name, result in results.items():
        measured = result["measured"]
        rows.append(
            (
                name,
                *(f"{1000 * measured.quantile('page', share):.0f}" for share in (0.5, 0.95)),
                f"{1000 * measured.quantile('feed', 0.95):.0f}",
                f"{1000 * measured.quantile('thumbnail', 0.95):.0f}",
                f"{1000 * measured.quantile('heart', 0.95):.0f}",
                f"{measured.count('thumbnail') / result['seconds']:.0f}",
                f"{result['seconds']:.1f}",
                f"{result['servers']:.1f}",
                f"{result['driver']:.1f}",
                len(measured.errors),
            )
        )
    columns = ("", "page p50 ms", "p95", "feed p95", "thumb p95", "heart p95", "thumbs/s")
    report.table((*columns, "seconds", "servers s", "clients s", "errors"), rows)
    for name, result in results.items():
        if result["measured"].errors:
            report.note(f"{name}: {Counter(result['measured'].errors).most_common(5)}")
    measured = results[RECIPE]["measured"]
    report.goal("page p95, 50 at once", measured.quantile("page", 0.95), 1, at_most=True, unit=" s")
    errors = sum(len(result["measured"].errors) for result in results.values())
    report.goal("errors", errors, 0, at_most=True)


# --- Queries -------------------------------------------------------------------------------------


def _report_queries(site, facts: dict) -> None:
    """Statements of each view, as the database itself counts them for a client with a cookie."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.client_queries", json.dumps(facts)],
        env=site.environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    counts = json.loads(done.stdout.splitlines()[-1])
    report.heading("Statements of one request")
    report.table(("view", "statements"), counts.items())
    report.goal("statements of the gallery's page", counts["page"], 15, at_most=True)


# --- Pictures ------------------------------------------------------------------------------------


def _report_pictures(fronts: dict, facts: dict, results: dict) -> None:
    """Thumbnails as fast as 50 connections take them; with wrk, which costs little itself."""
    report.heading("Thumbnails, 50 connections")
    if not _has_wrk():
        report.note("wrk is not installed")
        return
    rates = {
        name: _wrk(front.address, results[name]["urls"], results[name]["cookies"])
        for name, front in fronts.items()
    }
    rates["nginx, to anybody"] = _wrk(
        fronts[RECIPE].address,
        [f"/ceiling/{name}" for name in facts["thumbnails"]],
        {},
    )
    # What a request costs before anybody is asked for anything: the site's middleware, no view.
    rates["a view that does nothing"] = _wrk(
        fronts[RECIPE].address, ["/nothing/"], results[RECIPE]["cookies"]
    )
    report.table(("", "requests/s", "errors"), [(n, f"{r:.0f}", e) for n, (r, e) in rates.items()])
    nothing, ceiling = rates["a view that does nothing"][0], rates["nginx, to anybody"][0]
    report.goal("X-Accel-Redirect, of a view that does nothing", rates[RECIPE][0] / nothing, 0.9)
    report.goal("kept verdict, of nginx", rates["auth_request"][0] / ceiling, 0.5)


def _has_wrk() -> bool:
    from shutil import which

    return which("wrk") is not None


def _wrk(address: str, urls: list[str], cookies: dict) -> tuple[float, int]:
    """Thumbnails a second and answers that were none, over some seconds after a warm-up."""
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    listed = ",\n".join(json.dumps(url) for url in urls)
    script = (
        f"local urls = {{{listed}}}\nlocal place = 0\n"
        "request = function()\n  place = place % #urls + 1\n"
        f'  return wrk.format("GET", urls[place], {{["Cookie"] = {json.dumps(cookie)}}})\nend\n'
        "done = function(summary, latency, requests)\n"
        "  io.write(string.format('RESULT %d %d %d\\n', summary.requests, summary.duration,"
        " summary.errors.status + summary.errors.read + summary.errors.timeout))\nend\n"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t", "1", "-c", "50", "-s", file.name, address]
        for seconds in (2, WRK_SECONDS):
            time.sleep(0.5)
            done = subprocess.run(
                [*command, "-d", f"{seconds}s"], check=True, stdout=subprocess.PIPE, text=True
            )
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    requests, microseconds, errors = map(int, line.split()[1:])
    return requests / (microseconds / 1e6), errors


if __name__ == "__main__":
    raise SystemExit(main())
