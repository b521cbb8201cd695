"""The cards of a portfolio: each with pictures and with what it holds for this viewer.

All that a page of them needs is asked for with the same few queries, however many there are.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.apps import apps
from django.db.models import (
    BigIntegerField,
    Count,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    Window,
)
from django.db.models.functions import Mod, RowNumber
from django.http import HttpRequest
from django.utils import timezone
from wagtail.models import Page

from .. import access
from ..conf import settings
from ..models import Gallery, Photo
from ..models.photo import gallery_order
from .pictures import Pictures, SourceSet, photo_pictures, proportion_of
from .portfolio import galleries_below
from .wall import photos_with
from .walls import presentable

# Width in per cent of the height, from which on a picture fills a card without losing its heads.
LANDSCAPE = 120
# A prime below which the products of two numbers fit into a column of the database.
PRIME = 2_147_483_647


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One photograph on a card."""

    pictures: Pictures
    colour: str
    proportion: int

    @property
    def small_sources(self) -> list[SourceSet]:
        """The other formats in which it can be shown small, the best first."""
        return self.pictures.small_sources

    @property
    def large_sources(self) -> list[SourceSet]:
        """The same, as wide as a page."""
        return self.pictures.large_sources


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a card shows: the large picture first, then the small ones in their order."""

    title: str
    url: str
    photos: int
    lead: Shown | None
    others: tuple[Shown, ...]
    # How many small pictures there is room for.
    places: int


@dataclass(frozen=True, kw_only=True)
class Listed(Card):
    """One gallery in a listing; ``photos`` are those that the viewer may see."""

    gallery: Gallery
    # Whether not everybody finds it here.
    is_private: bool = False

    @property
    def date(self) -> date | None:
        return self.gallery.shoot_date

    @property
    def cover(self) -> Pictures | None:
        return self.lead.pictures if self.lead else None


@dataclass(kw_only=True)
class Chosen:
    """The primary keys of the photographs on a card, and how many there are in all."""

    amount: int = 0
    cover: int | None = None
    sample: list[int] = field(default_factory=list)


# --- Galleries -----------------------------------------------------------------------------------


def gallery_cards(
    galleries: Iterable[Gallery],
    viewer: access.Viewer,
    request: HttpRequest | None,
    *,
    sample_size: int,
    on: Page,
) -> list[Listed]:
    """The cards of galleries, which come from :func:`with_covers`, on a page that lists them.

    ``request`` is for addresses alone; what is on the cards is what ``viewer`` may see.
    """
    galleries = [*galleries]
    if not galleries:
        return []
    chosen = _choose_photos(galleries, viewer, sample_size)
    shown = show_all(chosen.values(), viewer)
    named = _named_to_everybody(galleries, viewer, on)
    return [
        Listed(
            gallery=gallery,
            title=gallery.main_page.title,
            url=gallery.main_page.get_url(request),
            photos=chosen[gallery.pk].amount,
            is_private=named is not None and gallery.pk not in named,
            **pictures_of(chosen[gallery.pk], shown, sample_size),
        )
        for gallery in galleries
    ]


def with_covers(galleries: QuerySet[Gallery]) -> QuerySet[Gallery]:
    """Galleries with the photograph that is the cover of their page, as ``page_cover``."""
    model = apps.get_model(settings.GALLERY_PAGE_MODEL)
    cover = model.objects.filter(pk=OuterRef("main_page"), cover__gallery=OuterRef("pk"))
    return galleries.select_related("main_page").annotate(
        page_cover=Subquery(cover.values("cover")[:1])
    )


def _choose_photos(
    galleries: list[Gallery], viewer: access.Viewer, sample_size: int
) -> dict[int, Chosen]:
    """Of each gallery its cover and a sample, of what this viewer may see, and how much that is."""
    covers = {gallery.page_cover for gallery in galleries if gallery.page_cover}
    photos = presentable(access.photos_visible_to(viewer, "view"))
    rows = (
        photos.filter(gallery__in=[gallery.pk for gallery in galleries])
        .annotate(
            place=Window(RowNumber(), partition_by="gallery", order_by=[drawn(), "pk"]),
            amount=Window(Count("pk"), partition_by="gallery"),
        )
        .filter(Q(place__lte=max(1, sample_size)) | Q(pk__in=covers))
        .order_by("gallery", *gallery_order())
        .values_list("pk", "gallery", "place", "amount")
    )
    chosen = {gallery.pk: Chosen() for gallery in galleries}
    for pk, gallery, place, amount in rows:
        chosen[gallery].amount = amount
        if pk in covers:
            chosen[gallery].cover = pk
        if place <= max(1, sample_size):
            chosen[gallery].sample.append(pk)
    return chosen


def drawn() -> ExpressionWrapper:
    """A number for each photograph, by which they fall into another order every day.

    As random as it need be, and made by the database: nothing but what is drawn is read, and
    everybody who may see the same photographs sees the same of them all day.
    """
    numbers = random.Random(timezone.localdate().toordinal())
    factor, shift = numbers.randrange(1, PRIME), numbers.randrange(PRIME)
    return ExpressionWrapper(
        Mod(Mod(F("pk"), Value(PRIME)) * Value(factor) + Value(shift), Value(PRIME)),
        output_field=BigIntegerField(),
    )


def _named_to_everybody(
    galleries: list[Gallery], viewer: access.Viewer, on: Page
) -> set[int] | None:
    """Which of these everybody finds listed; None where it is everybody who looks."""
    if viewer.is_anybody:
        return None
    listed = galleries_below([on], access.Viewer())
    keys = [gallery.pk for gallery in galleries]
    return set(listed.filter(pk__in=keys).values_list("pk", flat=True))


# --- Pictures ------------------------------------------------------------------------------------


def show_all(chosen: Iterable[Chosen], viewer: access.Viewer) -> dict[int, Shown]:
    """What was chosen for cards, by primary key; without what has no pictures yet."""
    keys = {key for one in chosen for key in (one.cover, *one.sample) if key}
    found = {photo.pk: show(photo, viewer) for photo in photos_with([*keys])}
    return {key: shown for key, shown in found.items() if shown is not None}


def show(photo: Photo, viewer: access.Viewer) -> Shown | None:
    """A photograph that ``viewer`` may see; it comes with its gallery and its renditions."""
    pictures = photo_pictures(photo, viewer)
    if pictures is None:
        return None
    return Shown(
        pictures=pictures,
        colour=photo.average_colour,
        proportion=proportion_of(photo.width, photo.height),
    )


def pictures_of(chosen: Chosen, shown: dict[int, Shown], sample_size: int) -> dict:
    """The large picture of a card and the small ones: as many as the page wants in all."""
    sample = [shown[key] for key in chosen.sample if key in shown]
    lead = shown.get(chosen.cover)
    if lead is None:
        wide = (one for one in sample if one.proportion >= LANDSCAPE)
        lead = next(wide, sample[0] if sample else None)
    others = [one for one in sample if one is not lead]
    places = max(0, sample_size - 1)
    return {"lead": lead, "others": tuple(others[:places]), "places": places}
