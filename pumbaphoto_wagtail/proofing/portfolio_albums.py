"""Albums: the index pages below another, each with what this viewer finds on it and below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber
from django.http import HttpRequest
from wagtail.models import Page

from .. import access
from ..models import Gallery, Photo
from . import links
from .portfolio import Order, ordered
from .portfolio_cards import Card, Chosen, drawn, pictures_of, show_all
from .walls import presentable

PATH_OF_PHOTO = "gallery__main_page__path"


@dataclass(frozen=True, kw_only=True)
class Album(Card):
    """An index page below another: how many galleries and photos the viewer finds below it."""

    page: Page
    galleries: int


# --- Albums --------------------------------------------------------------------------------------


def album_cards(
    albums: Iterable[Page],
    galleries: QuerySet[Gallery],
    request: HttpRequest,
    *,
    sample_size: int,
) -> list[Album]:
    """The cards of index pages, of those that hold anything of ``galleries``."""
    albums = [*albums]
    if not albums:
        return []
    viewer = links.viewer(request)
    photos = presentable(access.photos_visible_to(viewer, "view"))
    held = _counts(galleries, "main_page__path", albums)
    albums = [album for album in albums if held[album.pk]]
    if not albums:
        return []
    seen = _counts(photos.filter(gallery__in=galleries.values("pk")), PATH_OF_PHOTO, albums)
    chosen = _choose_of_albums(albums, galleries, photos, sample_size)
    shown = show_all(chosen.values(), viewer)
    return [
        Album(
            page=album,
            title=album.title,
            url=album.get_url(request),
            galleries=held[album.pk],
            photos=seen[album.pk],
            **pictures_of(chosen[album.pk], shown, sample_size),
        )
        for album in albums
    ]


def _counts(rows: QuerySet, path: str, albums: list[Page]) -> dict[int, int]:
    """How many rows lie below each album."""
    counted = rows.aggregate(
        **{
            f"album_{album.pk}": Count("pk", filter=Q(**{f"{path}__startswith": album.path}))
            for album in albums
        }
    )
    return {album.pk: counted[f"album_{album.pk}"] for album in albums}


def _choose_of_albums(
    albums: list[Page], galleries: QuerySet[Gallery], photos: QuerySet[Photo], sample_size: int
) -> dict[int, Chosen]:
    """The cover of each album, and photographs of as many of its newest galleries as can be."""
    wanted = max(1, sample_size)
    found = _newest_of_albums(albums, galleries, photos, wanted)
    samples = _samples(photos, [pk for keys in found.values() for pk in keys], wanted)
    covers = _visible_covers(albums, photos)
    return {
        album.pk: Chosen(
            cover=covers.get(album.pk),
            sample=_one_by_one([samples[pk] for pk in found[album.pk]])[:wanted],
        )
        for album in albums
    }


def _newest_of_albums(
    albums: list[Page], galleries: QuerySet[Gallery], photos: QuerySet[Photo], amount: int
) -> dict[int, list[int]]:
    """Of each album the newest galleries that have a photograph to show."""
    deepest = sorted(albums, key=lambda album: len(album.path), reverse=True)
    album = Case(
        *[When(main_page__path__startswith=one.path, then=Value(one.pk)) for one in deepest],
        output_field=IntegerField(),
    )
    newest_first = ordered(galleries, Order.NEWEST).query.order_by
    rows = (
        galleries.filter(Exists(photos.filter(gallery=OuterRef("pk"))))
        .annotate(album=album)
        .filter(album__isnull=False)
        .annotate(place=Window(RowNumber(), partition_by="album", order_by=newest_first))
        .filter(place__lte=amount)
        .order_by("place")
        .values_list("album", "pk")
    )
    found: dict[int, list[int]] = defaultdict(list)
    for album_pk, pk in rows:
        found[album_pk].append(pk)
    return found


def _samples(photos: QuerySet[Photo], galleries: list[int], amount: int) -> dict[int, list[int]]:
    rows = (
        photos.filter(gallery__in=galleries)
        .annotate(place=Window(RowNumber(), partition_by="gallery", order_by=[drawn(), "pk"]))
        .filter(place__lte=amount)
        .order_by("gallery", "place")
        .values_list("gallery", "pk")
    )
    found: dict[int, list[int]] = defaultdict(list)
    for gallery, pk in rows:
        found[gallery].append(pk)
    return found


def _visible_covers(albums: list[Page], photos: QuerySet[Photo]) -> dict[int, int]:
    """The covers of albums that this viewer may see, each of a gallery below its album."""
    wanted = {album.cover_id for album in albums if album.cover_id}
    if not wanted:
        return {}
    paths = dict(photos.filter(pk__in=wanted).values_list("pk", PATH_OF_PHOTO))
    return {
        album.pk: album.cover_id
        for album in albums
        if (paths.get(album.cover_id) or "").startswith(album.path)
    }


def _one_by_one(samples: Iterable[Sequence[int]]) -> list[int]:
    """The first of each, then the second of each, and so on."""
    turns = zip_longest(*samples)
    return [pk for turn in turns for pk in turn if pk is not None]
