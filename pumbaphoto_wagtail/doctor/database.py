"""The database: there, quick, durable and up to date."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings as django_settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from ..models import Gallery
from ..storage.mounts import mount_of
from .diagnosis import Diagnosis, attention, seconds_in_words, trouble, well
from .health import latency

SLOW_SECONDS = 0.05
PINGS = 5
CLOCKS_DIFFER_SECONDS = 2
CLOCKS_WRONG_SECONDS = 60
# The oldest that Django 5.2 speaks with; PostgreSQL looks after it until November 2026.
OLDEST_POSTGRESQL = 14_00_00
# Each must be on, or what was acknowledged can be lost when the machine fails.
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


def look_at_database() -> Iterator[Diagnosis]:
    connection = connections[Gallery.objects.db]
    # The best of some, since everything else is looked at at the same time.
    seconds = min(latency(connection) for _time in range(PINGS))
    words = f"{connection.vendor} answers within {seconds_in_words(seconds)}"
    if seconds > SLOW_SECONDS:
        to_do = "A page asks a dozen questions: bring the database nearer, or look at its load."
        yield attention("Database", words, to_do)
    else:
        yield well("Database", words)
    yield from LOOKS.get(connection.vendor, _nothing)(connection)
    yield _migrations(connection)


def _nothing(connection: BaseDatabaseWrapper) -> Iterator[Diagnosis]:
    yield attention("Database server", f"{connection.vendor} is not tested with", "Use PostgreSQL.")


def _migrations(connection: BaseDatabaseWrapper) -> Diagnosis:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        words = f"{len(waiting)} are not applied, the first is {waiting[0][0]}"
        return trouble("Migrations", words, "manage.py migrate, then restart web and workers")
    return well("Migrations", "all applied")


# --- PostgreSQL ----------------------------------------------------------------------------------


def _postgresql(connection: BaseDatabaseWrapper) -> Iterator[Diagnosis]:
    told = server_settings(connection)
    number = connection.pg_version
    version = f"PostgreSQL {number // 10000}.{number % 10000}"
    if number < OLDEST_POSTGRESQL:
        yield attention("Database server", version, "Upgrade: it gets no corrections any more.")
    else:
        yield well("Database server", version)
    yield durability(told)
    yield encoding(told)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
    yield clocks("Database clock", (theirs - timezone.now()).total_seconds())


def server_settings(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """What PostgreSQL is set to, for connections like this one."""
    names = (*DURABLE, "server_encoding", "default_transaction_isolation")
    found = {}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT current_setting(%s)", [name])
            found[name] = cursor.fetchone()[0]
    return found


def durability(told: dict[str, str]) -> Diagnosis:
    """Whether what is committed outlives a power cut. "local" and "remote_…" do so here as well."""
    wrong = [name for name in DURABLE if told[name] == "off"]
    if wrong:
        words = f"off: {', '.join(wrong)}; an upload that was acknowledged can be lost"
        lines = "; ".join(f"ALTER SYSTEM SET {name} = on" for name in wrong)
        return trouble("Durability", words, f"{lines}; SELECT pg_reload_conf()")
    return well("Durability", ", ".join(f"{name} {told[name]}" for name in DURABLE))


def encoding(told: dict[str, str]) -> Diagnosis:
    """Whether every client's name can be written down."""
    name = told["server_encoding"]
    if name != "UTF8":
        to_do = "Dump it, and restore it into a database made with ENCODING 'UTF8'."
        return trouble("Encoding", f"{name} cannot hold every name", to_do)
    return well("Encoding", name)


def clocks(name: str, ahead: float) -> Diagnosis:
    """What to say of a clock that is so many seconds ahead of this machine's."""
    words = f"{seconds_in_words(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} this machine's"
    to_do = "Let all machines take their time by NTP (chrony, systemd-timesyncd)."
    if abs(ahead) > CLOCKS_WRONG_SECONDS:
        return trouble(name, f"{words}: leases and links end at the wrong time", to_do)
    if abs(ahead) > CLOCKS_DIFFER_SECONDS:
        return attention(name, words, to_do)
    return well(name, words)


# --- SQLite --------------------------------------------------------------------------------------


def _sqlite(connection: BaseDatabaseWrapper) -> Iterator[Diagnosis]:
    with connection.cursor() as cursor:
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    mount = mount_of(str(connection.settings_dict["NAME"]))
    if mount is not None and mount.is_network:
        words = f"its file lies on {mount.kind}, where SQLite destroys it sooner or later"
        yield trouble("Database server", words, "Use PostgreSQL, or a file on a local disk.")
    elif not django_settings.DEBUG:
        words = f"SQLite lets one writer in at a time (journal mode {mode})"
        yield attention("Database server", words, "Use PostgreSQL for a studio's site.")
    else:
        yield well("Database server", f"SQLite, journal mode {mode}, while DEBUG is on")


LOOKS = {"postgresql": _postgresql, "sqlite": _sqlite}
