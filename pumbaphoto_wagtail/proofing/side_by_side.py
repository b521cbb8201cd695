"""What the page's JavaScript puts side by side: a recipient's favourites, those alike together."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from ..models import Gallery, Photo
from . import links, wall
from .alike import Look, sets_to_compare
from .choosing import Choosing
from .headers import make_private
from .parts import tile_as_json


@require_GET
def side_by_side(request: HttpRequest, gallery_uuid: UUID) -> JsonResponse:
    """The favourites of the list that ``?list=`` names.

    ``{"photos": [as in the wall's feed], "sets": [[uuid, …], …]}``, both in the gallery's order.
    """
    choosing = _choosing(request, gallery_uuid)
    if choosing is None or not choosing.can_choose:
        raise Http404
    chosen = [pick.photo_id for pick in choosing.picks if pick.is_favourite]
    keys = Photo.objects.filter(pk__in=chosen).in_order().values_list("pk", flat=True)
    photos = wall.photos_with([*keys])
    tiles = wall.photo_tiles(photos, choosing.picks)
    shown = {tile.uuid for tile in tiles}
    sets = sets_to_compare(_look(photo) for photo in photos if photo.uuid in shown)
    return make_private(
        JsonResponse({"photos": [tile_as_json(tile) for tile in tiles], "sets": sets})
    )


def _choosing(request: HttpRequest, gallery_uuid: UUID) -> Choosing | None:
    # Asked first, so that the answer for an unknown gallery is the same to the last header.
    viewer = links.viewer(request)
    gallery = Gallery.objects.filter(uuid=gallery_uuid).first()
    link = viewer.link_for(gallery) if gallery else None
    return Choosing(link, gallery, request.GET.get("list", "")) if link else None


def _look(photo: Photo) -> Look:
    return Look(uuid=photo.uuid, taken_at=photo.taken_at, perceptual_hash=photo.perceptual_hash)
