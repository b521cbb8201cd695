"""Albums: the photographs that whoever may look at a gallery without a link may also take along.

They come in the size for screens, as they are shown, and so with the gallery's watermark where it
has one; what is whole and clean is given by links alone. Each gallery says whether it offers its
album, or the nearest of the index pages above it does; where nobody says anything, it is offered.
"""

from __future__ import annotations

from dataclasses import replace

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from .access import Viewer, photos_visible_to
from .models import AccessPolicy, Gallery, Photo
from .permissions import may
from .viewers import nearest_policy

# The tier that an album consists of.
ALBUM_TIER = "display"


def offers_album(gallery: Gallery) -> bool:
    """Whether a gallery's photographs may be taken along by those who see them without a link."""
    own = getattr(gallery, "policy", None)
    if own is not None and own.offers_zip is not None:
        return own.offers_zip
    above = offer_above(gallery)
    return above is None or bool(above.offers_zip)


def offer_above(gallery: Gallery) -> AccessPolicy | None:
    """The policy of the nearest index page that says whether albums are offered; None for none."""
    return nearest_policy(gallery, offers_zip__isnull=False)


def album_photos(viewer: Viewer, gallery: Gallery) -> QuerySet[Photo]:
    """What this viewer may take along of a gallery: none where it is not offered to them.

    Links are left aside: they say themselves what their holders may download. Staff get what
    visitors would.
    """
    if not offers_album(gallery):
        return Photo.objects.none()
    if may(viewer.user, "view", gallery):
        viewer = replace(viewer, user=AnonymousUser())
    visitor = replace(viewer, links=())
    photos = photos_visible_to(visitor, ALBUM_TIER).with_picture()
    return photos.filter(gallery=gallery, is_shown=True, is_hidden=False)
