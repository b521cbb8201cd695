"""Letting the published tree agree with what everybody may see, gallery by gallery."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from threading import get_ident
from typing import Any
from uuid import UUID

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import InvalidStorageError, storages
from django.db.models import Q
from django.utils import timezone

from .. import tasks
from ..conf import settings
from ..exceptions import PumbaphotoError
from ..models import Gallery
from ..storage import Layout, NASStorage, PublishedTree, all_in_time
from . import everybody

logger = logging.getLogger(__name__)

# Somebody takes back and gives while we look: so often it is looked at again at once.
LOOKS = 5
# How long a request may wait for the disk; a worker goes on then.
PATIENCE_SECONDS = 5.0
# More are left to reconcile.
WOKEN_AT_ONCE = 50
# Of the minute that lies between two runs of reconcile.
RECONCILE_SECONDS = 40.0
_TROUBLE = (PumbaphotoError, OSError)


def is_on() -> bool:
    """Whether there is a tree. One that is set wrong is none, and a system check's matter."""
    return tree() is not None


def tree() -> PublishedTree | None:
    alias = settings.PUBLISHED_STORAGE
    if not alias:
        return None
    try:
        is_ours = isinstance(storages[alias], NASStorage)
    except (InvalidStorageError, ImportError, TypeError, ValueError):
        return None
    return PublishedTree(alias) if is_ours else None


def storage_aliases() -> set[str]:
    """The alias of the tree's storage, if there is one."""
    return {settings.PUBLISHED_STORAGE} if is_on() else set()


# --- One gallery ---------------------------------------------------------------------------------


def settle(gallery_id: int) -> bool:
    """Let the tree hold what everybody may see of a gallery now, and nothing else.

    May be called at any time, by several at once, and be killed anywhere: see the package. False
    if the storage was away, or the gallery went on changing; reconcile comes back to it then.
    """
    published = tree()
    gallery = Gallery.with_deleted.filter(pk=gallery_id).only("uuid", "published_at").first()
    if published is None or gallery is None:
        return published is not None
    try:
        if not everybody.is_for_everybody(gallery_id):
            _withdraw(published, gallery.uuid)
            return True
        return _publish(published, gallery)
    except SuspiciousFileOperation as error:
        # Somebody has put a link where the folder should be.
        logger.warning("published pictures of gallery %s begin anew: %r", gallery_id, error)
        published.take_away(str(gallery.uuid))
        return False
    except _TROUBLE as error:
        logger.warning("published pictures of gallery %s wait: %r", gallery_id, error)
        return False


def _publish(published: PublishedTree, gallery: Gallery) -> bool:
    folder = str(gallery.uuid)
    note = published.begin(folder)
    Gallery.objects.filter(pk=gallery.pk, published_at=None).update(published_at=timezone.now())
    # Asked only now that the row says it, and again at the end.
    wanted = everybody.pictures_of(gallery.pk)
    for _look in range(LOOKS):
        if wanted is None:
            _withdraw(published, gallery.uuid)
            published.end([note])
            return True
        present = published.names(folder)
        # First away, then more.
        published.take_out(folder, present - wanted.sources.keys())
        published.add(
            folder, {name: at for name, at in wanted.sources.items() if name not in present}
        )
        before, wanted = wanted, everybody.pictures_of(gallery.pk)
        if wanted is not None and wanted.sources.keys() == before.sources.keys():
            published.seal(folder, note, wanted.seal)
            return True
    return False


def _withdraw(published: PublishedTree, uuid: UUID) -> bool:
    """Take a gallery out of the tree; whether it was there."""
    was_there = published.take_away(str(uuid))
    rows = Gallery.with_deleted.filter(uuid=uuid, published_at__isnull=False)
    rows.update(published_at=None)
    return was_there


# --- After somebody has changed something --------------------------------------------------------


