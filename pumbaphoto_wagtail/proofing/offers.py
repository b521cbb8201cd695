"""The downloads that stand above a wall: what each holds, how large it is, and where it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Max, QuerySet, Sum
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import access
from ..albums import ALBUM_TIER, album_photos
from ..delivery.edit_markers import MAIN
from ..delivery.in_words import amount_in_words, kinds_in_words
from ..delivery.list_contents import ListEntry, may_take_list
from ..finished import WEB_TIER
from ..intake.tiers import JPEG
from ..models import (
    DeliveryItem,
    Downloads,
    Gallery,
    PhotoFile,
    Rendition,
    ShareLink,
)
from .print_releases import released


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One download: its words, what it holds or how large it is, and its address."""

    words: str
    aside: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Offers:
    """The downloads of a wall. ``main`` is the button, None where nothing may be taken whole."""

    # "48 photos, 1.2 GB", and of which kinds they are where there are several.
    amount: str = ""
    kinds: str = ""
    # What is to be known before one takes it.
    remark: str = ""
    main: Offer | None = None
    others: list[Offer] = field(default_factory=list)
    by_delivery: list[Offer] = field(default_factory=list)
    releases: list[Offer] = field(default_factory=list)


class Row(NamedTuple):
    """What is asked of each delivered file to say all this."""

    uuid: UUID
    number: int
    sent_at: datetime
    variant: str | None
    size: int


def of_delivered(viewer: access.Viewer, gallery: Gallery) -> Offers:
    """What may be taken of the delivered files that this viewer sees."""
    items = access.items_visible_to(viewer, gallery)
    columns = ("delivery__uuid", "delivery__number", "delivery__sent_at", "edit__variant", "size")
    rows = [Row(*row) for row in items.order_by("delivery__number").values_list(*columns)]
    size = sum(row.size for row in rows)
    words = {
        "amount": amount_in_words(len(rows), size),
        "kinds": kinds_in_words(row.variant or MAIN for row in rows),
    }
    if not access.may_download(viewer, gallery, Downloads.WEB):
        return Offers(**words)
    web = Offer(
        words=_("In web size"), aside=_web_size(items), url=_address("web_zip", gallery.uuid)
    )
    if not access.may_download(viewer, gallery, Downloads.FULL):
        return Offers(**words, main=web, others=_originals(viewer, gallery))
    whole = Offer(
        words=_("Download all"),
        aside=filesizeformat(size),
        url=_address("download_all", gallery.uuid),
    )
    return Offers(
        **words,
        main=whole,
        others=[web, *_originals(viewer, gallery)],
        by_delivery=_by_delivery(rows),
        releases=_releases(viewer, gallery),
    )


def of_list(link: ShareLink, entries: Iterable[ListEntry]) -> Offers:
    """What the holder of a link may take of its list."""
    entries = [*entries]
    missing = sum(entry.is_missing for entry in entries)
    files = [item.stored_file for entry in entries for item in entry.items]
    files += [entry.original for entry in entries if entry.original]
    size = sum(file.size for file in files)
    main = Offer(
        words=_("Download all"),
        aside=filesizeformat(size),
        url=_address("list_zip", link.gallery.uuid),
    )
    return Offers(
        amount=amount_in_words(len(files), size) if files else "",
        remark=_not_finished(missing) if missing else "",
        main=main if files and may_take_list(link, link.gallery) else None,
    )


def of_originals(viewer: access.Viewer, gallery: Gallery) -> Offers:
    """The originals, where nothing was delivered that they could stand beside."""
    originals = _originals(viewer, gallery)
    return Offers(main=originals[0]) if originals else Offers()


def of_album(viewer: access.Viewer, gallery: Gallery) -> Offers:
    """What visitors may take along."""
    photos = album_photos(viewer, gallery)
    shown = Rendition.objects.filter(
        stored_file__in=photos.values("picture"),
        tier=ALBUM_TIER,
        format=JPEG,
        watermark=gallery.watermark_key,
        cleared_at=None,
    )
    found = shown.aggregate(count=Count("stored_file", distinct=True), size=Sum("size"))
    if not found["count"]:
        return Offers()
    aside = amount_in_words(found["count"], found["size"])
    album = Offer(
        words=_("Download these photos"), aside=aside, url=_address("album_zip", gallery.uuid)
    )
    return Offers(others=[album])


def _web_size(items: QuerySet[DeliveryItem]) -> str:
    """Of each file the newest picture in web size counts."""
    pictures = Rendition.objects.filter(
        stored_file__in=items.order_by().values("stored_file"),
        tier=WEB_TIER,
        format=JPEG,
        watermark="",
    )
    newest = pictures.order_by().values("stored_file").annotate(newest=Max("pk"))
    sizes = Rendition.objects.filter(pk__in=newest.values("newest"))
    return filesizeformat(sizes.aggregate(size=Sum("size"))["size"] or 0)


def _originals(viewer: access.Viewer, gallery: Gallery) -> list[Offer]:
    link = viewer.link_for(gallery)
    if link is None or not link.may_download_originals:
        return []
    photos = access.photos_visible_to(viewer, access.ORIGINAL).filter(gallery=gallery)
    files = PhotoFile.objects.filter(photo__in=photos, is_current=True)
    size = files.aggregate(size=Sum("stored_file__size"))["size"]
    if not size:
        return []
    return [
        Offer(
            words=_("The originals"),
            aside=filesizeformat(size),
            url=_address("originals_zip", gallery.uuid),
        )
    ]


def _by_delivery(rows: list[Row]) -> list[Offer]:
    """Each delivery by itself, the newest first; empty where there is one only."""
    held: dict[UUID, list[Row]] = {}
    for row in rows:
        held.setdefault(row.uuid, []).append(row)
    if len(held) < 2:
        return []
    return [
        Offer(
            words=_("Of %(day)s") % {"day": day_of(theirs[0].sent_at)},
            aside=amount_in_words(len(theirs), sum(row.size for row in theirs)),
            url=_address("delivery_zip", uuid),
        )
        for uuid, theirs in reversed(held.items())
    ]


def _releases(viewer: access.Viewer, gallery: Gallery) -> list[Offer]:
    return [
        Offer(
            words=_("Print release"),
            aside=day_of(delivery.sent_at),
            url=_address("print_release", delivery.uuid),
        )
        for delivery in released(viewer, gallery).order_by("-number")
    ]


def _not_finished(count: int) -> str:
    return ngettext(
        "%(count)d more is not finished yet.", "%(count)d more are not finished yet.", count
    ) % {"count": count}


def day_of(moment: datetime) -> str:
    """ "12 July", as one speaks of a day not long ago."""
    return date_format(localtime(moment), "j F")


def _address(name: str, uuid: UUID) -> str:
    return reverse(f"pumbaphoto_wagtail:{name}", args=[uuid])
