"""Counting what recipients download: once for each download, however many requests it takes.

A client asks for a download in pieces, goes on where it stopped, and looks first how large it is;
and a web server asks again for what it did not find. All of these are one download, the one whose
first byte was asked for.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from ..access import Viewer
from ..delivery.byte_ranges import parse_range
from ..link_visits import note_download
from ..models import Gallery, ShareLink
from ..permissions import may
from . import links
from .sending import LOST_HEADER

# So many bytes from the beginning are asked for to learn a file's size, not to have it.
PROBE_BYTES = 2
# A web server that sends the file itself has its size; here only the beginning matters.
ANY_SIZE = 10**18


def recipients_link(viewer: Viewer, gallery: Gallery) -> ShareLink | None:
    """The link by which a recipient sees the gallery; None for its photographers, whatever links
    their own browser holds.
    """
    link = viewer.link_for(gallery)
    if link is None or link.is_lent:
        return None
    return None if viewer.is_known and may(viewer.user, "view", gallery) else link


def note_taken(request: HttpRequest, response: HttpResponse, gallery: Gallery) -> HttpResponse:
    """The response, counted as a download if one begins with it."""
    if _begins(request, response):
        link = recipients_link(links.viewer(request), gallery)
        if link is not None:
            note_download(link)
    return response


def _begins(request: HttpRequest, response: HttpResponse) -> bool:
    if request.method != "GET" or response.status_code not in (200, 206):
        return False
    if LOST_HEADER in request.headers:
        return False
    if response.status_code == 200 and "X-Accel-Redirect" not in response.headers:
        # All of it, whatever was asked for.
        return True
    wanted = parse_range(request.headers.get("Range"), ANY_SIZE)
    if not isinstance(wanted, tuple):
        return wanted is None
    start, stop = wanted
    return start == 0 and stop > PROBE_BYTES
