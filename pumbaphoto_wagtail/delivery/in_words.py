"""What a delivery holds, as a person would say it: "48 photos, 1.2 GB; 8 in black and white"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .edit_markers import BLACK_AND_WHITE, MAIN, OWN, SOCIAL_CROP, WEB


def kind_of(variant: str) -> str:
    """The kind of a variant: "social_crop" of "social_crop 4x5"; what is unknown is one's own."""
    kind = variant.partition(" ")[0]
    return kind if kind in (MAIN, BLACK_AND_WHITE, SOCIAL_CROP, WEB) else OWN


def amount_in_words(count: int, size: int) -> str:
    """ "48 photos, 1.2 GB"."""
    return ngettext("%(count)d photo, %(size)s", "%(count)d photos, %(size)s", count) % {
        "count": count,
        "size": filesizeformat(size),
    }


def kinds_in_words(variants: Iterable[str]) -> str:
    """ "40 in colour, 8 in black and white"; empty where all are simply photographs."""
    counts = Counter(kind_of(variant) for variant in variants)
    if counts.keys() <= {MAIN}:
        return ""
    main, mono = counts[MAIN], counts[BLACK_AND_WHITE]
    # Next to no black and white there is no need to speak of colour.
    main_words = _("%(count)d in colour") if mono else _("%(count)d as they are")
    parts = (
        (main, main_words),
        (mono, _("%(count)d in black and white")),
        (counts[SOCIAL_CROP], _("%(count)d for social media")),
        (counts[WEB], _("%(count)d for the web")),
        (counts[OWN], _("%(count)d in other versions")),
    )
    return ", ".join(words % {"count": count} for count, words in parts if count)
