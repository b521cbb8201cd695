"""What would go with a gallery: counted and named before it is deleted, and kept in the log."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from ..models import (
    DeliveryItem,
    Edit,
    Gallery,
    Photo,
    PhotoFile,
    Publication,
    Selection,
    ShareLink,
    StoredFile,
)
from .cold_disks import Disk, disks_of
from .places import files_of


@dataclass(frozen=True, kw_only=True)
class Losses:
    """What hangs on a gallery. ``disks`` say what lies where, and which of them is not there;
    ``size`` is bytes of the files that go. Of the files that stay ``shared`` counts those that
    other galleries use, ``in_library`` those of the photographer's own library.
    """

    photos: int
    edits: int
    deliveries: int
    delivered: int
    links: int
    open_links: int
    selections: int
    published: int
    videos: int
    files: int
    size: int
    shared: int
    in_library: int
    disks: tuple[Disk, ...]

    @property
    def absent(self) -> list[Disk]:
        """Storages that are not there: what lies on them goes as soon as they are."""
        return [disk for disk in self.disks if disk.trouble]

    def as_data(self) -> dict[str, int]:
        """The numbers, for a log entry."""
        names = ("photos", "edits", "deliveries", "links", "selections", "files", "size")
        return {name: getattr(self, name) for name in names}


def what_goes(gallery: Gallery) -> Losses:
    """What would be lost with a gallery. A fixed number of queries, and a look at each storage."""
    files = files_of(Gallery.with_deleted.filter(pk=gallery.pk))
    owned = files.filter(is_owned=True)
    shared = owned.filter(_is_used_elsewhere(gallery))
    going = owned.exclude(pk__in=shared.values("pk"))
    links = ShareLink.objects.filter(gallery=gallery)
    published = Publication.objects.filter(photo__gallery=gallery, withdrawn_at__isnull=True)
    return Losses(
        photos=Photo.objects.filter(gallery=gallery).count(),
        edits=Edit.objects.filter(gallery=gallery).count(),
        deliveries=gallery.deliveries.count(),
        delivered=DeliveryItem.objects.filter(delivery__gallery=gallery).count(),
        links=links.count(),
        open_links=links.filter(revoked_at=None).count(),
        selections=Selection.objects.filter(share_link__gallery=gallery).count(),
        published=published.values("photo").distinct().count(),
        videos=gallery.videos.count(),
        files=going.count(),
        size=_size(going),
        shared=shared.count(),
        in_library=files.filter(is_owned=False).count(),
        disks=tuple(disks_of(gallery)),
    )


def _size(files: QuerySet[StoredFile]) -> int:
    made = files.aggregate(total=Sum("renditions__size"))["total"] or 0
    return made + (files.aggregate(total=Sum("size"))["total"] or 0)


def _is_used_elsewhere(gallery: Gallery) -> Q:
    uses = (
        PhotoFile.objects.exclude(photo__gallery=gallery),
        Edit.objects.exclude(gallery=gallery),
        DeliveryItem.objects.exclude(delivery__gallery=gallery),
    )
    is_used = Q(pk__in=[])
    for rows in uses:
        is_used |= Q(Exists(rows.filter(stored_file=OuterRef("pk"))))
    return is_used
