"""What belongs in a ZIP: which files, in which folders, under which names, and what is missing.

Everything is asked of the database in a few queries, however many files there are, and from the
querysets of ``access`` alone. Each file has a *source*, the kind and the primary key of the row by
which it is given; :class:`Shelf` finds it again when its bytes are sent, and only while that row is
still among those that may be had.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from ..access import ORIGINAL, Viewer, items_visible_to, photos_visible_to
from ..finished import WEB_TIER
from ..intake.tiers import JPEG
from ..models import (
    TRUSTED_VERDICTS,
    Delivery,
    DeliveryItem,
    Photo,
    PhotoFile,
    Rendition,
    ShareLink,
    Stage,
)
from ..models.photo import gallery_order
from . import list_contents

GONE_STAGES = (Stage.MISSING, Stage.DELETED)
PRINT_RELEASE = "print-release.pdf"

Source = tuple[str, int]
# Where the bytes of a file are: storage alias and name.
Place = tuple[str, str]


class Entry(NamedTuple):
    """A file for the ZIP; ``crc32`` is None as long as nobody has computed it."""

    source: Source
    folder: str
    name: str
    size: int
    crc32: int | None
    time: datetime | None
    alias: str
    stored_name: str
    is_gone: bool = False


class Text(NamedTuple):
    """A small file that exists in the database only, at the top of the ZIP."""

    name: str
    content: bytes
    time: datetime

    @property
    def crc32(self) -> int:
        return zlib.crc32(self.content)


class Absent(NamedTuple):
    """A file that the ZIP should hold and does not, and why, in words."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a ZIP is to hold, in this order."""

    entries: list[Entry] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.entries or self.absent)


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """What one viewer may have of one kind.

    ``contents`` names it all, ``find`` gives (source's key, alias, name) of those of the given
    keys, of one kind, that may still be had.
    """

    contents: Callable[[], Contents]
    find: dict[str, Callable[[Collection[int]], QuerySet]]

    def places(self, sources: Iterable[Source]) -> dict[Source, Place]:
        """Where the bytes of these are now; what may not be had any more is left out."""
        wanted: dict[str, list[int]] = {}
        for kind, key in sources:
            wanted.setdefault(kind, []).append(key)
        return {
            (kind, key): (alias, name)
            for kind, keys in wanted.items()
            for key, alias, name in self.find[kind](keys)
        }


# --- Delivered files -----------------------------------------------------------------------------


def of_items(items: QuerySet[DeliveryItem]) -> Shelf:
    """Delivered files as they were frozen, by deliveries; with the print releases sent along."""
    return Shelf(
        contents=lambda: Contents(entries=_item_entries(items), texts=_print_releases(items)),
        find={"item": lambda keys: _item_places(items, keys)},
    )


def _item_entries(items: QuerySet[DeliveryItem]) -> list[Entry]:
    rows = items.order_by("delivery__number", "position", "pk").values_list(
        *("pk", "folder", "member_name", "size", "crc32", "file_time", "delivery__sent_at"),
        *("stored_file__storage", "stored_file__name", "stored_file__stage"),
    )
    return [
        Entry(
            ("item", key), folder, name, size, crc32, time or sent_at, alias, stored, _gone(stage)
        )
        for key, folder, name, size, crc32, time, sent_at, alias, stored, stage in rows
    ]


def _item_places(items: QuerySet[DeliveryItem], keys: Collection[int]) -> QuerySet:
    found = items.filter(pk__in=keys).order_by()
    return found.values_list("pk", "stored_file__storage", "stored_file__name")


def _print_releases(items: QuerySet[DeliveryItem]) -> list[Text]:
    deliveries = Delivery.objects.filter(
        Exists(items.filter(delivery=OuterRef("pk")).order_by()), print_release__isnull=False
    )
    rows = deliveries.order_by("number").values_list("print_release", "sent_at")
    return [Text(PRINT_RELEASE, bytes(pdf), sent_at) for pdf, sent_at in rows if pdf]


def _gone(stage: str) -> bool:
    return stage in GONE_STAGES


# --- Sizes for the web ---------------------------------------------------------------------------


def web_sizes_of_items(items: QuerySet[DeliveryItem]) -> Shelf:
    """Delivered files in the size for screens, never one with a watermark."""
    of_theirs = Exists(items.filter(stored_file=OuterRef("stored_file")).order_by())
    clean = _web_renditions().filter(of_theirs, watermark="")

    def contents() -> Contents:
        rows = items.order_by("delivery__number", "position", "pk").values_list(
            "stored_file", "folder", "member_name", "file_time", "delivery__sent_at"
        )
        wanted = [
            (file, folder, name, time or sent_at) for file, folder, name, time, sent_at in rows
        ]
        return _in_web_size(wanted, clean)

    return Shelf(contents=contents, find={"rendition": lambda keys: _rendition_places(clean, keys)})


def of_album(photos: QuerySet[Photo]) -> Shelf:
    """Photographs in the size for screens, as they are shown: with the gallery's watermark."""
    # One file may serve several galleries, each with a mark of its own.
    marked = {"picture": OuterRef("stored_file"), "gallery__watermark_key": OuterRef("watermark")}
    shown = _web_renditions().filter(Exists(photos.filter(**marked).order_by()))

    def contents() -> Contents:
        rows = photos.order_by(*gallery_order()).values_list(
            "picture", "section__title", "name", "ordered_at", "created_at"
        )
        wanted = [
            (file, _folder(section), name, time or created)
            for file, section, name, time, created in rows
        ]
        return _in_web_size(wanted, shown)

    return Shelf(contents=contents, find={"rendition": lambda keys: _rendition_places(shown, keys)})


