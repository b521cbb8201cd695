"""One row of what the doctor says."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from .facts import ATTENTION, OK, TROUBLE


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What was looked at, its state ("ok", "attention", "trouble"), what was found in words, and
    what to do about it; empty where there is nothing to do.
    """

    name: str
    state: str
    words: str
    to_do: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def well(name: str, words: str, to_do: str = "") -> Diagnosis:
    return Diagnosis(name=name, state=OK, words=words, to_do=to_do)


def attention(name: str, words: str, to_do: str) -> Diagnosis:
    return Diagnosis(name=name, state=ATTENTION, words=words, to_do=to_do)


def trouble(name: str, words: str, to_do: str) -> Diagnosis:
    return Diagnosis(name=name, state=TROUBLE, words=words, to_do=to_do)


def seconds_in_words(seconds: float) -> str:
    """ "0.3 ms", "12 ms", "1.5 s", "20 min", "3 h", "12 days"."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.3g} ms"


def bytes_in_words(size: int) -> str:
    """ "512 MiB", "1.5 TiB"."""
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if abs(amount) < 1024 or unit == "TiB":
            break
        amount /= 1024
    return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:.1f} {unit}"
