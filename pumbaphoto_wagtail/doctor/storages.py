"""The photo storages: the right volumes, mounted well, with room and the right to write.

Every question may hang; whoever asks these has to bound them.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings as django_settings
from django.core.files.storage import InvalidStorageError, storages

from .. import workers
from ..conf import settings
from ..exceptions import StorageFull, StorageOffline
from ..storage import INCOMING, ORIGINALS, NASStorage
from ..storage.mounts import Rights, mount_of, rights
from ..storage.probing import clock_ahead
from .database import clocks
from .diagnosis import Diagnosis, attention, bytes_in_words, trouble, well
from .facts import OK
from .mounts import judge_mount
from .volumes import NEARLY_FULL_BYTES, aliases

OPEN_TO_ALL = 0o007


def look_at_storage(alias: str) -> Iterator[Diagnosis]:
    """Everything about one storage."""
    try:
        storage = storages[alias]
    except (InvalidStorageError, ImportError, TypeError, ValueError) as error:
        yield trouble(alias, f"cannot be used: {error}", "See pumbaphoto.E012 in: manage.py check")
        return
    if isinstance(storage, NASStorage):
        yield from _look_at_volume(alias, storage)
    else:
        yield _look_at_other(alias, storage)


def _look_at_volume(alias: str, storage: NASStorage) -> Iterator[Diagnosis]:
    try:
        found = [
            _sentinel(alias, storage),
            _room(alias, storage),
            right_to_write(alias, storage.location, rights(storage.location)),
        ]
    except (StorageOffline, StorageFull, OSError) as error:
        to_do = "Mount the volume; a new one is declared once with pumbaphoto_init_storage."
        yield trouble(alias, str(error), to_do)
        return
    yield from _joined(alias, found)
    mount = mount_of(storage.location)
    yield from judge_mount(storage.location, mount, len(workers.host_names()))


def _joined(alias: str, found: list[Diagnosis]) -> list[Diagnosis]:
    """One row where all is well, one for each thing otherwise."""
    if any(each.state != OK for each in found):
        return found
    return [well(alias, "; ".join(each.words for each in found))]


def _sentinel(alias: str, storage: NASStorage) -> Diagnosis:
    sentinel = storage.sentinel()
    words = f"volume {sentinel.uuid}"
    if storage.volume.expected is None and not django_settings.DEBUG:
        to_do = f'STORAGES["{alias}"]["OPTIONS"]["volume"] = "{sentinel.uuid}"'
        return attention(alias, f"{words}; another one in its place would be taken for it", to_do)
    return well(alias, words)


def _room(alias: str, storage: NASStorage) -> Diagnosis:
    name, left = f"{alias}: room", storage.reserve_left()
    words = (
        f"{bytes_in_words(storage.free_bytes())} free of {bytes_in_words(storage.total_bytes())}"
    )
    to_do = "Make room: archive galleries, clear renditions, or enlarge the volume."
    if left <= 0 and alias in (INCOMING, ORIGINALS):
        return trouble(name, f"{words}: new uploads are refused", to_do)
    if left < NEARLY_FULL_BYTES:
        return attention(name, f"{words}: {bytes_in_words(max(0, left))} above the reserve", to_do)
    return well(name, words)


def right_to_write(alias: str, location: str, found: Rights) -> Diagnosis:
    """Whether this process may work in a storage's directory, and others may not look into it."""
    name = f"{alias}: rights"
    told = f"mode {found.mode:o}, owner {found.owner}, looked at as user {found.user}"
    if not (found.may_read and found.may_write):
        to_do = f"chown -R <the service's user> {location}; on a NAS look at its mapping of users"
        return trouble(name, f"{told}: may not write", to_do)
    if found.mode & OPEN_TO_ALL:
        to_do = f"chmod o-rwx {location}"
        return attention(name, f"{told}: every user of this machine may look into it", to_do)
    return well(name, told)


def _look_at_other(alias: str, storage: object) -> Diagnosis:
    name = type(storage).__name__
    try:
        storage.exists(".pumbaphoto-volume")
    except Exception as error:  # each storage has errors of its own
        return trouble(alias, f"{name} does not answer: {type(error).__name__}", "Look at its log.")
    return well(alias, f"{name} answers")


def look_at_volume_clock() -> Iterator[Diagnosis]:
    """The clock of the volume that uploads come to, by the time it gives a new file."""
    storage = storages[INCOMING]
    if isinstance(storage, NASStorage):
        yield clocks("Volume's clock", clock_ahead(storage))


def looked_at() -> list[str]:
    """The aliases to look at: those of the settings, and the published tree's if there is one."""
    published = settings.PUBLISHED_STORAGE
    return [*dict.fromkeys([*aliases(), *([published] if published else [])])]
