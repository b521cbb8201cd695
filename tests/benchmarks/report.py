"""Tables and goals on a terminal."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Sequence

_started = time.monotonic()
met: list[tuple[str, bool]] = []


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
    met.append((name, is_met))
    sign, word = ("<=" if at_most else ">="), ("met" if is_met else "NOT MET")
    print(
        f"   {word:8} {name}: {_text(value)}{unit} (goal {sign} {_text(wanted)}{unit})", flush=True
    )


def mean_ratio(ratios: Iterable[float]) -> float:
    """Of ratios the geometric mean: twice as fast and half as fast are as fast."""
    return statistics.geometric_mean(ratios)


def _text(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) >= 0.01 else f"{value:.4f}"
