"""Which marks a file's pictures carry, and the act that gives a gallery its watermark.

A file may be shown by several galleries, each with a mark of its own or none, so its pictures lie
side by side: clean ones, and some for each mark. Until a gallery's mark is drawn in, ``access``
shows the photograph to nobody but the gallery's staff; whatever goes wrong here hides something.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from pumbaphoto_wagtail import access, published, tasks
from pumbaphoto_wagtail.exceptions import MarkNotDrawn
from pumbaphoto_wagtail.models import (
    Gallery,
    Photo,
    PhotoFile,
    Rendition,
    Stage,
    StoredFile,
)
from pumbaphoto_wagtail.storage import INCOMING, open_file, remove
from pumbaphoto_wagtail.workflow import lock_gallery

from .claims import free
from .watermark import Mark, check_text, clean, mark_key

logger = logging.getLogger(__name__)

# What a mark's picture may have; it is read whole.
MAX_IMAGE_BYTES = 20 * 1024 * 1024
CHUNK_ROWS = 500
SET_WATERMARK = "pumbaphoto.set_watermark"


# --- The photographer's act ----------------------------------------------------------------------


@transaction.atomic
def set_watermark(
    gallery: Gallery, *, actor, text: str = "", image: StoredFile | None = None
) -> bool:
    """Give a gallery's proofs a text or a picture as their watermark, or with neither take it away.

    From the next request on clients see no photograph that does not carry it, and the pictures are
    made. False if it was so already. Raises MarkNotDrawn for a text that cannot be drawn.
    """
    if text and image is not None:
        raise ValueError("a watermark is a text or a picture")
    text = text if clean(text) else ""
    if text:
        check_text(text)
    locked = lock_gallery(gallery)
    key = mark_key(text=text, image_sha256=image.sha256 if image else "")
    wanted = {"watermark": text, "watermark_image": image, "watermark_key": key}
    if all(getattr(locked, name) == value for name, value in wanted.items()):
        return False
    Gallery.objects.filter(pk=gallery.pk).update(**wanted)
    for name, value in wanted.items():
        setattr(gallery, name, value)
    published.changed(gallery.pk)
    kind = "text" if text else "image" if image else "none"
    log(gallery, SET_WATERMARK, user=actor, data={"kind": kind, "text": text})
    draw_where_it_lacks(gallery)
    return True


def draw_where_it_lacks(gallery: Gallery) -> None:
    """Ask for the mark in those of a gallery's photographs that do not carry it."""
    _ask(_unmarked_files(Photo.objects.filter(gallery=gallery)))
    tasks.wake("draw_watermarks", gallery.pk)


