"""Storages over the network that are no file system: object storage (S3), and whatever else Django
knows.

They have errors of their own, and say "not there" of a whole bucket as of a file. So every
question is asked through :class:`Elsewhere`, which knows two kinds of trouble only: a file that is
not there, in a place that is proven to be ours by its sentinel, and a storage that is away.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection
from typing import Any
from weakref import WeakKeyDictionary

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from ..exceptions import NameTaken, PumbaphotoError
from . import objects
from .objects import told_as_ours
from .volume import SENTINEL_MAX_BYTES, SENTINEL_NAME, Sentinel, offline

# How long a place is trusted without reading its sentinel again, where something is written to it,
# and where it says that something is not there.
TRUSTED_SECONDS, BELIEVED_SECONDS = 30.0, 1.0
# When a storage was proven last.
_proven: WeakKeyDictionary[Storage, float] = WeakKeyDictionary()


class Elsewhere(Storage):
    """A storage over the network, asked as one of ours.

    ``volume`` is the UUID that its sentinel must have, None accepts any. Whatever is not there is
    so only where the sentinel is: of a bucket that is empty, another one or not to be reached,
    nothing is said to be missing, and nothing is written to it. A library, which is the
    photographer's own and only read, has no sentinel (``is_ours``).
    """

    def __init__(self, inner: Storage, volume: str | None = None, *, is_ours: bool = True) -> None:
        self.inner = inner
        self.expected = None if volume is None else uuid.UUID(str(volume))
        self.is_ours = is_ours
        objects.bound_patience(inner)

    # --- What it is

    def sentinel(self) -> Sentinel:
        """What the sentinel says now; StorageOffline when there is none, or another volume's."""
        try:
            with told_as_ours(), self.inner.open(SENTINEL_NAME, "rb") as stored:
                sentinel = Sentinel.parse(stored.read(SENTINEL_MAX_BYTES))
        except FileNotFoundError as error:
            raise offline(
                f"no {SENTINEL_NAME} in it: another bucket, or manage.py pumbaphoto_init_storage "
                "was not run"
            ) from error
        if self.expected is not None and sentinel.uuid != self.expected:
            raise offline(f"volume {sentinel.uuid} is there, {self.expected} is expected")
        return sentinel

    def declare(self, role: str, volume: uuid.UUID | None, *, adopt: bool = False) -> Sentinel:
        """Write the sentinel, or find the one that is there, with the given UUID or a new one.

        Raises PumbaphotoError when there are other things (unless ``adopt``) or another sentinel.
        """
        with told_as_ours():
            if not self.inner.exists(SENTINEL_NAME):
                if not adopt and any(self.inner.listdir("")):
                    raise PumbaphotoError(f"It is not empty and carries no {SENTINEL_NAME}.")
                made = Sentinel.new(role, volume or self.expected)
                self.inner.save(SENTINEL_NAME, ContentFile(made.as_json()))
        sentinel = self.sentinel()
        if volume is not None and sentinel.uuid != volume:
            raise PumbaphotoError(f"This is volume {sentinel.uuid} already, not {volume}.")
        return sentinel

    def _prove(self, within_seconds: float = TRUSTED_SECONDS) -> None:
        if not self.is_ours:
            return
        proven_at = _proven.get(self.inner)
        if proven_at is not None and time.monotonic() - proven_at < within_seconds:
            return
        _proven.pop(self.inner, None)
        self.sentinel()
        _proven[self.inner] = time.monotonic()

    # --- Reading

    def stored_object(self, name: str) -> objects.StoredObject | None:
        """The file, to be read in parts; None where the storage knows no parts."""
        if not objects.is_object_storage(self.inner):
            return None
        try:
            with told_as_ours():
                return objects.StoredObject(self.inner, name)
        except FileNotFoundError:
            self._prove(BELIEVED_SECONDS)
            raise

    def open(self, name: str, mode: str = "rb") -> File:
        if (stored := self.stored_object(name)) is not None:
            return File(stored.reader(), name)
        try:
            with told_as_ours():
                return self.inner.open(name, mode)
        except FileNotFoundError:
            self._prove(BELIEVED_SECONDS)
            raise

    def exists(self, name: str) -> bool:
        with told_as_ours():
            if self.inner.exists(name):
                return True
        self._prove(BELIEVED_SECONDS)
        return False

    def size(self, name: str) -> int:
        try:
            with told_as_ours():
                return self.inner.size(name)
        except FileNotFoundError:
            self._prove(BELIEVED_SECONDS)
            raise

    def sizes(self, names: Collection[str]) -> dict[str, int | None] | None:
        """As ``storage.sizes``: None where each file would be a request of its own."""
        if not objects.is_object_storage(self.inner):
            return None
        self._prove(BELIEVED_SECONDS)
        with told_as_ours():
            return objects.sizes(self.inner, names)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        self._prove()
        with told_as_ours():
            directories, files = self.inner.listdir(path)
        return directories, [name for name in files if name != SENTINEL_NAME]

    def get_modified_time(self, name: str) -> Any:
        try:
            with told_as_ours():
                return self.inner.get_modified_time(name)
        except FileNotFoundError:
            self._prove(BELIEVED_SECONDS)
            raise

    # --- Writing

    def save(self, name: str, content: File, max_length: int | None = None) -> str:
        """Raises NameTaken when a file of that name is there: nothing is ever overwritten."""
        self._prove()
        with told_as_ours():
            if self.inner.exists(name):
                raise NameTaken
            return self.inner.save(name, content, max_length)

    def replace(self, name: str, content: bytes) -> None:
        """Write a small file of our own, in place of an earlier one."""
        self._prove()
        with told_as_ours():
            if objects.is_object_storage(self.inner):
                objects.put(self.inner, name, content)
                return
            self.inner.delete(name)
            self.inner.save(name, ContentFile(content))

    def delete(self, name: str) -> None:
        self._prove()
        with told_as_ours():
            self.inner.delete(name)
