"""Renditions given up to save space: of the galleries first that nobody looked at for longest.

A site may limit how much its renditions take, and for how long they are kept without anybody
looking. They can always be made again: whoever comes back to a gallery has all of it rendered.

What is kept: the smallest tier, which lists and sheets are made of; whatever was delivered, since
its sizes are promised; and what another gallery shows as well. The row of a rendition stays, so
that its address does, and says that its bytes are gone.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from wagtail.models import Site

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import DAY, GIBIBYTE, UNMARKED_TIER, settings
from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.models import (
    DeliveryItem,
    Edit,
    Gallery,
    PhotoFile,
    Rendition,
    Stage,
    StoredFile,
    StudioSettings,
)
from pumbaphoto_wagtail.storage import remove, sizes

from .claims import in_seconds
from .rerendering import files_of, render_these

logger = logging.getLogger(__name__)

# Whoever looks is noted once in this time, and keeps a gallery's renditions for as long at least.
LOOK_SECONDS = DAY
# The largest first: without it a gallery still hangs on its wall.
LARGEST_TIER = "display"
# Bytes that a worker left behind when it died are looked for among what was cleared since.
LEFTOVERS_SINCE = timedelta(days=3)
CHUNK_ROWS = 500


@dataclass(kw_only=True)
class Cleared:
    """How many renditions were given up, and their bytes."""

    renditions: int = 0
    freed_bytes: int = 0

    def add(self, rows: Collection[Rendition]) -> None:
        self.renditions += len(rows)
        self.freed_bytes += sum(row.size for row in rows)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much the renditions of a site may take and for how long; 0 for no limit."""

    quota_bytes: int
    days: int


# --- Who looks -----------------------------------------------------------------------------------


def note_looked_at(gallery: Gallery) -> None:
    """Remember that somebody looks at a gallery's photographs, and have all of them rendered that
    were cleared. Of a day's visitors the first one does; trouble here is nobody's trouble.
    """
    now = timezone.now()
    long_ago = now - timedelta(seconds=LOOK_SECONDS)
    if gallery.looked_at is not None and gallery.looked_at > long_ago:
        return
    not_today = Q(looked_at__isnull=True) | Q(looked_at__lte=long_ago)
    try:
        with transaction.atomic():
            is_first = Gallery.objects.filter(not_today, pk=gallery.pk).update(looked_at=now)
            if is_first and _cleared_files(gallery).exists():
                tasks.wake("render_cleared", gallery.pk)
    except DatabaseError as error:
        logger.warning("a look at gallery %s was not noted: %r", gallery.pk, error)


def render_cleared(gallery_id: int) -> int:
    """Ask for all that was cleared of a gallery; returns of how many files there was some."""
    gallery = Gallery(pk=gallery_id)
    keys = [*_cleared_files(gallery).values_list("pk", flat=True)]
    render_these(gallery, keys)
    return len(keys)


def _cleared_files(gallery: Gallery) -> QuerySet[StoredFile]:
    cleared = Rendition.objects.filter(stored_file=OuterRef("pk"), cleared_at__isnull=False)
    return _files_of(gallery).filter(Exists(cleared), stage=Stage.READY).order_by("pk")


# --- Clearing ------------------------------------------------------------------------------------


def clear_renditions(
    *, site: Site | None = None, is_full: bool = False, is_dry_run: bool = False
) -> Cleared:
    """Keep every site, or one of them, within its limits; with ``is_full`` give up all that may be.

    A dry run only says what would go. A storage that is away is left alone until the next time.
    """
    done = Cleared()
    try:
        if not is_dry_run:
            _remove_leftovers()
        for one in [site] if site else Site.objects.order_by("pk"):
            _clear_site(one, done, is_full=is_full, is_dry_run=is_dry_run)
    except (PumbaphotoError, OSError) as error:
        logger.warning("renditions were not all cleared: %r", error)
    return done


def limits_of(site: Site) -> Limits:
    """A studio's own limits, or else those of ``PUMBAPHOTO``."""
    own = StudioSettings.objects.filter(site=site).first() or StudioSettings()
    quota = settings.RENDITION_QUOTA_BYTES
    if isinstance(quota, dict):
        quota = quota.get(site.hostname, 0)
    if own.rendition_gigabytes is not None:
        quota = own.rendition_gigabytes * GIBIBYTE
    days = settings.RENDITION_DAYS if own.rendition_days is None else own.rendition_days
    return Limits(quota_bytes=quota, days=days)


def bytes_of_renditions(site: Site) -> int:
    """How much the renditions of a site's photographs and edits take; each counts once."""
    files = files_of(Gallery.objects.filter(site=site))
    there = Rendition.objects.filter(stored_file__in=files.values("pk"), cleared_at__isnull=True)
    return there.aggregate(sum=Sum("size"))["sum"] or 0


