"""Files to keep, many at once: a ZIP that can be taken from any byte on.

Behind nginx it goes out in pieces. The first request decides what is in the ZIP, and leads nginx to
a place of its own (``deploy/nginx.conf``) that asks for one piece after the other, as fast as the
client takes them, by a key that names this very ZIP. Who asks is looked at for each of them, and of
the files those that are in the piece: a link that was closed and a photograph that was hidden end
at the next piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from .. import access
from ..albums import album_photos
from ..delivery import sums, zip_contents, zip_memory, zip_sending
from ..delivery.list_contents import may_take_list
from ..delivery.zip_contents import Place, Shelf, Source
from ..delivery.zip_memory import LaidOut
from ..delivery.zip_names import safe_member_names
from ..exceptions import BytesDiffer, StorageOffline, SumsUnknown
from ..finished import photos_downloadable_by
from ..models import Delivery, Downloads, Gallery, Section
from ..studio import Studio, studio_for
from . import links
from .lists import LABELS
from .media import media, note_use
from .sending import come_again, send_computed
from .taking import note_taken

# By which nginx names the ZIP that it fetches in pieces.
KEY_HEADER = "X-Pumbaphoto-Zip"

ShelfFor = Callable[[access.Viewer], Shelf]


@dataclass(frozen=True, kw_only=True)
class _Parcel:
    """One kind of ZIP of one gallery. ``shelf`` raises Http404 for those who may not have it."""

    name: str
    gallery: Gallery
    shelf: ShelfFor
    title: str = ""
    words: str = ""


@media
def everything(request: HttpRequest, gallery_uuid: UUID) -> HttpResponse:
    """All delivered files that the viewer may see."""
    gallery = _gallery(gallery_uuid)

    def shelf(viewer: access.Viewer) -> Shelf:
        _require(access.may_download(viewer, gallery, Downloads.FULL))
        return zip_contents.of_items(access.items_visible_to(viewer, gallery))

    return _send(request, _Parcel(name=f"all {gallery_uuid}", gallery=gallery, shelf=shelf))


@media
def delivery(request: HttpRequest, delivery_uuid: UUID) -> HttpResponse:
    """What the viewer may see of one delivery."""
    wanted = get_object_or_404(
        Delivery.objects.select_related("gallery__site").defer("print_release"), uuid=delivery_uuid
    )
    gallery = wanted.gallery

    def shelf(viewer: access.Viewer) -> Shelf:
        _require(access.may_download(viewer, gallery, Downloads.FULL))
        items = access.items_visible_to(viewer, gallery).filter(delivery=wanted)
        return zip_contents.of_items(items)

    parcel = _Parcel(
        name=f"delivery {delivery_uuid}",
        gallery=gallery,
        shelf=shelf,
        words=_("delivery %(number)d") % {"number": wanted.number},
    )
    return _send(request, parcel)


@media
def web_sizes(request: HttpRequest, gallery_uuid: UUID) -> HttpResponse:
    """All delivered files that the viewer may see, in the size for screens."""
    gallery = _gallery(gallery_uuid)

    def shelf(viewer: access.Viewer) -> Shelf:
        _require(access.may_download(viewer, gallery, Downloads.WEB))
        return zip_contents.web_sizes_of_items(access.items_visible_to(viewer, gallery))

    parcel = _Parcel(name=f"web {gallery_uuid}", gallery=gallery, shelf=shelf, words=_("web size"))
    return _send(request, parcel)


@media
def originals(request: HttpRequest, gallery_uuid: UUID) -> HttpResponse:
    """What the cameras made of all photographs whose originals the viewer may have."""
    gallery = _gallery(gallery_uuid)

    def shelf(viewer: access.Viewer) -> Shelf:
        photos = access.photos_visible_to(viewer, access.ORIGINAL).filter(gallery=gallery)
        return zip_contents.of_originals(photos)

    parcel = _Parcel(
        name=f"originals {gallery_uuid}", gallery=gallery, shelf=shelf, words=_("originals")
    )
    return _send(request, parcel)


@media
def of_list(request: HttpRequest, gallery_uuid: UUID) -> HttpResponse:
    """The photographs of the list that the viewer's link is for."""
    gallery = _gallery(gallery_uuid)

    def shelf(viewer: access.Viewer) -> Shelf:
        link = viewer.link_for(gallery)
        _require(may_take_list(link, gallery))
        return zip_contents.of_list(link)

    link = links.viewer(request).link_for(gallery)
    words = str(LABELS.get(link.list, "")) if link else ""
    return _send(
        request, _Parcel(name=f"list {gallery_uuid}", gallery=gallery, shelf=shelf, words=words)
    )


@media
def album(request: HttpRequest, gallery_uuid: UUID) -> HttpResponse:
    """What everybody who may look at a gallery without a link may take along of it."""
    gallery = _gallery(gallery_uuid)

    def shelf(viewer: access.Viewer) -> Shelf:
        return zip_contents.of_album(album_photos(viewer, gallery))

    return _send(request, _Parcel(name=f"album {gallery_uuid}", gallery=gallery, shelf=shelf))


