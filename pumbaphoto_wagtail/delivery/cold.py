"""Archived galleries: their files move to cold storage one by one, and back on restoring.

Renditions stay where they are. ``places`` knows where a file belongs, ``moves`` how one gets there.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import tasks
from ..conf import MINUTE, settings
from ..exceptions import StorageFull, StorageOffline, TransitionNotAllowed
from ..models import Gallery, ShareLink, State, Transition
from ..storage import ORIGINALS, NASStorage, storage_for
from ..workflow import take_step
from .moves import bring_home
from .places import galleries_to_look_at, is_due, misplaced, movable_files

logger = logging.getLogger(__name__)

# One task works this long and then asks for another, well within the queue's timeout.
WORK_SECONDS = 10 * MINUTE


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


# --- Moving ---------------------------------------------------------------------------------------


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
    keys = misplaced(gallery).filter(is_due()).order_by("pk").values_list("pk", flat=True)
    for key in list(keys):
        if time.monotonic() > stop_at:
            tasks.wake(task_name, gallery_id)
            break
        try:
            moved += bring_home(key)
        except (StorageOffline, StorageFull) as error:
            logger.warning("files of gallery %s wait for the storage: %r", gallery_id, error)
            break
    return moved


# --- How far they are -----------------------------------------------------------------------------


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
        count=Count("pk"), size=Sum("size"), stuck=Count("pk", filter=~is_due())
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


# --- Putting right -------------------------------------------------------------------------------


def reconcile() -> dict[str, int]:
    """Wake the movers of galleries whose files are not where they belong and in nobody's hands."""
    woken = 0
    for gallery in Gallery.objects.filter(pk__in=galleries_to_look_at()):
        files = misplaced(gallery)
        is_worked_on = files.filter(lease_until__gt=timezone.now()).exists()
        if files.filter(is_due()).exists() and not is_worked_on:
            is_archived = gallery.state == State.ARCHIVED
            tasks.wake("archive_files" if is_archived else "restore_files", gallery.pk)
            woken += 1
    return {"galleries moved on": woken}
