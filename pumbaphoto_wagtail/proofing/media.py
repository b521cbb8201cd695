"""Pictures and originals, each after the one question to ``access``.

What may not be seen and what does not exist are the same 404, which nobody keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from .. import access
from ..models import (
    DeliveryItem,
    FileRole,
    Gallery,
    Photo,
    PhotoFile,
    Rendition,
    StoredFile,
)
from ..permissions import galleries_for
from . import links
from .pictures import DIGEST_LENGTH
from .sending import NOT_KEPT, send_file, send_picture


def media(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorates a view that sends bytes; a refusal is a short 404 without the site's own page."""

    @require_safe
    @wraps(view)
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            return _refusal()

    return answer


def _refusal() -> HttpResponse:
    response = HttpResponse(
        status=404, content_type="text/plain", headers={"Cache-Control": NOT_KEPT}
    )
    # Without this the header would tell whether anybody was asked for who they are.
    patch_vary_headers(response, ["Cookie"])
    return response


@media
def photo_picture(request: HttpRequest, photo_uuid: UUID, tier: str, digest: str) -> HttpResponse:
    """A photograph in one of the tiers."""
    photo = _visible_photo(request, photo_uuid, tier)
    return send_picture(request, _rendition(photo.picture, tier, digest))


@media
def photo_original(request: HttpRequest, photo_uuid: UUID, role: str) -> HttpResponse:
    """The file that came from the camera: the RAW or the picture."""
    photo = _visible_photo(request, photo_uuid, access.ORIGINAL)
    file = get_object_or_404(
        PhotoFile.objects.select_related("stored_file"),
        photo=photo,
        role=FileRole.RAW if role == "raw" else FileRole.PICTURE,
        is_current=True,
    ).stored_file
    if not file.is_trusted:
        raise Http404
    return send_file(request, file, file.original_name)


@media
def item_picture(request: HttpRequest, item_uuid: UUID, tier: str, digest: str) -> HttpResponse:
    """A delivered file in one of the tiers."""
    item = visible_item(request, item_uuid)
    return send_picture(request, _rendition(item.stored_file, tier, digest))


@media
def file_picture(request: HttpRequest, file_uuid: UUID, tier: str, digest: str) -> HttpResponse:
    """Any file of a gallery in one of the tiers, for its photographers: edits not yet delivered."""
    file = get_object_or_404(StoredFile.objects.trusted(), uuid=file_uuid)
    belongs = Q(pk__in=file.pictured_photos.values("gallery")) | Q(
        pk__in=file.edits.values("gallery")
    )
    if not galleries_for(request.user).filter(belongs).exists():
        raise Http404
    return send_picture(request, _rendition(file, tier, digest))


def visible_item(request: HttpRequest, item_uuid: UUID) -> DeliveryItem:
    """A delivered file that this request's viewer may look at; Http404 otherwise."""
    item = get_object_or_404(
        DeliveryItem.objects.select_related("delivery__gallery", "stored_file"), uuid=item_uuid
    )
    viewer = links.viewer(request)
    if not access.may_see_item(viewer, item):
        raise Http404
    _note_use(viewer, item.delivery.gallery)
    return item


def _visible_photo(request: HttpRequest, photo_uuid: UUID, tier: str) -> Photo:
    photo = get_object_or_404(
        Photo.objects.select_related(
            "picture", "policy", "gallery", "gallery__policy", "gallery__main_page"
        ),
        uuid=photo_uuid,
    )
    viewer = links.viewer(request)
    if not access.may_see_photo(viewer, photo, tier):
        raise Http404
    _note_use(viewer, photo.gallery)
    return photo


def _rendition(file: StoredFile, tier: str, digest: str) -> Rendition:
    # A file that was rendered anew has another digest, and another address.
    if len(digest) != DIGEST_LENGTH:
        raise Http404
    return get_object_or_404(file.renditions.filter(tier=tier), digest__startswith=digest)


def _note_use(viewer: access.Viewer, gallery: Gallery) -> None:
    link = viewer.link_for(gallery)
    if link is not None:
        links.note_use(link)
