"""One film at an address of its own, for whom JavaScript does not open it over the wall.

Nothing of its provider's is on it. With ``?play`` it frames our own player page in the place of the
thumbnail: that is the click that lets the provider know.
"""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse

from . import pages
from .headers import make_private, secure_gallery_page
from .parts import alt_of
from .photo_page import wall_query, ways
from .presentation import present_photo

TEMPLATE = "pumbaphoto_wagtail/pages/film.html"


def serve_film(page, request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The film with this UUID. What this viewer may not see is answered as what does not exist; a
    closed gallery leads to its friendly page.
    """
    found = present_photo(request, page.gallery, uuid) if page.gallery is not None else None
    if found is None:
        return pages.refuse(request, page.gallery)
    presentation, spot = found
    if presentation.is_closed:
        return secure_gallery_page(pages.SeeOther(page.get_url(request)))
    if spot is None or spot.tile.film is None:
        raise Http404
    query = wall_query(request, presentation, spot)
    response = pages.render_page(
        page,
        request,
        presentation,
        template=TEMPLATE,
        spot=spot,
        name=alt_of(spot.tile),
        is_playing="play" in request.GET,
        **ways(page.get_url(request), query, spot),
    )
    return make_private(response)
