"""I5: no file that no row knows, apart from what is on its way.

A file is known by the row of a stored file or a rendition, by an open move, by an unfinished
upload, or as the sidecar of such a file.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from itertools import islice

from django.conf import settings as django_settings
from django.db.models import Q
from django.utils import timezone

from ..conf import settings
from ..exceptions import StorageOffline
from ..models import FileMove, Rendition, StoredFile, Upload, UploadState
from ..storage import (
    INCOMING,
    ORIGINALS,
    RENDITIONS,
    abandoned,
    sidecar_name,
    storage_for,
    walk,
)
from .findings import GRACE, Finding, Inspection, Severity, long_ago
from .volumes import look_at

# SQLite takes no more parameters than this in one statement, with two for each name.
CHUNK_NAMES = 400
SIDECAR_SUFFIX = sidecar_name("")
PART_SUFFIX = ".part"
_LOST = "It may be a photo whose row was lost: pumbaphoto_verify --repair-plan says whose."
_DERIVED = "It can be deleted: pictures can always be made again."
# What file servers and desktops leave on a share: NFS silly renames, macOS, Windows, Synology.
FOREIGN_PREFIXES = (".nfs", "._", ".fuse_hidden", ".smb")
FOREIGN_NAMES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", "@eaDir"})


def check(inspection: Inspection) -> Iterator[Finding]:
    if inspection.gallery is not None:
        # What no row knows belongs to no gallery.
        return
    for alias in sorted(storages_of_ours() - inspection.absent):
        try:
            yield from _check_storage(inspection, alias)
        except (StorageOffline, OSError) as error:
            yield from look_at(inspection, alias)
            yield Finding(
                invariant="I5",
                severity=Severity.ERROR,
                what=f"not every file could be listed: {error}",
                where=alias,
            )


def storages_of_ours() -> set[str]:
    """Where only our files lie: not the photographer's own library, nor exports of the moment."""
    named = {INCOMING, ORIGINALS, RENDITIONS, settings.COLD_STORAGE}
    owned = StoredFile.objects.filter(is_owned=True).order_by()
    return (named & set(django_settings.STORAGES)) | set(
        owned.values_list("storage", flat=True).distinct()
    )


def _check_storage(inspection: Inspection, alias: str) -> Iterator[Finding]:
    names = walk(alias)
    while chunk := list(islice(names, CHUNK_NAMES)):
        inspection.looked_at["names on storages"] += len(chunk)
        # Asked twice: what was being linked, moved or removed at the first time is settled by now.
        strays = unknown(alias, _old(alias, unknown(alias, chunk)))
        owners = _owners(strays)
        for name in strays:
            yield from _tell(alias, name, owners.get(identity_in(name)))
    for name in abandoned(alias, GRACE.total_seconds()):
        yield Finding(
            invariant="I5",
            severity=Severity.WARNING,
            what="unfinished file that a crash has left",
            where=f"{alias}/{name}",
            hint="It can be deleted.",
        )


# --- Which names are known -----------------------------------------------------------------------


def unknown(alias: str, names: Iterable[str]) -> list[str]:
    """Those of a storage's names that no row knows, nor stand beside a file that one does."""
    names = list(names)
    if not names:
        return []
    known = _known(alias, {*names, *map(described, names)})
    return [name for name in names if name not in known and described(name) not in known]


def described(name: str) -> str:
    """The file that a sidecar stands beside; the name itself for any other file."""
    return name.removesuffix(SIDECAR_SUFFIX)


def _known(alias: str, names: set[str]) -> set[str]:
    known = set(
        StoredFile.objects.filter(storage=alias, name__in=names).values_list("name", flat=True)
    )
    known |= set(
        FileMove.objects.filter(to_storage=alias, to_name__in=names).values_list(
            "to_name", flat=True
        )
    )
    if alias == INCOMING:
        known |= _growing_parts(names)
    rest = {name for name in names - known if described(name) not in known}
    return known | _known_renditions(alias, rest)


def _known_renditions(alias: str, names: set[str]) -> set[str]:
    """Found by the file's identity, which is a folder of the name: names have no index here."""
    folders = {_uuid_or_none(part) for name in names for part in name.split("/")[:-1]} - {None}
    if not folders:
        return set()
    rows = Rendition.objects.filter(storage=alias, stored_file__uuid__in=folders)
    return names & set(rows.values_list("name", flat=True))


def _growing_parts(names: Iterable[str]) -> set[str]:
    parts = {
        identity: name
        for name in names
        if name.endswith(PART_SUFFIX) and (identity := identity_in(name))
    }
    growing = Upload.objects.filter(
        uuid__in=parts, state__in=(UploadState.ANNOUNCED, UploadState.UPLOADING)
    )
    return {parts[identity] for identity in growing.values_list("uuid", flat=True)}


def _old(alias: str, names: list[str]) -> Iterator[str]:
    """Those that were there before the grace time; one that is gone meanwhile is fine."""
    storage = storage_for(alias)
    before = long_ago()
    for name in names:
        try:
            modified = storage.get_modified_time(name)
        except FileNotFoundError:
            continue
        if timezone.is_naive(modified):
            modified = timezone.make_aware(modified)
        if modified < before:
            yield name


# --- Whose the unknown ones were -----------------------------------------------------------------


def identity_in(name: str) -> uuid.UUID | None:
    """The UUID a name begins with: a stored file's, or an upload's part."""
    return _uuid_or_none(name.rpartition("/")[2][:36])


def _uuid_or_none(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _owners(names: list[str]) -> dict[uuid.UUID, StoredFile]:
    identities = {identity_in(name) for name in names} - {None}
    if not identities:
        return {}
    files = StoredFile.objects.filter(Q(uuid__in=identities) | Q(uploads__uuid__in=identities))
    owners = {}
    for file in files.prefetch_related("uploads"):
        owners |= {upload.uuid: file for upload in file.uploads.all()} | {file.uuid: file}
    return owners


def _tell(alias: str, name: str, owner: StoredFile | None) -> Iterator[Finding]:
    if is_foreign(name):
        yield Finding(
            invariant="I5",
            severity=Severity.WARNING,
            what="not a file of ours",
            where=f"{alias}/{name}",
            hint="A file server or a desktop has left it; keep other programs off the share.",
        )
    elif owner is None:
        yield Finding(
            invariant="I5",
            severity=Severity.ERROR,
            what="no row knows this file",
            where=f"{alias}/{name}",
            hint=_DERIVED if alias == RENDITIONS else _LOST,
        )
    elif not _is_held(owner):
        yield Finding(
            invariant="I4",
            severity=Severity.ERROR,
            what=f"second copy, of a file whose place is {owner.storage}/{owner.name}",
            where=f"{alias}/{name}",
            hint="It can be deleted if the file itself is found whole.",
        )


def is_foreign(name: str) -> bool:
    """Whether a file server or a desktop has left the file."""
    parts = name.split("/")
    return parts[-1].startswith(FOREIGN_PREFIXES) or not FOREIGN_NAMES.isdisjoint(parts)


def _is_held(file: StoredFile) -> bool:
    """Whether a worker is at it, and may be moving it this moment."""
    return file.lease_until is not None and file.lease_until > timezone.now()