def _web_renditions() -> QuerySet[Rendition]:
    return Rendition.objects.filter(tier=WEB_TIER, format=JPEG, cleared_at=None)


def _rendition_places(renditions: QuerySet[Rendition], keys: Collection[int]) -> QuerySet:
    return renditions.filter(pk__in=keys).values_list("pk", "storage", "name")


def _in_web_size(
    wanted: list[tuple[int, str, str, datetime]], renditions: QuerySet[Rendition]
) -> Contents:
    rows = renditions.order_by("pk").values_list(
        "stored_file", "pk", "size", "crc32", "storage", "name"
    )
    # The newest of each file, should there be several.
    made = {file: facts for file, *facts in rows}
    entries, absent = [], []
    for file, folder, name, time in wanted:
        if file not in made:
            absent.append(Absent(name, _("It is being made in this size; try again later.")))
            continue
        key, size, crc32, alias, stored = made[file]
        web_name = f"{name.rpartition('.')[0] or name}.jpg"
        entries.append(
            Entry(("rendition", key), folder, web_name, size, crc32, time, alias, stored)
        )
    return Contents(entries=entries, absent=absent)


# --- Photographs and originals -------------------------------------------------------------------


def of_photos(photos: QuerySet[Photo]) -> Shelf:
    """The whole pictures of photographs, without their RAW files."""

    def contents() -> Contents:
        rows = photos.order_by(*gallery_order()).values_list(
            *("pk", "picture__original_name", "picture__size", "picture__crc32", "ordered_at"),
            *("created_at", "picture__storage", "picture__name", "picture__stage"),
        )
        return Contents(
            entries=[
                Entry(("photo", key), "", name, size, crc32, time or made, alias, at, _gone(stage))
                for key, name, size, crc32, time, made, alias, at, stage in rows
            ]
        )

    return Shelf(
        contents=contents,
        find={
            "photo": lambda keys: (
                photos.filter(pk__in=keys)
                .order_by()
                .values_list("pk", "picture__storage", "picture__name")
            )
        },
    )


def of_originals(photos: QuerySet[Photo]) -> Shelf:
    """All that the cameras made of photographs, RAW files too, in folders by section."""

    def contents() -> Contents:
        rows = (
            _original_files(photos)
            .order_by(*gallery_order("photo__"), "role", "pk")
            .values_list(
                *("pk", "photo__section__title", "stored_file__original_name"),
                *("stored_file__size", "stored_file__crc32"),
                *("photo__ordered_at", "photo__created_at"),
                *("stored_file__storage", "stored_file__name", "stored_file__stage"),
            )
        )
        return Contents(
            entries=[
                Entry(
                    *(("original", key), _folder(section), name, size, crc32, time or made),
                    *(alias, stored, _gone(stage)),
                )
                for key, section, name, size, crc32, time, made, alias, stored, stage in rows
            ]
        )

    return Shelf(
        contents=contents,
        find={"original": lambda keys: _original_places(photos, keys)},
    )


def _original_files(photos: QuerySet[Photo]) -> QuerySet[PhotoFile]:
    return PhotoFile.objects.filter(
        Exists(photos.filter(pk=OuterRef("photo")).order_by()),
        is_current=True,
        stored_file__verdict__in=TRUSTED_VERDICTS,
    )


def _original_places(photos: QuerySet[Photo], keys: Collection[int]) -> QuerySet:
    files = _original_files(photos).filter(pk__in=keys)
    return files.values_list("pk", "stored_file__storage", "stored_file__name")


def _folder(section_title: str | None) -> str:
    # A title is one folder, whatever stands in it.
    return (section_title or "").replace("/", "-").replace("\\", "-")


# --- The list of an album designer ---------------------------------------------------------------


def of_list(link: ShareLink) -> Shelf:
    """The photographs of a link's list: as delivered, or the original where there is none yet and
    the link gives originals; those with neither are named.
    """
    viewer = Viewer(links=(link,))
    items = items_visible_to(viewer, link.gallery)
    originals = photos_visible_to(viewer, ORIGINAL).filter(gallery=link.gallery)
    listed = list_contents.list_photos(link)
    return Shelf(
        contents=lambda: _list_entries(link),
        find={
            "item": lambda keys: _item_places(items.filter(photo__in=listed.values("pk")), keys),
            "original": lambda keys: _original_places(
                originals.filter(pk__in=listed.values("pk")), keys
            ),
        },
    )


def _list_entries(link: ShareLink) -> Contents:
    found = list_contents.list_contents(link)
    originals = _original_keys(entry.photo for entry in found if entry.original)
    entries, absent = [], []
    for entry in found:
        section = _folder(entry.photo.section.title if entry.photo.section else "")
        if entry.is_missing:
            absent.append(Absent(entry.photo.name, _("It has not been delivered yet.")))
        for item in entry.items:
            time = item.file_time or item.delivery.sent_at
            file = item.stored_file
            entries.append(
                Entry(
                    *(("item", item.pk), section, item.member_name, item.size, item.crc32, time),
                    *(file.storage, file.name, _gone(file.stage)),
                )
            )
        if file := entry.original:
            time = entry.photo.ordered_at or entry.photo.created_at
            key = originals[entry.photo.pk, file.pk]
            entries.append(
                Entry(
                    *(("original", key), section, file.original_name, file.size, file.crc32, time),
                    *(file.storage, file.name, _gone(file.stage)),
                )
            )
    return Contents(entries=entries, absent=absent)


def _original_keys(photos: Iterable[Photo]) -> dict[tuple[int, int], int]:
    files = PhotoFile.objects.filter(photo__in=[*photos], is_current=True)
    return {
        (photo, file): key for photo, file, key in files.values_list("photo", "stored_file", "pk")
    }
