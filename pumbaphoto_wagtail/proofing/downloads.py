"""Delivered files to keep: one by one, and all of them as one ZIP."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.text import slugify

from .. import access
from ..delivery import archives, zip_layout
from ..intake.tiers import JPEG
from ..models import DeliveryItem, Downloads, Gallery
from . import links
from .media import media, visible_item
from .sending import send_computed, send_file, send_rendition_as_download

WEB_TIER = "display"


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
    jpegs = delivered.stored_file.renditions.filter(tier=WEB_TIER, format=JPEG, watermark="")
    rendition = get_object_or_404(jpegs.order_by("-pk")[:1])
    stem = delivered.member_name.rpartition(".")[0] or delivered.member_name
    return send_rendition_as_download(request, rendition, f"{stem}-web.jpg")


@media
def everything(request: HttpRequest, gallery_uuid: UUID) -> HttpResponse:
    """All delivered files that the viewer may see as one ZIP, from any byte on."""
    gallery = get_object_or_404(Gallery, uuid=gallery_uuid)
    _require_download(request, gallery, Downloads.FULL)
    layout = archives.layout_for(delivered_files(request, gallery))
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
        file_name=f"{slugify(gallery.title, allow_unicode=True) or 'photos'}.zip",
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
