"""Files that are not kept: the gallery has their bytes, nobody wants them, or they were deleted.

First the row says that its file is deleted, then the bytes go, and the row last: a worker that dies
in between leaves a row that :func:`finish` knows, never a file that no row knows. What lies in the
photographer's own library is only forgotten.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pumbaphoto_wagtail.exceptions import FileInHands, PumbaphotoError, StorageOffline
from pumbaphoto_wagtail.models import SETTLED_STAGES, Stage, StoredFile
from pumbaphoto_wagtail.storage import remove, sidecar_name

from .arrival import end_as_duplicate
from .claims import Claim, free

logger = logging.getLogger(__name__)

# Whoever uses a file; nobody may, of one that goes. A library's file is no use by itself: without a
# photograph it only tells that the file at that path is known, and not wanted.
USES = (
    "photo_files",
    "pictured_photos",
    "edits",
    "delivery_items",
    "watermarked_galleries",
    "watermark_presets",
    "uploads",
    "videos",
)


def drop(work: Claim, reason: str, *, is_skipped: bool) -> None:
    """Let a file go, and tell its upload why."""
    with transaction.atomic():
        if not work.release(stage=Stage.DELETED, reason=reason):
            return
        end_as_duplicate(work.file, reason, is_skipped=is_skipped)
    forget([work.file])


def can_be_dropped() -> Q:
    """Rows that point to a file which nobody is working on, and which has come to its end."""
    at_rest = StoredFile.objects.filter(free(), stage__in=SETTLED_STAGES)
    return Q(stored_file__in=at_rest.values("pk"))


def condemn(keys: Collection[int]) -> list[StoredFile]:
    """Say of those files of ``keys`` that nobody uses any more that they are deleted.

    To be called in the transaction in which their last use ends; then :func:`forget` them. Raises
    FileInHands, for the transaction to be taken back, where a worker has just begun with one.
    """
    unused = StoredFile.objects.filter(_is_unused(), pk__in=keys).values_list("pk", flat=True)
    condemned = [*unused]
    count = StoredFile.objects.filter(free(), pk__in=condemned).update(
        stage=Stage.DELETED,
        stage_changed_at=timezone.now(),
        render_requested_at=None,
        retry_at=None,
    )
    if count < len(condemned):
        raise FileInHands
    return [*StoredFile.objects.filter(pk__in=condemned).select_related("move")]


def finish() -> int:
    """Let go what was dropped by somebody who could not finish it; returns how many there were."""
    # What was deleted on purpose keeps its record, and is known to the upload that brought it.
    dropped = StoredFile.objects.filter(_is_unused(), free(), stage=Stage.DELETED)
    is_left = Q(library_files=None) | Q(renditions__isnull=False)
    files = list(dropped.filter(is_left).distinct())
    forget(files)
    return len(files)


def forget(files: Iterable[StoredFile]) -> None:
    """Remove the bytes of deleted files, what was made of them as well, and then their rows.

    Where a storage is not there the rest of its files are left for :func:`finish`.
    """
    absent: set[str] = set()
    for file in files:
        if file.storage in absent:
            continue
        try:
            _remove_bytes(file)
        except StorageOffline as error:
            logger.warning("%s is not there to drop files from: %r", file.storage, error)
            absent.add(file.storage)
        except (PumbaphotoError, OSError) as error:
            logger.warning("file %s could not be dropped yet: %r", file.pk, error)
        else:
            _forget_row(file)


@transaction.atomic
def _forget_row(file: StoredFile) -> None:
    """Delete the row; of what a library holds it stays, so that no scan takes it in again."""
    file.renditions.all().delete()
    gone = StoredFile.objects.filter(pk=file.pk, stage=Stage.DELETED, library_files=None)
    # By its key alone: a row with others joined to it is not deleted in one statement.
    StoredFile.objects.filter(pk__in=[*gone.values_list("pk", flat=True)]).delete()


def _remove_bytes(file: StoredFile) -> None:
    for rendition in file.renditions.all():
        remove(rendition.storage, rendition.name)
    if not file.is_owned:
        return
    places = [(file.storage, file.name)]
    if move := getattr(file, "move", None):
        places.append((move.to_storage, move.to_name))
    for storage, name in places:
        remove(storage, name)
        remove(storage, sidecar_name(name))


def _is_unused() -> Q:
    return Q(**dict.fromkeys(USES))
