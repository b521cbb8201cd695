"""In which order a slideshow shows photographs, from a seed alone.

The same seed gives the same order whenever it is asked for, so that nothing has to be remembered
of anybody who looks. The place of a shuffled photograph does not depend on the others: what comes
or goes meanwhile moves nothing else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from uuid import UUID

# A seed may stand in an address.
SEED = re.compile(r"[A-Za-z0-9_-]{1,40}")
# Of the 32 digits of a UUID as many as tell photographs apart: all of these are random.
NAME_LENGTH = 12
NAME = re.compile(rf"[0-9a-f]{{{NAME_LENGTH}}}")


def in_turn(
    albums: Iterable[Sequence[UUID]], *, seed: str, is_shuffled: bool, is_half_first: bool
) -> list[UUID]:
    """Every photograph of the albums once.

    ``is_half_first``: first one half of each album, rounded up, so that each has its turn early and
    one with a single photograph is not forgotten; then the other halves. Which half is the seed's
    choice. ``is_shuffled`` mixes the albums with each other, within each of the two parts.
    """
    first, rest = [], []
    for album in albums:
        early = _early_half(album, seed) if is_half_first else set(album)
        first += [photo for photo in album if photo in early]
        rest += [photo for photo in album if photo not in early]
    if is_shuffled:
        first.sort(key=lambda photo: _place(photo, seed))
        rest.sort(key=lambda photo: _place(photo, seed))
    return first + rest


def name_of(photo: UUID) -> str:
    """What a photograph is called in a slideshow: short, since there may be twenty thousand."""
    return photo.hex[:NAME_LENGTH]


def range_of(name: str) -> tuple[UUID, UUID]:
    """The first and the last UUID that has this name."""
    missing = 32 - NAME_LENGTH
    return UUID(name + "0" * missing), UUID(name + "f" * missing)


def version_of(photos: Iterable[UUID]) -> str:
    """Another one as soon as a photograph comes or goes, whatever their order."""
    digest = hashlib.blake2b(digest_size=8)
    for photo in sorted(photos):
        digest.update(photo.bytes)
    return digest.hexdigest()


def _early_half(album: Sequence[UUID], seed: str) -> set[UUID]:
    # By other places than those of the shuffle, or the first part would be all of the low ones.
    drawn = sorted(album, key=lambda photo: _place(photo, f"half {seed}"))
    return set(drawn[: (len(album) + 1) // 2])


def _place(photo: UUID, seed: str) -> bytes:
    return hashlib.blake2b(photo.bytes, key=seed.encode(), digest_size=8).digest()
