"""Load a data set of an earlier release, migrate it forward with today's code, and look at it.

``python -m tests.upgrades.forward DATASET`` works on the database that the settings name, in a
process of its own: it takes the package's tables away, makes them as that release's migrations did,
loads the release's rows and migrates. What it saw is printed as JSON, for the test to judge.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

APPS = ("pumbaphoto_pages", "pumbaphoto_wagtail")
# The tabs of a gallery's workspace, and what else stands in its addresses.
TABS = ("photos", "selections", "exports", "edits", "board", "sharing", "delivery", "keeping")
TABS += ("clocks", "sections", "films", "history", "settings", "watermark")
# What is asked of a page costs more than migrating.
IS_WHOLE = os.environ.get("UPGRADES") == "all"


def read(path: Path) -> dict:
    return json.loads(gzip.decompress(path.read_bytes()))


def forward(path: Path) -> dict:
    """Everything that the test wants to know of one data set."""
    document = read(path)
    whole = schema()
    go_back_to(document["migrations"])
    load(document["tables"])
    before = counts()
    call_command("migrate", verbosity=0)
    after = counts()
    migrated = schema()
    return {
        "counts": [before, {table: after.get(table) for table in before}],
        "schema": {
            table: [whole.get(table), migrated.get(table)]
            for table in whole.keys() | migrated.keys()
            if whole.get(table) != migrated.get(table)
        },
        "constraints": broken_constraints(),
        "derived": derived(),
        "answers": answers() if IS_WHOLE else {},
        "back": goes_back_and_forth() if IS_WHOLE else [],
    }


# --- The database as it was ----------------------------------------------------------------------


def go_back_to(migrations: dict[str, list[str]]) -> None:
    """Our tables as a release's migrations make them, and no others of ours."""
    with unchecked() as editor:
        for table in our_tables():
            editor.execute(f"DROP TABLE {editor.quote_name(table)}{cascade()}")
    recorder = MigrationRecorder(connection)
    recorder.migration_qs.filter(app__in=APPS).delete()
    executor = MigrationExecutor(connection)
    # Those that a later one has replaced are taken one by one, as that release did.
    is_squashed = any("squashed" in name for name in migrations["pumbaphoto_wagtail"])
    executor.loader.replace_migrations = is_squashed
    executor.loader.build_graph()
    targets = [(app, last_of(names)) for app, names in migrations.items() if names]
    executor.migrate(targets)


def last_of(names: list[str]) -> str:
    """The migration that a release ended with; a squashed one is not behind what it replaced."""
    plain = [name for name in names if "squashed" not in name]
    squashed = [name for name in names if "squashed" in name]
    return max(plain) if plain and not squashed else max([*squashed, *plain], key=_number)


def _number(name: str) -> tuple[int, bool]:
    last = name.split("_squashed_")[-1]
    return int(last[:4]), "squashed" in name


def our_tables() -> list[str]:
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return [name for name in names if name.startswith(tuple(f"{app}_" for app in APPS))]


def cascade() -> str:
    return " CASCADE" if connection.vendor == "postgresql" else ""


@contextmanager
def unchecked():
    """A schema editor while foreign keys are not asked for."""
    if connection.vendor == "sqlite":
        connection.disable_constraint_checking()
    with connection.schema_editor(atomic=connection.vendor == "postgresql") as editor:
        yield editor
    if connection.vendor == "sqlite":
        connection.enable_constraint_checking()


def load(tables: dict[str, dict]) -> None:
    """Put rows into tables, in the place of those that are there."""
    with connection.cursor() as cursor:
        present = {
            table: {
                column.name: column.type_code
                for column in connection.introspection.get_table_description(cursor, table)
            }
            for table in connection.introspection.table_names(cursor)
        }
    here = tables.keys() & present.keys()
    with (
        connection.constraint_checks_disabled(),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        for table in here:
            cursor.execute(f"DELETE FROM {quoted(table)}")
        for table in here:
            _insert(cursor, table, tables[table], present[table])
    if connection.vendor == "postgresql":
        _reset_sequences(here)


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _insert(cursor, table: str, content: dict, types: dict) -> None:
    # A library's later release may have dropped a column; it has a default for what it added.
    kept = [number for number, name in enumerate(content["columns"]) if name in types]
    names = [content["columns"][number] for number in kept]
    places = ", ".join(["%s"] * len(names))
    statement = f"INSERT INTO {quoted(table)} ({', '.join(map(quoted, names))}) VALUES ({places})"
    rows = [
        [_as_stored(row[number], types[name]) for number, name in zip(kept, names, strict=True)]
        for row in content["rows"]
    ]
    cursor.executemany(statement, rows)


def _as_stored(value: object, type_code: object) -> object:
    """A value that SQLite held, for the database that takes it."""
    if connection.vendor != "postgresql" or value is None:
        return value
    kind = connection.introspection.data_types_reverse.get(type_code, "")
    if kind == "BooleanField":
        return bool(value)
    if kind == "DurationField":
        return f"{value} microseconds"
    # Without a time zone, which is UTC.
    return f"{value}+00" if kind == "DateTimeField" and "+" not in str(value) else value


def _reset_sequences(tables: set[str]) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            for sequence in connection.introspection.get_sequences(cursor, table):
                column = sequence["column"]
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{quoted(table)}', '{column}'), "
                    f"(SELECT COALESCE(MAX({quoted(column)}), 1) FROM {quoted(table)}))"
                )


