"""The photographs of a gallery as the rules of matching take them.

What is known of them is kept in the worker's memory until something about them changes, so that an
edit that arrives costs a few queries and not four thousand names.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from django.db.models import Count, Max, Q, QuerySet, Sum

from ..conf import settings
from ..models import Gallery, Photo, PhotoFile, StoredFile
from .frames import moment_of
from .known import Known, Original
from .matching_rules import OriginalName
from .visual import Looks

# Galleries whose originals a worker keeps in mind: about 10 MB for each 4,000 of them, and their
# looks another 60 MB.
GALLERIES_IN_MIND, LOOKS_IN_MIND = 3, 1


def names_of(photos: QuerySet[Photo]) -> list[OriginalName]:
    """Photographs under all names they have: a RAW and its JPEG are one."""
    names: dict[int, list[str]] = defaultdict(list)
    current = PhotoFile.objects.filter(photo__in=photos, is_current=True).order_by("pk")
    for photo, name in current.values_list("photo", "stored_file__original_name"):
        names[photo].append(name)
    return [
        OriginalName(key=photo, names=(name, *names[photo]), folder=folder)
        for photo, name, folder in photos.order_by("pk").values_list("pk", "name", "folder")
    ]


def state_of(gallery: Gallery) -> str:
    """A short text that changes with the originals and the studio's own words.

    An edit that was matched in the same state need not be looked at again.
    """
    files = PhotoFile.objects.filter(photo__gallery=gallery).aggregate(
        count=Count("pk"), last=Max("pk"), current=Count("pk", filter=Q(is_current=True))
    )
    photos = gallery.photos.aggregate(
        count=Count("pk"),
        last=Max("pk"),
        # No two acts of deleting have the same time, so together these say which are deleted.
        deleted=Count("deleted_at"),
        last_deleted=Max("deleted_at"),
        # A turned picture looks different once it is rendered.
        turned=Sum("picture__turned", filter=Q(picture__render_requested_at=None)),
    )
    parts = (gallery.uuid, *files.values(), *photos.values(), [*settings.EDIT_SUFFIXES])
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@lru_cache(maxsize=GALLERIES_IN_MIND)
def known_originals(gallery_id: int, state: str) -> Known:
    """What is known of a gallery's originals in that state."""
    photos = Photo.objects.kept().filter(gallery=gallery_id)
    identities: dict[int, list[dict]] = defaultdict(list)
    current = PhotoFile.objects.filter(photo__in=photos, is_current=True).order_by("pk")
    for photo, identity in current.values_list("photo", "stored_file__identity"):
        if identity:
            identities[photo].append(identity)
    greys = dict(photos.values_list("pk", "picture__identity__is_grey"))
    originals = (
        Original(
            key=one.key,
            names=one.names,
            folder=one.folder,
            identities=tuple(identities[one.key]),
            moments=_moments(identities[one.key]),
            is_grey=greys.get(one.key),
        )
        for one in names_of(photos)
    )
    return Known(originals, settings.EDIT_SUFFIXES)


@lru_cache(maxsize=LOOKS_IN_MIND)
def looks_of(gallery_id: int, state: str) -> Looks:
    """The looks of all of a gallery's originals in that state."""
    return Looks(visual_keys(Photo.objects.kept().filter(gallery=gallery_id)))


def pictures_of(photos: QuerySet[Photo]) -> QuerySet[StoredFile]:
    """The files that the pictures of these photographs are made of."""
    return StoredFile.objects.filter(pictured_photos__in=photos)


def visual_keys(photos: QuerySet[Photo]) -> dict[int, str]:
    """How photographs look, by their primary keys; "" for those of which it is not known."""
    return {photo: key or "" for photo, key in photos.values_list("pk", "picture__visual_key")}


def _moments(identities: Iterable[dict]) -> tuple[datetime, ...]:
    return tuple(sorted({moment for one in identities if (moment := moment_of(one))}))
