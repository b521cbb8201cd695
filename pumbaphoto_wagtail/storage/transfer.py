"""Acts on files by storage alias and name, the same for a NAS and for any other Django storage."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import (
    FileSystemStorage,
    InMemoryStorage,
    InvalidStorageError,
    Storage,
    storages,
)

from ..conf import settings
from ..exceptions import BytesDiffer, DifferentDevices, NameTaken, StorageUnknown
from .elsewhere import Elsewhere
from .files import BLOCK_BYTES
from .library import LibraryStorage
from .nas import NASStorage

INCOMING = "pumbaphoto_incoming"
ORIGINALS = "pumbaphoto_originals"
RENDITIONS = "pumbaphoto_renditions"
EXPORTS = "pumbaphoto_exports"

# Of these an error of the system's says what is wrong.
_SAYING_BY_THEMSELVES = NASStorage | LibraryStorage | FileSystemStorage | InMemoryStorage


@dataclass(frozen=True)
class FileDigest:
    """What proves that bytes are the same: size in bytes, SHA-256 in hex, CRC-32."""

    size: int
    sha256: str
    crc32: int


@dataclass
class Digester:
    """Computes a FileDigest from blocks as they pass by."""

    size: int = 0
    crc32: int = 0
    _sha256: Any = field(default_factory=hashlib.sha256)

    def update(self, block: bytes) -> None:
        self.size += len(block)
        self.crc32 = zlib.crc32(block, self.crc32)
        self._sha256.update(block)

    def result(self) -> FileDigest:
        return FileDigest(self.size, self._sha256.hexdigest(), self.crc32)


def digest_of(blocks: Iterable[bytes]) -> FileDigest:
    """The digest of the blocks in their order."""
    digester = Digester()
    for block in blocks:
        digester.update(block)
    return digester.result()


# --- Reading -----------------------------------------------------------------------------------


def storage_for(alias: str) -> Storage:
    """The storage of an alias in STORAGES.

    Raises StorageUnknown for one that is not, or not any more: the disk of another year.
    """
    try:
        storage = storages[alias]
    except InvalidStorageError as error:
        raise StorageUnknown(f"STORAGES has no usable alias {alias!r}.") from error
    if isinstance(storage, _SAYING_BY_THEMSELVES):
        return storage
    volume = storages.backends[alias].get("VOLUME")
    return Elsewhere(storage, volume, is_ours=alias not in settings.LIBRARY_STORAGES)


def open_file(alias: str, name: str) -> File:
    """The file, open for reading; FileNotFoundError when it is not there."""
    return storage_for(alias).open(name, "rb")


def digest(alias: str, name: str) -> FileDigest:
    """Read the file once from beginning to end."""
    with open_file(alias, name) as stored:
        return digest_of(_blocks(stored))


def walk(alias: str) -> Iterator[str]:
    """Every name in the storage, in order; sentinel and unfinished files are left out."""
    storage = storage_for(alias)
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            directories, files = storage.listdir(folder)
        except FileNotFoundError:
            continue  # removed while we walked
        prefix = f"{folder}/" if folder else ""
        yield from (prefix + name for name in sorted(files))
        pending.extend(prefix + name for name in sorted(directories, reverse=True))


def accelerated_path(alias: str, name: str) -> str:
    """The address nginx finds the file at, percent-encoded, for X-Accel-Redirect.

    nginx decodes it, so that an unencoded percent sign or space would name another file.
    """
    return f"{settings.X_ACCEL_PREFIX.rstrip('/')}/{quote(f'{alias}/{name}', safe='/')}"


# --- Writing -----------------------------------------------------------------------------------


def write_new(alias: str, name: str, content: bytes | File) -> None:
    """Store the content durably under a name that is not there yet; NameTaken when it is."""
    storage = storage_for(alias)
    if not isinstance(storage, NASStorage) and storage.exists(name):
        raise NameTaken
    _save_exactly(storage, name, _as_file(content))


def publish(alias: str, name: str, content: bytes | File) -> None:
    """Store a rendition whole or not at all; the same bytes stored twice are one success.

    Raises NameTaken when other bytes have the name.
    """
    content = _as_file(content)
    try:
        write_new(alias, name, content)
    except NameTaken:
        _settle(alias, name, digest_of(content.chunks(BLOCK_BYTES)))


def remove(alias: str, name: str) -> None:
    """Delete the file durably; one that is gone already is fine."""
    with contextlib.suppress(FileNotFoundError):
        storage_for(alias).delete(name)


def abandoned(alias: str, older_than_seconds: float) -> Iterator[str]:
    """Names of unfinished files that crashes have left; other storages than ours have none."""
    storage = storage_for(alias)
    if isinstance(storage, NASStorage):
        yield from storage.abandoned(older_than_seconds)


def remove_abandoned(alias: str, older_than_seconds: float) -> int:
    """Remove unfinished files that crashes have left; return how many there were."""
    storage = storage_for(alias)
    return storage.remove_abandoned(older_than_seconds) if isinstance(storage, NASStorage) else 0


def sidecar_name(name: str) -> str:
    """The name of the small file beside an original that its row can be rebuilt from."""
    return f"{name}.json"


def write_sidecar(alias: str, name: str, data: dict[str, Any]) -> None:
    """Write ``<name>.json`` beside a file, durably, in place of an earlier one."""
    content = json.dumps(data, ensure_ascii=False, sort_keys=True, default=str).encode()
    storage, beside = storage_for(alias), sidecar_name(name)
    if isinstance(storage, NASStorage | Elsewhere):
        storage.replace(beside, content)
        return
    storage.delete(beside)
    _save_exactly(storage, beside, ContentFile(content))


def read_sidecar(alias: str, name: str) -> dict[str, Any]:
    """What was written beside a file; FileNotFoundError when there is nothing."""
    with open_file(alias, sidecar_name(name)) as stored:
        return json.loads(stored.read())


# --- Moving ------------------------------------------------------------------------------------


def link_or_copy(
    from_alias: str,
    from_name: str,
    to_alias: str,
    to_name: str,
    expected: FileDigest,
    *,
    same_device: bool = False,
) -> None:
    """Make the file known under the second name as well, durably; the first one stays.

    On one device a hard link is made, otherwise the file is copied, read again and compared.
    Doing it twice is one success: a destination with the expected digest counts as done. Raises
    NameTaken when other bytes are there, BytesDiffer when the source or the copy are not the
    expected bytes, DifferentDevices when ``same_device`` is demanded of two NASStorages that are
    not on one, FileNotFoundError when the source is gone.
    """
    source, destination = storage_for(from_alias), storage_for(to_alias)
    if destination.exists(to_name):
        _settle(to_alias, to_name, expected)
        return
    if source.size(from_name) != expected.size:
        raise BytesDiffer
    try:
        if not _linked(source, from_name, destination, to_name, same_device):
            _copy(source, from_name, destination, to_name, expected)
    except NameTaken:
        # Another worker was faster; its bytes decide.
        _settle(to_alias, to_name, expected)


def _linked(
    source: Storage, from_name: str, destination: Storage, to_name: str, same_device: bool
) -> bool:
    if not (isinstance(source, NASStorage) and isinstance(destination, NASStorage)):
        return False
    try:
        if source.device() == destination.device():
            destination.link_from(source, from_name, to_name)
            return True
    except OSError as error:
        # Two mounts of one device (bind mounts, btrfs subvolumes) share a number but no links.
        if error.errno != errno.EXDEV:
            raise
    if same_device:
        raise DifferentDevices
    return False


def _copy(
    source: Storage, from_name: str, destination: Storage, to_name: str, expected: FileDigest
) -> None:
    with source.open(from_name, "rb") as stored:
        if isinstance(destination, NASStorage):
            _copy_to_nas(_blocks(stored), destination, to_name, expected)
        else:
            _copy_to_other(stored, destination, to_name, expected)


def _copy_to_nas(
    blocks: Iterable[bytes], destination: NASStorage, to_name: str, expected: FileDigest
) -> None:
    with destination.temporary_file(to_name) as temporary:
        for block in blocks:
            temporary.write(block)
        temporary.finish()
        # Only now does the copy get its name: what has the name is verified.
        if digest_of(temporary.reread()) != expected:
            raise BytesDiffer
        temporary.link()


def _copy_to_other(stored: File, destination: Storage, to_name: str, expected: FileDigest) -> None:
    _save_exactly(destination, to_name, stored)
    with destination.open(to_name, "rb") as copy:
        found = digest_of(_blocks(copy))
    if found != expected:
        destination.delete(to_name)
        raise BytesDiffer


def _save_exactly(storage: Storage, name: str, content: File) -> None:
    """Save under this name; other storages evade a taken one, and that copy is taken back."""
    saved_as = storage.save(name, content)
    if saved_as != name:
        storage.delete(saved_as)
        raise NameTaken


def _settle(alias: str, name: str, expected: FileDigest) -> None:
    """Accept what another worker or an earlier attempt has put there, if it is the same."""
    if digest(alias, name) != expected:
        raise NameTaken
    storage = storage_for(alias)
    if isinstance(storage, NASStorage):
        # It may have died between the name and the fsync of the directory.
        storage.make_durable(name)


def _as_file(content: bytes | File) -> File:
    return ContentFile(content) if isinstance(content, bytes) else content


def _blocks(stored: File) -> Iterator[bytes]:
    read: Callable[[int], bytes] = stored.read
    while block := read(BLOCK_BYTES):
        yield block
