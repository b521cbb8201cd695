"""Photographs that are picked from a library by hand, whatever folders they lie in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pumbaphoto_wagtail.models import Gallery, Library

MOST_AT_ONCE = 5000


@dataclass(kw_only=True)
class Picked:
    """How many files were taken, how many the gallery had already, and why others were refused,
    in words by their paths.
    """

    taken: int = 0
    present: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def pick(gallery: Gallery, library: Library, paths: Sequence[str], actor) -> Picked:
    """Add files of a library to a gallery; each is scanned and rendered as an upload would be.

    Raises TransitionNotAllowed for more than :data:`MOST_AT_ONCE` files and for a gallery that
    takes none, and StorageOffline.
    """
    raise NotImplementedError
