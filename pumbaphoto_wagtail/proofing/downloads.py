"""Files to keep: what was delivered and what a section has finished, one by one and as a ZIP."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.text import slugify

from .. import access
from ..delivery import archives, zip_layout
from ..delivery.zip_layout import ZipLayout
from ..finished import WEB_TIER, photos_downloadable_by
from ..intake.tiers import JPEG
from ..models import DeliveryItem, Downloads, Gallery, Photo, Section, StoredFile
from . import links
from .media import media, visible_item
from .sending import send_computed, send_file, send_rendition_as_download


@media
def item(request: HttpRequest, item_uuid: UUID) -> HttpResponse:
    """One delivered file as the photographer made it."""
    delivered = visible_item(request, item_uuid)
    _require_download(request, delivered.delivery.gallery, Downloads.FULL)
    return send_file(request, delivered.stored_file, delivered.member_name)


@media
def item_in_web_size(request: HttpRequest, item_uuid: UUID) -> HttpResponse:
    """One delivered file in the size for screens."""
    delivered = visible_item(request, item_uuid)
    _require_download(request, delivered.delivery.gallery, Downloads.WEB)
    return _send_in_web_size(request, delivered.stored_file, delivered.member_name)


@media
def everything(request: HttpRequest, gallery_uuid: UUID) -> HttpResponse:
    """All delivered files that the viewer may see as one ZIP, from any byte on."""
    gallery = get_object_or_404(Gallery, uuid=gallery_uuid)
    _require_download(request, gallery, Downloads.FULL)
    layout = archives.layout_for(delivered_files(request, gallery))
    return _send_zip(request, layout, gallery.title)


@media
def photo(request: HttpRequest, photo_uuid: UUID) -> HttpResponse:
    """The whole picture of a photograph whose section is finished."""
    wanted = _finished_photo(request, photo_uuid, Downloads.FULL)
    return send_file(request, wanted.picture, wanted.picture.original_name)


@media
def photo_in_web_size(request: HttpRequest, photo_uuid: UUID) -> HttpResponse:
    """A photograph whose section is finished, in the size for screens."""
    wanted = _finished_photo(request, photo_uuid, Downloads.WEB)
    return _send_in_web_size(request, wanted.picture, wanted.picture.original_name)


@media
def section(request: HttpRequest, section_uuid: UUID) -> HttpResponse:
    """All of a finished section that the viewer may download as one ZIP, from any byte on."""
    wanted = get_object_or_404(Section.objects.select_related("gallery"), uuid=section_uuid)
    photos = photos_downloadable_by(links.viewer(request), Downloads.FULL).filter(section=wanted)
    layout = archives.layout_for_photos(photos.in_order().select_related("picture"))
    return _send_zip(request, layout, f"{wanted.gallery.title} {wanted.title}")


def _finished_photo(request: HttpRequest, photo_uuid: UUID, size: str) -> Photo:
    photos = photos_downloadable_by(links.viewer(request), size).select_related("picture")
    return get_object_or_404(photos, uuid=photo_uuid)


def _send_in_web_size(request: HttpRequest, file: StoredFile, name: str) -> HttpResponse:
    # Never one with a watermark: that is for looking before the choice.
    jpegs = file.renditions.filter(tier=WEB_TIER, format=JPEG, watermark="")
    rendition = get_object_or_404(jpegs.order_by("-pk")[:1])
    stem = name.rpartition(".")[0] or name
    return send_rendition_as_download(request, rendition, f"{stem}-web.jpg")


def _send_zip(request: HttpRequest, layout: ZipLayout, title: str) -> HttpResponse:
    if not layout.members:
        raise Http404

    def read(start: int, stop: int) -> Iterator[bytes]:
        return zip_layout.iterate(layout, start, stop, archives.read_member)

    return send_computed(
        request,
        read,
        size=layout.size,
        etag=layout.etag,
        content_type="application/zip",
        file_name=f"{slugify(title, allow_unicode=True) or 'photos'}.zip",
    )


def delivered_files(request: HttpRequest, gallery: Gallery) -> list[DeliveryItem]:
    """What the ZIP of this viewer holds, in the order of the deliveries."""
    items = access.items_visible_to(links.viewer(request), gallery)
    return [
        *items.select_related("delivery", "stored_file").order_by("delivery__number", "position")
    ]


def _require_download(request: HttpRequest, gallery: Gallery, size: str) -> None:
    if not access.may_download(links.viewer(request), gallery, size):
        raise Http404
