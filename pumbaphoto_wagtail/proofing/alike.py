"""Which photographs are worth comparing: those that look alike and hang beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

# Of 64 bits. Frames of one moment differ by up to ten, another moment of the same place by more
# than fifteen, chance by about 32.
FEW_BITS = 12
# Faster than this nobody turns to another subject.
BURST_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is known of a photograph's look: when it was taken, and its perceptual hash in hex."""

    uuid: UUID
    taken_at: datetime | None
    perceptual_hash: str


def sets_to_compare(looks: Iterable[Look]) -> list[list[UUID]]:
    """Photographs in their order, as sets of neighbours that look alike, and one set of all others.

    The sets of those that look alike come first.
    """
    runs: list[list[Look]] = []
    for look in looks:
        if runs and are_alike(runs[-1][-1], look):
            runs[-1].append(look)
        else:
            runs.append([look])
    alike = [_uuids(run) for run in runs if len(run) > 1]
    others = [run[0].uuid for run in runs if len(run) == 1]
    return [*alike, others] if others else alike


def are_alike(one: Look, other: Look) -> bool:
    """Whether two photographs that hang beside each other show the same moment."""
    is_timed = one.taken_at and other.taken_at
    if is_timed and abs((other.taken_at - one.taken_at).total_seconds()) <= BURST_SECONDS:
        return True
    if not (one.perceptual_hash and other.perceptual_hash):
        return False
    differing = int(one.perceptual_hash, 16) ^ int(other.perceptual_hash, 16)
    return differing.bit_count() <= FEW_BITS


def _uuids(looks: Sequence[Look]) -> list[UUID]:
    return [look.uuid for look in looks]
