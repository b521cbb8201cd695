"""A migrated SQLite database kept between runs, since migrating takes longer than most tests.

It is copied to where a run wants its database, and Django then only looks whether a migration is
missing. Its name tells of everything that went into it, so that a change makes another one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import IO

from django.apps import apps
from django.conf import settings
from django.db import connections, transaction

_making: IO | None = None
DISTRIBUTIONS = ("Django", "wagtail", "django-q2", "wagtail-modeladmin", "django-taggit")


def template_path() -> Path:
    """Where the template for these models, migrations and libraries is, or belongs."""
    digest = hashlib.sha256()
    for name in DISTRIBUTIONS:
        digest.update(f"{name} {version(name)}\n".encode())
    digest.update(repr(settings.INSTALLED_APPS).encode())
    root = Path(settings.BASE_DIR)
    for config in apps.get_app_configs():
        folder = Path(config.path)
        if root in folder.parents and ".venv" not in folder.parts:
            for path in sorted((*folder.glob("migrations/*.py"), *folder.glob("models/*.py"))):
                digest.update(path.read_bytes())
    name = f"pumbaphoto-tests-{os.getuid()}-{digest.hexdigest()[:16]}.sqlite3"
    return Path(tempfile.gettempdir()) / name


def copy_template() -> bool:
    """Put a copy of the template where this run's database will be; False if there is none.

    Of several processes that find none one makes it, and the others wait for it.
    """
    global _making
    database = settings.DATABASES["default"]
    if "sqlite3" not in database["ENGINE"]:
        return False
    if not template_path().exists():
        making = template_path().with_suffix(".lock").open("w")
        fcntl.flock(making, fcntl.LOCK_EX)
        if not template_path().exists():
            # Until it is kept, or this process ends.
            _making = making
            return False
        making.close()
    shutil.copyfile(template_path(), database["TEST"]["NAME"])
    return True


def keep_as_template() -> None:
    """Keep the database that was just migrated, for the runs to come."""
    connection = connections["default"]
    if connection.vendor != "sqlite" or template_path().exists():
        return
    connection.ensure_connection()
    # Whoever is first makes it; a half-written one is never seen under its name.
    half = template_path().with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(half)) as copy:
        connection.connection.backup(copy)
    half.replace(template_path())
    if _making is not None:
        _making.close()


def quicken_flushes() -> None:
    """Make what happens around each transactional test take milliseconds and not a second.

    The rows that the migrations made are kept in tables beside their own, and are copied from there
    by the database, instead of being read from JSON one by one. PostgreSQL deletes rows rather than
    making a hundred tables anew: the tests' own server is used as its superuser, who may leave
    foreign keys for a moment.
    """
    connection = connections["default"]
    tables = connection.introspection.django_table_names(only_existing=True)
    quoted = {table: connection.ops.quote_name(table) for table in tables}
    kept = {table: connection.ops.quote_name(f"kept {table}"[:60]) for table in tables}
    filled = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"CREATE TABLE {kept[table]} AS SELECT * FROM {quoted[table]}")
            if cursor.execute(f"SELECT 1 FROM {kept[table]} LIMIT 1").fetchone():
                filled.append(table)
    # Before the first of them the rows are still there. SQLite takes the rest of an INSERT from a
    # SELECT without WHERE for a part of its FROM.
    copying = [
        f"INSERT INTO {quoted[table]} SELECT * FROM {kept[table]} WHERE true ON CONFLICT DO NOTHING"
        for table in filled
    ]

    def put_back(self, data: str) -> None:
        with transaction.atomic(), self.connection.cursor() as cursor:
            if self.connection.vendor == "postgresql":
                cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in copying:
                cursor.execute(statement)

    def delete(self, style, tables, *, reset_sequences=False, allow_cascade=False) -> list[str]:
        deleting = [f"DELETE FROM {self.quote_name(table)};" for table in tables]
        return ["SET LOCAL session_replication_role = replica;", *deleting]

    type(connection.creation).deserialize_db_from_string = put_back
    if connection.vendor == "postgresql":
        type(connection.ops).sql_flush = delete
