"""Archived galleries: their files move to cold storage one by one, and back on restoring.

Where a file belongs follows from the galleries that use it: cold if all of them are archived, hot
otherwise. A move may be cut off at any moment:

1. the file is taken by its lease, and a :class:`FileMove` names the place of a second copy;
2. the copy is made and read again;
3. the file's row and the FileMove change places: from here on the copy is the file, and the old
   place holds the second copy;
4. the second copy is removed, then the FileMove.

So the row always names a whole file, and the FileMove whatever else there may be. The next attempt
removes that and begins anew. A place is never used twice, so that a worker which was overtaken
removes nobody's file. Renditions stay where they are.
"""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import NamedTuple

from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import tasks
from ..conf import DAY, MEBIBYTE, MINUTE, settings
from ..exceptions import BytesDiffer, NameTaken, StorageFull, StorageOffline, TransitionNotAllowed
from ..models import (
    DeliveryItem,
    Edit,
    FileMove,
    Gallery,
    PhotoFile,
    ShareLink,
    Stage,
    State,
    StoredFile,
    Transition,
)
from ..storage import (
    INCOMING,
    ORIGINALS,
    FileDigest,
    NASStorage,
    digest,
    link_or_copy,
    read_sidecar,
    remove,
    sidecar_name,
    storage_for,
    write_sidecar,
)
from ..workflow import take_step

logger = logging.getLogger(__name__)

# One task works this long and then asks for another, well within the queue's timeout.
WORK_SECONDS = 10 * MINUTE
# A file whose bytes are not right is looked at again after this time, not on every pass.
RETRY_SECONDS = DAY
# How a gallery uses a file: the model that points to it, and its way to the gallery.
_USES = (
    (PhotoFile, "photo__gallery"),
    (Edit, "gallery"),
    (DeliveryItem, "delivery__gallery"),
)
# The slowest storage that a lease allows for, in bytes per second.
SLOWEST_BYTES = MEBIBYTE


# --- The photographer's acts ---------------------------------------------------------------------


@transaction.atomic
def archive(gallery: Gallery, *, actor) -> Transition:
    """Close a delivered gallery and let its files move to cold storage.

    Raises TransitionNotAllowed where there is none, and what ``workflow.take_step`` raises.
    """
    if settings.COLD_STORAGE not in django_settings.STORAGES:
        raise TransitionNotAllowed(_("This site has no storage for archived galleries."))
    step = take_step(gallery, State.ARCHIVED, actor=actor)
    tasks.wake("archive_files", gallery.pk)
    return step


@transaction.atomic
def restore(gallery: Gallery, *, actor) -> Transition:
    """Open an archived gallery again and let its files move back.

    Links that were open when it was archived open it once more, for ``LINK_DAYS_AFTER_RESTORE``.
    Raises what ``workflow.take_step`` raises.
    """
    step = take_step(gallery, State.DELIVERED, actor=actor)
    _open_links_again(gallery)
    tasks.wake("restore_files", gallery.pk)
    return step


def _open_links_again(gallery: Gallery) -> None:
    archived = gallery.transitions.filter(to_state=State.ARCHIVED).order_by("-pk").first()
    links = ShareLink.objects.filter(gallery=gallery, revoked_at__isnull=True)
    if archived is not None:
        links = links.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=archived.at))
    until = timezone.now() + timedelta(days=settings.LINK_DAYS_AFTER_RESTORE)
    links.update(expires_at=until)


# --- What belongs where --------------------------------------------------------------------------


def files_of(galleries: QuerySet[Gallery]) -> QuerySet[StoredFile]:
    """Every file of galleries: their photographs' in all versions, edits, what was delivered."""
    keys = [
        model.objects.filter(**{f"{path}__in": galleries}).order_by().values("stored_file")
        for model, path in _USES
    ]
    return StoredFile.objects.filter(pk__in=keys[0].union(*keys[1:]))


def movable_files(gallery: Gallery) -> QuerySet[StoredFile]:
    """The files of a gallery that may be moved: not those of the photographer's own library."""
    files = files_of(Gallery.objects.filter(pk=gallery.pk))
    return files.filter(is_owned=True).exclude(stage=Stage.MISSING)


