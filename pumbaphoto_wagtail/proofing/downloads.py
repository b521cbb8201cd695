"""Files to keep, one by one: what was delivered, and photographs of finished sections."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from .. import access
from ..finished import WEB_TIER, photos_downloadable_by
from ..intake.rerendering import render_on_demand
from ..intake.tiers import JPEG
from ..models import Downloads, Gallery, Photo, StoredFile
from . import links
from .media import media, visible_item
from .sending import come_again, send_file, send_rendition_as_download
from .taking import note_taken


@media
def item(request: HttpRequest, item_uuid: UUID) -> HttpResponse:
    """One delivered file as the photographer made it."""
    delivered = visible_item(request, item_uuid)
    _require_download(request, delivered.delivery.gallery, Downloads.FULL)
    response = send_file(request, delivered.stored_file, delivered.member_name)
    return note_taken(request, response, delivered.delivery.gallery)


@media
def item_in_web_size(request: HttpRequest, item_uuid: UUID) -> HttpResponse:
    """One delivered file in the size for screens."""
    delivered = visible_item(request, item_uuid)
    _require_download(request, delivered.delivery.gallery, Downloads.WEB)
    response = _send_in_web_size(request, delivered.stored_file, delivered.member_name)
    return note_taken(request, response, delivered.delivery.gallery)


@media
def photo(request: HttpRequest, photo_uuid: UUID) -> HttpResponse:
    """The whole picture of a photograph whose section is finished."""
    wanted = _finished_photo(request, photo_uuid, Downloads.FULL)
    response = send_file(request, wanted.picture, wanted.picture.original_name)
    return note_taken(request, response, wanted.gallery)


@media
def photo_in_web_size(request: HttpRequest, photo_uuid: UUID) -> HttpResponse:
    """A photograph whose section is finished, in the size for screens."""
    wanted = _finished_photo(request, photo_uuid, Downloads.WEB)
    response = _send_in_web_size(request, wanted.picture, wanted.picture.original_name)
    return note_taken(request, response, wanted.gallery)


def _finished_photo(request: HttpRequest, photo_uuid: UUID, size: str) -> Photo:
    photos = photos_downloadable_by(links.viewer(request), size)
    photos = photos.select_related("picture", "gallery")
    return get_object_or_404(photos, uuid=photo_uuid)


def _send_in_web_size(request: HttpRequest, file: StoredFile, name: str) -> HttpResponse:
    # Never one with a watermark: that is for looking before the choice.
    jpegs = file.renditions.filter(tier=WEB_TIER, format=JPEG, watermark="")
    rendition = get_object_or_404(jpegs.order_by("-pk")[:1])
    if rendition.cleared_at is not None:
        render_on_demand(file)
        return come_again(_("This picture is being made again. Please try once more in a minute."))
    stem = name.rpartition(".")[0] or name
    return send_rendition_as_download(request, rendition, f"{stem}-web.jpg")


def _require_download(request: HttpRequest, gallery: Gallery, size: str) -> None:
    if not access.may_download(links.viewer(request), gallery, size):
        raise Http404
