"""What was renamed or moved is known by its bytes: a path that is gone and a new one of the same
SHA-256 are one file, and a folder most of whose files are in one new folder is that folder.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from pumbaphoto_wagtail.models import Library, LibraryFolder, StoredFile

from ..deleting import chunks
from .comparing import FolderKey, Known, Row, Sighting, Work
from .reading import Reading
from .walking import Walk, place_of

# SQLite takes a limited number of parameters.
CHUNK_NAMES = 500


@dataclass(kw_only=True)
class Moves:
    """Folders that have another name now: their rows, by category and path of today."""

    folders: dict[FolderKey, LibraryFolder] = field(default_factory=dict)


def recognise(
    library: Library, walk: Walk, known: Known, works: dict[str, Work], reading: Reading
) -> Moves:
    """Turn what seems gone in one place and new in another into what was moved, in ``works``.

    Only new files of the size of one that is gone are read.
    """
    lost = [row for work in works.values() for row in work.missing]
    lost += _lost_before(walk, known)
    if not lost:
        return Moves()
    pairs = [*_pairs(library, lost, works, reading)]
    moves = _renamed(pairs, walk, known)
    for sighting, rows in pairs:
        here = works[_folder_of(sighting.file.path)]
        here.new.remove(sighting)
        here.moved.append((sighting, rows))
        if there := works.get(_folder_of(rows[0].path)):
            there.missing = [row for row in there.missing if row not in rows]
    return moves


def _lost_before(walk: Walk, known: Known) -> list[Row]:
    """What was missing at an earlier scan, and perhaps only on its way to another place."""
    here = {file.path for files in walk.folders.values() for file in files}
    gone = (rows for path, rows in known.files.items() if path not in here)
    return [row for rows in gone for row in rows if row.is_missing and not row.is_unwanted]


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _pairs(
    library: Library, lost: list[Row], works: dict[str, Work], reading: Reading
) -> Iterator[tuple[Sighting, list[Row]]]:
    """New files with the rows that were theirs, of the same name where there are several."""
    by_bytes = _by_bytes(lost)
    sizes = {size for _sha256, size in by_bytes}
    new = [one for work in works.values() for one in work.new if one.file.size in sizes]
    taken = _places_taken(library, new)
    for sighting in new:
        if place_of(library, sighting.file.path) in taken:
            continue
        found = reading.digest(sighting.file)
        paths = found and by_bytes.get((found.sha256, found.size))
        if paths:
            name = sighting.file.path.rpartition("/")[2]
            same_name = (path for path in paths if path.rpartition("/")[2] == name)
            yield sighting, paths.pop(next(same_name, next(iter(paths))))


def _by_bytes(lost: list[Row]) -> dict[tuple[str, int], dict[str, list[Row]]]:
    digests: dict[int, tuple[str, int]] = {}
    for keys in chunks([*{row.stored_file_id for row in lost}]):
        files = StoredFile.objects.filter(pk__in=keys)
        digests |= {key: digest for key, *digest in files.values_list("pk", "sha256", "size")}
    found: dict[tuple[str, int], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in lost:
        found[tuple(digests[row.stored_file_id])][row.path].append(row)
    return found


def _places_taken(library: Library, new: list[Sighting]) -> set[str]:
    """Places that another library's rows know already: one file has one row."""
    names = [place_of(library, sighting.file.path) for sighting in new]
    taken: set[str] = set()
    for start in range(0, len(names), CHUNK_NAMES):
        files = StoredFile.objects.filter(
            storage=library.storage, name__in=names[start : start + CHUNK_NAMES]
        )
        taken.update(files.values_list("name", flat=True))
    return taken


def _renamed(pairs: list[tuple[Sighting, list[Row]]], walk: Walk, known: Known) -> Moves:
    votes: dict[int, Counter[FolderKey]] = defaultdict(Counter)
    for sighting, rows in pairs:
        key = (sighting.found.category, _folder_of(sighting.file.path))
        for row in rows:
            if row.folder_id:
                votes[row.folder_id][key] += 1
    moved = {row.pk for _sighting, rows in pairs for row in rows}
    sizes = Counter(
        row.folder_id
        for rows in known.files.values()
        for row in rows
        if row.pk in moved or not (row.is_missing or row.is_unwanted)
    )
    moves = Moves()
    for folder in known.folders.values():
        if folder.path in walk.folders or folder.pk not in votes:
            continue
        key, count = votes[folder.pk].most_common(1)[0]
        if count * 2 >= sizes[folder.pk] and key not in {*known.folders, *moves.folders}:
            moves.folders[key] = folder
    return moves
