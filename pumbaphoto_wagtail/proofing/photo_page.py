"""One photo at an address of its own: large, with its neighbours, and with plain forms.

The lightbox goes by the same address. Whoever opens it anew gets this page, and where JavaScript
runs it puts the wall behind the photo.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse

from ..models import Photo, ShareLink
from . import pages, picks
from .choosing import Choosing
from .headers import make_private, secure_gallery_page
from .parts import Show
from .presentation import Presentation, present_photo
from .skeleton import PAGE_SIZE
from .spot import Spot

TEMPLATE = "pumbaphoto_wagtail/pages/photo.html"


def serve_photo(page, request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The photo or delivered file with this UUID; a POST gives or takes its heart, or its note.

    What this viewer may not see is answered as what does not exist. A closed gallery leads to its
    friendly page, whatever was asked for.
    """
    found = present_photo(request, page.gallery, uuid) if page.gallery is not None else None
    if found is None:
        return pages.refuse(request, page.gallery)
    presentation, spot = found
    if presentation.is_closed:
        return secure_gallery_page(pages.SeeOther(page.get_url(request)))
    if spot is None or spot.tile.film is not None:
        raise Http404
    if request.method == "POST":
        return _after_form(page, request, presentation, spot)
    return _photo_page(page, request, presentation, spot)


def _after_form(page, request: HttpRequest, presentation: Presentation, spot: Spot) -> HttpResponse:
    if presentation.choosing is None or spot.show == Show.READY:
        raise PermissionDenied
    try:
        _act(request, presentation.choosing, spot.tile.uuid)
    except (Photo.DoesNotExist, ShareLink.DoesNotExist):
        return pages.refuse(request, page.gallery)
    except ValidationError as error:
        words = " ".join(error.messages)
        return _photo_page(page, request, presentation, spot, status=400, error=words)
    except pages.REFUSALS as error:
        return _photo_page(page, request, presentation, spot, status=409, error=str(error))
    return secure_gallery_page(pages.SeeOther(request.get_full_path()))


def _act(request: HttpRequest, choosing: Choosing, uuid: UUID) -> None:
    photo, data = Photo.objects.get(uuid=uuid), request.POST
    if "note" in data:
        picks.set_note(choosing.link, photo, data["note"], choosing.list_name)
    if "give-heart" in data or "take-heart" in data:
        picks.set_favourite(choosing.link, photo, "give-heart" in data, choosing.list_name)


def _photo_page(
    page, request: HttpRequest, presentation: Presentation, spot: Spot, **context
) -> HttpResponse:
    base = page.get_url(request)
    query = wall_query(request, presentation, spot)
    response = pages.render_page(
        page,
        request,
        presentation,
        template=TEMPLATE,
        spot=spot,
        # What was typed stays in the form, whatever became of it.
        note=request.POST.get("note", spot.tile.note),
        may_pick=presentation.can_choose and spot.show != Show.READY,
        **ways(base, query, spot),
        **context,
    )
    # Search engines that may find the gallery find it whole, rather than photo by photo.
    return make_private(response)


def wall_query(request: HttpRequest, presentation: Presentation, spot: Spot) -> str:
    """The query string of the wall on which the photo hangs."""
    query = request.GET.copy()
    for name in ("page", "show", "play"):
        query.pop(name, None)
    if spot.show != presentation.choices[0]:
        query["show"] = spot.show
    return f"?{query.urlencode()}" if query else ""


def ways(base: str, query: str, spot: Spot) -> dict[str, str]:
    """Where one can go from a photo or film, as the templates call it."""
    return {
        "previous_url": _url(base, spot.previous, query, spot.films),
        "next_url": _url(base, spot.next, query, spot.films),
        "wall_url": base + query,
        "place_url": _place_url(base, query, spot),
    }


def _url(base: str, uuid: UUID | None, query: str, films: Collection[UUID]) -> str:
    if uuid is None:
        return ""
    return f"{base}{'videos' if uuid in films else 'photo'}/{uuid}/{query}"


def _place_url(base: str, query: str, spot: Spot) -> str:
    """Where the photo's tile is without JavaScript."""
    number = (spot.tile.number - 1) // PAGE_SIZE + 1
    if number > 1:
        query += f"{'&' if query else '?'}page={number}"
    return f"{base}{query}#photo-{spot.tile.uuid}"
