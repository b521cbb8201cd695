"""What is to be done in each folder: what lies there, held against the rows. Nothing is read or
written here; the rows of a whole library are fetched in two queries.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from pumbaphoto_wagtail.exceptions import FileRefused
from pumbaphoto_wagtail.models import Library, LibraryFile, LibraryFolder, Stage

from ..batches import check_announced
from . import folder_patterns
from .folder_patterns import Found
from .report import Report
from .walking import SeenFile, Walk, is_too_long

# A category and a folder's path: what a gallery of a library is known by.
FolderKey = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What is known of a file in a gallery, as :class:`LibraryFile` says it."""

    pk: int
    path: str
    folder_id: int | None
    gallery_id: int
    stored_file_id: int
    photo_id: int | None
    size: int
    modified_at: datetime | None
    is_missing: bool
    stage: str
    is_owned: bool

    @property
    def is_unwanted(self) -> bool:
        """Whether its photograph was deleted for good: then the file is known, and left alone."""
        return self.size == 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """A file of which a gallery is to be given a photograph, and what its path says."""

    file: SeenFile
    found: Found


@dataclass(frozen=True, kw_only=True, slots=True)
class Redated:
    """A photograph whose library says another time now, and that of its path, if it tells any."""

    row: Row
    file: SeenFile
    taken_at: datetime | None


@dataclass(kw_only=True)
class Work:
    """What is to be done in one folder. ``changed`` are paths whose size or time is another one,
    ``back`` those that were missing, ``missing`` those that are gone; each with its rows. ``moved``
    are paths here with the rows that had another path before.
    """

    folder: str
    new: list[Sighting] = field(default_factory=list)
    changed: list[tuple[SeenFile, list[Row]]] = field(default_factory=list)
    back: list[tuple[SeenFile, list[Row]]] = field(default_factory=list)
    missing: list[Row] = field(default_factory=list)
    moved: list[tuple[Sighting, list[Row]]] = field(default_factory=list)
    redated: list[Redated] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any((self.new, self.changed, self.back, self.missing, self.moved, self.redated))


@dataclass(kw_only=True)
class Known:
    """The rows of a library: folders by category and path, files by path."""

    folders: dict[FolderKey, LibraryFolder]
    files: dict[str, list[Row]]
    # Galleries that are being deleted are left alone until their rows are gone.
    closed: set[int]

    @property
    def present(self) -> set[str]:
        """The paths that were there at the last scan."""
        return {
            path
            for path, rows in self.files.items()
            if any(not (row.is_missing or row.is_unwanted) for row in rows)
        }


def known_of(library: Library) -> Known:
    """The rows of a library, in two queries."""
    folders = LibraryFolder.objects.filter(library=library).select_related("gallery")
    files: dict[str, list[Row]] = defaultdict(list)
    rows = LibraryFile.objects.filter(library=library, gallery__deleted_at__isnull=True)
    for values in (
        rows.order_by("pk")
        .values_list(
            *("pk", "path", "folder_id", "gallery_id", "stored_file_id", "photo_id", "size"),
            *("modified_at", "missing_since", "stored_file__stage", "stored_file__is_owned"),
        )
        .iterator(chunk_size=5000)
    ):
        *plain, missing_since, stage, is_owned = values
        names = ("pk", "path", "folder_id", "gallery_id", "stored_file_id", "photo_id")
        row = Row(
            **dict(zip((*names, "size", "modified_at"), plain, strict=True)),
            is_missing=missing_since is not None,
            stage=stage,
            is_owned=is_owned,
        )
        files[row.path].append(row)
    by_key = {(folder.category, folder.path): folder for folder in folders}
    closed = {one.gallery_id for one in by_key.values() if one.gallery.deleted_at is not None}
    return Known(folders=by_key, files=dict(files), closed=closed)


def compare(library: Library, walk: Walk, known: Known, report: Report) -> dict[str, Work]:
    """The work in each folder that has any, by the folder's path.

    Raises PatternsRefused where the library's patterns cannot be used.
    """
    reader = PathReader(library, report)
    works = {folder: Work(folder=folder) for folder in walk.folders}
    for folder, files in walk.folders.items():
        for file in files:
            _sort_in(works[folder], file, known, reader)
    for path in known.present - {file.path for files in walk.folders.values() for file in files}:
        if walk.is_known_to_be_gone(path):
            folder = path.rpartition("/")[0]
            work = works.setdefault(folder, Work(folder=folder))
            gone = (row for row in known.files[path] if not row.is_missing)
            work.missing += [row for row in gone if not row.is_unwanted]
    report.count("unchanged", reader.unchanged)
    return {folder: work for folder, work in works.items() if work}


class PathReader:
    """Reads paths by a library's patterns, and tells of those that say nothing."""

    def __init__(self, library: Library, report: Report) -> None:
        self.library = library
        self.patterns = folder_patterns.parse(library.patterns)
        self.ignores = folder_patterns.parse_ignores(library.ignores)
        self.report = report
        self.unchanged = 0

    def read(self, file: SeenFile) -> Found | None:
        """What a new file's path says; None, and noted, for one that is not to be taken in."""
        if folder_patterns.is_ignored(self.ignores, file.path):
            self.report.count("ignored")
            return None
        if is_too_long(self.library, file.path):
            self.report.note("error", file.path, _("This path is too long."))
            return None
        found = folder_patterns.match(self.patterns, file.path)
        if found is None:
            self.report.note("unknown", file.path)
            return None
        if why := _why_refused(file):
            self.report.note("refused", file.path, why)
            return None
        for words in found.notes:
            self.report.note("date", file.path, words)
        return found


def _why_refused(file: SeenFile) -> str:
    try:
        check_announced(file.path.rpartition("/")[2], file.size)
    except FileRefused as refusal:
        return str(refusal)
    return ""


def _sort_in(work: Work, file: SeenFile, known: Known, reader: PathReader) -> None:
    rows = known.files.get(file.path, [])
    if rows:
        _sort_known(work, file, rows, reader)
        if any(row.folder_id for row in rows):
            return
    found = reader.read(file)
    if found is None:
        return
    folder = known.folders.get((found.category, work.folder))
    if folder is None or folder.gallery_id not in known.closed:
        work.new.append(Sighting(file=file, found=found))


def _sort_known(work: Work, file: SeenFile, rows: list[Row], reader: PathReader) -> None:
    wanted = [row for row in rows if not row.is_unwanted]
    if any(_is_missed(row) for row in wanted):
        work.back.append((file, wanted))
    elif any(not _is_as_it_was(row, file) for row in wanted):
        work.changed.append((file, wanted))
    else:
        reader.unchanged += 1


def _is_missed(row: Row) -> bool:
    """Whether a row says that a file is gone: at the last scan, or when a worker wanted it."""
    return row.is_missing or (row.stage == Stage.MISSING and not row.is_owned)


def _is_as_it_was(row: Row, file: SeenFile) -> bool:
    is_same_time = row.modified_at == file.modified_at or None in (
        row.modified_at,
        file.modified_at,
    )
    return row.size == file.size and is_same_time
