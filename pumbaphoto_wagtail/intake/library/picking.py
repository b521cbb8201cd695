"""Photographs that are picked from a library by hand, whatever folders they lie in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from pumbaphoto_wagtail.exceptions import NotInLibrary, TransitionNotAllowed
from pumbaphoto_wagtail.models import Gallery, Library, LibraryFile, State, StoredFile
from pumbaphoto_wagtail.workflow import REFUSALS, lock_gallery

from .adding import Addition, add
from .arriving import show_elsewhere
from .browsing import entries_in, why_refused
from .galleries import path_key
from .renaming import CHUNK_NAMES
from .walking import SeenFile, joined

PICK = "pumbaphoto.pick_from_library"
MOST_AT_ONCE = 5000


@dataclass(kw_only=True)
class Picked:
    """How many files were taken, how many the gallery had already, and why others were refused,
    in words by their paths.
    """

    taken: int = 0
    present: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def pick(gallery: Gallery, library: Library, paths: Sequence[str], actor) -> Picked:
    """Add files of a library to a gallery; each is scanned and rendered as an upload would be.

    Raises TransitionNotAllowed for more than :data:`MOST_AT_ONCE` files and for a gallery that
    takes none, and StorageOffline.
    """
    wanted = [*dict.fromkeys(paths)]
    if len(wanted) > MOST_AT_ONCE:
        words = _("At most %(count)d photos can be picked at once.")
        raise TransitionNotAllowed(words % {"count": MOST_AT_ONCE})
    _require_open(gallery)
    picked = Picked()
    known = _known(gallery, library, wanted)
    picked.present = len(known)
    files = _find(library, [path for path in wanted if path not in known], picked)
    additions = [Addition(file=file) for file in files]
    shared = _add(gallery, library, additions, actor) if additions else []
    picked.taken = len(additions)
    for file in shared:
        show_elsewhere(file)
    return picked


def _require_open(gallery: Gallery) -> None:
    if gallery.deleted_at is not None:
        raise TransitionNotAllowed(_("This gallery is deleted."))
    if gallery.state == State.ARCHIVED:
        raise TransitionNotAllowed(str(REFUSALS[State.ARCHIVED]))


def _known(gallery: Gallery, library: Library, paths: list[str]) -> set[str]:
    """Those of the paths that the gallery has; what was deleted from it for good can come again."""
    mine = LibraryFile.objects.filter(library=library, gallery=gallery, size__gt=0)
    found: set[str] = set()
    for start in range(0, len(paths), CHUNK_NAMES):
        keys = [path_key(path) for path in paths[start : start + CHUNK_NAMES] if _is_sane(path)]
        found.update(mine.filter(path_key__in=keys).values_list("path", flat=True))
    return found


def _is_sane(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in path


def _find(library: Library, paths: list[str], picked: Picked) -> list[SeenFile]:
    """The files at the paths, each folder listed once; all that is not told does not exist."""
    by_folder: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        by_folder[path.rpartition("/")[0]].append(path)
    found = []
    for folder, members in by_folder.items():
        try:
            entries = {
                joined(folder, entry.name): entry
                for entry in entries_in(library, folder)
                if not entry.is_folder
            }
        except NotInLibrary:
            entries = {}
        for path in members:
            entry = entries.get(path)
            words = str(NotInLibrary()) if entry is None else why_refused(library, path, entry)
            if words:
                picked.refused[path] = words
            else:
                found.append(SeenFile(path=path, size=entry.size, modified_at=entry.modified_at))
    return found


@transaction.atomic
def _add(gallery: Gallery, library: Library, additions: list[Addition], actor) -> list[StoredFile]:
    locked = lock_gallery(gallery)
    _require_open(locked)
    shared = add(library, locked, additions)
    data = {"count": len(additions), "library": library.title}
    log(locked, PICK, user=actor, data=data)
    return shared
