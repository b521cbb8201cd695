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
        storages = _nas_storages()
        if not storages:
            raise CommandError("No pumbaphoto_ alias in STORAGES is a NASStorage.")
        shared = volume or uuid.uuid4()
        rows = []
        for alias, storage in storages.items():
            sentinel = _initialise(alias, storage, volume, shared, adopt)
            rows.append((alias, str(sentinel.uuid), mountpoint_of(storage.location)))
        self._print_table([("storage", "volume", "mounted at"), *rows])

    def _print_table(self, rows: list[tuple[str, ...]]) -> None:
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _nas_storages() -> dict[str, NASStorage]:
    # The disk of a year may have any name, and so may the published tree.
    named = (settings.COLD_STORAGE, settings.PUBLISHED_STORAGE)
    ours = [a for a in django_settings.STORAGES if a.startswith(PREFIX) or a in named]
    found = {alias: storage_for(alias) for alias in ours}
    return {alias: storage for alias, storage in found.items() if isinstance(storage, NASStorage)}


def _initialise(
    alias: str, storage: NASStorage, volume: uuid.UUID | None, shared: uuid.UUID, adopt: bool
) -> Sentinel:
    wanted = volume
    if wanted is None and storage.volume.expected is None and not _is_ours(storage):
        wanted = shared
    try:
        return initialise_volume(storage, alias.removeprefix(PREFIX), wanted, adopt=adopt)
    except (PumbaphotoError, OSError) as error:
        raise CommandError(f"{alias}: {error}") from error


def _is_ours(storage: NASStorage) -> bool:
    try:
        storage.sentinel()
    except StorageOffline:
        return False
    return True
