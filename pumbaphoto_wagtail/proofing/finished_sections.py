"""Finished sections on the wall: what of them a viewer may have while the rest is being chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import access
from ..finished import is_whole, photos_downloadable_by
from ..models import Downloads, Gallery, Photo, Section
from .wall import Tile


@dataclass(frozen=True, kw_only=True)
class SectionDownload:
    """The ZIP of a finished section, as it is offered at the section's head."""

    url: str
    label: str
    count: int
    size: int

    @property
    def words(self) -> str:
        """ "48 photos, 312 MB" """
        about = {"count": self.count, "size": filesizeformat(self.size)}
        return ngettext("%(count)d photo, %(size)s", "%(count)d photos, %(size)s", self.count) % (
            about
        )

    def as_json(self) -> dict[str, str]:
        return {"url": self.url, "label": self.label, "words": self.words}


@dataclass(frozen=True, kw_only=True)
class Finished:
    """ZIPs by their section's primary key; primary keys of the photos to be had in either size."""

    sections: dict[int, SectionDownload] = field(default_factory=dict)
    full: frozenset[int] = frozenset()
    web: frozenset[int] = frozenset()


def finished(viewer: access.Viewer, gallery: Gallery, sections: dict[int, Section]) -> Finished:
    """What this viewer may have of the finished ones among these sections. One query, or none."""
    if not any(section.is_finished for section in sections.values()):
        return Finished()
    # Who may have a photo in full may have it in web size; the other way needs its whole picture.
    photos = photos_downloadable_by(viewer, Downloads.WEB).filter(gallery=gallery).order_by()
    rows = [*photos.values_list("pk", "section_id", "picture__size", is_whole())]
    is_full = access.may_download(viewer, gallery, Downloads.FULL)
    full = [row[:3] for row in rows if is_full and row[3]]
    return Finished(
        sections=_downloads(full, sections),
        full=frozenset(key for key, *_rest in full),
        web=frozenset(key for key, *_rest in rows),
    )


def _downloads(
    full: Iterable[tuple[int, int, int]], sections: dict[int, Section]
) -> dict[int, SectionDownload]:
    sizes: dict[int, list[int]] = {}
    for _key, section, size in full:
        sizes.setdefault(section, []).append(size)
    return {
        key: SectionDownload(
            url=_url("download_section", sections[key].uuid),
            label=_("Download “%(title)s”") % {"title": sections[key].title},
            count=len(found),
            size=sum(found),
        )
        for key, found in sizes.items()
        if key in sections
    }


def with_downloads(tiles: Iterable[Tile], photos: Iterable[Photo], found: Finished) -> list[Tile]:
    """Tiles of these photographs with the downloads of those whose section is finished."""
    if not (found.full or found.web):
        return [*tiles]
    keys = {photo.uuid: photo.pk for photo in photos}
    return [
        replace(
            tile,
            download_url=_url("download_photo", tile.uuid) if keys[tile.uuid] in found.full else "",
            web_url=_url("download_photo_web", tile.uuid) if keys[tile.uuid] in found.web else "",
        )
        for tile in tiles
    ]


def _url(name: str, uuid: UUID) -> str:
    return reverse(f"pumbaphoto_wagtail:{name}", args=[uuid])
