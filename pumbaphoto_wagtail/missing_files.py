"""Files that are missing from the storage or damaged there, gallery by gallery, as an e-mail tells
of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Q, QuerySet
from wagtail.models import Site

from .models import (
    Edit,
    Gallery,
    Inspection,
    InspectionScope,
    PhotoFile,
    Stage,
    StoredFile,
    StudioSettings,
)
from .permissions import galleries_for

# How many galleries an e-mail names.
GALLERIES_NAMED = 50


@dataclass(frozen=True, kw_only=True)
class MissingIn:
    """What is missing of one gallery: photographs' files, and edited ones. ``damaged`` of them are
    there, with other bytes than they came with.
    """

    gallery: Gallery
    photos: int
    edits: int
    damaged: int = 0

    @property
    def count(self) -> int:
        return self.photos + self.edits


def damaged_files() -> list[int]:
    """The keys of files that the last scrub found damaged, and that nobody has made whole since.

    Their renditions can be made again, and are not meant.
    """
    last = Inspection.objects.filter(scope=InspectionScope.SCRUB, finished_at__isnull=False).first()
    if last is None or not last.findings:
        return []
    found = {
        (one["file"], one["subject"].partition(" (")[0])
        for one in last.findings
        if one.get("file") and not one["words"].startswith("rendition")
    }
    rows = StoredFile.objects.filter(uuid__in={uuid for uuid, _place in found})
    rows = rows.exclude(proved_at__gte=last.started_at).exclude(stage=Stage.DELETED)
    # A file that was sent again has another place than the damaged one had.
    return [
        key
        for key, uuid, storage, name in rows.values_list("pk", "uuid", "storage", "name")
        if (str(uuid), f"{storage}/{name}".partition(" (")[0]) in found
    ]


def keeper_of(site: Site) -> AbstractBaseUser | None:
    """Who keeps a site, by its studio's settings; None if nobody does who may sign in."""
    kept = StudioSettings.objects.filter(site=site, owner__is_active=True).select_related("owner")
    found = kept.first()
    return found.owner if found else None


def told_of_missing(site: Site) -> list[AbstractBaseUser]:
    """Whom to tell of missing files: the site's keeper, and the owners of galleries that the keeper
    may not see.
    """
    keeper = keeper_of(site)
    galleries = _galleries_with_missing(Gallery.objects.filter(site=site))
    told = []
    if keeper is not None:
        kept = galleries.filter(_told(keeper, is_keeper=True))
        told = [keeper] if kept.exists() else []
        galleries = galleries.exclude(pk__in=kept.values("pk"))
    owners = get_user_model().objects.filter(
        is_active=True, pk__in=galleries.order_by().values("owner")
    )
    return [*told, *owners.order_by("pk")]


def missing_in(site: Site, recipient: AbstractBaseUser) -> list[MissingIn]:
    """What is missing of a site's galleries, those with most first: of all that its keeper may see,
    and for anybody else of their own.
    """
    galleries = Gallery.objects.filter(
        _told(recipient, is_keeper=keeper_of(site) == recipient), site=site
    )
    photos, edits = _counted(_missing_files(), "photo__gallery"), _counted(_missing_edits())
    is_damaged = ~Q(stored_file__stage=Stage.MISSING)
    damaged = Counter(_counted(_missing_files().filter(is_damaged), "photo__gallery"))
    damaged += Counter(_counted(_missing_edits().filter(is_damaged)))
    found = [
        MissingIn(
            gallery=one,
            photos=photos.get(one.pk, 0),
            edits=edits.get(one.pk, 0),
            damaged=damaged[one.pk],
        )
        for one in _galleries_with_missing(galleries).select_related("site")
    ]
    return sorted(found, key=lambda missing: (-missing.count, missing.gallery.title))


def _told(user: AbstractBaseUser, *, is_keeper: bool) -> Q:
    own = Q(owner=user)
    return own | Q(pk__in=galleries_for(user).values("pk")) if is_keeper else own


def _missing_files() -> QuerySet[PhotoFile]:
    return PhotoFile.objects.filter(_is_missing(), is_current=True, photo__deleted_at__isnull=True)


def _missing_edits() -> QuerySet[Edit]:
    return Edit.objects.filter(_is_missing())


def _is_missing() -> Q:
    return Q(stored_file__stage=Stage.MISSING) | Q(stored_file__in=damaged_files())


def _galleries_with_missing(galleries: QuerySet[Gallery]) -> QuerySet[Gallery]:
    of_photos = Q(pk__in=_missing_files().order_by().values("photo__gallery"))
    return galleries.filter(of_photos | Q(pk__in=_missing_edits().order_by().values("gallery")))


def _counted(rows: QuerySet, path: str = "gallery") -> dict[int, int]:
    counts = rows.order_by().values(path).annotate(count=Count("stored_file", distinct=True))
    return {row[path]: row["count"] for row in counts}
