"""Reading a library's files from beginning to end, to know them by their bytes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable

from django.core.cache import cache
from django.utils.translation import gettext as _

from pumbaphoto_wagtail.conf import DAY
from pumbaphoto_wagtail.exceptions import StorageOffline
from pumbaphoto_wagtail.models import Library
from pumbaphoto_wagtail.storage import BLOCK_BYTES, Digester, FileDigest, open_file

from .walking import SeenFile, is_away, place_of

logger = logging.getLogger(__name__)


class Reading:
    """The digests of a library's files; ``beat`` is called while they are read.

    A scan that is cut off and taken up again does not read again what it has just read.
    """

    def __init__(self, library: Library, beat: Callable[[], None] = lambda: None) -> None:
        self.library = library
        self.beat = beat
        # Why a file could not be read, in words, by its path.
        self.troubles: dict[str, str] = {}
        self._digests: dict[str, FileDigest] = {}

    def digest(self, file: SeenFile) -> FileDigest | None:
        """What proves a file's bytes; None, with its trouble noted, for one that cannot be read.

        Raises StorageOffline if the whole library is away.
        """
        if file.path in self._digests or file.path in self.troubles:
            return self._digests.get(file.path)
        name = place_of(self.library, file.path)
        key = f"pumbaphoto.library-digest.{hash_of(self.library.storage, name, file)}"
        found = cache.get(key) or self._read(file, name)
        if found is None:
            return None
        if found.size != file.size:
            self.troubles[file.path] = _("It is still being written; the next scan takes it in.")
            return None
        cache.set(key, found, DAY)
        self._digests[file.path] = found
        return found

    def _read(self, file: SeenFile, name: str) -> FileDigest | None:
        digester = Digester()
        try:
            with open_file(self.library.storage, name) as stored:
                while block := stored.read(BLOCK_BYTES):
                    digester.update(block)
                    self.beat()
        except FileNotFoundError:
            self.troubles[file.path] = _("It went away while it was looked at.")
        except (OSError, StorageOffline) as error:
            if is_away(self.library):
                raise StorageOffline(str(error)) from error
            logger.warning("a file of library %s cannot be read: %r", self.library.pk, error)
            self.troubles[file.path] = _("It cannot be read: %(why)s") % {"why": error}
        else:
            return digester.result()
        return None


def hash_of(storage: str, name: str, file: SeenFile) -> str:
    """What a file is remembered by while neither its size nor its time change."""
    return hashlib.sha256(repr((storage, name, file.size, file.modified_at)).encode()).hexdigest()
