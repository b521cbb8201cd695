"""I6: every storage is there, is the one it should be, and lies apart from the others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from django.conf import settings as django_settings

from .. import published
from ..exceptions import StorageOffline, StorageUnknown
from ..models import FileMove, Library, Rendition, StoredFile
from ..storage import LibraryStorage, NASStorage, is_inside, storage_for
from .findings import Finding, Inspection, Severity

PREFIX = "pumbaphoto_"


def check(inspection: Inspection) -> Iterator[Finding]:
    aliases = sorted(_configured() | _in_use())
    for alias in aliases:
        inspection.looked_at["storages"] += 1
        yield from look_at(inspection, alias)
    present = {alias: storage_for(alias) for alias in aliases if alias not in inspection.absent}
    ours = {alias: nas for alias, nas in present.items() if isinstance(nas, NASStorage)}
    yield from _check_roles(ours)
    yield from _check_apart(ours)


def look_at(inspection: Inspection, alias: str) -> Iterator[Finding]:
    """Note and tell that a storage cannot be read; nothing if it can."""
    reason = why_absent(alias)
    if not reason:
        return
    inspection.absent.add(alias)
    unseen = StoredFile.objects.filter(storage=alias).count()
    unseen += Rendition.objects.filter(storage=alias).count()
    yield Finding(
        invariant="I6",
        severity=Severity.ERROR,
        what=f"storage cannot be read, with {unseen} files on it: {reason}",
        where=alias,
        hint="Mount the volume whose sentinel the settings expect, then verify again.",
    )


def _configured() -> set[str]:
    ours = {alias for alias in django_settings.STORAGES if alias.startswith(PREFIX)}
    # What somebody may make a library of one day holds nothing of ours yet.
    return {alias for alias in ours if not _is_library(alias)} | published.storage_aliases()


def _is_library(alias: str) -> bool:
    try:
        return isinstance(storage_for(alias), LibraryStorage)
    except StorageUnknown:
        return False


def _in_use() -> set[str]:
    return {
        alias
        for rows, field in (
            (StoredFile.objects, "storage"),
            (Rendition.objects, "storage"),
            (FileMove.objects, "to_storage"),
            (Library.objects, "storage"),
        )
        for alias in rows.order_by().values_list(field, flat=True).distinct()
    }


def why_absent(alias: str) -> str:
    """Why nothing can be read from a storage just now; empty if it can."""
    try:
        storage = storage_for(alias)
    except StorageUnknown:
        return "STORAGES has no such alias"
    try:
        if isinstance(storage, NASStorage):
            storage.sentinel()
        elif isinstance(storage, LibraryStorage):
            if not any(storage.entries()):
                return "it is empty: is its volume mounted?"
        else:
            storage.exists(".pumbaphoto-volume")
    except StorageOffline as error:
        return str(error)
    except Exception as error:  # other storages have errors of their own
        return f"{type(error).__name__}: {error}"
    return ""


def _check_roles(storages: dict[str, NASStorage]) -> Iterator[Finding]:
    for alias, storage in storages.items():
        role = storage.sentinel().role
        if alias.startswith(PREFIX) and role != alias.removeprefix(PREFIX):
            yield Finding(
                invariant="I6",
                severity=Severity.WARNING,
                what=f"the sentinel was written for {role!r}",
                where=alias,
                hint="Two aliases of STORAGES may have changed places.",
            )


def _check_apart(storages: dict[str, NASStorage]) -> Iterator[Finding]:
    for (one, first), (other, second) in combinations(storages.items(), 2):
        nested = is_inside(first.location, second.location) or is_inside(
            second.location, first.location
        )
        if nested:
            yield Finding(
                invariant="I6",
                severity=Severity.ERROR,
                what="two storages share one directory",
                where=f"{one}, {other}",
                hint="Give each alias of STORAGES a location of its own.",
            )
