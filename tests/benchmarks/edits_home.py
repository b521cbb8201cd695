"""How long a large gallery's edits take to find home: ``python -m tests.benchmarks.edits_home``.

Rows as intake leaves them, in a database of its own; nothing is read from a disk. Arguments, in
this order, where others are wanted: photos (4000), edits with their names (2000), edits that arrive
one by one (50), edits whose names are gone (200).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

import django

MORNING = datetime(2026, 6, 13, 10, 0, 0)
SECONDS_BETWEEN = 3.37


def measure(photos: int = 4000, edits: int = 2000, single: int = 50, renamed: int = 200) -> dict:
    """Seconds of processor time for each way of arriving; the database has to be there.

    ``together`` is for all ``edits``, ``renamed`` for all of those; ``first`` for the first of the
    edits that arrive one by one, in a worker that knows nothing yet, ``single`` for one of the
    others, and ``again`` for a wake-up that finds nothing new. ``wrong`` counts wrong matches.
    """
    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.delivery.matching import match_edits
    from pumbaphoto_wagtail.delivery.originals import known_originals, looks_of
    from pumbaphoto_wagtail.models import State

    gallery = testing.make_gallery(has_page=False, state=State.EDITING)
    _take(gallery, range(photos))
    found = {}

    def timed(name: str) -> None:
        started = time.process_time()
        match_edits(gallery.pk)
        found[name] = time.process_time() - started

    _bring(gallery, {f"IMG_{n:04}-Edit.jpg": n for n in range(edits)})
    timed("together")
    timed("again")
    known_originals.cache_clear()
    looks_of.cache_clear()
    _bring(gallery, {f"IMG_{photos - 1:04}-Edit.jpg": photos - 1})
    timed("first")
    spent = 0.0
    for number in range(single):
        frame = edits + number
        _bring(gallery, {f"IMG_{frame:04}_edit_v2.jpg": frame})
        timed("single")
        spent += found["single"]
    found["single"] = spent / single
    names = {f"Smith-Wedding-{n:03}.jpg": (n * 7) % photos for n in range(renamed)}
    _bring(gallery, names, says=False)
    timed("renamed")
    return found | _outcome(gallery)


def _outcome(gallery: object) -> dict[str, int]:
    rows = gallery.edits.values_list("photo__name", "stored_file__relative_path")
    homes = [(photo, f"IMG_{int(frame):04}.CR3") for photo, frame in rows]
    return {
        "matched": sum(photo is not None for photo, _right in homes),
        "wrong": sum(photo not in (None, right) for photo, right in homes),
        "edits": len(homes),
    }


def _scene(number: int) -> object:
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(number).integers(0, 256, (16, 24), np.uint8)
    return Image.fromarray(noise).resize((240, 160), Image.Resampling.BICUBIC)


def _identity(number: int) -> dict:
    moment = MORNING + timedelta(seconds=round(number * SECONDS_BETWEEN, 2))
    return {
        "taken_at": moment.isoformat(),
        "serial": "012345678",
        "original_document_id": f"{number:032X}",
    }


def _files(rows: Iterable[tuple[str, int, str, dict, str]]) -> list:
    from wagtail.models import Collection

    from pumbaphoto_wagtail.models import Stage, StoredFile, Verdict

    root = Collection.get_first_root_node()
    return StoredFile.objects.bulk_create(
        StoredFile(
            collection=root,
            storage="pumbaphoto_originals",
            name=f"{name}-{frame}-{key[:1]}",
            original_name=name,
            relative_path=folder,
            format="jpeg",
            size=1,
            sha256=f"{abs(hash((name, frame))):064x}",
            crc32=0,
            stage=Stage.READY,
            verdict=Verdict.CLEAN,
            identity=identity,
            visual_key=key,
        )
        for name, frame, folder, identity, key in rows
    )


def _take(gallery: object, frames: range) -> None:
    from pumbaphoto_wagtail.delivery.visual import visual_key
    from pumbaphoto_wagtail.models import FileRole, Photo, PhotoFile

    files = _files(
        (f"IMG_{n:04}.CR3", n, "Card", _identity(n), visual_key(_scene(n))) for n in frames
    )
    photos = Photo.objects.bulk_create(
        Photo(
            gallery=gallery,
            name=file.original_name,
            name_key=file.original_name,
            folder="Card",
            frame_key=file.original_name,
            picture=file,
        )
        for file in files
    )
    PhotoFile.objects.bulk_create(
        PhotoFile(photo=photo, stored_file=file, role=FileRole.RAW)
        for photo, file in zip(photos, files, strict=True)
    )


def _bring(gallery: object, frames: dict[str, int], *, says: bool = True) -> None:
    """Edits of these names, of those frames: cropped, and with or without what the camera said."""
    from pumbaphoto_wagtail.delivery.visual import visual_key
    from pumbaphoto_wagtail.models import Edit

    rows = (
        (
            *(name, frame, str(frame), _identity(frame) if says else {}),
            visual_key(_scene(frame).crop((12, 8, 228, 152))),
        )
        for name, frame in frames.items()
    )
    Edit.objects.bulk_create(Edit(gallery=gallery, stored_file=file) for file in _files(rows))


if __name__ == "__main__":
    # One thread for the sums, as a worker on a busy machine has it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0)
    for name, value in measure(*map(int, sys.argv[1:])).items():
        shown = f"{value:.3f} s" if isinstance(value, float) else value
        sys.stdout.write(f"{name:>10}  {shown}\n")
