"""The receipt: what was sent, when, by which link and in which round. A page to keep and to print.

It is made of rows that nothing changes once a selection is sent. A photo that was hidden since
then keeps its name and note here, and only its picture is not shown any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from ..models import Gallery, Pick, Selection
from . import links, lists, rounds, wall
from .choosing import in_words
from .door import closed
from .headers import own_page
from .pictures import Pictures, photo_pictures
from .sheet import offered_photos
from .words import photographer_name, studio_name

TEMPLATE = "pumbaphoto_wagtail/proofing/receipt.html"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One photo of a receipt; ``pictures`` is None where it is not shown any more."""

    name: str
    is_favourite: bool
    note: str
    colour: str
    pictures: Pictures | None
    is_new_in_round: bool
    has_new_note: bool


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Everything a receipt says, in the gallery's order."""

    selection: Selection
    lines: list[Line]
    removed: list[str]
    difference_words: str
    # Empty where there is only one list.
    list_label: str

    @property
    def favourites(self) -> int:
        return sum(line.is_favourite for line in self.lines)

    @property
    def notes(self) -> int:
        return sum(bool(line.note) for line in self.lines)


@own_page
@require_safe
def receipt(
    request: HttpRequest, gallery_uuid: UUID, list_name: str, round_number: int
) -> HttpResponse:
    """What the holder of this link has sent for a list in a round."""
    # Asked first, so that the answer for an unknown gallery is the same to the last header.
    viewer = links.viewer(request)
    gallery = Gallery.objects.select_related("site", "owner").filter(uuid=gallery_uuid).first()
    link = viewer.link_for(gallery) if gallery else None
    if link is None:
        if gallery is not None and links.is_remembered(request, gallery):
            return closed(request)
        raise Http404
    link.gallery = gallery
    sent = link.selections.filter(
        list=list_name, round=round_number, submitted_at__isnull=False
    ).first()
    if sent is None:
        raise Http404
    sent.share_link = link
    context = {
        "receipt": receipt_of(sent),
        "gallery": gallery,
        "photographer": photographer_name(gallery),
        "studio": studio_name(gallery.site),
        "gallery_url": gallery.main_page.get_url(request) if gallery.main_page else "",
    }
    return TemplateResponse(request, TEMPLATE, context)


def receipt_of(selection: Selection) -> Receipt:
    """The receipt of a selection that was sent; its link comes with its gallery."""
    link = selection.share_link
    picks = {pick.photo_id: pick for pick in selection.picks.select_related("photo")}
    before = lists.selection_before(link, selection.list, selection.round)
    was = rounds.choices(before.picks.all()) if before else None
    changed = rounds.Difference() if was is None else rounds.difference(was, _choices(picks))
    shown = _pictures(selection, picks)
    ordered = link.gallery.photos.filter(pk__in=picks).in_order().values_list("pk", flat=True)
    removed = link.gallery.photos.filter(pk__in=changed.removed).in_order()
    return Receipt(
        selection=selection,
        lines=[_line(picks[key], shown.get(key), changed) for key in ordered],
        removed=[*removed.values_list("name", flat=True)],
        difference_words=in_words(changed),
        list_label="" if lists.is_for_editing(selection.list) else lists.LABELS[selection.list],
    )


def _choices(picks: dict[int, Pick]) -> dict[int, rounds.Choice]:
    return rounds.choices(picks.values())


def _pictures(selection: Selection, picks: dict[int, Pick]) -> dict[int, Pictures | None]:
    offered = offered_photos(selection.share_link).filter(pk__in=picks)
    photos = wall.photos_with([*offered.values_list("pk", flat=True)])
    return {photo.pk: photo_pictures(photo) for photo in photos}


def _line(pick: Pick, pictures: Pictures | None, changed: rounds.Difference) -> Line:
    return Line(
        name=pick.photo.name,
        is_favourite=pick.is_favourite,
        note=pick.note,
        colour=pick.photo.average_colour,
        pictures=pictures,
        is_new_in_round=pick.photo_id in changed.added,
        has_new_note=pick.photo_id in changed.noted,
    )
