"""Layouts that a process remembers, so that a piece of a ZIP costs no look at its other files.

A layout has a key, made of whom it is for and all that it was laid out from: equal keys mean equal
ZIPs, byte for byte, in every process. A download that goes on piece by piece names the key; its
pieces then come from one and the same ZIP, whatever has happened in between.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from django.utils import translation
from django.utils.crypto import salted_hmac

from .archives import lay_out
from .zip_contents import Contents
from .zip_layout import ZipLayout

# Of all layouts together: about half a kilobyte of memory for each.
REMEMBERED_MEMBERS = 40_000
# For so long a new download trusts that the files are still there.
TRUSTED_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class LaidOut:
    """A layout for a scope, and the key that names both."""

    scope: str
    facts: bytes
    key: str
    layout: ZipLayout
    # When the storage was last asked whether all is there; never, for what lacks something.
    looked_at: float


class _Memory:
    """The layouts that were used last, by key and by what they were laid out from."""

    def __init__(self) -> None:
        self._by_key: OrderedDict[str, LaidOut] = OrderedDict()
        self._key_of: dict[bytes, str] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> LaidOut | None:
        with self._lock:
            if key in self._by_key:
                self._by_key.move_to_end(key)
            return self._by_key.get(key)

    def of_facts(self, facts: bytes) -> LaidOut | None:
        with self._lock:
            return self._by_key.get(self._key_of.get(facts, ""))

    def put(self, made: LaidOut) -> None:
        with self._lock:
            self._drop(made.key)
            self._by_key[made.key] = made
            self._key_of[made.facts] = made.key
            while len(self._by_key) > 1 and self._members() > REMEMBERED_MEMBERS:
                self._drop(next(iter(self._by_key)))

    def drop(self, key: str) -> None:
        with self._lock:
            self._drop(key)

    def _drop(self, key: str) -> None:
        made = self._by_key.pop(key, None)
        if made is not None and self._key_of.get(made.facts) == key:
            del self._key_of[made.facts]

    def _members(self) -> int:
        return sum(len(made.layout.members) for made in self._by_key.values())


_memory = _Memory()


def recall(key: str, scope: str) -> LaidOut | None:
    """What has this key, if this process has laid it out for this scope and still remembers."""
    found = _memory.get(key)
    return found if found is not None and found.scope == scope else None


def laid_out(
    scope: str, find_contents: Callable[[], Contents], *, studio: str = "", is_fresh: bool = False
) -> LaidOut | None:
    """The ZIP of what is there now; None if there is nothing. ``scope`` says what it is, for whom.

    ``is_fresh`` compares with the storage even what was compared a moment ago. Raises as
    :func:`lay_out` does.
    """
    contents = find_contents()
    if not contents:
        return None
    facts = _facts(scope, studio, contents)
    found = _memory.of_facts(facts)
    if found and not is_fresh and time.monotonic() - found.looked_at < TRUSTED_SECONDS:
        return found
    layout = lay_out(contents, studio=studio)
    files = [member for member in layout.members if not isinstance(member.source, bytes)]
    made = LaidOut(
        scope=scope,
        facts=facts,
        key=_key(scope, layout),
        layout=layout,
        looked_at=time.monotonic() if len(files) == len(contents.entries) else float("-inf"),
    )
    _memory.put(made)
    return made


def forget(made: LaidOut) -> None:
    """Lay this out anew the next time: its files are not what they were."""
    _memory.drop(made.key)


def _key(scope: str, layout: ZipLayout) -> str:
    # Whoever knows what is in a ZIP of somebody else's still cannot name it.
    value = json.dumps([scope, layout.etag])
    return salted_hmac("pumbaphoto.zip", value, algorithm="sha256").hexdigest()


def _facts(scope: str, studio: str, contents: Contents) -> bytes:
    """What equal ZIPs have in common; written so that no two things are written alike."""
    words = (scope, studio, translation.get_language(), contents.texts, contents.absent)
    digest = hashlib.sha256(repr(words).encode())
    # As plain tuples, which are written much faster.
    digest.update(repr([tuple(entry) for entry in contents.entries]).encode())
    return digest.digest()