def misplaced(gallery: Gallery) -> QuerySet[StoredFile]:
    """The files of a gallery that are not where they belong, or still have a second copy."""
    return movable_files(gallery).filter(_belongs_cold() | _belongs_hot() | Q(move__isnull=False))


def _is_due() -> Q:
    return Q(retry_at__isnull=True) | Q(retry_at__lte=timezone.now())


def _belongs_cold() -> Q:
    return Q(storage=ORIGINALS) & ~_is_in_use()


def _belongs_hot() -> Q:
    return ~Q(storage__in=(ORIGINALS, INCOMING)) & _is_in_use()


def _is_in_use() -> Q:
    """Whether a gallery that is not archived uses the file."""
    in_use = Q(pk__in=[])
    for model, path in _USES:
        rows = model.objects.filter(stored_file=OuterRef("pk"))
        in_use |= Q(Exists(rows.exclude(**{f"{path}__state": State.ARCHIVED})))
    return in_use


class ColdProgress(NamedTuple):
    """How many of a gallery's files are where they belong, of how many; the bytes still to move;
    and how many files stay behind because their bytes are not right.
    """

    moved: int
    total: int
    bytes_left: int
    stuck: int


def cold_progress(gallery: Gallery) -> ColdProgress:
    """How far the files of an archived or restored gallery have come."""
    total = movable_files(gallery).count()
    left = misplaced(gallery).aggregate(
        count=Count("pk"), size=Sum("size"), stuck=Count("pk", filter=~_is_due())
    )
    return ColdProgress(total - left["count"], total, left["size"] or 0, left["stuck"])


def why_paused(gallery: Gallery) -> str:
    """Why a gallery's files do not move at the moment, in words; empty while they do."""
    if not misplaced(gallery).exists():
        return ""
    for alias in (settings.COLD_STORAGE, ORIGINALS):
        storage = storage_for(alias)
        try:
            if isinstance(storage, NASStorage):
                storage.sentinel()
        except StorageOffline:
            if alias == ORIGINALS:
                return _("Paused: the photo storage is offline.")
            return _("Paused: the cold storage is offline.")
    return ""


# --- Moving --------------------------------------------------------------------------------------


def archive_files(gallery_id: int) -> int:
    """Move the files of an archived gallery to cold storage; returns how many were moved.

    May run twice at once and be cut off anywhere. Stops while a storage is away or full.
    """
    return _move_files(gallery_id, "archive_files")


def restore_files(gallery_id: int) -> int:
    """Move the files of a restored gallery back; as :func:`archive_files`."""
    return _move_files(gallery_id, "restore_files")


def _move_files(gallery_id: int, task_name: str) -> int:
    # The state of the moment decides the way: a late task of an archived gallery that has been
    # restored meanwhile must not move it away again.
    gallery = Gallery(pk=gallery_id)
    stop_at = time.monotonic() + WORK_SECONDS
    moved = 0
    for key in _due_keys(gallery):
        if time.monotonic() > stop_at:
            tasks.wake(task_name, gallery_id)
            break
        try:
            moved += _move_file(key, gallery)
        except (StorageOffline, StorageFull) as error:
            logger.warning("files of gallery %s wait for the storage: %r", gallery_id, error)
            break
    return moved


def _due_keys(gallery: Gallery) -> list[int]:
    return list(misplaced(gallery).filter(_is_due()).order_by("pk").values_list("pk", flat=True))


@dataclass(frozen=True, kw_only=True)
class _Hold:
    """A file that this worker, and no other, may move until its lease ends."""

    file: StoredFile
    holder: uuid.UUID

    def update(self, **changes: object) -> bool:
        """Change the row while the hold lasts; False if another worker has taken it over."""
        mine = StoredFile.objects.filter(pk=self.file.pk, lease_holder=self.holder)
        return bool(mine.update(**changes))


