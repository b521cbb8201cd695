"""What the first paths of a library would become by patterns that are not saved yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from django.utils.translation import gettext as _

from ..exceptions import PatternsRefused, PumbaphotoError
from ..intake.library import folder_patterns
from ..intake.library.browsing import list_folder
from ..models import Library
from ..storage import in_time

PATHS_TRIED = 200
# For all folders that have to be looked into; whoever waits for longer looks at a broken page.
PATIENCE_SECONDS = 8


@dataclass(frozen=True, kw_only=True)
class TriedPath:
    """``becomes`` is "gallery", "ignored" or "unknown"; the rest is what a gallery is told."""

    path: str
    becomes: str
    title: str = ""
    category: str = ""
    date: date | None = None
    taken_at: datetime | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What trying came to. ``trouble`` says why nothing could be tried."""

    rows: list[TriedPath] = field(default_factory=list)
    trouble: str = ""
    is_more: bool = False

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(row.becomes for row in self.rows))

    @property
    def galleries(self) -> int:
        """How many galleries these paths make."""
        made = {
            (row.category, row.path.rpartition("/")[0], row.title)
            for row in self.rows
            if row.becomes == "gallery"
        }
        return len(made)


def try_patterns(library: Library, *, patterns: str, ignores: str) -> Tried:
    """Try the patterns on the library's first paths; nothing is saved, and nothing is waited for
    longer than a few seconds.
    """
    try:
        known = folder_patterns.parse(patterns)
        left_out = folder_patterns.parse_ignores(ignores)
    except PatternsRefused:
        return Tried(trouble=_("Correct the lines that are marked first."))
    # What is left out has to be shown as that.
    whole = Library(storage=library.storage, folder=library.folder)
    try:
        paths = in_time(lambda: [*islice(_walk(whole), PATHS_TRIED + 1)], PATIENCE_SECONDS)
    except (PumbaphotoError, OSError) as failure:
        return Tried(trouble=_("The folder could not be read: %(why)s") % {"why": failure})
    rows = [_tried(path, known, left_out) for path in paths[:PATHS_TRIED]]
    return Tried(rows=rows, is_more=len(paths) > PATHS_TRIED)


def _walk(library: Library, folder: str = "") -> Iterator[str]:
    """The paths of the library's files, each folder's own before those of the folders in it."""
    listing = list_folder(library, folder)
    yield from (file.path for file in listing.files)
    for inner in listing.folders:
        yield from _walk(library, inner.path)


def _tried(path: str, patterns, ignores) -> TriedPath:
    if folder_patterns.is_ignored(ignores, path):
        return TriedPath(path=path, becomes="ignored")
    found = folder_patterns.match(patterns, path)
    if found is None or not found.title:
        return TriedPath(path=path, becomes="unknown")
    return TriedPath(
        path=path,
        becomes="gallery",
        title=found.title,
        category=found.category,
        date=found.date,
        taken_at=found.taken_at,
        notes=found.notes,
    )