@media
def section(request: HttpRequest, section_uuid: UUID) -> HttpResponse:
    """All of a finished section that the viewer may download."""
    wanted = get_object_or_404(Section.objects.select_related("gallery__site"), uuid=section_uuid)

    def shelf(viewer: access.Viewer) -> Shelf:
        photos = photos_downloadable_by(viewer, Downloads.FULL).filter(section=wanted)
        return zip_contents.of_photos(photos)

    parcel = _Parcel(
        name=f"section {section_uuid}",
        gallery=wanted.gallery,
        shelf=shelf,
        words=wanted.title,
    )
    return _send(request, parcel)


def _gallery(gallery_uuid: UUID) -> Gallery:
    found = Gallery.objects.select_related("site", "main_page", "policy")
    return get_object_or_404(found, uuid=gallery_uuid)


def _require(is_allowed: bool) -> None:
    if not is_allowed:
        raise Http404


# --- Sending it ----------------------------------------------------------------------------------


def _send(request: HttpRequest, parcel: _Parcel) -> HttpResponse:
    viewer = links.viewer(request)
    shelf = parcel.shelf(viewer)
    key = request.headers.get(KEY_HEADER, "")
    try:
        made = _laid_out(viewer, parcel, shelf, key)
    except StorageOffline:
        return come_again(_("The photos cannot be reached at the moment. Try again soon."))
    except SumsUnknown:
        sums.ask_for(parcel.gallery)
        return come_again(_("This download is being prepared. Try again in a minute."))
    if made is None or (key and made.key != key):
        # A piece of a ZIP that is not what it was: nginx cuts the connection, and a client that
        # goes on gets the present one from its beginning.
        raise Http404
    note_use(viewer, parcel.gallery)
    response = send_computed(
        request,
        lambda start, stop: _bytes(request, parcel, shelf, made, start, stop),
        size=made.layout.size,
        etag=made.layout.etag,
        content_type="application/zip",
        file_name=_file_name(parcel),
        in_pieces=None if key else f"zip/{made.key}{quote(request.path)}",
    )
    # The web server's pieces belong to the download that it was told to fetch.
    return response if key else note_taken(request, response, parcel.gallery)


def _laid_out(viewer: access.Viewer, parcel: _Parcel, shelf: Shelf, key: str) -> LaidOut | None:
    scope = f"{parcel.name} {_who(viewer, parcel.gallery)}"
    if key and (known := zip_memory.recall(key, scope)):
        return known
    studio = studio_for(parcel.gallery.site)
    with translation.override(_language(viewer, parcel.gallery, studio)):
        # Who asks for a piece that is not known here needs what another process has seen.
        return zip_memory.laid_out(scope, shelf.contents, studio=studio.name, is_fresh=bool(key))


def _who(viewer: access.Viewer, gallery: Gallery) -> str:
    link = viewer.link_for(gallery)
    return f"link {link.pk if link else '-'} user {viewer.user.pk if viewer.is_known else '-'}"


def _language(viewer: access.Viewer, gallery: Gallery, studio: Studio) -> str:
    """The recipient's, so that every piece is in the same one, whatever a browser prefers."""
    link = viewer.link_for(gallery)
    client = link.client if link else None
    return (client.language if client else "") or studio.language


def _bytes(
    request: HttpRequest, parcel: _Parcel, shelf: Shelf, made: LaidOut, start: int, stop: int
) -> Iterator[bytes]:
    is_first = True

    def places(sources: Iterable[Source]) -> dict[Source, Place]:
        nonlocal is_first
        if is_first:
            is_first = False
            return shelf.places(sources)
        try:
            return parcel.shelf(links.viewer_anew(request)).places(sources)
        except Http404:
            return {}

    try:
        yield from zip_sending.send(made.layout, start, stop, places)
    except (BytesDiffer, FileNotFoundError, StorageOffline):
        zip_memory.forget(made)
        raise


def _file_name(parcel: _Parcel) -> str:
    """``<date> - <gallery>.zip``, safe on any system."""
    gallery = parcel.gallery
    day = gallery.shoot_date or _last_delivered_on(gallery)
    words = f" ({parcel.words})" if parcel.words else ""
    dated = f"{day.isoformat()} - " if day else ""
    [name] = safe_member_names([f"{dated}{_one_line(gallery.title)}{_one_line(words)}.zip"])
    return name


def _one_line(text: str) -> str:
    return text.replace("/", "-").replace("\\", "-")


def _last_delivered_on(gallery: Gallery) -> date | None:
    sent_at = gallery.deliveries.order_by("-number").values_list("sent_at", flat=True).first()
    return timezone.localdate(sent_at, timezone.get_default_timezone()) if sent_at else None
