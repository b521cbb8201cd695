"""Which pictures everybody may see: what ``access`` says of somebody of whom nothing is known."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Aggregate, Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from .. import access
from ..conf import UNMARKED_TIER, settings
from ..models import Gallery, Photo
from ..storage import FileDigest, Source
from .names import EXTENSIONS, TIERS, picture_name

_PICTURE = "picture__renditions__"


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """The pictures of one gallery, by their names, and what their folder is sealed with."""

    sources: dict[str, Source]
    seal: str


def galleries() -> QuerySet[Gallery]:
    """The galleries that everybody may see, who knows their address or finds it."""
    return access.galleries_visible_to(access.Viewer())


def is_for_everybody(gallery_id: int) -> bool:
    return galleries().filter(pk=gallery_id).exists()


def pictures_of(gallery_id: int) -> Pictures | None:
    """What everybody may see of a gallery now; None where that is nothing, not even its name.

    A photo that is shown with a watermark has only such pictures here; one that was cleared has
    none in that tier.
    """
    if not is_for_everybody(gallery_id):
        return None
    rows = _pictures(Q(gallery=gallery_id)).values_list(
        "pk",
        "uuid",
        *(f"{_PICTURE}{name}" for name in ("pk", "tier", "format", "digest", "crc32", "size")),
        *(f"{_PICTURE}{name}" for name in ("storage", "name")),
    )
    sources, sums = {}, [0, 0, 0, 0]
    for photo, uuid, row, tier, format, digest, crc32, size, alias, name in rows:
        checked = FileDigest(size, digest, crc32) if crc32 is not None else None
        sources[picture_name(uuid, tier, digest, format)] = Source(
            alias=alias, name=name, digest=checked
        )
        sums = [have + more for have, more in zip(sums, (1, crc32 or 0, photo, row), strict=True)]
    return Pictures(sources=sources, seal=_seal(sums))


def seals() -> dict[UUID, str]:
    """What the folder of each gallery that everybody may see is sealed with if it is right."""
    found = _pictures(Q(gallery__in=galleries().values("pk")))
    summed = found.order_by().values_list("gallery__uuid").annotate(**_sums())
    known = {uuid: _seal(numbers) for uuid, *numbers in summed}
    bare = galleries().order_by().values_list("uuid", flat=True)
    return {uuid: known.get(uuid) or _seal([0, 0, 0, 0]) for uuid in bare}


def _pictures(of: Q) -> QuerySet[Photo]:
    """Photos joined with their published renditions, one row for each of these."""
    photos = access.photos_visible_to(access.Viewer(), "grid").filter(of)
    marked = [tier for tier in TIERS if tier != UNMARKED_TIER]
    right_mark = Q(**{f"{_PICTURE}tier": UNMARKED_TIER, f"{_PICTURE}watermark": ""}) | Q(
        **{f"{_PICTURE}tier__in": marked, f"{_PICTURE}watermark": F("gallery__watermark_key")}
    )
    # In one filter, so that all is said of the same rendition.
    return photos.filter(
        right_mark,
        **{
            f"{_PICTURE}tier__in": [tier for tier in TIERS if tier in settings.TIERS],
            f"{_PICTURE}format__in": [*EXTENSIONS],
            f"{_PICTURE}cleared_at__isnull": True,
        },
    )


def _sums() -> dict[str, Aggregate]:
    """What a seal adds up: the sum of the bytes is another one as soon as a picture is."""
    row = f"{_PICTURE}pk"
    return {
        "count": Count(row),
        "crc32s": Sum(Coalesce(f"{_PICTURE}crc32", 0)),
        "photos": Sum("pk"),
        "rows": Sum(row),
    }


def _seal(sums: list[int]) -> str:
    return "-".join(f"{int(number):x}" for number in sums)
