"""Finished sections: photographs that may be downloaded while the rest is still being chosen.

The photographer says of a section that it is finished, a link says in which size its holder may
download. As in ``access``, the rule stands here for one object and as a queryset, and a property
test holds the two together.
"""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, QuerySet

from .access import Viewer, gives, link_shows, may_see_photo, photos_of_staff_and_links
from .models import Downloads, FileRole, Photo, PhotoFile
from .permissions import may

# The tier that a photograph must be seen in to be downloaded, and that is given in web size.
WEB_TIER = "display"


def may_download_photo(viewer: Viewer, photo: Photo, size: str) -> bool:
    """Whether this viewer may download a photograph of a finished section in ``size`` (web or
    full). In full it is the picture; a RAW is an original, and ``access`` is asked about those.
    """
    if photo.section is None or not photo.section.is_finished:
        return False
    if size == Downloads.FULL and not _whole_pictures().filter(photo=photo).exists():
        return False
    if not may_see_photo(viewer, photo, WEB_TIER):
        return False
    if may(viewer.user, "view", photo.gallery):
        return True
    link = viewer.link_for(photo.gallery)
    # Asked of the link itself: what a policy lets everybody see is not theirs to download.
    return link is not None and gives(link, size) and link_shows(link, photo, WEB_TIER)


def photos_downloadable_by(viewer: Viewer, size: str) -> QuerySet[Photo]:
    """The photographs for which :func:`may_download_photo` says yes in ``size``."""
    giving = tuple(link for link in viewer.live_links if gives(link, size))
    photos = photos_of_staff_and_links(Viewer(user=viewer.user, links=giving), WEB_TIER)
    photos = photos.filter(section__is_finished=True)
    return photos.filter(is_whole()) if size == Downloads.FULL else photos


def is_whole() -> Exists:
    """Of a photograph whether the file that its pictures are made of can be given away."""
    return Exists(_whole_pictures().filter(photo=OuterRef("pk")))


def _whole_pictures() -> QuerySet[PhotoFile]:
    """Of each photograph the file that its pictures are made of, unless that is a RAW."""
    return PhotoFile.objects.filter(
        role=FileRole.PICTURE, is_current=True, stored_file=F("photo__picture")
    )
