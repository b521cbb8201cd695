"""CRC-32 of pictures that were made before a ZIP could hold them; later ones have it from birth."""

from __future__ import annotations

import zlib

from .. import tasks
from ..exceptions import BytesDiffer
from ..finished import WEB_TIER
from ..models import Gallery, Rendition
from ..storage import opened
from .places import files_of


def ask_for(gallery: Gallery) -> None:
    """Have what is unknown computed: reading thousands of pictures is nothing for a request."""
    tasks.wake("sum_renditions", gallery.pk)


def sum_renditions(gallery_id: int) -> int:
    """Compute what is unknown of a gallery's pictures in the size for screens; how many there were.

    Only of bytes that are what they were: a picture that is lost or damaged stays unknown.
    """
    files = files_of(Gallery.objects.filter(pk=gallery_id))
    unknown = Rendition.objects.filter(
        stored_file__in=files.values("pk"), tier=WEB_TIER, crc32__isnull=True, cleared_at=None
    )
    computed = 0
    for rendition in unknown.iterator():
        try:
            crc32 = _crc32(rendition)
        except (FileNotFoundError, BytesDiffer):
            continue
        # Not if it was rendered anew meanwhile.
        computed += Rendition.objects.filter(
            pk=rendition.pk, digest=rendition.digest, crc32__isnull=True
        ).update(crc32=crc32)
    return computed


def _crc32(rendition: Rendition) -> int:
    crc32 = 0
    with opened(rendition.storage, rendition.name) as file:
        if file.size != rendition.size:
            raise BytesDiffer
        for block in file.blocks(0, file.size):
            crc32 = zlib.crc32(block, crc32)
    return crc32
