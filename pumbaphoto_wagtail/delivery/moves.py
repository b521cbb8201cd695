"""Moving one file to another storage so that it may be cut off at any moment.

1. The file is taken by its lease, and a :class:`FileMove` names the place of a second copy.
2. The copy is made and read again.
3. The file's row and the FileMove change places: from here on the copy is the file, and the old
   place holds the second copy.
4. The second copy is removed, then the FileMove.

So the row always names a whole file, and the FileMove whatever else there may be; the next attempt
removes that and begins anew. A place is never used twice, so that a worker which was overtaken
removes nobody's file.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..conf import DAY, HOUR, MEBIBYTE, MINUTE, settings
from ..exceptions import BytesDiffer, NameTaken, StorageFull, StorageOffline
from ..models import FileMove, Stage, StoredFile
from ..storage import (
    FileDigest,
    digest,
    link_or_copy,
    read_sidecar,
    remove,
    sidecar_name,
    storage_for,
    write_sidecar,
)
from .cold_disks import require_storage
from .places import wanted_storage

logger = logging.getLogger(__name__)

# A file whose bytes are not right is looked at again after this time, not on every pass.
RETRY_SECONDS = DAY
# A second copy that could not be removed: of each mover there is one at most, and until it is gone
# the archive is not told to be finished.
CLEARING_SECONDS = 5 * MINUTE
# The slowest storage that a lease allows for, in bytes per second.
SLOWEST_BYTES = MEBIBYTE


def bring_home(stored_file_id: int) -> bool:
    """Bring one file where it belongs; False if it was not, or others are at it.

    Raises StorageOffline and StorageFull, after which it goes on with the next call.
    """
    hold = _take(stored_file_id)
    if hold is None:
        return False
    try:
        return _move(hold)
    finally:
        StoredFile.objects.release_lease(stored_file_id, holder=hold.holder)


@dataclass(frozen=True, kw_only=True)
class _Hold:
    """A file that this worker, and no other, may move until its lease ends."""

    file: StoredFile
    holder: uuid.UUID

    def update(self, **changes: object) -> bool:
        """Change the row while the hold lasts; False if another worker has taken it over."""
        mine = StoredFile.objects.filter(pk=self.file.pk, lease_holder=self.holder)
        return bool(mine.update(**changes))


def _take(stored_file_id: int) -> _Hold | None:
    now, holder = timezone.now(), uuid.uuid4()
    file = StoredFile.objects.filter(pk=stored_file_id).first()
    if file is None:
        return None
    seconds = settings.LEASE_SECONDS + file.size // SLOWEST_BYTES
    until = now + timedelta(seconds=seconds)
    if not StoredFile.objects.take_lease(stored_file_id, holder=holder, now=now, until=until):
        return None
    # Read again: the row may have changed before it was ours.
    return _Hold(file=StoredFile.objects.get(pk=stored_file_id), holder=holder)


def _move(hold: _Hold) -> bool:
    """Clear up after an earlier attempt, then take every step of the move."""
    if not _clear_up(hold, [*FileMove.objects.filter(stored_file=hold.file)]):
        return False
    wanted = wanted_storage(hold.file)
    if hold.file.storage == wanted:
        return True
    move = _begin(hold, wanted)
    if move is None:
        return False
    try:
        _copy(hold.file, move)
    except (StorageOffline, StorageFull):
        raise
    except Exception as error:  # storages other than ours have errors of their own
        _give_up(hold, move, error)
        return False
    if not _change_places(hold, move):
        _remove_second_copy(move)
        return False
    _clear_up(hold, [move])
    return True


def _clear_up(hold: _Hold, moves: list[FileMove]) -> bool:
    """Remove the second copies of moves; False, and put off, while they cannot be reached.

    Of a file that is gone from its place the second copy may be the only one: the database was
    restored from a backup that was taken in the middle of the move. It becomes the file.
    """
    try:
        for move in moves:
            if _is_gone(hold.file) and _is_whole_copy(hold.file, move):
                if not _change_places(hold, move):
                    return False
                hold.file.refresh_from_db(fields=["storage", "name"])
            _remove_second_copy(move)
    except Exception as error:  # as above
        # Its own file waits for that disk, and no other.
        logger.warning("a second copy of file %s cannot be removed: %r", hold.file.pk, error)
        _put_off(hold, CLEARING_SECONDS)
        return False
    return True


@transaction.atomic
def _begin(hold: _Hold, wanted: str) -> FileMove | None:
    """Write down where the second copy will be; None if this worker was overtaken."""
    if not hold.update(retry_at=None):
        return None
    return FileMove.objects.create(
        stored_file=hold.file, to_storage=wanted, to_name=_new_name(hold.file)
    )


def _new_name(file: StoredFile) -> str:
    path = PurePosixPath(file.name)
    return str(path.with_name(f"{file.uuid}-{uuid.uuid4().hex[:12]}{path.suffix}"))


def _copy(file: StoredFile, move: FileMove) -> None:
    """Make the second copy and prove it by reading it again; a bad one is removed."""
    expected = FileDigest(size=file.size, sha256=file.sha256, crc32=file.crc32)
    link_or_copy(file.storage, file.name, move.to_storage, move.to_name, expected)
    # On one device the copy is a link, which nobody has read yet.
    if digest(move.to_storage, move.to_name) != expected:
        raise BytesDiffer
    try:
        words = read_sidecar(file.storage, file.name)
    except FileNotFoundError:
        return
    write_sidecar(move.to_storage, move.to_name, words)


@transaction.atomic
def _change_places(hold: _Hold, move: FileMove) -> bool:
    """The copy becomes the file; False, and nothing changed, if this worker was overtaken."""
    if not hold.update(storage=move.to_storage, name=move.to_name):
        return False
    move.to_storage, move.to_name = hold.file.storage, hold.file.name
    move.save(update_fields=["to_storage", "to_name"])
    return True


def _remove_second_copy(move: FileMove) -> None:
    remove(move.to_storage, sidecar_name(move.to_name))
    remove(move.to_storage, move.to_name)
    FileMove.objects.filter(pk=move.pk, to_name=move.to_name).delete()


def _is_whole_copy(file: StoredFile, move: FileMove) -> bool:
    try:
        found = digest(move.to_storage, move.to_name)
    except FileNotFoundError:
        return False
    return found == FileDigest(size=file.size, sha256=file.sha256, crc32=file.crc32)


def _give_up(hold: _Hold, move: FileMove, error: Exception) -> None:
    """After an error that may be one file's or a whole storage's: find out, and act on that.

    Raises StorageOffline if a storage is away.
    """
    require_storage(hold.file.storage, holds_files=True)
    require_storage(move.to_storage)
    _remove_second_copy(move)
    logger.error("file %s stays in %s: %r", hold.file.pk, hold.file.storage, error)
    if not _is_gone(hold.file):
        is_wrong = isinstance(error, BytesDiffer | NameTaken)
        _put_off(hold, RETRY_SECONDS if is_wrong else HOUR)
    else:
        reason = _("The file is missing from the storage.")
        hold.update(stage=Stage.MISSING, stage_changed_at=timezone.now(), reason=reason)


def _is_gone(file: StoredFile) -> bool:
    try:
        return not storage_for(file.storage).exists(file.name)
    except Exception:  # as above: what cannot be asked for is not missing
        return False


def _put_off(hold: _Hold, seconds: float) -> None:
    hold.update(retry_at=timezone.now() + timedelta(seconds=seconds))
