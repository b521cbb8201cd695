"""The rows of a library's files: one for each place, with the bytes that lie there now.

A file whose bytes have changed gets a new row, which is scanned for viruses as any other, and its
photographs a new version. The old row keeps what is told of the former bytes, at a place that no
storage has, and says that they are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from django.utils import timezone
from django.utils.translation import gettext as _

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.models import (
    UNREAD,
    Library,
    LibraryFile,
    PhotoFile,
    Stage,
    StoredFile,
    Verdict,
)

from ..formats import format_by_extension
from ..names import display_name
from ..photographs import show_picture
from .renaming import CHUNK_NAMES
from .walking import SeenFile, place_of

# No file of a library has such a name: what begins with a dot is not told.
REPLACED = ".replaced"


def new_row(library: Library, collection_id: int, file: SeenFile) -> StoredFile:
    """An unsaved row of a file where it lies; a worker reads it for its digests before its scan."""
    folder, _slash, name = file.path.rpartition("/")
    kind = format_by_extension(name)
    return StoredFile(
        collection_id=collection_id,
        storage=library.storage,
        name=place_of(library, file.path),
        is_owned=False,
        original_name=display_name(name),
        relative_path=folder,
        format=kind.name if kind else "",
        size=file.size,
        sha256=UNREAD,
        crc32=0,
    )


def rows_at(library: Library, paths: Iterable[str]) -> dict[str, StoredFile]:
    """The rows of files where they lie, by path, locked until the transaction ends."""
    by_name = {place_of(library, path): path for path in paths}
    names, found = [*by_name], {}
    for start in range(0, len(names), CHUNK_NAMES):
        files = StoredFile.objects.filter(
            storage=library.storage, name__in=names[start : start + CHUNK_NAMES]
        )
        found |= {by_name[file.name]: file for file in files.order_by("pk").select_for_update()}
    return found


def holding(files: Iterable[StoredFile], seen: Mapping[int, SeenFile]) -> set[int]:
    """The keys of those rows whose bytes lie there unchanged, as far as size and time tell; what
    was ``seen`` now is told by the rows' keys.
    """
    known = LibraryFile.objects.filter(stored_file__in=[*files], size__gt=0)
    there = known.exclude(stored_file__stage=Stage.DELETED)
    return {
        key
        for key, size, modified_at in there.values_list("stored_file", "size", "modified_at")
        if (size, modified_at) == (seen[key].size, seen[key].modified_at)
    }


def retire(file: StoredFile) -> None:
    """Say of a file in a library that its bytes have been replaced by others there."""
    file.name = f"{REPLACED}/{file.uuid}"
    StoredFile.objects.filter(pk=file.pk).update(
        name=file.name,
        stage=Stage.DELETED,
        stage_changed_at=timezone.now(),
        reason=_("Its bytes were replaced in the library."),
        lease_holder=None,
        lease_until=None,
        render_requested_at=None,
        retry_at=None,
    )


def lose(keys: Iterable[int]) -> None:
    """Say of files in a library that they are gone; whoever works on one has lost it.

    A photograph whose JPEG is gone is shown by its RAW, where it has one.
    """
    keys = [*keys]
    files = StoredFile.objects.filter(pk__in=keys, is_owned=False)
    files.exclude(stage=Stage.DELETED).update(
        stage=Stage.MISSING,
        stage_changed_at=timezone.now(),
        reason=_("The file is missing from the library."),
        lease_holder=None,
        lease_until=None,
        render_requested_at=None,
        retry_at=None,
    )
    others = PhotoFile.objects.filter(
        photo__picture__in=keys, is_current=True, stored_file__stage=Stage.READY
    )
    for other in others.select_related("photo", "stored_file"):
        show_picture(other.photo, other.stored_file)


def bring_back(file: StoredFile) -> None:
    """A missing file is there again with the same bytes: what was known of them holds once more."""
    if file.verdict == Verdict.INFECTED:
        stage = Stage.INFECTED
    elif not file.is_trusted:
        stage = Stage.RECEIVED
    else:
        stage = Stage.READY if file.renditions.exists() else Stage.CLEAN
    StoredFile.objects.filter(pk=file.pk).update(
        stage=stage,
        stage_changed_at=timezone.now(),
        scan_attempts=0,
        render_attempts=0,
        retry_at=None,
        reason="",
    )
    file.stage = stage
    if stage == Stage.READY:
        for entry in file.photo_files.filter(is_current=True).select_related("photo"):
            show_picture(entry.photo, file)
    wake(file)


def wake(file: StoredFile) -> None:
    """Let a file go on from the stage it is in."""
    if file.stage == Stage.RECEIVED:
        tasks.wake("scan_file", file.pk)
    elif file.stage == Stage.CLEAN:
        tasks.wake("render_file", file.pk)


def give_up_place(library: Library, file: StoredFile) -> bool:
    """Make room at a place where other bytes lie now. Where the former ones lie at another path as
    well, the row goes there; True if they are gone, as the row says then.
    """
    if let_twins_stand_in(library, [file.pk]):
        return False
    retire(file)
    return True


def follow(before: StoredFile, now: StoredFile, seen: SeenFile) -> None:
    """Whoever was given the former bytes of a place has the present ones."""
    rows = LibraryFile.objects.filter(stored_file=before, size__gt=0)
    rows.update(stored_file=now, size=seen.size, modified_at=seen.modified_at)


def let_twins_stand_in(library: Library, keys: Iterable[int]) -> set[int]:
    """Let files that are gone be where the same bytes lie once more; the keys of those that are.

    Two paths of the same bytes in one gallery are one photograph, and one row.
    """
    twins = LibraryFile.objects.filter(
        library=library, stored_file__in=[*keys], stored_file__is_owned=False, missing_since=None
    )
    found: set[int] = set()
    for key, path in twins.order_by("pk").values_list("stored_file", "path"):
        if key not in found and not rows_at(library, [path]):
            found.add(key)
            StoredFile.objects.filter(pk=key).update(
                name=place_of(library, path),
                original_name=display_name(PurePosixPath(path).name),
                relative_path=path.rpartition("/")[0],
            )
    return found