def _clear_site(site: Site, done: Cleared, *, is_full: bool, is_dry_run: bool) -> None:
    limits = limits_of(site)
    smaller = sorted(set(settings.TIERS) - {UNMARKED_TIER, LARGEST_TIER})
    if is_full or limits.days:
        before = timezone.now() - timedelta(days=0 if is_full else limits.days)
        for gallery in _unlooked_at(site, before):
            _clear(gallery, [LARGEST_TIER, *smaller], done, is_dry_run=is_dry_run)
    if is_full or not limits.quota_bytes:
        return
    gone = done.freed_bytes if is_dry_run else 0
    over = bytes_of_renditions(site) - gone - limits.quota_bytes
    idle = timezone.now() - timedelta(seconds=LOOK_SECONDS)
    for tiers in ([LARGEST_TIER], smaller):
        for gallery in _unlooked_at(site, idle):
            if over <= 0:
                return
            freed_before = done.freed_bytes
            _clear(gallery, tiers, done, is_dry_run=is_dry_run)
            over -= done.freed_bytes - freed_before
    if over > 0:
        logger.warning(
            "the renditions of site %s take %d bytes more than they may, and all are in use",
            site.pk,
            over,
        )


def _unlooked_at(site: Site, before: datetime) -> Iterator[Gallery]:
    """The galleries that nobody looked at since, the longest first."""
    galleries = Gallery.objects.filter(site=site).annotate(
        seen_at=Coalesce("looked_at", "created_at")
    )
    return galleries.filter(seen_at__lt=before).order_by("seen_at", "pk").iterator()


def _clear(gallery: Gallery, tiers: Collection[str], done: Cleared, *, is_dry_run: bool) -> None:
    rows = Rendition.objects.filter(
        stored_file__in=_may_be_cleared(gallery).values("pk"),
        tier__in=tiers,
        cleared_at__isnull=True,
    )
    if is_dry_run:
        done.add(rows)
        return
    last = 0
    while keys := [*_files_with(rows, last)]:
        for key in keys:
            done.add(_clear_file(key, rows))
        last = keys[-1]


def _files_with(rows: QuerySet[Rendition], after: int) -> QuerySet:
    found = rows.filter(stored_file__gt=after).order_by("stored_file")
    return found.values_list("stored_file", flat=True).distinct()[:CHUNK_ROWS]


def _clear_file(key: int, rows: QuerySet[Rendition]) -> list[Rendition]:
    """Give up those of ``rows`` that belong to a file; none while a worker has it.

    First the rows say so and then the bytes go. Whoever is killed between leaves bytes that the
    next run finds; nothing is ever said to be there that is not.
    """
    unasked = StoredFile.objects.filter(render_requested_at=None, stage=Stage.READY)
    with _held(unasked, key) as is_held:
        gone = [*rows.filter(stored_file=key)] if is_held else []
        cleared = Rendition.objects.filter(pk__in=[row.pk for row in gone])
        cleared.update(cleared_at=timezone.now())
        for row in gone:
            remove(row.storage, row.name)
    return gone


@contextmanager
def _held(files: QuerySet[StoredFile], key: int) -> Iterator[bool]:
    """Whether a file of ``files`` is this worker's alone for as long as it has its hands on it."""
    holder, now = uuid.uuid4(), timezone.now()
    until = in_seconds(settings.LEASE_SECONDS)
    is_held = files.take_lease(key, holder=holder, now=now, until=until)
    try:
        yield is_held
    finally:
        if is_held:
            StoredFile.objects.release_lease(key, holder=holder)


def _remove_leftovers() -> None:
    since = timezone.now() - LEFTOVERS_SINCE
    cleared = Rendition.objects.filter(cleared_at__gte=since)
    for alias in cleared.order_by().values_list("storage", flat=True).distinct():
        rows = {row.name: row for row in cleared.filter(storage=alias)}
        found = sizes(alias, rows) or {}
        for name in (name for name, size in found.items() if size is not None):
            _remove_leftover(rows[name])


def _remove_leftover(row: Rendition) -> None:
    with _held(StoredFile.objects.all(), row.stored_file_id) as is_held:
        # It may have been made again since it was listed.
        still_cleared = Rendition.objects.filter(pk=row.pk, cleared_at__isnull=False)
        if is_held and still_cleared.exists():
            remove(row.storage, row.name)


# --- Whose files ---------------------------------------------------------------------------------


def _may_be_cleared(gallery: Gallery) -> QuerySet[StoredFile]:
    delivered = DeliveryItem.objects.filter(stored_file=OuterRef("pk"))
    elsewhere = PhotoFile.objects.filter(stored_file=OuterRef("pk")).exclude(photo__gallery=gallery)
    edits = Edit.objects.filter(stored_file=OuterRef("pk"))
    kept = Exists(delivered) | Exists(elsewhere) | Exists(edits)
    return _files_of(gallery).filter(~kept, stage=Stage.READY)


def _files_of(gallery: Gallery) -> QuerySet[StoredFile]:
    mine = PhotoFile.objects.filter(stored_file=OuterRef("pk"), photo__gallery=gallery)
    return StoredFile.objects.filter(Exists(mine))
