"""Thousands of photographs for tests, as rows without bytes."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import uuid4

from .models import Gallery, Photo, Rendition, Stage, StoredFile, Verdict
from .storage import ORIGINALS, RENDITIONS

TIER_SIDES = {"grid": 300, "view": 800, "display": 2400}
COLOURS = ("#7d6b5d", "#4f6272", "#8a8f73", "#a3796a", "#35424a", "#b9a88f")


def make_many_photos(gallery: Gallery, amount: int, **fields: Any) -> list[Photo]:
    """Rows as of ``amount`` ready photographs, without bytes: for counting queries, not serving."""
    collection = gallery.collection
    stored = StoredFile.objects.bulk_create(
        StoredFile(
            collection=collection,
            storage=ORIGINALS,
            name=f"many/{uuid4()}.jpg",
            original_name=f"IMG_{number:05d}.jpg",
            format="jpeg",
            size=1000,
            sha256=hashlib.sha256(str(number).encode()).hexdigest(),
            crc32=number,
            stage=Stage.READY,
            verdict=Verdict.CLEAN,
        )
        for number in range(amount)
    )
    Rendition.objects.bulk_create(
        Rendition(
            stored_file=file,
            tier=tier,
            recipe="test",
            width=side,
            height=side * 2 // 3,
            size=1000,
            digest=hashlib.sha256(f"{file.pk} {tier}".encode()).hexdigest(),
            storage=RENDITIONS,
            name=f"many/{file.pk}-{tier}.jpg",
        )
        for file in stored
        for tier, side in TIER_SIDES.items()
    )
    return Photo.objects.bulk_create(
        Photo(
            gallery=gallery,
            picture=file,
            name=file.original_name,
            name_key=file.original_name.casefold(),
            frame_key=f"many-{uuid4()}",
            width=6000,
            height=4000,
            average_colour=COLOURS[number % len(COLOURS)],
            **fields,
        )
        for number, file in enumerate(stored)
    )
