"""Declare the directories of the photo storage ours, once, with the volume mounted."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.conf import settings as django_settings
from django.core.management.base import BaseCommand, CommandError

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import PumbaphotoError, StorageOffline
from pumbaphoto_wagtail.storage import (
    Elsewhere,
    NASStorage,
    Sentinel,
    initialise_volume,
    mountpoint_of,
    storage_for,
)

PREFIX = "pumbaphoto_"


class Command(BaseCommand):
    help = (
        "Make the directories of the photo storages and write the file by which a volume is "
        "known. Run it once, by hand, while the volume is mounted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--volume", type=uuid.UUID, help="The UUID to declare; a new one when left out."
        )
        parser.add_argument(
            "--adopt", action="store_true", help="Also declare directories that hold files."
        )

    def handle(self, *, volume: uuid.UUID | None, adopt: bool, **options: Any) -> None:
        storages = _own_storages()
        if not storages:
            raise CommandError(
                "No pumbaphoto_ alias in STORAGES is a NASStorage or over the network."
            )
        shared = volume or uuid.uuid4()
        rows = []
        for alias, storage in storages.items():
            sentinel = _initialise(alias, storage, volume, shared, adopt)
            rows.append((alias, str(sentinel.uuid), _place(storage)))
        self._print_table([("storage", "volume", "mounted at"), *rows])

    def _print_table(self, rows: list[tuple[str, ...]]) -> None:
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _own_storages() -> dict[str, NASStorage | Elsewhere]:
    # The disk of a year may have any name, and so may the published tree.
    named = (settings.COLD_STORAGE, settings.PUBLISHED_STORAGE)
    ours = [a for a in django_settings.STORAGES if a.startswith(PREFIX) or a in named]
    found = {alias: storage_for(alias) for alias in ours if alias not in settings.LIBRARY_STORAGES}
    return {
        a: storage for a, storage in found.items() if isinstance(storage, NASStorage | Elsewhere)
    }


def _place(storage: NASStorage | Elsewhere) -> str:
    if isinstance(storage, NASStorage):
        return mountpoint_of(storage.location)
    return type(storage.inner).__name__


def _initialise(
    alias: str,
    storage: NASStorage | Elsewhere,
    volume: uuid.UUID | None,
    shared: uuid.UUID,
    adopt: bool,
) -> Sentinel:
    wanted = volume
    if wanted is None and _expected(storage) is None and not _is_ours(storage):
        wanted = shared
    role = alias.removeprefix(PREFIX)
    try:
        if isinstance(storage, Elsewhere):
            return storage.declare(role, wanted, adopt=adopt)
        return initialise_volume(storage, role, wanted, adopt=adopt)
    except (PumbaphotoError, OSError) as error:
        raise CommandError(f"{alias}: {error}") from error


def _expected(storage: NASStorage | Elsewhere) -> uuid.UUID | None:
    return storage.volume.expected if isinstance(storage, NASStorage) else storage.expected


def _is_ours(storage: NASStorage | Elsewhere) -> bool:
    try:
        storage.sentinel()
    except StorageOffline:
        return False
    return True
