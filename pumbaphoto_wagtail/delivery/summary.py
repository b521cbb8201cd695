"""The selection of a gallery as rows for a spreadsheet and as names for other programs."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from ..models import DeliveryItem, Gallery, Pick, Selection
from ..studio import studio_for
from .camera_names import camera_name
from .names import stem_key
from .selected import counting_picks
from .spreadsheets import ClientDetails, DeliveryRow, GallerySheetInfo, SelectionRow


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
    cameras = camera_names(gallery)
    picks = picks.filter(photo__deleted_at__isnull=True)
    rows = [
        _row(pick, cameras[pick.photo_id], names_recipient=names_recipient)
        for pick in _in_order([*cameras], picks)
    ]
    return _info(gallery, picks), rows


def delivery_rows(gallery: Gallery) -> list[DeliveryRow]:
    """Every delivered file, in the order of the deliveries."""
    items = DeliveryItem.objects.filter(delivery__gallery=gallery).select_related(
        "delivery", "photo"
    )
    return [
        DeliveryRow(
            number=item.delivery.number,
            sent_at=item.delivery.sent_at,
            file_name=item.member_name,
            folder=item.folder,
            photo=item.photo.name if item.photo else "",
            size=item.size,
        )
        for item in items.order_by("delivery__number", "position")
    ]


def camera_names(gallery: Gallery) -> dict[int, str]:
    """By the primary key of each photograph what the photographer's own program calls it."""
    photos = gallery.photos.kept().in_order().values_list("pk", "name", "picture__identity")
    return {key: camera_name(name, identity or {}) for key, name, identity in photos}


def _in_order(keys: list[int], picks: QuerySet[Pick]) -> list[Pick]:
    places = {key: place for place, key in enumerate(keys)}
    found = picks.select_related("photo__section", "selection__share_link")
    return sorted(found, key=lambda pick: (places[pick.photo_id], pick.pk))


def _row(pick: Pick, camera: str, *, names_recipient: bool) -> SelectionRow:
    section = pick.photo.section
    return SelectionRow(
        file_name=pick.photo.name,
        note=pick.note,
        selected_at=pick.picked_at,
        recipient=pick.selection.share_link.recipient if names_recipient else "",
        section=section.title if section else "",
        list=pick.selection.get_list_display(),
        camera_name=camera if stem_key(camera) != stem_key(pick.photo.name) else "",
        photo=pick.photo_id,
        picked=pick.is_favourite,
    )


def _info(gallery: Gallery, picks: QuerySet[Pick]) -> GallerySheetInfo:
    counts = picks.aggregate(
        selection_count=Count("photo", filter=Q(is_favourite=True), distinct=True),
        note_count=Count("pk", filter=~Q(note="")),
    )
    return GallerySheetInfo(
        title=gallery.title,
        studio=studio_for(gallery.site).name,
        # The site's own, whatever the photographer's own clock is set to at present.
        time_zone=timezone.get_default_timezone(),
        exported_at=timezone.now(),
        clients=[
            ClientDetails(name=client.name, email=client.email, phone=client.phone)
            for client in gallery.clients.all()
        ],
        shoot_date=gallery.shoot_date,
        state=gallery.get_state_display(),
        round=gallery.round,
        minimum=gallery.minimum,
        included=gallery.included,
        maximum=gallery.maximum,
        extras_words=gallery.extras_words,
        due_date=gallery.due_date,
        photo_count=gallery.photos.kept().count(),
        **counts,
    )
