"""The places where photographs lie: all there, all private, all on the right volumes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.files.storage import FileSystemStorage, InvalidStorageError, Storage, storages
from django.db import connections

from ..conf import settings
from ..delivery import cold_disks
from ..models import StoredFile
from ..storage import (
    EXPORTS,
    INCOMING,
    ORIGINALS,
    RENDITIONS,
    LibraryStorage,
    NASStorage,
    all_in_time,
    mountpoint_of,
)
from .options import TAG

# A volume that hangs must not hang every manage.py command with it.
PATIENCE_SECONDS = 5


def aliases() -> list[str]:
    """The storage aliases the package needs."""
    published = settings.PUBLISHED_STORAGE
    return [*dict.fromkeys([*aliases_of_originals(), *([published] if published else [])])]


def aliases_of_originals() -> list[str]:
    """Those where files lie that nothing else has."""
    return [INCOMING, ORIGINALS, RENDITIONS, EXPORTS, settings.COLD_STORAGE]


def built() -> dict[str, Storage]:
    """The storages that can be built; what is wrong with the others :func:`check_aliases` says."""
    found = {}
    for alias in aliases():
        try:
            found[alias] = storages[alias]
        except (InvalidStorageError, ImportError, TypeError, ValueError):
            continue
    return found


def roots() -> dict[str, str]:
    """The directories of those storages that are directories of this machine."""
    return {
        alias: str(storage.location)
        for alias, storage in built().items()
        if isinstance(storage, NASStorage | FileSystemStorage)
    }


def volumes() -> dict[str, NASStorage]:
    return {alias: s for alias, s in built().items() if isinstance(s, NASStorage)}


@register(TAG)
def check_aliases(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E012: a storage is missing in STORAGES, cannot be built, or cannot be appended to."""
    return [*_unusable(), *_not_appendable()]


def _unusable() -> Iterator[Error]:
    for alias in aliases():
        try:
            storages[alias]
        except (InvalidStorageError, ImportError, TypeError, ValueError) as error:
            yield Error(
                f"The storage {alias!r} cannot be used: {error}",
                hint=line_for(alias),
                id="pumbaphoto.E012",
            )


def _not_appendable() -> Iterator[Error]:
    incoming = built().get(INCOMING)
    if incoming is not None and not isinstance(incoming, NASStorage):
        yield Error(
            f"The storage {INCOMING!r} must be a NASStorage: uploads are appended to.",
            hint=line_for(INCOMING),
            id="pumbaphoto.E012",
        )


def line_for(alias: str) -> str:
    """The line in the settings that declares a storage of ours."""
    directory = alias.removeprefix("pumbaphoto_")
    return (
        f'STORAGES["{alias}"] = {{"BACKEND": "pumbaphoto_wagtail.storage.NASStorage", '
        f'"OPTIONS": {{"location": "/srv/photos/{directory}"}}}}'
    )


