"""Object storage by django-storages: files read in parts, and asked about by the folder.

Its own file fetches the whole object before the first byte is read, into memory unless told
otherwise; a RAW of 100 MB is asked for the few that its preview takes.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import Storage

from ..exceptions import BytesDiffer, PumbaphotoError, StorageFull
from .volume import offline

KIBIBYTE, MEBIBYTE = 1024, 1024 * 1024
# Who reads on gets more at a time; who jumps about, little.
LEAST_BYTES, MOST_BYTES = 256 * KIBIBYTE, 4 * MEBIBYTE
# So many of a folder are asked for one by one, more by a list of it.
FEW_FILES = 20
# botocore waits a minute for each of five attempts, which holds a request for as long as that.
UNBOUNDED_SECONDS = 60
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 15, 2
_FULL = ("QuotaExceeded", "StorageFull", "XMinioStorageFull", "InsufficientStorage")
NOT_FOUND, PRECONDITION_FAILED, INSUFFICIENT_STORAGE = 404, 412, 507
# What says something about one file, or was said by us.
_TELLING = (FileNotFoundError, FileExistsError, SuspiciousOperation, PumbaphotoError, MemoryError)


@contextlib.contextmanager
def told_as_ours() -> Iterator[None]:
    """Turn the errors of a storage that we do not know into StorageFull and StorageOffline."""
    try:
        yield
    except _TELLING:
        raise
    except Exception as error:
        if _is_full(error):
            raise StorageFull(f"{StorageFull.words} ({error})") from error
        raise offline(f"{type(error).__name__}: {error}") from error


def _is_full(error: Exception) -> bool:
    return _status(error) == INSUFFICIENT_STORAGE or _code(error) in _FULL


def _status(error: Exception) -> int | None:
    response = getattr(error, "response", None) or {}
    return response.get("ResponseMetadata", {}).get("HTTPStatusCode")


def _code(error: Exception) -> str:
    response = getattr(error, "response", None) or {}
    return response.get("Error", {}).get("Code", "")


def is_object_storage(storage: Storage) -> bool:
    """Whether it is django-storages' for S3; an extra, and not imported to find out."""
    module = sys.modules.get("storages.backends.s3")
    return module is not None and isinstance(storage, module.S3Storage)


def bound_patience(storage: Storage) -> None:
    """Let a storage that does not answer hold whoever asks for seconds, unless its settings say
    otherwise (``client_config``).
    """
    if not is_object_storage(storage):
        return
    from botocore.config import Config

    config = storage.client_config
    if UNBOUNDED_SECONDS in (config.connect_timeout, config.read_timeout) and not config.retries:
        storage.client_config = config.merge(
            Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            )
        )


class StoredObject:
    """One object, as it was when it was looked up; another one under its name is not read."""

    def __init__(self, storage: Storage, name: str) -> None:
        self._client = storage.connection.meta.client
        self._place = {"Bucket": storage.bucket_name, "Key": _key(storage, name)}
        found = self._ask(self._client.head_object)
        self.size: int = found["ContentLength"]
        self.etag: str = found["ETag"]

    @property
    def stamp(self) -> tuple[int | str, ...]:
        """What changes when the object does."""
        return (self.etag, self.size)

    def part(self, offset: int, length: int) -> bytes:
        """Bytes from ``offset`` on, as many as are asked for where there are so many.

        Raises BytesDiffer when the object is another one by now.
        """
        stop = min(self.size, offset + length)
        if offset >= stop:
            return b""
        wanted = {"Range": f"bytes={offset}-{stop - 1}", "IfMatch": self.etag}
        answer = self._ask(self._client.get_object, **wanted)
        with told_as_ours(), answer["Body"] as body:
            part = body.read()
        if len(part) != stop - offset:
            raise BytesDiffer
        return part

    def _ask(self, question: Callable[..., dict[str, Any]], **wanted: str) -> dict[str, Any]:
        with told_as_ours():
            try:
                return question(**self._place, **wanted)
            except Exception as error:
                # Of a bucket that is not there this says nothing about a file.
                if _status(error) == NOT_FOUND and _code(error) != "NoSuchBucket":
                    raise FileNotFoundError(self._place["Key"]) from error
                if _status(error) == PRECONDITION_FAILED:
                    raise BytesDiffer from error
                raise

    def blocks(self, offset: int, length: int) -> Iterator[bytes]:
        """Bytes from ``offset`` on, a growing block at a time. Each is a request of its own: who
        takes them slowly holds no connection, and a few MiB of memory.
        """
        end, size = offset + length, LEAST_BYTES
        while offset < end:
            block = self.part(offset, min(size, end - offset))
            if not block:
                raise BytesDiffer
            yield block
            offset, size = offset + len(block), min(size * 2, MOST_BYTES)

    def reader(self) -> io.BufferedReader:
        """The object as a file that is read from any place."""
        return io.BufferedReader(_Reader(self), 64 * KIBIBYTE)


class _Reader(io.RawIOBase):
    """A file to read in any order."""

    def __init__(self, stored: StoredObject) -> None:
        self._stored = stored
        self._position = 0
        # The part that was fetched last, and where it begins.
        self._part, self._part_at = b"", 0
        self._ahead = LEAST_BYTES

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._stored.size}
        self._position = max(0, start[whence] + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:
        if not 0 <= self._position - self._part_at < len(self._part):
            self._fetch()
        at = self._position - self._part_at
        part = self._part[at : at + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def _fetch(self) -> None:
        is_reading_on = self._part and self._position == self._part_at + len(self._part)
        self._ahead = min(self._ahead * 2, MOST_BYTES) if is_reading_on else LEAST_BYTES
        self._part = self._stored.part(self._position, self._ahead)
        self._part_at = self._position


def put(storage: Storage, name: str, content: bytes) -> None:
    """Store a small object whole, in place of an earlier one."""
    storage.connection.meta.client.put_object(
        Bucket=storage.bucket_name, Key=_key(storage, name), Body=content
    )


def sizes(storage: Storage, names: Collection[str]) -> dict[str, int | None]:
    """The size of each object in bytes, None for one that is not there."""
    folders: dict[str, list[str]] = defaultdict(list)
    for name in names:
        folders[name.rpartition("/")[0]].append(name)
    found: dict[str, int | None] = {}
    for folder, inside in folders.items():
        look = _sizes_one_by_one if len(inside) <= FEW_FILES else _sizes_by_list
        found |= look(storage, folder, inside)
    return found


def _sizes_one_by_one(storage: Storage, _folder: str, names: list[str]) -> dict[str, int | None]:
    def size(name: str) -> int | None:
        try:
            return StoredObject(storage, name).size
        except FileNotFoundError:
            return None

    return {name: size(name) for name in names}


def _sizes_by_list(storage: Storage, folder: str, names: list[str]) -> dict[str, int | None]:
    pages = storage.connection.meta.client.get_paginator("list_objects_v2").paginate(
        Bucket=storage.bucket_name,
        Prefix=_key(storage, f"{folder}/" if folder else ""),
        Delimiter="/",
    )
    there = {entry["Key"]: entry["Size"] for page in pages for entry in page.get("Contents", ())}
    return {name: there.get(_key(storage, name)) for name in names}


def _key(storage: Storage, name: str) -> str:
    location = storage.location.strip("/")
    return f"{location}/{name}" if location else name
