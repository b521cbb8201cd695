"""What pictures look like, made up for where it is not known.

Intake notes it while it renders. What was rendered before that, or with keys of another version,
is read from a rendition: the original may lie in cold storage, and has no need to be touched.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db.models import prefetch_related_objects
from PIL import Image

from pumbaphoto_wagtail.exceptions import StorageOffline
from pumbaphoto_wagtail.intake.visual_keys import read_visual_key, visual_key
from pumbaphoto_wagtail.models import Rendition, StoredFile
from pumbaphoto_wagtail.storage import open_file

__all__ = ["ensure_visual_keys"]

logger = logging.getLogger(__name__)

# The `view` tier is as good as the original for this, the `grid` nearly so.
TIERS = ("view", "grid")
DECODED_EDGE = 300


def ensure_visual_keys(files: Iterable[StoredFile]) -> int:
    """Note for each of the files what it looks like, in its row and in the instance given.

    Not to be called within a transaction: files are read. One without a rendition, or with one
    that cannot be read now, stays without a key and is tried again the next time. The number of
    keys that were made.
    """
    missing = [file for file in files if read_visual_key(file.visual_key) is None]
    prefetch_related_objects(missing, "renditions")
    made = 0
    for file in missing:
        key = _key_of(file)
        if key:
            StoredFile.objects.filter(pk=file.pk).update(visual_key=key)
            file.visual_key = key
            made += 1
    return made


def _key_of(file: StoredFile) -> str:
    for rendition in _clean_renditions(file):
        try:
            return _read(rendition)
        except (OSError, StorageOffline) as error:
            logger.info("no looks from rendition %s: %r", rendition.pk, error)
    return ""


def _read(rendition: Rendition) -> str:
    with (
        open_file(rendition.storage, rendition.name) as stored,
        Image.open(stored, formats=["JPEG"]) as image,
    ):
        # Decoded at a half or a quarter: a key needs no more, and it takes a third of the time.
        image.draft("L", (DECODED_EDGE, DECODED_EDGE))
        return visual_key(image)


def _clean_renditions(file: StoredFile) -> list[Rendition]:
    """A watermark would look like a part of every picture."""
    clean = [
        rendition
        for rendition in file.renditions.all()
        if rendition.tier in TIERS and rendition.format == "jpeg" and not rendition.watermark
    ]
    return sorted(clean, key=lambda rendition: TIERS.index(rendition.tier))
