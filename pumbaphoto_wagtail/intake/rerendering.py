"""Renditions that were cleared, lost or are not yet made: finding whose they are, and asking again.

Renditions can always be made anew, so whatever is wrong with one is mended by rendering.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.models import Edit, Gallery, PhotoFile, Rendition, Stage, StoredFile
from pumbaphoto_wagtail.storage import INCOMING, storage_for

from .pipeline import render_again
from .renditions import recipe_digest

CHUNK_ROWS = 500


@dataclass(kw_only=True)
class Rerendered:
    """How many files were looked at, and how many of them will be rendered again."""

    files: int = 0
    queued: int = 0


def render_missing(
    *, gallery: Gallery | None = None, tiers: Collection[str] | None = None
) -> Rerendered:
    """Ask for new renditions of every ready file that lacks some.

    ``tiers`` are names of the ``TIERS`` setting, by default all of them. A rendition lacks its row
    in the present recipe, or its file; a row without its file is deleted at once, so that pages
    show a placeholder meanwhile. Raises StorageOffline when the renditions cannot be seen: what
    cannot be seen is not missing.
    """
    recipes = {name: recipe_digest(settings.TIERS[name]) for name in tiers or settings.TIERS}
    files = _files(gallery, (Stage.READY,)).prefetch_related("renditions")
    done = Rerendered()
    for file in _one_by_one(files):
        done.files += 1
        if _lacks_some(file, recipes):
            done.queued += render_again(file)
    return done


def render_all(*, gallery: Gallery | None = None) -> Rerendered:
    """Ask for new renditions of every scanned file, those that could not be rendered as well."""
    done = Rerendered()
    for file in _one_by_one(_files(gallery, (Stage.READY, Stage.FAILED))):
        done.files += 1
        done.queued += render_again(file)
    return done


def _files(gallery: Gallery | None, stages: tuple[Stage, ...]) -> QuerySet[StoredFile]:
    files = StoredFile.objects.trusted().filter(stage__in=stages).exclude(storage=INCOMING)
    if gallery is None:
        return files
    of_photos = PhotoFile.objects.filter(stored_file=OuterRef("pk"), photo__gallery=gallery)
    edits = Edit.objects.filter(stored_file=OuterRef("pk"), gallery=gallery)
    return files.filter(Q(Exists(of_photos)) | Q(Exists(edits)))


def _one_by_one(files: QuerySet[StoredFile]) -> Iterator[StoredFile]:
    last = 0
    while chunk := list(files.filter(pk__gt=last).order_by("pk")[:CHUNK_ROWS]):
        yield from chunk
        last = chunk[-1].pk


def _lacks_some(file: StoredFile, recipes: dict[str, str]) -> bool:
    made = {(row.tier, row.recipe): row for row in file.renditions.all()}
    present = [made.get(wanted) for wanted in recipes.items()]
    # Every one of them is looked at: each row without a file has to go.
    lost = [row for row in present if row is not None and _is_lost(row)]
    for row in lost:
        # Only if it was not made again meanwhile.
        Rendition.objects.filter(pk=row.pk, digest=row.digest).delete()
    return bool(lost) or None in present


def _is_lost(rendition: Rendition) -> bool:
    try:
        return storage_for(rendition.storage).size(rendition.name) != rendition.size
    except FileNotFoundError:
        return True