def look(gallery_ids: set[int]) -> None:
    """Take away at once what may not be seen any more: every gallery that is not for everybody,
    and of those given each picture. What is to be added is left to a worker, and so is all where
    the disk does not answer in time.
    """
    published = tree()
    if published is None:
        return
    try:
        _take_away(published, gallery_ids)
    except _TROUBLE as error:
        logger.warning("published pictures are taken away by a worker: %r", error)
        tasks.wake("settle_all_published")
        return
    waiting = everybody.galleries().filter(Q(published_at=None) | Q(pk__in=gallery_ids))
    for key in waiting.order_by("pk").values_list("pk", flat=True)[:WOKEN_AT_ONCE]:
        tasks.wake("settle_published", key)


def _take_away(published: PublishedTree, gallery_ids: set[int]) -> None:
    layout = _in_time(published.layout)
    folders = layout.folders
    visible = everybody.galleries().filter(uuid__in=folders)
    stay = {str(uuid): key for key, uuid in visible.order_by().values_list("pk", "uuid")}
    for folder in folders - stay.keys():
        _in_time(partial(published.take_away, folder))
        Gallery.with_deleted.filter(uuid=folder).update(published_at=None)
    for folder, key in stay.items():
        if key in gallery_ids and (wanted := everybody.pictures_of(key)) is not None:
            present = _in_time(partial(published.names, folder))
            if stale := present - wanted.sources.keys():
                _in_time(partial(published.take_out, folder, stale))
                _in_time(partial(published.break_seals, folder, layout.seals[folder]))


def _in_time(ask: Callable[[], Any]) -> Any:
    # A disk that hangs costs each thread of the server one thread, however often it is asked.
    name = f"published {get_ident()}"
    answer = all_in_time({name: ask}, PATIENCE_SECONDS)[name]
    if isinstance(answer, Exception):
        raise answer
    return answer


# --- Putting right -------------------------------------------------------------------------------


def settle_all(seconds: float = RECONCILE_SECONDS) -> int:
    """Settle every gallery whose folder is not what it should be; how many were taken away or
    settled. One listing and a handful of queries where all is well, however many there are.

    What is not done after so many seconds is left to the next time. Raises StorageOffline.
    """
    published = tree()
    if published is None:
        return _forget_all()
    until = time.monotonic() + seconds
    layout = published.layout()
    wanted = {str(uuid): seal for uuid, seal in everybody.seals().items()}
    count = 0
    for folder in sorted(layout.folders - wanted.keys()):
        count += _withdraw(published, UUID(folder))
    _forget(published, layout, wanted)
    keys = {
        str(uuid): (key, published_at)
        for key, uuid, published_at in everybody.galleries()
        .order_by()
        .values_list("pk", "uuid", "published_at")
    }
    for folder, (key, published_at) in sorted(keys.items()):
        is_right = (
            published_at is not None
            and folder in layout.folders
            and layout.seals[folder] == {wanted.get(folder)}
            and not layout.work[folder]
        )
        if is_right:
            continue
        if time.monotonic() > until:
            break
        if settle(key):
            count += 1
            _end_old(published, layout.work[folder])
    published.clear(layout.gone)
    return count


def _forget(published: PublishedTree, layout: Layout, wanted: dict[str, str]) -> None:
    """Of what nobody may see, and what is not there: no row and no note says that it is."""
    rows = Gallery.with_deleted.filter(published_at__isnull=False)
    named = {str(uuid): key for key, uuid in rows.values_list("pk", "uuid")}
    hidden = [key for uuid, key in named.items() if uuid not in wanted]
    rows.filter(pk__in=hidden).update(published_at=None)
    for folder in {*layout.seals, *layout.work} - wanted.keys():
        published.break_seals(folder, layout.seals[folder])
        _end_old(published, layout.work[folder])


def _end_old(published: PublishedTree, notes: set[str]) -> None:
    # Whoever wrote a younger one may still be at it.
    published.end(note for note in notes if published.is_old(note, settings.LEASE_SECONDS))


def _forget_all() -> int:
    """Without a tree nothing is published: pages give addresses that ask the site."""
    return Gallery.with_deleted.filter(published_at__isnull=False).update(published_at=None)


def reconcile() -> dict[str, int]:
    """The safety net below every trigger, once a minute."""
    try:
        return {"galleries' published pictures settled": settle_all()}
    except _TROUBLE as error:
        logger.warning("published pictures were not looked at: %r", error)
        return {"galleries' published pictures settled": 0}
