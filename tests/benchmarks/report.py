"""Tables and goals on a terminal."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

_started = time.monotonic()


class Goal(NamedTuple):
    """What was to be reached and what was measured, as they are shown."""

    name: str
    value: str
    wanted: str
    is_met: bool

    @property
    def word(self) -> str:
        return "met" if self.is_met else "NOT MET"


goals: list[Goal] = []


def heading(text: str) -> None:
    print(f"\n== {text}  [{time.monotonic() - _started:.0f} s]", flush=True)


def note(text: str) -> None:
    print(f"   {text}", flush=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """The first column to the left, numbers to the right."""
    lines = [tuple(columns), *(tuple(map(_text, row)) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    for line in lines:
        first, *rest = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ", first, *rest, sep="  ", flush=True)


def goal(name: str, value: float, wanted: float, *, at_most: bool = False, unit: str = "") -> None:
    """Say whether a goal of ``wanted`` or more (or less) is met, with the number."""
    is_met = value <= wanted if at_most else value >= wanted
    sign = "<=" if at_most else ">="
    found = Goal(name, f"{_text(value)}{unit}", f"{sign} {_text(wanted)}{unit}", is_met)
    goals.append(found)
    print(f"   {found.word:8} {name}: {found.value} (goal {found.wanted})", flush=True)


def all_goals() -> None:
    """Every goal that was asked after, in one table."""
    heading(f"{sum(found.is_met for found in goals)} of {len(goals)} goals met")
    table(("goal", "measured", "wanted", ""), [(g.name, g.value, g.wanted, g.word) for g in goals])


def save_goals(path: Path) -> None:
    """For another process's :func:`take_goals`."""
    path.write_text(json.dumps(goals))


def take_goals(path: Path) -> None:
    goals.extend(Goal(*found) for found in json.loads(path.read_text()))


def mean_ratio(ratios: Iterable[float]) -> float:
    """Of ratios the geometric mean: twice as fast and half as fast are as fast."""
    return statistics.geometric_mean(ratios)


def _text(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) >= 0.01 else f"{value:.4f}"
