"""Renditions as files and rows: each file is there before its row, and gone after it.

A rendition's name has its digest in it, so a name never changes its bytes. Whoever is killed on the
way leaves at worst files that no row names; the next rendering of the photograph removes them.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from dataclasses import replace
from typing import BinaryIO

from django.db import transaction

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import NameTaken
from pumbaphoto_wagtail.models import Rendition, StoredFile
from pumbaphoto_wagtail.storage import RENDITIONS, publish, remove, storage_for

from .formats import Format
from .marking import Wanted
from .picture import RenderedTier
from .renditions import RenderResult, render
from .tiers import recipe_digest

EXTENSIONS = {"jpeg": "jpg"}


def make_renditions(
    source: BinaryIO, kind: Format, wanted: Wanted, *, turned: int = 0
) -> RenderResult:
    """All renditions that the site's settings ask for, clean and with each of the marks wanted,
    turned by so many degrees, and how long they took.

    Raises as ``render`` does.
    """
    began = time.monotonic()
    made = render(
        source,
        kind,
        settings.TIERS,
        max_pixels=settings.MAX_PIXELS,
        engine=settings.RENDITION_ENGINE,
        marks=wanted.marks,
        turned=turned,
    )
    seconds = time.monotonic() - began
    return replace(made, undrawn={**wanted.undrawn, **made.undrawn}, seconds=seconds)


def rendition_name(file: StoredFile, made: RenderedTier, recipe: str, digest: str) -> str:
    """Where a rendition is published."""
    extension = EXTENSIONS.get(made.format, made.format)
    return f"{_folder(file)}/{made.tier}-{recipe}-{digest[:16]}.{extension}"


def publish_renditions(file: StoredFile, result: RenderResult) -> None:
    """Show these renditions of a file, and no others.

    A page that was made before names addresses of renditions that are replaced now; whoever asks
    for one is led to the present one.
    """
    rows = [_published(file, made) for made in result.renditions]
    with transaction.atomic():
        Rendition.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["stored_file", "tier", "format", "recipe"],
            update_fields=[
                "width",
                "height",
                "size",
                "digest",
                "crc32",
                "storage",
                "name",
                "cleared_at",
            ],
        )
        others = file.renditions.exclude(name__in=[row.name for row in rows])
        replaced = list(others)
        if replaced:
            others.delete()
    for row in replaced:
        remove(row.storage, row.name)


def remove_unnamed(file: StoredFile) -> None:
    """Remove files beside a file's renditions that no row names: what a crash left behind."""
    storage, folder = storage_for(RENDITIONS), _folder(file)
    names = {f"{folder}/{name}" for name in storage.listdir(folder)[1]}
    for name in names - set(file.renditions.values_list("name", flat=True)):
        remove(RENDITIONS, name)


def _folder(file: StoredFile) -> str:
    return f"{file.uuid.hex[:2]}/{file.uuid}"


def _published(file: StoredFile, made: RenderedTier) -> Rendition:
    entry = settings.TIERS[made.tier]
    recipe = recipe_digest(entry, made.format, made.watermark, file.turned)
    digest = hashlib.sha256(made.data).hexdigest()
    name = rendition_name(file, made, recipe, digest)
    _publish_bytes(name, made.data)
    return Rendition(
        stored_file=file,
        tier=made.tier,
        format=made.format,
        recipe=recipe,
        watermark=made.watermark,
        width=made.width,
        height=made.height,
        size=len(made.data),
        digest=digest,
        crc32=zlib.crc32(made.data),
        storage=RENDITIONS,
        name=name,
    )


def _publish_bytes(name: str, data: bytes) -> None:
    try:
        publish(RENDITIONS, name, data)
    except NameTaken:
        # The name says which bytes have it: others are damaged ones, and derived, so they may go.
        remove(RENDITIONS, name)
        publish(RENDITIONS, name, data)
