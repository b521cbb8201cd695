"""Where pictures are and how large: what a page needs to show them without a jump."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.conf import settings as django_settings
from django.db.models import Prefetch, QuerySet
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.translation import get_language

from .. import access, published
from ..conf import settings
from ..intake.tiers import JPEG, OTHER_FORMATS
from ..models import Photo, Rendition, Stage, StoredFile
from ..models.file import AWAITED
from ..published import DIGEST_LENGTH, EXTENSIONS, TIERS

# For a tier, a digest and an extension, and found in no other part of an address.
STAND_INS = ("tier-5b0c1f", "digest-5b0c1f", "extension-5b0c1f")
# Of height to width, as most cameras have it, where no picture is left to tell.
UNKNOWN_PROPORTION = 2 / 3
# Of a rendition what its address and its place in a page are made of.
OF_A_PICTURE = ("stored_file", "tier", "format", "watermark", "width", "height", "digest")
# Proportions have one style rule each (static_src/gallery/proportions.css): by single per cents
# where camera formats are, by larger steps beyond.
NARROWEST, FINE_UP_TO, WIDEST, COARSE_STEP = 30, 180, 400, 5
# What a picture is of: a photo, a delivered file; a published one names its gallery before it.
Subject = UUID | tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class Source:
    """The same rendition in another format: its address and media type, as of ``<source>``."""

    url: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One rendition: address of its JPEG, size in pixels, and other formats, the best first.

    One that has still to be made has an address as well, at which it is asked for.
    """

    url: str
    width: int
    height: int
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SourceSet:
    """A ``<source>`` of a picture that is there in two sizes."""

    type: str
    srcset: str


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """A photograph in its tiers. The lightbox shows ``view`` at once and then ``display``."""

    grid: Picture
    view: Picture
    display: Picture

    @property
    def proportion(self) -> int:
        """Width in per cent of the height, as the style rules know it."""
        return proportion_of(self.view.width, self.view.height)

    @property
    def srcset(self) -> str:
        sizes = {self.grid.width: self.grid.url, self.view.width: self.view.url}
        return ", ".join(f"{url} {width}w" for width, url in sizes.items())

    @property
    def small_sources(self) -> list[SourceSet]:
        """The other formats in which it can be shown small, the best first."""
        return _source_sets(self.grid, self.view)

    @property
    def large_sources(self) -> list[SourceSet]:
        """The same, as wide as a page."""
        return _source_sets(self.view, self.display)


def _source_sets(smaller: Picture, larger: Picture) -> list[SourceSet]:
    others = {source.type: source.url for source in larger.sources}
    return [
        SourceSet(
            type=source.type,
            srcset=f"{source.url} {smaller.width}w, {others[source.type]} {larger.width}w",
        )
        for source in smaller.sources
        if source.type in others
    ]


def proportion_of(width: int | None, height: int | None) -> int:
    """Width in per cent of the height, rounded to the steps of the style rules and within them.

    What is not known is taken for a landscape.
    """
    exact = 100 * width / height if width and height else 100 / UNKNOWN_PROPORTION
    if exact > FINE_UP_TO:
        exact = COARSE_STEP * round(exact / COARSE_STEP)
    return min(WIDEST, max(NARROWEST, round(exact)))


def with_renditions(path: str) -> Prefetch:
    """Prefetch the renditions of the StoredFile at ``path`` ("picture", "stored_file")."""
    return Prefetch(f"{path}__renditions", queryset=_shown_renditions())


def photo_pictures(photo: Photo, viewer: access.Viewer | None = None) -> Pictures | None:
    """The pictures of a photograph as a proof, with its gallery's watermark where it has one.

    None until they have all been there once. ``photo`` comes with its gallery and its picture's
    renditions (:func:`with_renditions`), or else they are asked for one by one. For a ``viewer``
    who is anybody the addresses are published ones, where the gallery has such; at all others the
    site is asked, which knows who comes, and notes that their link was used.
    """
    shown = access.proof_renditions(photo)
    if viewer is not None and _is_published_for(viewer, photo):
        return pictures_of(
            "published_picture", (photo.gallery.uuid, photo.uuid), photo.picture, shown
        )
    return pictures_of("photo_picture", photo.uuid, photo.picture, shown)


def _is_published_for(viewer: access.Viewer, photo: Photo) -> bool:
    return viewer.is_anybody and published.is_on() and photo.gallery.published_at is not None


