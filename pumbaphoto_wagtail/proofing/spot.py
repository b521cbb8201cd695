"""Where one photo hangs: its tile, its wall, and what hangs beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from .parts import Show
from .wall import Tile


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place on a wall of ``count``: primary key, index from 0, the neighbours' UUIDs."""

    key: int
    index: int
    count: int
    previous: UUID | None
    next: UUID | None


@dataclass(frozen=True, kw_only=True)
class Spot:
    """One photo or film on the wall ``show``, which holds ``count`` of both.

    ``films`` are the gallery's films: those of the neighbours that are no photos.
    """

    tile: Tile
    show: Show
    count: int
    previous: UUID | None
    next: UUID | None
    films: frozenset[UUID] = frozenset()


def place_among(rows: Sequence[tuple[int, UUID]], uuid: UUID) -> Place | None:
    """The place of a UUID among (primary key, UUID) in the order of their wall; None if absent."""
    uuids = [row[1] for row in rows]
    if uuid not in uuids:
        return None
    index = uuids.index(uuid)
    return Place(
        key=rows[index][0],
        index=index,
        count=len(rows),
        previous=uuids[index - 1] if index else None,
        next=uuids[index + 1] if index + 1 < len(rows) else None,
    )