# --- What is looked at ---------------------------------------------------------------------------


def counts() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for table in our_tables():
            cursor.execute(f"SELECT COUNT(*) FROM {quoted(table)}")
            found[table] = cursor.fetchone()[0]
    return found


def schema() -> dict[str, dict]:
    """Columns, indexes and constraints of our tables, without the order in which they were made."""
    found = {}
    with connection.cursor() as cursor:
        for table in our_tables():
            columns = connection.introspection.get_table_description(cursor, table)
            constraints = connection.introspection.get_constraints(cursor, table).values()
            found[table] = {
                "columns": sorted(
                    [one.name, str(one.type_code), str(one.display_size), bool(one.null_ok)]
                    for one in columns
                ),
                "constraints": sorted(
                    {
                        json.dumps({key: _plain(one[key]) for key in one if key != "definition"})
                        for one in constraints
                    }
                ),
                "checks": _checks(cursor, table),
            }
    return found


def _plain(value: object) -> object:
    return sorted(map(str, value)) if isinstance(value, list | tuple | set) else str(value)


def _checks(cursor, table: str) -> list[str]:
    """The names of the constraints that the database checks."""
    found = connection.introspection.get_constraints(cursor, table)
    # Django gives foreign keys and the like names with a digest; ours begin with our own word.
    return sorted(name for name in found if "pumba_" in name)


def broken_constraints() -> list[str]:
    """What the database itself finds wrong with the rows."""
    try:
        connection.check_constraints()
    except Exception as error:
        return [str(error)]
    return []


def derived() -> dict:
    """What the migrations filled in for rows that did not know it."""
    from pumbaphoto_wagtail.models import Gallery, Inspection, ShareLink, StoredFile

    return {
        "states": sorted(Gallery.objects.values_list("state", flat=True)),
        "proved": StoredFile.objects.filter(proved_at__isnull=False).count(),
        "scopes": sorted({*Inspection.objects.values_list("scope", flat=True)}),
        "links": ShareLink.objects.filter(token_sha256__isnull=False).count(),
    }


def answers() -> dict[str, int]:
    """The status of every page that a photographer and a client know."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from pumbaphoto_wagtail.admin.addresses import gallery_url
    from pumbaphoto_wagtail.models import Gallery, ShareLink
    from pumbaphoto_wagtail.proofing import links
    from tests.admin_addresses import menu_addresses, snippet_addresses

    chief = get_user_model().objects.get(username="chief")
    admin, found = Client(raise_request_exception=False), {}
    admin.force_login(chief)
    addresses = ["/admin/", *menu_addresses(chief), *snippet_addresses()]
    for gallery in Gallery.objects.all():
        addresses += [gallery_url(gallery, tab) for tab in TABS]
    for address in addresses:
        found[address] = admin.get(address, follow=True).status_code
    for link in ShareLink.objects.select_related("gallery"):
        visitor = Client(raise_request_exception=False)
        door = visitor.get(urlsplit(links.address(link)).path)
        page = visitor.get(urlsplit(door.headers.get("Location", "/nowhere/")).path)
        found[f"link of {link.gallery.state} to {link.recipient}"] = page.status_code
    return found


def goes_back_and_forth() -> list[str]:
    """The last migration taken back and made again; its name, or why it cannot be taken back."""
    executor = MigrationExecutor(connection)
    app = "pumbaphoto_wagtail"
    (last,) = [name for one, name in executor.loader.graph.leaf_nodes() if one == app]
    (before,) = [
        name for one, name in executor.loader.graph.node_map[app, last].parents if one == app
    ]
    call_command("migrate", app, before, verbosity=0)
    call_command("migrate", verbosity=0)
    return [before, last]


if __name__ == "__main__":
    django.setup()
    print(json.dumps(forward(Path(sys.argv[1]))))
