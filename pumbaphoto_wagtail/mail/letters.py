"""One e-mail as text and HTML: words, facts and one button, in the studio's looks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation

from ..contrast import DEFAULT_ACCENT, palette
from ..models import MailTemplate
from ..studio import Studio
from .own_words import fill

TEMPLATES = "pumbaphoto_wagtail/mail"
BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """``subject`` is one line; ``html`` shows the studio's logo from the address it was given."""

    subject: str
    text: str
    html: str


def write_letter(
    kind: str,
    context: dict,
    studio: Studio,
    *,
    own: MailTemplate | None = None,
    logo_address: str = "",
    is_preview: bool = False,
) -> Letter:
    """The letter of a kind in the language that is active, with the studio's own words if any.

    A preview's HTML begins with what a mail program shows above it.
    """
    subject = subject_of(kind, context, own)
    if is_preview:
        context = {**context, "shown_above": {"from": studio.from_email, "subject": subject}}
    context = {
        **context,
        "words": words_of(kind, context, own),
        "language": translation.get_language(),
        "is_right_to_left": translation.get_language_bidi(),
        "looks": palette(studio.accent or DEFAULT_ACCENT),
        "signature": studio.signature,
        "logo_address": logo_address,
    }
    return Letter(
        subject=subject,
        text=_tidy(render_to_string(f"{TEMPLATES}/{kind}.txt", context)),
        html=render_to_string(f"{TEMPLATES}/{kind}.html", context),
    )


def subject_of(kind: str, context: dict, own: MailTemplate | None) -> str:
    """The subject: one line, whatever a title or a recipient's name contains."""
    if own and own.subject:
        subject = _one_line(fill(kind, own.subject, context))
        if subject:
            return subject
    return _one_line(render_to_string(f"{TEMPLATES}/{kind}_subject.txt", context))


def words_of(kind: str, context: dict, own: MailTemplate | None) -> str:
    """What is said before the facts and the button, as plain text in paragraphs."""
    if own and own.words.strip():
        return _tidy(fill(kind, own.words, context)).strip()
    return _tidy(render_to_string(f"{TEMPLATES}/{kind}_words.txt", context)).strip()


def _one_line(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())


def _tidy(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return BLANK_LINES.sub("\n\n", lines).strip() + "\n"
