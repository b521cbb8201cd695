"""Regular expressions that could keep a worker busy for ever are told from those that cannot.

Python's matcher has no limit of time and cannot be interrupted. What is repeated without an end
must therefore be unable to divide one text in many ways: it has no alternatives and always the same
length, or ends at a sign that it cannot hold, as in ``(?:[^/]+/)*``. That leaves no exponential
expressions; what several repeats in a row can still cost is tried on the texts that are worst for
them, as long as a path may be.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

# The standard library's own parser has no public name.
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]

from django.utils.translation import gettext as _

MAX_PATTERN_LENGTH = 1000
# A storage's name has no more characters, see StoredFile.name.
MAX_PATH_LENGTH = 500
# Of processor time, for the worst text that was found.
MAX_SECONDS = 0.5
_ALWAYS_TRIED = ("a", "1", "/", " ", "_", "-")
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)


def why_refused(text: str) -> str:
    """Why an expression that compiles is not to be used, in words; empty if it may be."""
    if len(text) > MAX_PATTERN_LENGTH:
        words = _("It is longer than %(count)d characters.")
        return words % {"count": MAX_PATTERN_LENGTH}
    tree = parser.parse(text)
    if any(_is_ambiguous(body) for body in _endless(tree)):
        return _(
            "What is repeated without an end holds something that is repeated or has alternatives:"
            " on some names that would never come to an end."
        )
    if is_slow(text):
        return _("On some names this would take too long: write “[^/]+” instead of “.*”.")
    return ""


def is_slow(text: str) -> bool:
    """Whether the expression takes too long for one of the texts that are bad for its like."""
    compiled = re.compile(text)
    literals = {chr(value) for value in _literals(parser.parse(text))}
    signs = [*dict.fromkeys((*_ALWAYS_TRIED, *sorted(literals)))][:40]
    return any(_takes_long(compiled, sign) for sign in signs)


def _takes_long(compiled: re.Pattern[str], sign: str) -> bool:
    length = 16
    while length < MAX_PATH_LENGTH:
        # A little longer each time: what takes the sixth power of it goes little over the limit.
        length = min(MAX_PATH_LENGTH, length * 5 // 4)
        began = time.thread_time()
        # The end fits nothing, so that every way to divide what stands before it is tried.
        compiled.fullmatch(sign * length + "\n")
        if time.thread_time() - began > MAX_SECONDS:
            return True
    return False


def _endless(tree) -> Iterator:
    """The body of everything that may be repeated without an end, or so often that it is alike."""
    for code, value in _all_items(tree):
        if code in _REPEATS and value[1] > 10:
            yield value[2]


def _all_items(tree) -> Iterator[tuple]:
    for code, value in tree:
        yield code, value
        for inner in _inside(value):
            yield from _all_items(inner)


def _inside(value) -> Iterator:
    """The expressions inside an item, however its kind keeps them."""
    if isinstance(value, parser.SubPattern):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _inside(part)


def _is_ambiguous(body) -> bool:
    items = [*body]
    if len(items) == 1 and items[0][0] in (codes.SUBPATTERN, codes.ATOMIC_GROUP):
        inner = items[0][1]
        return _is_ambiguous(inner[-1] if isinstance(inner, tuple) else inner)
    if any(code == codes.BRANCH for code, value in _all_items(items)):
        return True
    return any(
        _varies(item) and not _ends_at_a_sign(item, items[number + 1 :])
        for number, item in enumerate(items)
    )


def _varies(item: tuple) -> bool:
    code, value = item
    if code in _REPEATS:
        return value[0] != value[1] or any(_varies(inner) for inner in value[2])
    return any(_varies(one) for inner in _inside(value) for one in inner)


def _ends_at_a_sign(item: tuple, behind: list[tuple]) -> bool:
    """Whether a repeat is of signs other than the one that has to follow it."""
    code, value = item
    if code not in _REPEATS or not behind or behind[0][0] != codes.LITERAL:
        return False
    inner = [*value[2]]
    if len(inner) != 1:
        return False
    kind, held = inner[0]
    sign = behind[0][1]
    if kind == codes.NOT_LITERAL:
        return held == sign
    if kind == codes.IN and held[0] == (codes.NEGATE, None):
        return (codes.LITERAL, sign) in held[1:]
    return False


def _literals(tree) -> Iterator[int]:
    for code, value in _all_items(tree):
        if code in (codes.LITERAL, codes.NOT_LITERAL):
            yield value
        elif code == codes.IN:
            yield from (held for kind, held in value if kind == codes.LITERAL)
