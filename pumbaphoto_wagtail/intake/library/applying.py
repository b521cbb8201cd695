"""Doing what a scan has found, one folder at a time: each in a transaction of its own, so that
whatever is wrong with one stops no other, and a scan that is cut off goes on behind the last one.

Files are read before the transaction begins. Nothing is ever done to the library itself.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from pumbaphoto_wagtail.exceptions import StorageFull, StorageOffline
from pumbaphoto_wagtail.models import Library, LibraryFile, LibraryFolder, Stage, StoredFile

from . import in_place, moving
from .adding import Addition, add
from .arriving import show_elsewhere
from .comparing import FolderKey, Row, Sighting, Work
from .galleries import make_gallery, path_key
from .reading import Reading
from .redating import redate
from .renaming import Moves
from .report import Report
from .walking import SeenFile

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Applying:
    """What all folders of one scan have in common. ``folders`` are the galleries that there are,
    and those that come with it; ``has_pages`` says whether new ones get a page.
    """

    library: Library
    report: Report
    reading: Reading
    folders: dict[FolderKey, LibraryFolder]
    moves: Moves
    has_pages: bool

    def apply(self, work: Work, save: Callable[[], None]) -> None:
        """Do what is to be done in one folder; ``save`` is called in its transaction.

        What goes wrong is noted, and nothing was done then. Raises StorageOffline and StorageFull.
        """
        self.report.begin()
        folder = None
        try:
            self._read(work)
            folder = _Folder(self, work)
            with transaction.atomic():
                shared = folder.apply()
                save()
            self.folders |= folder.made
            for file in shared:
                show_elsewhere(file)
        except (StorageOffline, StorageFull):
            raise
        except Exception as error:  # whatever is wrong with one folder stops no other
            logger.exception("a folder of library %s was left out", self.library.pk)
            self.report.take_back()
            words = _("Nothing was done in this folder: %(why)s")
            self.report.note("error", work.folder, words % {"why": error})

    def _read(self, work: Work) -> None:
        """Read what only its bytes can tell whether it has changed."""
        for file, rows in (*work.changed, *work.back):
            if _may_be_the_same(file, rows):
                self.reading.digest(file)


def _may_be_the_same(file: SeenFile, rows: list[Row]) -> bool:
    """Whether only the time is another one: then the bytes decide."""
    is_another_time = any(row.modified_at != file.modified_at for row in rows)
    return is_another_time and all(row.size == file.size for row in rows)


class _Folder:
    """The changes in one folder, inside a transaction."""

    def __init__(self, scan: Applying, work: Work) -> None:
        self.scan, self.work = scan, work
        self.library, self.report, self.reading = scan.library, scan.report, scan.reading
        self.made: dict[FolderKey, LibraryFolder] = {}

    def apply(self) -> list[StoredFile]:
        """Everything; returns files that are ready and have come to one more gallery."""
        self._rename()
        self._move()
        self._lose()
        for file, rows in self.work.back:
            self._settle("back", file, rows)
        for file, rows in self.work.changed:
            self._settle("changed", file, rows)
        shared = self._add()
        redate(self.work.redated, self.report)
        return shared

    # --- Renamed and moved -----------------------------------------------------------------------

    def _rename(self) -> None:
        for key, folder in self.scan.moves.folders.items():
            if key[1] != self.work.folder or (folder.category, folder.path) == key:
                continue
            before, (folder.category, folder.path) = folder.path, key
            folder.path_key, folder.missing_since = path_key(folder.path), None
            folder.save(update_fields=["category", "path", "path_key", "missing_since"])
            self.made[key] = folder
            self._note_former("renamed", folder.path, before)

    def _move(self) -> None:
        if not self.work.moved:
            return
        targets = {
            sighting.found.category: self._folder_for(sighting)
            for sighting, _rows in self.work.moved
        }
        self.work.new += moving.move(self.library, self.work.moved, targets)
        for sighting, rows in self.work.moved:
            self._note_former("renamed", sighting.file.path, rows[0].path)

    def _note_former(self, kind: str, path: str, before: str) -> None:
        self.report.note(kind, path, _("It was “%(path)s”.") % {"path": before})

    # --- Gone, back and changed ------------------------------------------------------------------

    def _lose(self) -> None:
        rows = self.work.missing
        if not rows:
            return
        gone = LibraryFile.objects.filter(pk__in=[row.pk for row in rows])
        gone.update(missing_since=timezone.now())
        keys = {row.stored_file_id for row in rows}
        in_place.lose(keys - in_place.let_twins_stand_in(self.library, keys))
        for path in dict.fromkeys(row.path for row in rows):
            self.report.note("missing", path)

    def _settle(self, kind: str, file: SeenFile, rows: list[Row]) -> None:
        if path_trouble := self.reading.troubles.get(file.path):
            self.report.note("error", file.path, path_trouble)
            return
        keys = {row.stored_file_id for row in rows}
        known = StoredFile.objects.filter(pk__in=keys).order_by("pk").select_for_update()
        files = [*known]
        mine = LibraryFile.objects.filter(pk__in=[row.pk for row in rows])
        mine.update(size=file.size, modified_at=file.modified_at, missing_since=None)
        if self._is_same(file, rows, files):
            self._bring_back(kind, file, files)
            return
        mine.update(stored_file=self._file_now(file, files))
        self.report.note("changed", file.path)

    def _is_same(self, file: SeenFile, rows: list[Row], files: list[StoredFile]) -> bool:
        if any(row.size != file.size for row in rows):
            return False
        if not _may_be_the_same(file, rows):
            return True
        digest = self.reading.digest(file)
        return all(one.sha256 == digest.sha256 for one in files)

    def _bring_back(self, kind: str, file: SeenFile, files: list[StoredFile]) -> None:
        for one in files:
            if one.stage == Stage.MISSING and not one.is_owned:
                in_place.bring_back(one)
        if kind == "back":
            self.report.note("back", file.path)
        else:
            # Only its time is another one.
            self.report.count("unchanged")

    def _file_now(self, file: SeenFile, before: list[StoredFile]) -> StoredFile:
        """A new row for the bytes that lie at a path now."""
        there = in_place.rows_at(self.library, [file.path]).values()
        gone = [one for one in there if in_place.give_up_place(self.library, one)]
        new = in_place.new_row(self.library, before[0].collection_id, file)
        new.save()
        for one in gone:
            in_place.follow(one, new, file)
        in_place.wake(new)
        return new

    # --- New -------------------------------------------------------------------------------------

    def _add(self) -> list[StoredFile]:
        by_folder: dict[int, list[Addition]] = defaultdict(list)
        folders: dict[int, LibraryFolder] = {}
        for sighting in self.work.new:
            folder = self._folder_for(sighting)
            folders[folder.pk] = folder
            addition = Addition(file=sighting.file, taken_at=sighting.found.taken_at)
            by_folder[folder.pk].append(addition)
            self.report.note("added", sighting.file.path)
        shared = []
        for key, additions in by_folder.items():
            shared += add(self.library, folders[key].gallery, additions, folders[key])
        return shared

    def _folder_for(self, sighting: Sighting) -> LibraryFolder:
        key = (sighting.found.category, self.work.folder)
        folder = self.made.get(key) or self.scan.folders.get(key)
        if folder is None:
            folder = self.made[key] = make_gallery(
                self.library, self.work.folder, sighting.found, has_page=self.scan.has_pages
            )
            self.report.note("gallery", self.work.folder, folder.gallery.title)
        return folder
