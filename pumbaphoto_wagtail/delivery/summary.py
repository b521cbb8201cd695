"""The selection of a gallery as rows for a spreadsheet and as names for other programs."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from ..models import Gallery, Pick, Selection
from .selected import counting_picks, selected_photos
from .spreadsheets import ClientDetails, GallerySheetInfo, SelectionRow


def selection_rows(
    gallery: Gallery, selection: Selection | None = None
) -> tuple[GallerySheetInfo, list[SelectionRow]]:
    """What ``selection_workbook`` takes: the gallery's facts and its hearts and notes, in order.

    Without ``selection`` all those that count, each row with the name of who picked.
    """
    picks = counting_picks(gallery) if selection is None else selection.picks.all()
    return pick_rows(gallery, picks, names_recipient=selection is None)


def pick_rows(
    gallery: Gallery, picks: QuerySet[Pick], *, names_recipient: bool = True
) -> tuple[GallerySheetInfo, list[SelectionRow]]:
    """The same for any hearts and notes of the gallery, whoever gave them."""
    rows = [_row(pick, names_recipient=names_recipient) for pick in _in_order(gallery, picks)]
    return _info(gallery, picks), rows


def selected_names(gallery: Gallery, selection: Selection | None = None) -> list[str]:
    """The file names of the selected photographs, in the gallery's order, each once."""
    photos = selected_photos(gallery)
    if selection is not None:
        hearts = selection.picks.filter(is_favourite=True)
        photos = gallery.photos.filter(pk__in=hearts.values("photo"))
    return [*photos.in_order().values_list("name", flat=True)]


def _in_order(gallery: Gallery, picks: QuerySet[Pick]) -> list[Pick]:
    keys = gallery.photos.in_order().values_list("pk", flat=True)
    places = {key: place for place, key in enumerate(keys)}
    found = picks.select_related("photo__section", "selection__share_link")
    return sorted(found, key=lambda pick: (places[pick.photo_id], pick.pk))


def _row(pick: Pick, *, names_recipient: bool) -> SelectionRow:
    section = pick.photo.section
    return SelectionRow(
        file_name=pick.photo.name,
        note=pick.note,
        selected_at=pick.picked_at,
        recipient=pick.selection.share_link.recipient if names_recipient else "",
        section=section.title if section else "",
        picked=pick.is_favourite,
    )


def _info(gallery: Gallery, picks: QuerySet[Pick]) -> GallerySheetInfo:
    counts = picks.aggregate(
        selection_count=Count("photo", filter=Q(is_favourite=True), distinct=True),
        note_count=Count("pk", filter=~Q(note="")),
    )
    return GallerySheetInfo(
        title=gallery.title,
        studio=gallery.site.site_name or django_settings.WAGTAIL_SITE_NAME,
        time_zone=timezone.get_current_timezone(),
        exported_at=timezone.now(),
        clients=[
            ClientDetails(name=client.name, email=client.email, phone=client.phone)
            for client in gallery.clients.all()
        ],
        shoot_date=gallery.shoot_date,
        state=gallery.get_state_display(),
        photo_count=gallery.photos.count(),
        **counts,
    )