@register(TAG)
def check_privacy(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E003: a storage lies where the web server gives files away unasked, or is open to anybody."""
    return [*_below_public(), *_public_buckets()]


def _below_public() -> Iterator[Error]:
    public = {
        name: str(root)
        for name in ("MEDIA_ROOT", "STATIC_ROOT")
        if (root := getattr(django_settings, name))
    }
    found = roots()
    real = resolved({**found, **public})
    for alias in found:
        for name, public_root in public.items():
            if is_below(real[alias], real[name]):
                yield Error(
                    f"The storage {alias!r} lies inside {name} ({public_root}), which the web "
                    "server gives away unasked.",
                    hint=line_for(alias),
                    id="pumbaphoto.E003",
                )


def _public_buckets() -> Iterator[Error]:
    """What django-storages calls these options on its storages."""
    for alias, storage in built().items():
        is_unsigned = getattr(storage, "querystring_auth", True) is False
        if is_unsigned or str(getattr(storage, "default_acl", "")).startswith("public-"):
            yield Error(
                f"The storage {alias!r} gives its files to whoever knows an address.",
                hint=f'STORAGES["{alias}"]["OPTIONS"] |= '
                '{"default_acl": "private", "querystring_auth": True}',
                id="pumbaphoto.E003",
            )


@register(TAG)
def check_separation(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E008: two storages share a directory, so that one would take the other's files for strays."""
    found = roots()
    real = resolved(found)
    return [
        Error(
            f"The storages {one!r} and {other!r} lie inside each other ({first}, {second}).",
            hint=line_for(other),
            id="pumbaphoto.E008",
        )
        for (one, first), (other, second) in combinations(found.items(), 2)
        if is_below(real[one], real[other]) or is_below(real[other], real[one])
    ]


def resolved(places: Mapping[str, str]) -> dict[str, str]:
    """Paths after following links, asked all at once; as they are written where a disk hangs."""
    asked = {path: partial(os.path.realpath, path) for path in places.values()}
    answers = answers_of(asked)
    return {
        name: os.path.abspath(path) if isinstance(answers[path], Exception) else answers[path]
        for name, path in places.items()
    }


def is_below(path: str, other: str) -> bool:
    """Whether a resolved path is the other one, or lies below it."""
    return os.path.commonpath([path, other]) == other


@register(TAG)
def check_libraries(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E019, W018: a library's storage is missing, public, or one that we write to; or it is a plain
    directory, in which links lead anywhere.
    """
    return [message for alias in settings.LIBRARY_STORAGES for message in _library_messages(alias)]


def _library_messages(alias: str) -> Iterator[CheckMessage]:
    try:
        storage = storages[alias]
    except (InvalidStorageError, ImportError, TypeError, ValueError) as error:
        yield _library_error(alias, f"cannot be used: {error}")
        return
    if alias in {*aliases(), settings.PUBLISHED_STORAGE} or isinstance(storage, NASStorage):
        yield _library_error(alias, "is one that PumbaPhoto writes to")
        return
    if not isinstance(storage, LibraryStorage | FileSystemStorage):
        return
    root, ours = str(storage.location), _places_of_ours()
    real = resolved({**ours, alias: root})
    for name, other in ours.items():
        if is_below(real[alias], real[name]) or is_below(real[name], real[alias]):
            yield _library_error(alias, f"({root}) and {name} ({other}) lie inside each other")
    if not isinstance(storage, LibraryStorage):
        yield Warning(
            f"The library {alias!r} is a plain directory: a link in it can lead to any file.",
            hint=_library_line(alias, root),
            id="pumbaphoto.W018",
        )


def _places_of_ours() -> dict[str, str]:
    places = {
        "MEDIA_ROOT": str(django_settings.MEDIA_ROOT or ""),
        "STATIC_ROOT": str(django_settings.STATIC_ROOT or ""),
        **{f"the storage {alias!r}": root for alias, root in roots().items()},
    }
    return {name: path for name, path in places.items() if path}


def _library_error(alias: str, what: str) -> Error:
    return Error(
        f"The library storage {alias!r} {what}.",
        hint=_library_line(alias, "/srv/archive"),
        id="pumbaphoto.E019",
    )


def _library_line(alias: str, root: str) -> str:
    return (
        f'STORAGES["{alias}"] = {{"BACKEND": "pumbaphoto_wagtail.storage.LibraryStorage", '
        f'"OPTIONS": {{"location": "{root}"}}}}'
    )


@register(TAG)
def check_devices(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E002: a finished upload can only be linked into the originals within one file system."""
    found = volumes()
    if not {INCOMING, ORIGINALS} <= set(found):
        return []
    devices = answers_of({alias: found[alias].device for alias in (INCOMING, ORIGINALS)})
    if any(isinstance(device, Exception) for device in devices.values()):
        # Which one is away, and why, is said by the check of the volumes.
        return []
    if devices[INCOMING] == devices[ORIGINALS]:
        return []
    places = [mountpoint_of(found[alias].location) for alias in devices]
    return [
        Error(
            f"{INCOMING} and {ORIGINALS} are on different file systems ({' and '.join(places)}).",
            hint=f'STORAGES["{INCOMING}"]["OPTIONS"]["location"] = '
            f'"{places[1].rstrip("/")}/incoming"',
            id="pumbaphoto.E002",
        )
    ]


@register(Tags.database)
def check_shelf(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """W013: files lie on a cold disk that STORAGES does not name any more."""
    alias_of_rows = StoredFile.objects.db
    if alias_of_rows not in (databases or ()):
        return []
    if StoredFile._meta.db_table not in connections[alias_of_rows].introspection.table_names():
        return []
    return [
        Warning(
            f"Files of archived galleries lie on {alias!r}, which STORAGES does not name.",
            hint=f"Before they are wanted, plug it in and name it: {line_for(alias)}",
            id="pumbaphoto.W013",
        )
        for alias in cold_disks.cold_aliases()
        if alias not in django_settings.STORAGES
    ]


@register(TAG)
def check_cold_disk(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W014: nobody could tell the cold storage from the empty directory it is mounted on."""
    alias = settings.COLD_STORAGE
    storage = built().get(alias)
    if not isinstance(storage, FileSystemStorage):
        return []
    return [
        Warning(
            f"The storage {alias!r} is a plain directory: while its disk is not mounted, "
            "photographs would be moved to the directory below.",
            hint=line_for(alias),
            id="pumbaphoto.W014",
        )
    ]


def _volume_messages(kind: type[CheckMessage], message_id: str) -> list[CheckMessage]:
    found = volumes()
    answers = answers_of({alias: storage.sentinel for alias, storage in found.items()})
    return [
        kind(
            f"The storage {alias!r} ({found[alias].location}): {answer}",
            hint="Mount the volume; a new one is declared once with "
            "manage.py pumbaphoto_init_storage",
            id=message_id,
        )
        for alias, answer in answers.items()
        if isinstance(answer, Exception)
    ]


@register(TAG)
def check_volumes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W001: a volume is away or another one. A warning, so that it can be initialised."""
    return _volume_messages(Warning, "pumbaphoto.W001")


@register(TAG, deploy=True)
def check_volumes_for_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E001: the same, on a site that is about to be used."""
    return _volume_messages(Error, "pumbaphoto.E001")


def answers_of(questions: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """What volumes answer, or the exceptions they answer with; StorageOffline of silent ones.

    All are asked at once, and one that still owes an answer is not waited for again: however many
    checks ask, a NAS that hangs holds the command for a few seconds.
    """
    named = {f"check of {name}": ask for name, ask in questions.items()}
    answers = all_in_time(named, PATIENCE_SECONDS)
    return {name: answers[f"check of {name}"] for name in questions}
