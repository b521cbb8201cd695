"""Which photos are new to somebody with a link."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, Subquery, When

from ..models import Gallery, MessageKind, ShareLink


def is_new(link: ShareLink, gallery: Gallery) -> Case | None:
    """Of each photograph of the gallery 1 if it is new to the holder of ``link``, else 0; None
    where nothing can be.

    New is what was added after the latest of three moments: the gallery's first share, since what
    was there then is what the choosing began with; the making of this link, since its holder has
    seen nothing older come; and the last mail but one that told this link of new photos, so that
    the batch told of last is new and the ones before it are not. It does not depend on what is
    looked at or picked: nothing stops being new under the hand that taps on it.
    """
    if gallery.first_shared_at is None:
        return None
    told = link.messages.filter(kind=MessageKind.NEW_PHOTOS).order_by("-created_at")
    earlier = Subquery(told.values("created_at")[1:2])
    is_later = Q(created_at__gt=max(gallery.first_shared_at, link.created_at))
    # Where there is no such mail, nothing is earlier than it: a comparison with NULL is not true.
    return Case(
        When(created_at__lte=earlier, then=0),
        When(is_later, then=1),
        default=0,
        output_field=IntegerField(),
    )
