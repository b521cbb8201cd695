"""Pictures and originals, each after the one question to ``access``.

What may not be seen and what does not exist are the same 404, which nobody keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseForbidden,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from .. import access, video_access
from ..conf import settings
from ..exceptions import BytesDiffer, StorageOffline
from ..intake.clearing import note_looked_at
from ..intake.rerendering import render_on_demand
from ..intake.tiers import JPEG
from ..models import (
    DeliveryItem,
    FileRole,
    Gallery,
    Photo,
    PhotoFile,
    Rendition,
    Stage,
    StoredFile,
    Video,
)
from ..permissions import galleries_for
from ..storage import storage_for
from . import links
from .headers import make_harmless
from .pictures import DIGEST_LENGTH, EXTENSIONS, clean_renditions, named, newest, picture_url
from .sending import LOST_HEADER, NOT_KEPT, send_file, send_picture, send_placeholder
from .taking import note_taken, recipients_link

# What a verdict calls the file that the web server may send.
FILE_HEADER = "X-Pumbaphoto-File"

# What decides about a picture. A page of thumbnails asks this a hundred times, and most of what a
# row costs is the reading of its columns.
ASKED_OF_A_PHOTO = (
    *("uuid", "section", "is_shown", "is_hidden", "is_couple_only"),
    *("picture__uuid", "picture__stage", "picture__verdict", "policy__photo", "policy__visibility"),
    *("gallery__uuid", "gallery__state", "gallery__owner", "gallery__collection"),
    *("gallery__watermark_key", "gallery__looked_at"),
    *("gallery__policy__gallery", "gallery__policy__visibility"),
    *("gallery__main_page__path", "gallery__main_page__live"),
)


def media(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorates a view that sends bytes; a refusal is a short 404 without the site's own page."""

    @require_safe
    @wraps(view)
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except (Http404, FileNotFoundError, BytesDiffer):
            response = _refusal()
        return make_harmless(response)

    return answer


def _refusal() -> HttpResponse:
    response = HttpResponse(
        status=404, content_type="text/plain", headers={"Cache-Control": NOT_KEPT}
    )
    # Without this the header would tell whether anybody was asked for who they are.
    patch_vary_headers(response, ["Cookie"])
    return response


@media
def photo_picture(request: HttpRequest, photo_uuid: UUID, **which: str) -> HttpResponse:
    """A photograph in one of the tiers."""
    photo = _visible_photo(request, photo_uuid, which["tier"])
    return _picture(request, photo.picture, access.proof_renditions(photo), **which)


@media
def published_picture(
    request: HttpRequest, gallery_uuid: UUID, photo_uuid: UUID, **which: str
) -> HttpResponse:
    """A photograph at an address where the web server looks for it first, and has not found it:
    it was not put there yet, has to be made again, or is for everybody no more.
    """
    photo = _visible_photo(request, photo_uuid, which["tier"])
    if photo.gallery.uuid != gallery_uuid:
        raise Http404
    return _picture(request, photo.picture, access.proof_renditions(photo), **which)


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
    return note_taken(request, send_file(request, file, file.original_name), photo.gallery)


@media
def item_picture(request: HttpRequest, item_uuid: UUID, **which: str) -> HttpResponse:
    """A delivered file in one of the tiers."""
    item = visible_item(request, item_uuid)
    return _picture(request, item.stored_file, clean_renditions(item.stored_file), **which)


@media
def file_picture(request: HttpRequest, file_uuid: UUID, **which: str) -> HttpResponse:
    """Any file of a gallery in one of the tiers, for its photographers: edits not yet delivered."""
    file = get_object_or_404(StoredFile.objects.trusted(), uuid=file_uuid)
    belongs = (
        Q(pk__in=file.pictured_photos.values("gallery"))
        | Q(pk__in=file.edits.values("gallery"))
        | Q(watermark_image=file)
    )
    if not galleries_for(request.user).filter(belongs).exists():
        raise Http404
    return _picture(request, file, clean_renditions(file), **which)


@media
def video_picture(request: HttpRequest, video_uuid: UUID, **which: str) -> HttpResponse:
    """The thumbnail of a film in one of the tiers."""
    videos = Video.objects.select_related("thumbnail").filter(thumbnail__isnull=False)
    video = visible_video(request, video_uuid, videos)
    if not video.thumbnail.is_trusted:
        raise Http404
    return _picture(request, video.thumbnail, clean_renditions(video.thumbnail), **which)


