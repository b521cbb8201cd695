"""The skeleton of a wall: every place on it, known before a single picture is.

With the order, the sections and the proportions of all photographs a browser can lay out the whole
wall at once and fetch what hangs in a place when somebody comes near it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, QuerySet, Subquery

from ..intake.tiers import JPEG
from ..models import DeliveryItem, Photo, Rendition, Section
from .pictures import proportion_of

PAGE_SIZE = 60


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

    def as_json(self) -> dict:
        """What the page's JavaScript lays the wall out from."""
        return {
            "version": self.version,
            "proportions": self.proportions,
            "sections": [_stretch_as_json(stretch) for stretch in self.stretches],
        }


def photo_skeleton(photos: QuerySet[Photo]) -> Skeleton:
    """The skeleton of photographs, in the order of their gallery. Two queries at most."""
    rows = photos.in_order().values_list("pk", "section_id", "width", "height")
    return _skeleton([*rows])


def item_skeleton(items: QuerySet[DeliveryItem]) -> Skeleton:
    """The skeleton of delivered files, in the order of the deliveries."""
    view = Rendition.objects.filter(
        stored_file=OuterRef("stored_file"), tier="view", format=JPEG
    ).order_by("-pk")
    rows = items_in_order(items).values_list(
        "pk", Subquery(view.values("width")[:1]), Subquery(view.values("height")[:1])
    )
    return _skeleton([(key, None, width, height) for key, width, height in rows])


def items_in_order(items: QuerySet[DeliveryItem]) -> QuerySet[DeliveryItem]:
    """Delivered files in the order of the deliveries."""
    return items.order_by("delivery__number", "position")


def _skeleton(rows: list[tuple[int, int | None, int | None, int | None]]) -> Skeleton:
    keys = tuple(row[0] for row in rows)
    proportions = tuple(proportion_of(width, height) for _key, _section, width, height in rows)
    stretches = tuple(_stretches(row[1] for row in rows))
    content = json.dumps([keys, proportions, [row[1] for row in rows]])
    return Skeleton(
        keys=keys,
        proportions=proportions,
        stretches=stretches,
        version=hashlib.sha256(content.encode()).hexdigest()[:16],
    )


def _stretches(section_keys: Iterable[int | None]) -> Iterable[Stretch]:
    amounts = [(key, len([*group])) for key, group in groupby(section_keys)]
    known = [key for key, _amount in amounts if key]
    sections = Section.objects.in_bulk(known) if known else {}
    start = 0
    for key, amount in amounts:
        yield Stretch(section=sections.get(key), start=start, amount=amount)
        start += amount


def _stretch_as_json(stretch: Stretch) -> dict:
    section = stretch.section
    return {
        "uuid": str(section.uuid) if section else None,
        "title": section.title if section else "",
        "amount": stretch.amount,
    }
