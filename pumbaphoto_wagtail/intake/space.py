"""Whether announced files will fit: on the storage, and within what their site may use."""

from __future__ import annotations

from django.db.models import F, Sum
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from wagtail.models import Site

from pumbaphoto_wagtail.conf import GIBIBYTE, settings
from pumbaphoto_wagtail.exceptions import StorageFull
from pumbaphoto_wagtail.models import (
    Edit,
    Gallery,
    PhotoFile,
    Stage,
    StoredFile,
    StudioSettings,
    Upload,
    UploadState,
    Video,
)
from pumbaphoto_wagtail.storage import INCOMING, ORIGINALS, NASStorage, storage_for


def require_space(gallery: Gallery, uploads: list[Upload]) -> None:
    """Raise StorageFull, with the sizes in words, if files that are to be sent do not fit."""
    planned_bytes = sum(upload.length for upload in uploads)
    if not planned_bytes:
        return
    _require_free_space(planned_bytes)
    quota_bytes = site_quota(gallery)
    if quota_bytes:
        _require_quota(gallery, uploads, quota_bytes)


def _require_free_space(planned_bytes: int) -> None:
    for alias in (INCOMING, ORIGINALS):
        storage = storage_for(alias)
        if isinstance(storage, NASStorage) and storage.reserve_left(planned_bytes) < 0:
            raise StorageFull(
                _("These files need %(needed)s, and the photo storage has room for %(free)s more.")
                % {
                    "needed": filesizeformat(planned_bytes),
                    "free": filesizeformat(max(0, storage.reserve_left())),
                }
            )


def site_quota(gallery: Gallery) -> int:
    """How many bytes the files of a gallery's site may take together, 0 for no limit."""
    return quota_of(gallery.site)


def quota_of(site: Site) -> int:
    """The same for a site: what its own settings say, or else ``PUMBAPHOTO``."""
    own = StudioSettings.objects.filter(site=site, quota_gigabytes__isnull=False).first()
    if own is not None:
        return own.quota_gigabytes * GIBIBYTE
    quota = settings.SITE_QUOTA_BYTES
    return quota.get(site.hostname, 0) if isinstance(quota, dict) else quota


def _require_quota(gallery: Gallery, uploads: list[Upload], quota_bytes: int) -> None:
    under_way = _bytes_under_way(gallery)
    for upload in uploads:
        # A folder that is dropped again stands in for what was announced of it and never came.
        under_way.pop((gallery.pk, upload.relative_path, upload.file_name, upload.length), None)
    used_bytes = bytes_kept(gallery.site) + sum(under_way.values())
    needed_bytes = sum(upload.length for upload in uploads)
    if used_bytes + needed_bytes > quota_bytes:
        raise StorageFull(
            _(
                "This site may keep %(quota)s of files. %(used)s are taken or on their way, and"
                " these files need %(needed)s more."
            )
            % {
                "quota": filesizeformat(quota_bytes),
                "used": filesizeformat(used_bytes),
                "needed": filesizeformat(needed_bytes),
            }
        )


def bytes_kept(site: Site) -> int:
    """How many bytes the files of a site's galleries take, each file counted once."""
    uses = (
        Upload.objects.filter(batch__gallery__site=site, stored_file__isnull=False),
        PhotoFile.objects.filter(photo__gallery__site=site),
        Edit.objects.filter(gallery__site=site),
        Video.objects.filter(gallery__site=site, thumbnail__isnull=False).annotate(
            stored_file=F("thumbnail")
        ),
    )
    first, *others = (rows.order_by().values("stored_file") for rows in uses)
    files = StoredFile.objects.filter(pk__in=first.union(*others), is_owned=True)
    there = files.exclude(stage__in=(Stage.MISSING, Stage.DELETED))
    return there.aggregate(sum=Sum("size"))["sum"] or 0


def _bytes_under_way(gallery: Gallery) -> dict[tuple[int, str, str, int], int]:
    """What was announced to a site and has not arrived: each file once, however often announced."""
    rows = (
        Upload.objects.filter(
            batch__gallery__site=gallery.site_id,
            state__in=(UploadState.ANNOUNCED, UploadState.UPLOADING),
        )
        .order_by()
        .values_list("batch__gallery", "relative_path", "file_name", "length")
        .distinct()
    )
    return {row: row[-1] for row in rows.iterator()}
