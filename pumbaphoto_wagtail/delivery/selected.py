"""Which photographs the client wants edited: what every part of a delivery is held against."""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, QuerySet

from ..models import (
    Edit,
    EditStatus,
    Gallery,
    Kind,
    Photo,
    Pick,
    Selection,
    SelectionList,
)

# Edits of a known photograph whose status follows from the selection.
FOLLOWING_STATUSES = (EditStatus.MATCHED, EditStatus.UNSELECTED)
# Edits that stand for their photograph; "as it is" may also be a gift without one.
STANDING_STATUSES = (*FOLLOWING_STATUSES, EditStatus.AS_IT_IS)


def counting_selections(gallery: Gallery) -> QuerySet[Selection]:
    """The selections that say what is to be edited.

    Those of links that decide, in this round: what was sent, or all of them while nothing was. As
    long as nobody has begun this round, the last one still says it. What is chosen for an album or
    for prints says nothing about it.
    """
    deciding = Selection.objects.filter(
        share_link__gallery=gallery,
        share_link__decides=True,
        list=SelectionList.TO_EDIT,
        round__lte=gallery.round,
    )
    last = deciding.order_by("-round").values("round").annotate(sent=Count("submitted_at")).first()
    if last is None:
        return deciding.none()
    counting = deciding.filter(round=last["round"])
    return counting.filter(submitted_at__isnull=False) if last["sent"] else counting


def counting_picks(gallery: Gallery) -> QuerySet[Pick]:
    """The hearts and notes of those selections, without those of deleted photographs."""
    picks = Pick.objects.filter(selection__in=counting_selections(gallery))
    return picks.filter(photo__deleted_at__isnull=True)


def selected_photos(gallery: Gallery) -> QuerySet[Photo]:
    """The photographs with a heart, each once, however many recipients picked it."""
    hearts = counting_picks(gallery).filter(is_favourite=True)
    return Photo.objects.kept().filter(gallery=gallery, pk__in=hearts.values("photo"))


def refresh_selected(gallery: Gallery) -> int:
    """Tell edits of selected photographs from the others anew; returns how many changed.

    To be called when a selection was sent, taken back or reopened. What the photographer has
    decided stays. Asks before it writes, so that looking at a gallery takes no lock.
    """
    edits = Edit.objects.filter(gallery=gallery)
    selected = Photo.objects.kept().filter(gallery=gallery)
    if gallery.kind != Kind.FINISHED:
        selected = selected_photos(gallery)
    is_selected = Exists(selected.filter(pk=OuterRef("photo")))
    changes = (
        (edits.filter(is_selected, status=EditStatus.UNSELECTED), EditStatus.MATCHED),
        (edits.filter(~is_selected, status=EditStatus.MATCHED), EditStatus.UNSELECTED),
    )
    return sum(wrong.update(status=right) for wrong, right in changes if wrong.exists())
