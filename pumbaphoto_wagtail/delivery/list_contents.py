"""The photographs of one list, as the album designer gets them: finished where they are finished.

Of a photograph that was delivered its delivered files stand for it, in colour and in black and
white, without crops for social media and sizes for the web, which no album is made of. Of one that
was not it is the original, if the link gives originals.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import QuerySet

from .. import access
from ..models import (
    DeliveryItem,
    Downloads,
    FileRole,
    Gallery,
    Photo,
    PhotoFile,
    Pick,
    Selection,
    SelectionList,
    ShareLink,
    StoredFile,
    for_matching_only,
)
from .edit_markers import MAIN, SOCIAL_CROP, WEB
from .in_words import kind_of
from .selected import counting_selections

# Kinds of variants that no album is made of.
UNWANTED = (SOCIAL_CROP, WEB)


@dataclass(frozen=True, kw_only=True)
class ListEntry:
    """One photograph of a list: its delivered files, the main variant first, or its original.

    With neither it is named as missing; ``original`` is None unless it may be had.
    """

    photo: Photo
    items: tuple[DeliveryItem, ...] = ()
    original: StoredFile | None = None
    # "raw" or "picture", of an original.
    role: str = ""

    @property
    def is_missing(self) -> bool:
        return not self.items and self.original is None


def picks_of_list(gallery: Gallery, list_name: str) -> QuerySet[Pick]:
    """The hearts of a list, of all who decide.

    Of each recipient what they have sent last; as long as nobody has sent any, what they have
    chosen so far.
    """
    if list_name == SelectionList.TO_EDIT:
        selections = counting_selections(gallery)
    else:
        selections = _newest_of_each(gallery, list_name)
    return Pick.objects.filter(selection__in=selections, is_favourite=True)


def _newest_of_each(gallery: Gallery, list_name: str) -> list[int]:
    made = Selection.objects.filter(
        share_link__gallery=gallery, share_link__decides=True, list=list_name
    ).order_by("round", "pk")
    rows = [*made.values_list("share_link", "pk", "submitted_at")]
    sent = [row for row in rows if row[2] is not None]
    newest = {link: key for link, key, _submitted_at in sent or rows}
    return [*newest.values()]


def list_photos(link: ShareLink) -> QuerySet[Photo]:
    """The photographs of a valid link's list that its holder sees, in no order yet."""
    hearts = picks_of_list(link.gallery, link.list)
    seen = access.photos_visible_to(access.Viewer(links=(link,)), "grid")
    return seen.filter(gallery=link.gallery, pk__in=hearts.values("photo"))


def list_contents(link: ShareLink) -> list[ListEntry]:
    """The list of a valid link as its holder gets it, in the gallery's order."""
    photos = [*list_photos(link).in_order().select_related("section")]
    items = _items_of(link, photos)
    originals = _originals(link, photos) if link.may_download_originals else {}
    return [
        ListEntry(
            photo=photo,
            items=items.get(photo.pk, ()),
            **({} if photo.pk in items else originals.get(photo.pk, {})),
        )
        for photo in photos
    ]


def may_take_list(link: ShareLink | None, gallery: Gallery) -> bool:
    """Whether the holder of a valid link may have its list as files."""
    if link is None or not link.list or not access.shows_delivered(gallery):
        return False
    return access.gives(link, Downloads.FULL)


def _items_of(link: ShareLink, photos: list[Photo]) -> dict[int, tuple[DeliveryItem, ...]]:
    seen = access.items_visible_to(access.Viewer(links=(link,)), link.gallery)
    items = seen.filter(photo__in=photos).defer(*for_matching_only("stored_file"))
    found = defaultdict(list)
    for item in items.select_related("delivery", "stored_file", "edit", "photo__section"):
        if item.edit is None or kind_of(item.edit.variant) not in UNWANTED:
            found[item.photo_id].append(item)
    return {key: tuple(sorted(each, key=_main_first)) for key, each in found.items()}


def _main_first(item: DeliveryItem) -> tuple:
    variant = item.edit.variant if item.edit else MAIN
    return variant != MAIN, variant, item.pk


def _originals(link: ShareLink, photos: list[Photo]) -> dict[int, dict]:
    """Of each photograph the camera's picture, or the RAW where there is no other."""
    viewer = access.Viewer(links=(link,))
    allowed = access.photos_visible_to(viewer, access.ORIGINAL)
    files = PhotoFile.objects.filter(
        photo__in=allowed.filter(pk__in=[photo.pk for photo in photos]), is_current=True
    )
    found: dict[int, dict] = {}
    files = files.select_related("stored_file").defer(*for_matching_only("stored_file"))
    for file in files.order_by("pk"):
        if not file.stored_file.is_trusted:
            continue
        if file.photo_id not in found or file.role == FileRole.PICTURE:
            found[file.photo_id] = {"original": file.stored_file, "role": file.role}
    return found
