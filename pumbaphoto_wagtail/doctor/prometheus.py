"""The health as Prometheus reads it: one number a line.

Source: prometheus.io, "Exposition formats", text format 0.0.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .facts import STATES

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "pumbaphoto"
# Where keys are names: what the metric of one of them is called, and the label that names it.
LABELS = {
    "volumes": ("volume", "storage"),
    "waiting": ("waiting", "cluster"),
    "stages": ("stage", "stage"),
}
_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def exposition(report: dict[str, Any]) -> str:
    """The report as lines; a state is 0 (ok), 1 (attention) or 2 (trouble), what is not known is
    left out, and the version is a label.
    """
    version = _label("version", report["version"])
    # Sorted, since all lines of one metric have to stand together.
    numbers = sorted(_numbers(PREFIX, report))
    lines = [f"{PREFIX}_info{version} 1", *(f"{name} {value}" for name, value in numbers)]
    return "\n".join(lines) + "\n"


def _numbers(name: str, value: Any, label: str = "") -> Iterator[tuple[str, int | float]]:
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from _of_key(name, key, inside, label)
    elif isinstance(value, int | float):
        yield name + label, value if not isinstance(value, bool) else int(value)
    elif value in STATES:
        yield name + label, STATES.index(value)


def _of_key(name: str, key: str, value: Any, label: str) -> Iterator[tuple[str, int | float]]:
    if key not in LABELS or not isinstance(value, dict):
        yield from _numbers(f"{name}_{key}", value, label)
        return
    singular, kind = LABELS[key]
    for each, inside in value.items():
        yield from _numbers(f"{name}_{singular}", inside, _label(kind, each))


def _label(name: str, value: str) -> str:
    return f'{{{name}="{str(value).translate(_ESCAPED)}"}}'
