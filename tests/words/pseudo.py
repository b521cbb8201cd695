"""A language that everything is translated into: each word is put between ⟦ and ⟧.

What then stands outside the brackets was never asked for in another language, or it is somebody's
own word. What is filled into a sentence stands outside as well, so that half a sentence of another
origin is seen.
"""

from __future__ import annotations

import gettext
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from bs4 import BeautifulSoup, Comment, Doctype
from django.utils import translation
from django.utils.translation import trans_real

# A language with formats of its own for dates and numbers; its words are ours.
LANGUAGE = "fr"
_PLACE = re.compile(r"(<[^>]*>|%\(\w+\)[a-z]|%[sdb%]|\{\w*\}|\n)")
_INSIDE = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[^\W\d_]{2,}")
# Attributes that are read to somebody, or shown; a value is shown on a button alone.
_SAID = ("alt", "aria-label", "aria-description", "aria-roledescription", "placeholder", "title")


def say(text: str) -> str:
    """``text`` as it would be translated: everything but what is filled in."""
    return "".join(
        part if i % 2 or not re.search(r"\w", part) else _wrapped(part)
        for i, part in enumerate(_PLACE.split(text))
    )


def _wrapped(part: str) -> str:
    inner = part.strip()
    return part.replace(inner, f"⟦{inner}⟧", 1)


class Words(gettext.NullTranslations):
    """Answers as a catalogue does that knows every word there is."""

    def gettext(self, message: str) -> str:
        return say(message.rpartition(trans_real.CONTEXT_SEPARATOR)[2])

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if number < 2 else plural)

    def language(self) -> str:
        return LANGUAGE

    def to_language(self) -> str:
        return LANGUAGE


@contextmanager
def everything_translated():
    """The site's one language is this one, as long as it lasts."""
    kept, default = trans_real._translations.get(LANGUAGE), trans_real._default
    trans_real._translations[LANGUAGE] = trans_real._default = Words()
    try:
        with translation.override(LANGUAGE):
            yield
    finally:
        trans_real._default = default
        if kept is None:
            del trans_real._translations[LANGUAGE]
        else:
            trans_real._translations[LANGUAGE] = kept


def outside(text: str, known: re.Pattern) -> list[str]:
    """The words of a text that are neither translated nor somebody's own."""
    left = re.sub(r"\{\w*\}", " ", _INSIDE.sub(" ", text))
    return _WORD.findall(known.sub(" ", left))


def pieces(html: str, part: str = "body") -> Iterator[str]:
    """All that a page says: its text, what is read out, and what its scripts will say."""
    soup = BeautifulSoup(html, "html.parser")
    if soup.title and soup.title.string:
        yield soup.title.string
    root = soup.select_one(part) or soup
    for script in root.find_all("script", type="application/json"):
        yield from sentences(json.loads(script.string or "null"))
    for element in root.find_all(["script", "style", "svg", "code", "pre", "textarea"]):
        element.decompose()
    for string in root.find_all(string=True):
        if not isinstance(string, Comment | Doctype) and string.strip():
            yield " ".join(string.split())
    for element in root.find_all(True):
        for name, value in element.attrs.items():
            if name in _SAID or (name == "value" and _is_button(element)):
                yield value
            elif name.startswith("data-pumba") and " " in value.strip():
                yield from _data(value)


def _is_button(element) -> bool:
    return element.name == "input" and element.get("type") in ("submit", "button")


def _data(value: str) -> Iterator[str]:
    try:
        yield from sentences(json.loads(value))
    except ValueError:
        yield value


def sentences(data) -> Iterator[str]:
    """The strings in it that have a blank in them: a word alone may be a key or an address."""
    if isinstance(data, dict):
        data = [*data.values()]
    if isinstance(data, list):
        for each in data:
            yield from sentences(each)
    elif isinstance(data, str) and " " in data.strip():
        yield data
