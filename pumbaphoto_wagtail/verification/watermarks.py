"""Proofs of a gallery with a watermark carry it, and what was delivered never does."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q

from .. import access
from ..intake.watermark import mark_key
from ..models import DeliveryItem, Gallery, Photo, Rendition, Stage
from .findings import Finding, Inspection, Severity, one_by_one, place_of

HINT = "pumbaphoto_render --missing draws it."


def check(inspection: Inspection) -> Iterator[Finding]:
    galleries = Gallery.with_deleted.all()
    if inspection.gallery is not None:
        galleries = galleries.filter(pk=inspection.gallery.pk)
    for gallery in one_by_one(galleries.select_related("watermark_image")):
        yield from _check_key(gallery)
    yield from _check_pictures(inspection)
    yield from _check_deliveries(inspection)


def _check_key(gallery: Gallery) -> Iterator[Finding]:
    image = gallery.watermark_image
    key = mark_key(text=gallery.watermark, image_sha256=image.sha256 if image else "")
    if bool(gallery.watermark_key) == bool(key):
        return
    what = "a watermark that is not drawn" if key else "asks for a watermark that it does not have"
    yield Finding(
        invariant="I17",
        severity=Severity.ERROR,
        what=what,
        where=f"gallery {gallery.uuid}",
        hint="Set its watermark again in its settings.",
    )


def _check_pictures(inspection: Inspection) -> Iterator[Finding]:
    photos = inspection.of_gallery(Photo.objects.all(), "gallery").exclude(
        gallery__watermark_key=""
    )
    photos = photos.filter(picture__stage=Stage.READY).select_related("picture")
    inspection.looked_at["photos with a watermark"] += photos.count()
    for photo in one_by_one(photos.exclude(access.marked_as_wanted())):
        yield Finding(
            invariant="I17",
            severity=Severity.WARNING,
            what="not shown, since its watermark has not been drawn",
            where=place_of(photo.picture),
            hint=HINT,
        )
    for photo in one_by_one(photos.filter(Exists(_unmarked_twins()))):
        yield Finding(
            invariant="I17",
            severity=Severity.ERROR,
            what="said to have a watermark, and is the clean picture",
            where=place_of(photo.picture),
            hint="pumbaphoto_render --all --gallery draws it.",
        )


def _unmarked_twins() -> object:
    clean = Rendition.objects.filter(
        stored_file=OuterRef("stored_file"), digest=OuterRef("digest"), watermark=""
    )
    marked = Rendition.objects.filter(stored_file=OuterRef("picture")).exclude(watermark="")
    return marked.filter(Exists(clean))


def _check_deliveries(inspection: Inspection) -> Iterator[Finding]:
    items = inspection.of_gallery(DeliveryItem.objects.all(), "delivery__gallery")
    made = Rendition.objects.filter(stored_file=OuterRef("stored_file"))
    marked_only = items.filter(Exists(made)).exclude(Exists(made.filter(watermark="")))
    used_as_marks = Q(stored_file__watermarked_galleries__isnull=False)
    for item in one_by_one(items.filter(Q(pk__in=marked_only.values("pk")) | used_as_marks)):
        yield Finding(
            invariant="I17",
            severity=Severity.ERROR,
            what="delivered, and has no picture without a watermark",
            where=f"delivered item {item.uuid}",
            hint=HINT,
        )