@require_safe
def verdict(request: HttpRequest, kind: str, uuid: UUID, **which: str) -> HttpResponse:
    """Whether nginx may send one picture by itself for the next seconds, and which file that is.

    The answer of the picture's own address, put as nginx's ``auth_request`` understands it: 204
    with the path that ``X-Accel-Redirect`` would have, or 403 for whatever is not simply a file to
    be sent, which nginx then leaves to that address.
    """
    picture, name = VERDICTS_ON[kind]
    answer = picture(request, **{name: uuid}, **which)
    path = answer.headers.get("X-Accel-Redirect")
    response = (
        HttpResponse(status=204, headers={FILE_HEADER: path}) if path else HttpResponseForbidden()
    )
    response["Cache-Control"] = NOT_KEPT
    # Without this the header would tell whether anybody was asked for who they are.
    patch_vary_headers(response, ["Cookie"])
    return make_harmless(response)


VERDICTS_ON = {"photo": (photo_picture, "photo_uuid"), "item": (item_picture, "item_uuid")}


def visible_item(request: HttpRequest, item_uuid: UUID) -> DeliveryItem:
    """A delivered file that this request's viewer may look at; Http404 otherwise."""
    item = get_object_or_404(
        DeliveryItem.objects.select_related("delivery__gallery", "stored_file"), uuid=item_uuid
    )
    viewer = links.viewer(request)
    if not access.may_see_item(viewer, item):
        raise Http404
    note_use(viewer, item.delivery.gallery)
    return item


def visible_video(
    request: HttpRequest, video_uuid: UUID, videos: QuerySet[Video] | None = None
) -> Video:
    """The one of these films, or of all, that this request's viewer may see; Http404 otherwise."""
    # Asked first, so that the answer for an unknown film is the same to the last header.
    viewer = links.viewer(request)
    videos = Video.objects.all() if videos is None else videos
    related = ("gallery__policy", "gallery__main_page", "section", "after__section")
    video = get_object_or_404(videos.select_related(*related), uuid=video_uuid)
    if not video_access.may_see_video(viewer, video):
        raise Http404
    note_use(viewer, video.gallery)
    return video


def _visible_photo(request: HttpRequest, photo_uuid: UUID, tier: str) -> Photo:
    photos = Photo.objects.select_related(
        "picture", "policy", "gallery", "gallery__policy", "gallery__main_page"
    ).only(*ASKED_OF_A_PHOTO)
    photo = get_object_or_404(photos, uuid=photo_uuid)
    viewer = links.viewer(request)
    if not access.may_see_photo(viewer, photo, tier):
        raise Http404
    note_use(viewer, photo.gallery)
    return photo


def _picture(
    request: HttpRequest,
    file: StoredFile,
    allowed: Iterable[Rendition],
    *,
    tier: str,
    digest: str,
    extension: str,
) -> HttpResponse:
    """A picture of a file that the viewer may see, or how to come by it.

    Of the file's renditions only those ``allowed`` exist here: a clean one of a photograph that is
    shown with a watermark is as good as one that was never made. An address names a digest, and a
    file that was rendered anew has others: a page that was opened before is led to the present
    picture. One that was cleared or lost is asked for, once.
    """
    if len(digest) != DIGEST_LENGTH or extension not in EXTENSIONS.values():
        raise Http404
    allowed = list(allowed)
    rendition = named(allowed, tier, digest, extension)
    if rendition is not None:
        return _send_or_await(request, file, rendition)
    present = newest(allowed).get((tier, JPEG))
    if present is None:
        return _await(file, tier)
    return _lead_to(request, present)


def _send_or_await(request: HttpRequest, file: StoredFile, rendition: Rendition) -> HttpResponse:
    try:
        if rendition.cleared_at is not None:
            raise FileNotFoundError
        if LOST_HEADER in request.headers and _is_lost(rendition):
            raise FileNotFoundError
        return send_picture(request, rendition)
    except FileNotFoundError:
        render_on_demand(file)
        return send_placeholder(rendition.width, rendition.height)


def _is_lost(rendition: Rendition) -> bool:
    try:
        return not storage_for(rendition.storage).exists(rendition.name)
    except StorageOffline:
        return False


def _await(file: StoredFile, tier: str) -> HttpResponse:
    box = settings.TIERS.get(tier)
    if box is None or file.stage != Stage.READY:
        raise Http404
    render_on_demand(file)
    return send_placeholder(box["width"], box["height"])


def _lead_to(request: HttpRequest, rendition: Rendition) -> HttpResponse:
    names = request.resolver_match
    uuids = tuple(value for value in names.kwargs.values() if isinstance(value, UUID))
    response = HttpResponseRedirect(picture_url(names.url_name, uuids, rendition))
    response["Cache-Control"] = NOT_KEPT
    patch_vary_headers(response, ["Cookie"])
    return response


def note_use(viewer: access.Viewer, gallery: Gallery) -> None:
    """Remember that somebody looks at a gallery, and that the link they do it by was used."""
    note_looked_at(gallery)
    link = recipients_link(viewer, gallery)
    if link is not None:
        links.note_use(link)
