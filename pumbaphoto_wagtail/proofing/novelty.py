"""Which photos are new to somebody with a link."""

from __future__ import annotations

from datetime import datetime

from ..models import Gallery, MessageKind, ShareLink


def new_since(link: ShareLink, gallery: Gallery, newest: datetime) -> datetime | None:
    """What was added to the gallery after this moment is new to the holder of ``link``.

    ``newest`` is when the latest of all their photos was added; None if not even that is new.

    The moment is the latest of three: the gallery's first share, since what was there then is what
    the choosing began with; the making of this link, since its holder has seen nothing older come;
    and the last mail but one that told this link of new photos, so that the batch told of last is
    new and the ones before it are not. It does not depend on what is looked at or picked: nothing
    stops being new under the hand that taps on it.
    """
    if gallery.first_shared_at is None:
        return None
    since = max(gallery.first_shared_at, link.created_at)
    if newest <= since:
        return None
    told = link.messages.filter(kind=MessageKind.NEW_PHOTOS).order_by("-created_at")
    earlier = told.values_list("created_at", flat=True)[1:2]
    since = max([since, *earlier])
    return since if newest > since else None
