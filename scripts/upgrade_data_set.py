"""Make a data set of a release: the rows of a small studio, for tests that migrate them forward.

    git worktree add /tmp/release v0.2.0
    .venv/bin/python scripts/upgrade_data_set.py /tmp/release tests/upgrades/0.2.0.json.gz
    git worktree remove /tmp/release

Run it once for each release, before the release's own migrations are followed by others, and commit
the file: ``tests/upgrades`` takes every one that lies there. It runs the *release's* code, so that
the rows are what that code writes: its migrations make the database, its factories and its workflow
fill it, and nothing of today's package is imported. What a release does not have yet is left out.

The file is compressed JSON: ``{"release", "made_at", "migrations": {app: last name}, "tables":
{table: {"columns": [...], "rows": [[...]]}}}``, with values as SQLite holds them. It has rows only;
the photographs they tell of are nowhere, and tests of pages do not need them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

APPS = ("pumbaphoto_wagtail", "pumbaphoto_pages")
# What holds no record of anything, or is made again by itself.
LEFT_OUT = ("django_migrations", "django_session", "sqlite_", "wagtailsearch_", "django_q_")
STATES = ("active", "submitted", "editing", "delivered", "archived")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("release", type=Path, help="A working tree of the release.")
    parser.add_argument("output", type=Path, help="The file to write, ending in .json.gz.")
    arguments = parser.parse_args()
    output = arguments.output.resolve()
    with tempfile.TemporaryDirectory() as folder:
        set_up(arguments.release.resolve(), folder)
        plant()
        document = dump()
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str)
    # Without a time of its own, so that the same rows are the same file.
    output.write_bytes(gzip.compress(text.encode(), mtime=0))
    rows = sum(len(table["rows"]) for table in document["tables"].values())
    print(
        f"{output}: {rows} rows of {len(document['tables'])} tables, {output.stat().st_size} bytes"
    )


def set_up(release: Path, folder: str) -> None:
    """Django with the release's code on an empty, migrated database."""
    os.environ["PUMBAPHOTO_TEST_DATA"] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.chdir(release)
    sys.path.insert(0, str(release))
    import django

    django.setup()
    import pumbaphoto_wagtail

    if release not in Path(pumbaphoto_wagtail.__file__).parents:
        raise SystemExit(f"{pumbaphoto_wagtail.__file__} is not the release's")
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def plant() -> None:
    """A studio with a gallery in each state and something of every kind."""
    from pumbaphoto_wagtail import testing

    testing.make_storages()
    maria = testing.make_photographer("maria", first_name="Maria", last_name="Sol")
    testing.make_user("chief", is_superuser=True, is_staff=True)
    client = testing.make_client("Anna Smith")
    for number, state in enumerate(STATES):
        plant_gallery(f"Wedding {number}", state, maria, client)
    gallery = testing.make_gallery("Finished", owner=maria, kind="finished")
    testing.make_photo(gallery)
    if hasattr(testing, "make_library"):
        plant_library(maria, gallery)
    make("StudioSettings", site=gallery.site, owner=maria)
    make("Inspection", started_at=now(), finished_at=now(), reads_bytes=True, finding_count=0)
    make("WatermarkPreset", name="Studio", text="Maria Sol")


def plant_gallery(title: str, state: str, maria, client) -> None:
    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.workflow import take_step

    gallery = testing.make_gallery(title, owner=maria, lists=["album"])
    gallery.clients.add(client)
    ceremony = testing.make_section(gallery, "Ceremony")
    photos = [testing.make_photo(gallery, section=ceremony) for _ in range(2)]
    photos += [testing.make_photo(gallery, is_hidden=True), testing.make_photo(gallery)]
    link = testing.make_link(gallery, "Anna", email="anna@example.com")
    family = testing.make_link(gallery, "Grandmother", decides=False)
    is_sent = state != "active"
    selection = make("Selection", share_link=link, submitted_at=now() if is_sent else None)
    for photo in photos[:2]:
        pick = {
            "photo": photo,
            "is_favourite": True,
            "note": "Brighter, please",
            "picked_at": now(),
        }
        make("Pick", selection=selection, **pick)
    make("Consent", photo=photos[0], share_link=link)
    make("PinTry", share_link=family, at=now())
    make("LinkVisit", share_link=link, day=now().date(), first_at=now(), last_at=now(), opened=3)
    make("Video", gallery=gallery, url="https://films.example/1", title="Our day", position=1)
    make("CameraClock", gallery=gallery, serial="123", shift=timedelta(hours=1))
    plant_uploads(gallery, photos)
    edits = [testing.make_edit(gallery, photo) for photo in photos[:2]] if is_sent else []
    for step in STATES[1 : STATES.index(state) + 1]:
        take_step(gallery, step, actor=maria)
    if state in ("delivered", "archived"):
        delivery = testing.make_delivery(gallery, edits)
        make("ChangeRequest", photo=photos[0], share_link=link, words="Lighter")
        make("Message", key=f"{title}", kind="delivered", gallery=gallery, share_link=link)
        make("Publication", delivery=delivery)
    testing.make_policy(gallery=gallery)


def plant_uploads(gallery, photos: list) -> None:
    batch = make("UploadBatch", gallery=gallery, uploader=gallery.owner, settled_at=now())
    for photo in photos:
        file = photo.picture
        about = {"file_name": photo.name, "length": file.size, "durable_offset": file.size}
        make("Upload", batch=batch, state="accepted", stored_file=file, **about)
    make("Upload", batch=batch, state="refused", file_name="a.txt", length=5, reason="No photo.")


def plant_library(maria, gallery) -> None:
    from pumbaphoto_wagtail import testing

    library = testing.make_library(owner=maria)
    about = {"library": library, "path": "2026/sea", "path_key": "ab" * 32, "gallery": gallery}
    folder = make("LibraryFolder", **about)
    file = testing.make_stored_file(storage="pumbaphoto_originals", is_owned=False)
    about |= {"folder": folder, "path": "2026/sea/1.jpg", "path_key": "cd" * 32}
    make("LibraryFile", stored_file=file, size=file.size, modified_at=now(), **about)
    scan = make("LibraryScan", library=library, started_by=maria, state="done")
    make("ScanNote", scan=scan, kind="added", path="2026/sea")


def make(model_name: str, **fields) -> object:
    """A row of a model, if the release has it with all of these fields; None otherwise."""
    from django.apps import apps

    try:
        model = apps.get_model("pumbaphoto_wagtail", model_name)
    except LookupError:
        return None
    names = {field.name for field in model._meta.get_fields()}
    if not fields.keys() <= names:
        print(f"left out: {model_name}, which has no {sorted(fields.keys() - names)}")
        return None
    return model.objects.create(**fields)


def now() -> datetime:
    return datetime.now(UTC)


def dump() -> dict:
    """Every row of every table, as SQLite holds it."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    from pumbaphoto_wagtail import __version__

    applied = sorted(MigrationRecorder(connection).applied_migrations())
    tables = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table.startswith(LEFT_OUT) or "fts" in table:
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in cursor.description]
            if rows := [list(row) for row in cursor.fetchall()]:
                tables[table] = {"columns": columns, "rows": rows}
    return {
        "release": __version__,
        "made_at": now().isoformat(),
        "migrations": {app: [name for one, name in applied if one == app] for app in APPS},
        "tables": tables,
    }


if __name__ == "__main__":
    main()
