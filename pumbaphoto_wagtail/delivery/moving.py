"""Moving photographs from one gallery to another: rows change, files stay where they are.

A photograph that somebody has chosen, edited, delivered or published is part of its gallery's story
and stays. In the other gallery the others are as if they had been uploaded there: in the section of
the same title, in the order of that gallery's clocks, and not shown yet if it was shared already.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from .. import published, tasks
from ..exceptions import TransitionNotAllowed
from ..intake import clocks, marking
from ..intake.deleting import chunks, has_edit, is_delivered
from ..models import (
    Consent,
    Gallery,
    Photo,
    PhotoFile,
    Pick,
    Publication,
    Section,
    State,
    StoredFile,
    Upload,
    UploadBatch,
)
from ..workflow import REFUSALS, lock_gallery

MOVED_OUT, MOVED_IN = "pumbaphoto.move_photos_out", "pumbaphoto.move_photos_in"


@dataclass(kw_only=True)
class Moved:
    """How many photographs were moved, and the names of those that stay, by the reason."""

    count: int = 0
    picked: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    already_there: list[str] = field(default_factory=list)


@transaction.atomic
def move_photos(gallery: Gallery, photos: QuerySet[Photo], target: Gallery, *, actor) -> Moved:
    """Move photographs of ``gallery`` into ``target``.

    Raises TransitionNotAllowed where one of the two is archived, or they are the same.
    """
    if gallery.pk == target.pk:
        raise TransitionNotAllowed(_("These photos are in this gallery already."))
    # Always in the same order, so that two moves cannot wait for each other.
    first, second = sorted((gallery, target), key=lambda one: one.pk)
    locked = {one.pk: one for one in (lock_gallery(first), lock_gallery(second))}
    gallery, target = locked[gallery.pk], locked[target.pk]
    if State.ARCHIVED in (gallery.state, target.state):
        raise TransitionNotAllowed(str(REFUSALS[State.ARCHIVED]))
    wanted = Photo.objects.kept().filter(gallery=gallery, pk__in=photos.order_by().values("pk"))
    moved, stay = Moved(), set()
    for reason, condition in _reasons(target):
        found = wanted.filter(condition).in_order().values_list("pk", "name")
        setattr(moved, reason, [name for key, name in found if key not in stay])
        stay |= {key for key, _name in found}
    going = [*wanted.exclude(pk__in=stay).select_related("section").order_by("pk")]
    moved.count = len(going)
    if going:
        _move(going, gallery, target)
        _log(gallery, target, len(going), actor)
    return moved


def _reasons(target: Gallery) -> tuple[tuple[str, Q], ...]:
    """Why photographs stay, the first that holds: the field of :class:`Moved`, and the question."""
    there = Photo.objects.filter(gallery=target, frame_key=OuterRef("frame_key"))
    digests = PhotoFile.objects.filter(photo__gallery=target).values("stored_file__sha256")
    twins = PhotoFile.objects.filter(photo=OuterRef("pk"), stored_file__sha256__in=digests)
    consented = Consent.objects.filter(photo=OuterRef("pk"))
    published = Publication.objects.filter(Q(photo=OuterRef("pk")) | Q(shown_photo=OuterRef("pk")))
    return (
        ("delivered", is_delivered()),
        ("edited", has_edit()),
        ("picked", Q(Exists(Pick.objects.filter(photo=OuterRef("pk"))))),
        ("published", Q(Exists(consented)) | Q(Exists(published))),
        ("already_there", Q(Exists(there)) | Q(Exists(twins))),
    )


def _move(photos: list[Photo], gallery: Gallery, target: Gallery) -> None:
    sections = _sections_like(target, photos)
    shifts = clocks.shifts_of(target)
    for photo in photos:
        photo.gallery = target
        photo.section = sections.get(photo.section.title) if photo.section else None
        # Where it was put by hand, it was put among others.
        photo.position = 0
        photo.is_shown = target.first_shared_at is None
        # One that was published from elsewhere keeps its place in time, and tells of no camera.
        if photo.taken_at is not None:
            photo.ordered_at = clocks.ordered_at(
                target,
                photo.taken_at,
                serial=photo.serial,
                camera=photo.camera,
                time_shift=photo.time_shift,
                shifts=shifts,
            )
    fields = ["gallery", "section", "position", "is_shown", "ordered_at"]
    Photo.objects.bulk_update(photos, fields, batch_size=500)
    # A film stays, at the beginning of its section.
    for keys in chunks([photo.pk for photo in photos]):
        gallery.videos.filter(after__in=keys).update(after=None)
    for keys in chunks([photo.pk for photo in photos]):
        _give_files(keys, gallery, target)
    marking.draw_where_it_lacks(target)
    published.changed(gallery.pk, target.pk)


def _sections_like(target: Gallery, photos: Iterable[Photo]) -> dict[str, Section]:
    """The sections of the other gallery, by title; those that it lacks come behind its own."""
    coming = {photo.section.title: photo.section for photo in photos if photo.section}
    found = {section.title: section for section in target.sections.all()}
    last = target.sections.aggregate(last=Max("position"))["last"] or 0
    missing = [one for title, one in coming.items() if title not in found]
    for section in sorted(missing, key=lambda one: (one.position, one.pk)):
        last += 1
        found[section.title] = Section.objects.create(
            gallery=target, title=section.title, position=last
        )
    return found


def _give_files(keys: list[int], gallery: Gallery, target: Gallery) -> None:
    """Let the files of the photographs belong to those who keep the other gallery's, and let that
    one know them as uploaded there.
    """
    elsewhere = PhotoFile.objects.filter(stored_file=OuterRef("pk")).exclude(photo__gallery=target)
    mine = StoredFile.objects.filter(photo_files__photo__in=keys)
    files = StoredFile.objects.filter(~Exists(elsewhere), pk__in=mine.values("pk"))
    files.update(collection=target.collection_id)
    uploads = Upload.objects.filter(batch__gallery=gallery, stored_file__in=mine.values("pk"))
    for batch in UploadBatch.objects.filter(pk__in=uploads.values("batch")):
        theirs = UploadBatch.objects.create(
            gallery=target,
            uploader=batch.uploader,
            purpose=batch.purpose,
            same_name=batch.same_name,
            # Nobody is told of it once more.
            settled_at=timezone.now(),
        )
        uploads.filter(batch=batch).update(batch=theirs)


def _log(gallery: Gallery, target: Gallery, count: int, actor) -> None:
    # Neither names the other: whoever may see the one need not be allowed to know of the other.
    log(gallery, MOVED_OUT, user=actor, data={"count": count})
    log(target, MOVED_IN, user=actor, data={"count": count})
    for one in (gallery, target):
        tasks.wake("match_edits", one.pk)
