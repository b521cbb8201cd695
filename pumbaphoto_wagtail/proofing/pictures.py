"""Where pictures are and how large: what a page needs to show them without a jump."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from ..models import Rendition, StoredFile

DIGEST_LENGTH = 16
TIERS = ("grid", "view", "display")
# Proportions have one style rule each (static_src/gallery/proportions.css): by single per cents
# where camera formats are, by larger steps beyond.
NARROWEST, FINE_UP_TO, WIDEST, COARSE_STEP = 30, 180, 400, 5


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One rendition: its address, and its size in pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """A photograph in its tiers. The lightbox shows ``view`` at once and then ``display``."""

    grid: Picture
    view: Picture
    display: Picture

    @property
    def proportion(self) -> int:
        """Width in per cent of the height, as the style rules know it."""
        exact = 100 * self.view.width / self.view.height
        if exact > FINE_UP_TO:
            exact = COARSE_STEP * round(exact / COARSE_STEP)
        return min(WIDEST, max(NARROWEST, round(exact)))

    @property
    def srcset(self) -> str:
        sizes = {self.grid.width: self.grid.url, self.view.width: self.view.url}
        return ", ".join(f"{url} {width}w" for width, url in sizes.items())


def with_renditions(path: str) -> Prefetch:
    """Prefetch the renditions of the StoredFile at ``path`` ("picture", "stored_file")."""
    return Prefetch(f"{path}__renditions", queryset=_shown_renditions())


def photo_pictures(photo_uuid: UUID, file: StoredFile) -> Pictures | None:
    """The pictures of a photograph made of ``file``; None while they are not all there."""
    return _pictures("photo_picture", photo_uuid, file)


def item_pictures(item_uuid: UUID, file: StoredFile) -> Pictures | None:
    """The pictures of a delivered file."""
    return _pictures("item_picture", item_uuid, file)


def file_pictures(file: StoredFile) -> Pictures | None:
    """The pictures of any file of a gallery, at addresses that only its photographers can open."""
    return _pictures("file_picture", file.uuid, file)


def _shown_renditions() -> QuerySet[Rendition]:
    return Rendition.objects.filter(tier__in=TIERS, format="jpeg").order_by("pk")


def _pictures(url_name: str, uuid: UUID, file: StoredFile) -> Pictures | None:
    renditions = _newest_by_tier(file.renditions.all())
    if not all(tier in renditions for tier in TIERS):
        return None
    return Pictures(**{tier: _picture(url_name, uuid, renditions[tier]) for tier in TIERS})


def _newest_by_tier(renditions: Iterable[Rendition]) -> dict[str, Rendition]:
    return {rendition.tier: rendition for rendition in renditions}


def _picture(url_name: str, uuid: UUID, rendition: Rendition) -> Picture:
    return Picture(
        url=reverse(
            f"pumbaphoto_wagtail:{url_name}",
            args=[uuid, rendition.tier, rendition.digest[:DIGEST_LENGTH]],
        ),
        width=rendition.width,
        height=rendition.height,
    )