def item_pictures(item_uuid: UUID, file: StoredFile) -> Pictures | None:
    """The pictures of a delivered file, which are always clean."""
    return pictures_of("item_picture", item_uuid, file, clean_renditions(file))


def file_pictures(file: StoredFile) -> Pictures | None:
    """The clean pictures of a gallery's file, at addresses that only its photographers can open."""
    return pictures_of("file_picture", file.uuid, file, clean_renditions(file))


def clean_renditions(file: StoredFile) -> list[Rendition]:
    """The renditions of a file that no mark is drawn into."""
    return [row for row in file.renditions.all() if not row.watermark]


def picture_url(url_name: str, subject: Subject, rendition: Rendition) -> str:
    """The address of a rendition; ``url_name`` is photo_picture, item_picture or the like."""
    digest = rendition.digest[:DIGEST_LENGTH]
    return _url(url_name, subject, rendition.tier, digest, EXTENSIONS[rendition.format])


def named(
    renditions: Iterable[Rendition], tier: str, digest: str, extension: str
) -> Rendition | None:
    """The rendition at an address, of those that may be had there.

    For a proof these are ``access.proof_renditions``, once ``access.may_see_photo`` has said yes.
    """
    for row in renditions:
        is_of_kind = (row.tier, EXTENSIONS[row.format]) == (tier, extension)
        if is_of_kind and row.digest.startswith(digest):
            return row
    return None


def newest(renditions: Iterable[Rendition]) -> dict[tuple[str, str], Rendition]:
    """The renditions to show, by tier and format."""
    made = sorted(renditions, key=lambda row: row.pk)
    return {(row.tier, row.format): row for row in made}


def _shown_renditions() -> QuerySet[Rendition]:
    return Rendition.objects.filter(tier__in=TIERS).only(*OF_A_PICTURE)


def pictures_of(
    url_name: str, subject: Subject, file: StoredFile, renditions: Iterable[Rendition]
) -> Pictures | None:
    """The pictures of a file at the addresses ``url_name``, of the ``renditions`` shown there.

    None until they have all been there once.
    """
    made = newest(renditions)
    found = {tier: made.get((tier, JPEG)) for tier in TIERS}
    if None in found.values() and file.stage != Stage.READY:
        return None
    known = next(filter(None, reversed(found.values())), None)
    proportion = known.height / known.width if known else UNKNOWN_PROPORTION
    return Pictures(
        **{
            tier: _picture(url_name, subject, rendition, made)
            if rendition
            else _awaited(url_name, subject, tier, proportion)
            for tier, rendition in found.items()
        }
    )


def _picture(
    url_name: str, subject: Subject, rendition: Rendition, made: dict[tuple[str, str], Rendition]
) -> Picture:
    others = (made.get((rendition.tier, format)) for format in OTHER_FORMATS)
    return Picture(
        url=picture_url(url_name, subject, rendition),
        width=rendition.width,
        height=rendition.height,
        sources=tuple(
            Source(url=picture_url(url_name, subject, other), type=f"image/{other.format}")
            for other in others
            if other
        ),
    )


def _awaited(url_name: str, subject: Subject, tier: str, proportion: float) -> Picture:
    """A picture of a ready file that was cleared or lost: whoever looks at it asks for it."""
    box = settings.TIERS[tier]
    width = min(box["width"], box["height"] / proportion)
    return Picture(
        url=_url(url_name, subject, tier, AWAITED, EXTENSIONS[JPEG]),
        width=max(1, round(width)),
        height=max(1, round(width * proportion)),
    )


def _url(url_name: str, subject: Subject, *parts: str) -> str:
    uuids = subject if isinstance(subject, tuple) else (subject,)
    # A page has three hundred of them, and resolving each is a fifth of its cost.
    around = (django_settings.ROOT_URLCONF, get_urlconf(), get_script_prefix(), get_language())
    return _pattern(url_name, len(uuids), around) % (*uuids, *parts)


@lru_cache(maxsize=64)
def _pattern(url_name: str, uuid_count: int, around: tuple[str | None, ...]) -> str:
    """The address of any such picture, with ``%s`` for each of its parts.

    ``around`` is what an address depends on beside its parts.
    """
    parts = [*(str(UUID(int=number)) for number in range(1, uuid_count + 1)), *STAND_INS]
    pattern = reverse(f"pumbaphoto_wagtail:{url_name}", args=parts).replace("%", "%%")
    for part in parts:
        pattern = pattern.replace(part, "%s", 1)
    return pattern
