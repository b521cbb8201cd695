"""Archived galleries: their files move to cold storage one by one, and back on restoring.

Renditions stay where they are. ``places`` knows where a file belongs, ``moves`` how one gets there.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from .. import tasks
from ..conf import MINUTE, settings
from ..exceptions import StorageFull, StorageOffline, TransitionNotAllowed
from ..models import Gallery, Photo, ShareLink, State, Transition
from ..storage import ORIGINALS
from ..workflow import lock_gallery, take_step
from . import keeping, restoring
from .cold_disks import trouble_reaching
from .moves import bring_home
from .places import (
    files_of_photo,
    galleries_to_look_at,
    is_cold,
    is_due,
    is_kept_hot,
    misplaced,
    movable_files,
)

logger = logging.getLogger(__name__)

# One task works this long and then asks for another, well within the queue's timeout.
WORK_SECONDS = 10 * MINUTE

# Looking through all galleries, where it is not done quickly, takes this share of the time.
ALL_LOOKED_AT = "pumbaphoto.cold-looked-at"
QUICK_SECONDS, SHARE_OF_TIME = 1, 0.01
LATELY = timedelta(days=2)


# --- The photographer's acts ---------------------------------------------------------------------


@transaction.atomic
def archive(gallery: Gallery, *, actor, keeps_online: bool | None = None) -> Transition:
    """Close a delivered gallery and let its files move to cold storage.

    With ``keeps_online`` clients still see and download what was delivered; None is as the settings
    say. Raises TransitionNotAllowed where there is no cold storage, and what
    ``workflow.take_step`` raises.
    """
    if settings.COLD_STORAGE not in django_settings.STORAGES:
        raise TransitionNotAllowed(_("This site has no storage for archived galleries."))
    step = take_step(gallery, State.ARCHIVED, actor=actor)
    if keeps_online is None:
        keeps_online = settings.KEEP_DELIVERED_ONLINE
    _set(gallery, keeps_delivered_online=keeps_online)
    keeping.forget_day(gallery)
    tasks.wake("archive_files", gallery.pk)
    return step


@transaction.atomic
def keep_online(gallery: Gallery, is_kept: bool, *, actor) -> None:
    """Show what was delivered to the clients of an archived gallery, or stop doing so.

    Raises TransitionNotAllowed for a gallery that is not archived.
    """
    _require_archived(gallery)
    if gallery.keeps_delivered_online == is_kept:
        return
    _set(gallery, keeps_delivered_online=is_kept)
    action = "pumbaphoto.keep_online" if is_kept else "pumbaphoto.take_offline"
    log(gallery, action, user=actor)
    tasks.wake("restore_files" if is_kept else "archive_files", gallery.pk)


@transaction.atomic
def restore(gallery: Gallery, *, actor) -> Transition:
    """Open an archived gallery again and let its files move back.

    Links that were open when it was archived open it once more, for ``LINK_DAYS_AFTER_RESTORE``,
    and so does every link whose holder has asked for the photos. The time begins anew when the
    files are back. Raises what ``workflow.take_step`` raises.
    """
    opened = restoring.links_to_open(gallery)
    step = take_step(gallery, State.DELIVERED, actor=actor)
    ShareLink.objects.filter(pk__in=opened).update(expires_at=restoring.open_until(step))
    tasks.wake("restore_files", gallery.pk)
    return step


@transaction.atomic
def fetch_photo(photo: Photo, *, actor) -> int:
    """Fetch the files of one photo back from cold storage without opening its gallery; they stay
    for ``FETCHED_DAYS``. Returns how many files there are to fetch, or to keep a while longer.

    Raises TransitionNotAllowed for a gallery that is not archived.
    """
    _require_archived(photo.gallery)
    until = timezone.now() + timedelta(days=settings.FETCHED_DAYS)
    count = files_of_photo(photo).filter(is_cold() | is_kept_hot()).update(hot_until=until)
    if count:
        log(photo.gallery, "pumbaphoto.fetch_photo", user=actor, data={"file": photo.name})
        tasks.wake("restore_files", photo.gallery_id)
    return count


def _require_archived(gallery: Gallery) -> None:
    present = lock_gallery(gallery)
    if present.state != State.ARCHIVED:
        raise TransitionNotAllowed(_("This gallery is not archived."))


def _set(gallery: Gallery, **fields: object) -> None:
    Gallery.objects.filter(pk=gallery.pk).update(**fields)
    for name, value in fields.items():
        setattr(gallery, name, value)


# --- Moving ---------------------------------------------------------------------------------------


def archive_files(gallery_id: int) -> int:
    """Move the files of an archived gallery to cold storage; returns how many were moved.

    May run twice at once and be cut off anywhere. What lies on a storage that is away or full
    waits.
    """
    return _move_files(gallery_id, "archive_files")


def restore_files(gallery_id: int) -> int:
    """Move the files of a restored gallery back; as :func:`archive_files`. Who has asked for the
    photos hears of it when the last one is back.
    """
    moved = _move_files(gallery_id, "restore_files")
    restoring.tell_who_asked(gallery_id)
    return moved


def _move_files(gallery_id: int, task_name: str) -> int:
    # The state of the moment decides the way: a late task of an archived gallery that has been
    # restored meanwhile must not move it away again.
    gallery = Gallery(pk=gallery_id)
    stop_at = time.monotonic() + WORK_SECONDS
    moved = 0
    waiting: set[str] = set()
    rows = misplaced(gallery).filter(is_due()).order_by("pk").values_list("pk", "storage")
    for key, alias in list(rows):
        if alias in waiting:
            continue
        if time.monotonic() > stop_at:
            tasks.wake(task_name, gallery_id)
            break
        try:
            moved += bring_home(key)
        except (StorageOffline, StorageFull) as error:
            # The other disks of the same gallery may be there.
            logger.warning("files of gallery %s wait for the storage: %r", gallery_id, error)
            waiting.add(alias)
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
    """Why files of a gallery do not move at the moment, and which disk has to be plugged in for
    that, in words; empty while they do.
    """
    here = [*misplaced(gallery).order_by("storage").values_list("storage", flat=True).distinct()]
    if not here:
        return ""
    there = [settings.COLD_STORAGE] if ORIGINALS in here else [ORIGINALS]
    troubles = [trouble_reaching(alias) for alias in here]
    troubles += [trouble_reaching(alias, holds_files=False) for alias in there]
    words = " ".join(dict.fromkeys(filter(None, troubles)))
    return _("Paused. %(why)s") % {"why": words} if words else ""


# --- Putting right -------------------------------------------------------------------------------


def reconcile() -> dict[str, int]:
    """Wake the movers of galleries whose files are not where they belong and in nobody's hands, and
    tell those who have asked for photos that are back.
    """
    woken = 0
    for gallery in Gallery.objects.filter(pk__in=_to_look_at()):
        files = misplaced(gallery)
        is_worked_on = files.filter(lease_until__gt=timezone.now()).exists()
        if files.filter(is_due()).exists() and not is_worked_on:
            is_archived = gallery.state == State.ARCHIVED
            tasks.wake("archive_files" if is_archived else "restore_files", gallery.pk)
            woken += 1
    for gallery_id in restoring.galleries_with_somebody_to_tell():
        restoring.tell_who_asked(gallery_id)
    return {"galleries moved on": woken}


def _to_look_at() -> set[int]:
    """Galleries with files to move: of those archived or restored lately every time, and of all the
    others as often as it costs little. With millions of files that takes its time.
    """
    if cache.get(ALL_LOOKED_AT):
        lately = timezone.now() - LATELY
        return galleries_to_look_at(Gallery.objects.filter(transitions__at__gt=lately))
    begin = time.monotonic()
    found = galleries_to_look_at()
    seconds = time.monotonic() - begin
    if seconds > QUICK_SECONDS:
        cache.set(ALL_LOOKED_AT, True, seconds / SHARE_OF_TIME)
    return found