def _move_file(stored_file_id: int, gallery: Gallery) -> bool:
    """Bring one file where it belongs; False if it was not moved."""
    hold = _take(stored_file_id)
    if hold is None:
        return False
    try:
        return misplaced(gallery).filter(pk=stored_file_id).exists() and _bring_home(hold)
    finally:
        StoredFile.objects.release_lease(stored_file_id, holder=hold.holder)


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


def _bring_home(hold: _Hold) -> bool:
    """Clear up after an earlier attempt, then take every step of the move."""
    for leftover in FileMove.objects.filter(stored_file=hold.file):
        _remove_second_copy(leftover)
    wanted = _wanted_storage(hold.file)
    if hold.file.storage == wanted:
        return True
    move = _begin(hold, wanted)
    if move is None:
        return False
    try:
        _copy(hold.file, move)
    except (BytesDiffer, NameTaken, FileNotFoundError) as error:
        _remove_second_copy(move)
        _stay_behind(hold, error)
        return False
    if not _change_places(hold, move):
        _remove_second_copy(move)
        return False
    _remove_second_copy(FileMove.objects.get(pk=move.pk))
    return True


@transaction.atomic
def _begin(hold: _Hold, wanted: str) -> FileMove | None:
    """Write down where the second copy will be; None if this worker was overtaken."""
    if not hold.update(retry_at=None):
        return None
    return FileMove.objects.create(
        stored_file=hold.file, to_storage=wanted, to_name=_new_name(hold.file)
    )


def _wanted_storage(file: StoredFile) -> str:
    """Where a file belongs: cold aliases are as good as each other, so that none is copied from
    one to the next when the setting changes.
    """
    if StoredFile.objects.filter(_is_in_use(), pk=file.pk).exists():
        return ORIGINALS
    return settings.COLD_STORAGE if file.storage == ORIGINALS else file.storage


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
    old_storage, old_name = hold.file.storage, hold.file.name
    if not hold.update(storage=move.to_storage, name=move.to_name):
        return False
    FileMove.objects.filter(pk=move.pk).update(to_storage=old_storage, to_name=old_name)
    return True


def _remove_second_copy(move: FileMove) -> None:
    remove(move.to_storage, sidecar_name(move.to_name))
    remove(move.to_storage, move.to_name)
    FileMove.objects.filter(pk=move.pk, to_name=move.to_name).delete()


def _stay_behind(hold: _Hold, error: Exception) -> None:
    """Leave a file whose bytes are not right where it is, and look at it again tomorrow."""
    logger.error("file %s stays in %s: %r", hold.file.pk, hold.file.storage, error)
    if not storage_for(hold.file.storage).exists(hold.file.name):
        reason = _("The file is missing from the storage.")
        hold.update(stage=Stage.MISSING, stage_changed_at=timezone.now(), reason=reason)
    else:
        hold.update(retry_at=timezone.now() + timedelta(seconds=RETRY_SECONDS))


# --- Putting right -------------------------------------------------------------------------------


def reconcile() -> dict[str, int]:
    """Wake the movers of galleries whose files are not where they belong and in nobody's hands."""
    woken = 0
    for gallery in Gallery.objects.filter(pk__in=_candidates()):
        files = misplaced(gallery)
        is_worked_on = files.filter(lease_until__gt=timezone.now()).exists()
        if files.filter(_is_due()).exists() and not is_worked_on:
            is_archived = gallery.state == State.ARCHIVED
            tasks.wake("archive_files" if is_archived else "restore_files", gallery.pk)
            woken += 1
    return {"galleries moved on": woken}


def _candidates() -> set[int]:
    """Galleries with a file that may have to move; a few too many."""
    found: set[int] = set()
    for model, path in _USES:
        archived = Q(**{f"{path}__state": State.ARCHIVED})
        is_hot = Q(stored_file__storage=ORIGINALS)
        is_cold = ~Q(stored_file__storage__in=(ORIGINALS, INCOMING))
        rows = model.objects.filter(
            (archived & is_hot) | (~archived & is_cold) | Q(stored_file__move__isnull=False)
        )
        found.update(rows.order_by().values_list(path, flat=True).distinct())
    return found
