"""The order of the versions of one variant: pure rules, no database.

A number that a client has seen, or that the photographer's own hand gave, is never changed. The
others follow what their names say ("v2" after "v1", "final" after all numbers), and the order in
which they came where the names say the same: files of one upload come in any order.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Version:
    """One edit in its variant: its key, its number (0: none yet), what its name says of its order,
    and whether its number may still change.
    """

    key: Hashable
    number: int = 0
    order: tuple[int, int] = (0, 1)
    is_fixed: bool = False


def numbered(present: Iterable[Version], arrived: Iterable[Version]) -> dict[Hashable, int]:
    """The number of every version, once those that ``arrived``, in this order, have their place.

    Each goes to the end, one that may still change before those its name says come later. Numbers
    only grow.
    """
    line = sorted(present, key=lambda version: version.number)
    for new in arrived:
        line.insert(_place(line, new), new)
    numbers: dict[Hashable, int] = {}
    last = 0
    for version in line:
        last = max(version.number, last + 1)
        numbers[version.key] = last
    return numbers


def _place(line: list[Version], new: Version) -> int:
    place = len(line)
    if new.is_fixed:
        return place
    while place and not line[place - 1].is_fixed and line[place - 1].order > new.order:
        place -= 1
    return place