def draw_watermarks(gallery_id: int) -> int:
    """Wake the workers for a gallery's pictures that were asked for, and remove those with marks
    that nobody wants any more; returns how many were woken.
    """
    files = StoredFile.objects.filter(photo_files__photo__gallery=gallery_id).distinct()
    asked = files.filter(stage=Stage.READY, render_requested_at__isnull=False).filter(free())
    keys = list(asked.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        tasks.wake("render_file", key)
    _remove_unwanted(files)
    return len(keys)


def _remove_unwanted(files: QuerySet[StoredFile]) -> None:
    marked = Rendition.objects.filter(stored_file__in=files).exclude(watermark="")
    while True:
        rows = list(marked.filter(~Exists(_wanting(OuterRef("watermark"))))[:CHUNK_ROWS])
        if not rows:
            return
        Rendition.objects.filter(pk__in=[row.pk for row in rows]).delete()
        for row in rows:
            remove(row.storage, row.name)


def _wanting(key: object) -> QuerySet[Gallery]:
    """The galleries that show the rendition's file with a mark."""
    return Gallery.objects.filter(
        photos__files__stored_file=OuterRef("stored_file"), watermark_key=key
    )


# --- What a file's pictures carry ----------------------------------------------------------------


def wanted_keys(files: Iterable[StoredFile]) -> dict[int, set[str]]:
    """The keys of the marks that each file's pictures are to carry, by the file's primary key."""
    rows = (
        PhotoFile.objects.filter(stored_file__in=[file.pk for file in files])
        .exclude(photo__gallery__watermark_key="")
        .order_by()
        .values_list("stored_file", "photo__gallery__watermark_key")
        .distinct()
    )
    keys = defaultdict(set)
    for file_pk, key in rows:
        keys[file_pk].add(key)
    return keys


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The marks to draw into a file's pictures, and why others cannot be, by their keys."""

    marks: tuple[Mark, ...]
    undrawn: dict[str, str]

    @property
    def keys(self) -> set[str]:
        return {mark.key for mark in self.marks} | set(self.undrawn)


def wanted_marks(file: StoredFile) -> Wanted:
    """What is to be drawn into a file's pictures now.

    Raises StorageOffline, or the OSError, if the storage is not there to read a mark from.
    """
    keys = wanted_keys([file])[file.pk]
    galleries = Gallery.objects.filter(photos__files__stored_file=file, watermark_key__in=keys)
    marks, undrawn = {}, {}
    for gallery in galleries.select_related("watermark_image").distinct():
        try:
            marks[gallery.watermark_key] = _mark_of(gallery)
        except MarkNotDrawn as failure:
            undrawn[gallery.watermark_key] = str(failure)
    return Wanted(marks=tuple(marks.values()), undrawn=undrawn)


def _mark_of(gallery: Gallery) -> Mark:
    image = gallery.watermark_image
    if image is None:
        return Mark(key=gallery.watermark_key, text=gallery.watermark)
    if not image.is_trusted or image.stage != Stage.READY:
        raise MarkNotDrawn(_("The watermark’s picture has not been checked yet."))
    return Mark(key=gallery.watermark_key, image=read_image(image))


def read_image(file: StoredFile) -> bytes:
    """The bytes of a mark's picture. Raises MarkNotDrawn where they are too many, or not there."""
    if file.size > MAX_IMAGE_BYTES:
        raise MarkNotDrawn(
            _("A watermark’s picture may have up to %(limit)d MB.")
            % {"limit": MAX_IMAGE_BYTES // 2**20}
        )
    try:
        with open_file(file.storage, file.name) as source:
            return source.read()
    except FileNotFoundError as error:
        raise MarkNotDrawn(_("The watermark’s picture is missing from the storage.")) from error


# --- How far it is -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class MarkingProgress:
    """How many photographs of a gallery carry its mark, of how many with a picture; and why others
    do not, where that is known.
    """

    marked: int
    total: int
    reasons: tuple[str, ...] = ()

    @property
    def left(self) -> int:
        return self.total - self.marked


def marking_progress(gallery: Gallery) -> MarkingProgress:
    """How far a gallery's pictures carry its watermark."""
    photos = Photo.objects.filter(gallery=gallery, picture__stage=Stage.READY)
    unmarked = photos.exclude(access.marked_as_wanted())
    settled = unmarked.filter(picture__render_requested_at=None).exclude(picture__reason="")
    reasons = settled.order_by().values_list("picture__reason", flat=True).distinct()[:3]
    total = photos.count()
    return MarkingProgress(
        marked=total - unmarked.count(), total=total, reasons=(*_image_trouble(gallery), *reasons)
    )


def _image_trouble(gallery: Gallery) -> list[str]:
    image = gallery.watermark_image
    if image is None or image.stage == Stage.READY:
        return []
    if image.stage in (Stage.FAILED, Stage.INFECTED, Stage.MISSING, Stage.DELETED, Stage.BLOCKED):
        return [image.reason or image.get_stage_display()]
    return []


# --- Putting right -------------------------------------------------------------------------------


def use_image(file: StoredFile) -> None:
    """Draw a mark whose picture has just been found good."""
    for gallery in Gallery.objects.filter(watermark_image=file):
        draw_where_it_lacks(gallery)


def ask_for_lacking() -> int:
    """Ask for the pictures of ready photographs that lack their gallery's mark and are in nobody's
    hands; returns how many. One that could not be drawn is tried again after a rest.
    """
    rested = Q(picture__retry_at=None) | Q(picture__retry_at__lte=timezone.now())
    drawable = Q(gallery__watermark_image=None) | Q(gallery__watermark_image__stage=Stage.READY)
    photos = Photo.objects.filter(rested, drawable, picture__render_requested_at=None)
    files = _unmarked_files(photos.exclude(gallery__watermark_key=""))
    keys = list(files.order_by("pk").values_list("pk", flat=True)[:CHUNK_ROWS])
    _ask(StoredFile.objects.filter(pk__in=keys))
    for key in keys:
        tasks.wake("render_file", key)
    return len(keys)


def _unmarked_files(photos: QuerySet[Photo]) -> QuerySet[StoredFile]:
    unmarked = photos.exclude(access.marked_as_wanted()).order_by().values("picture")
    ready = StoredFile.objects.ready().filter(pk__in=unmarked)
    return ready.exclude(storage=INCOMING)


def _ask(files: QuerySet[StoredFile]) -> None:
    files.update(render_requested_at=timezone.now(), render_attempts=0, retry_at=None)
