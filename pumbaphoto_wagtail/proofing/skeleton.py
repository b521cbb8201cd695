"""The skeleton of a wall: every place on it, known before a single picture is.

With the order, the sections and the proportions of all photographs a browser can lay out the whole
wall at once and fetch what hangs in a place when somebody comes near it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.lookups import IsNull

from ..delivery.edit_markers import MAIN, SOCIAL_CROP, WEB
from ..intake.tiers import JPEG
from ..models import DeliveryItem, Photo, Rendition, Section
from ..models.photo import gallery_order
from .finished_sections import SectionDownload
from .pictures import proportion_of

PAGE_SIZE = 60
# Read for every photograph of the gallery: each column more is felt.
COLUMNS = ("pk", "width", "height", "section_id", "is_new")
SECTION, IS_NEW = 3, 4


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """The places of one section, which follow each other: the first of them and how many."""

    section: Section | None
    start: int
    amount: int

    @property
    def page_number(self) -> int:
        """The page of the plain pager that the stretch begins on."""
        return self.start // PAGE_SIZE + 1


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """All that hangs, in its order: primary keys, and widths in per cent of the heights.

    ``version`` is another one as soon as anything comes, goes or changes its place.
    """

    keys: tuple[int, ...]
    proportions: tuple[int, ...]
    stretches: tuple[Stretch, ...]
    version: str

    def page(self, number: int | str) -> Page:
        """The keys of one page of the plain pager; beyond the last it is the last."""
        return Paginator(self.keys, PAGE_SIZE).get_page(number)

    def as_json(self, downloads: Mapping[int, SectionDownload]) -> dict:
        """What the page's JavaScript lays the wall out from, with what finished sections offer."""
        return {
            "version": self.version,
            "proportions": self.proportions,
            "sections": [_stretch_as_json(stretch, downloads) for stretch in self.stretches],
        }


def photo_rows(photos: QuerySet[Photo], is_new: Combinable | None) -> list[tuple]:
    """Of photographs the :data:`COLUMNS`, in the order of their gallery. One query.

    ``is_new`` is what :func:`novelty.is_new` says of each; None where nothing is.
    """
    marked = photos.annotate(is_new=is_new or Value(0))
    return [*marked.in_order().values_list(*COLUMNS)]


def photo_skeleton(rows: Iterable, sections: Mapping[int, Section]) -> Skeleton:
    """The skeleton of photographs, from some of :func:`photo_rows` and their sections by key."""
    rows = [*rows]
    places = [(key, proportion_of(width, height)) for key, width, height, *_rest in rows]
    return _skeleton(places, stretches=tuple(_stretches(rows, sections)))


def item_rows(items: QuerySet[DeliveryItem]) -> tuple[list[tuple], list[tuple]]:
    """Of delivered files in their order: primary key, photo and its section.

    Those that hang among the photographs, and those that hang apart behind them. One query.
    """
    columns = ("pk", "photo_id", "photo__section_id", "edit__variant")
    among, apart = [], []
    for *row, variant in items_in_order(items).values_list(*columns):
        hangs_apart = row[1] is None or (variant or "").startswith((SOCIAL_CROP, WEB))
        (apart if hangs_apart else among).append(tuple(row))
    return among, apart


def item_skeleton(items: QuerySet[DeliveryItem]) -> Skeleton:
    """The skeleton of delivered files."""
    return skeleton_of([*item_proportions(items_in_order(items)).items()])


def item_proportions(items: QuerySet[DeliveryItem]) -> dict[int, int]:
    """Of each delivered file, in this order, its width in per cent of its height. One query."""
    view = Rendition.objects.filter(
        stored_file=OuterRef("stored_file"), tier="view", format=JPEG
    ).order_by("-pk")
    rows = items.values_list(
        "pk", Subquery(view.values("width")[:1]), Subquery(view.values("height")[:1])
    )
    return {key: proportion_of(width, height) for key, width, height in rows}


def skeleton_of(places: list[tuple[int, int]]) -> Skeleton:
    """The skeleton of places without sections, from their names and proportions."""
    return _skeleton(places, stretches=(Stretch(section=None, start=0, amount=len(places)),))


def items_in_order(items: QuerySet[DeliveryItem]) -> QuerySet[DeliveryItem]:
    """Delivered files in the order of their gallery, gifts at the end.

    The variants of a photo hang beside each other, the main one first, whenever they were sent;
    crops for social media and sizes for the web hang apart, behind all photos.
    """
    is_apart = Case(
        When(edit__variant__startswith=SOCIAL_CROP, then=1),
        When(edit__variant__startswith=WEB, then=2),
        default=0,
    )
    is_main = Case(When(edit__variant=MAIN, then=0), When(edit=None, then=0), default=1)
    return items.order_by(
        IsNull(F("photo_id"), True),
        is_apart,
        *gallery_order("photo__"),
        is_main,
        "edit__variant",
        "delivery__number",
        "position",
    )


def _skeleton(places: list[tuple[int, int]], *, stretches: tuple[Stretch, ...]) -> Skeleton:
    headings = [
        (stretch.section.pk, stretch.section.title, stretch.start)
        for stretch in stretches
        if stretch.section
    ]
    content = json.dumps([places, headings])
    return Skeleton(
        keys=tuple(key for key, _proportion in places),
        proportions=tuple(proportion for _key, proportion in places),
        stretches=stretches,
        version=hashlib.sha256(content.encode()).hexdigest()[:16],
    )


def _stretches(rows: Iterable, sections: Mapping[int, Section]) -> Iterable[Stretch]:
    start = 0
    for key, group in groupby(rows, key=lambda row: row[SECTION]):
        amount = sum(1 for _row in group)
        yield Stretch(section=sections.get(key), start=start, amount=amount)
        start += amount


def _stretch_as_json(stretch: Stretch, downloads: Mapping[int, SectionDownload]) -> dict:
    section = stretch.section
    download = downloads.get(section.pk) if section else None
    return {
        "uuid": str(section.uuid) if section else None,
        "title": section.title if section else "",
        "amount": stretch.amount,
        **({"download": download.as_json()} if download else {}),
    }
