"""Looking through somebody's link: the photographer sees the page as its recipient does.

It is remembered in the photographer's own session, and needs nothing of the link's token. Only
looking is lent: nothing that is sent is taken for the recipient's, and nothing counts as theirs.
"""

from __future__ import annotations

import time
from uuid import UUID

from django.http import HttpRequest

from ..models import ShareLink
from ..permissions import may

SESSION_KEY = "pumbaphoto_preview"
# Long enough to look at a gallery; forgotten afterwards, so that nobody wonders tomorrow.
PREVIEW_SECONDS = 3600
LOOKING = ("GET", "HEAD")


def begin(request: HttpRequest, link: ShareLink) -> None:
    """From now on this session sees the link's gallery through it, for an hour."""
    request.session[SESSION_KEY] = [str(link.uuid), int(time.time())]


def end(request: HttpRequest) -> None:
    """See everything as the photographer again."""
    request.session.pop(SESSION_KEY, None)


def lent_links(request: HttpRequest) -> tuple[ShareLink, ...]:
    """The link that this session looks through, if its user may still hand it out themselves."""
    wanted = _wanted(request)
    if wanted is None or not request.user.is_authenticated:
        return ()
    rows = ShareLink.objects.filter(uuid=wanted).select_related("gallery__collection", "shared_by")
    link = rows.prefetch_related("sections").first()
    if link is None or not may(request.user, "share", link.gallery):
        return ()
    link.is_lent = True
    return (link,)


def _wanted(request: HttpRequest) -> UUID | None:
    if request.method not in LOOKING or not hasattr(request, "session"):
        return None
    kept = request.session.get(SESSION_KEY)
    if not kept or time.time() - kept[1] > PREVIEW_SECONDS:
        return None
    return UUID(kept[0])
