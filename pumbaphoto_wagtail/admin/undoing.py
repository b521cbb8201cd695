"""What an act on photographs has led to, and the token by which it is taken back.

The token holds what was changed, signed, for as long as a deleted photograph can be brought back;
the server keeps nothing for it. Whoever takes an act back must be allowed to do it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..conf import settings
from ..exceptions import StaleState
from ..models import Gallery

SALT = "pumbaphoto.undo"
NAMES_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How many photographs were changed, what to tell about it, and how to take it back.

    ``message`` says in the photographer's language what was done, and what was left and why.
    ``undo`` is a token for ``photo_acts.undo``, or None.
    """

    changed: int
    message: str
    undo: str | None = None


def make_token(gallery: Gallery, act: str, what: Any) -> str:
    """A token by which ``act`` is taken back; ``what`` is anything that JSON can hold."""
    return signing.dumps([str(gallery.uuid), act, what], salt=SALT, compress=True)


def read_token(gallery: Gallery, token: str) -> tuple[str, Any]:
    """The name of the act and what it changed. Raises StaleState for any other token."""
    try:
        uuid, act, what = signing.loads(token, salt=SALT, max_age=settings.DELETED_PHOTO_SECONDS)
    except signing.BadSignature:
        raise StaleState(_("This cannot be taken back any more.")) from None
    if uuid != str(gallery.uuid):
        raise StaleState(_("This cannot be taken back any more."))
    return act, what


def taken_back(count: int) -> Outcome:
    """The outcome of taking an act back."""
    if not count:
        return Outcome(changed=0, message=_("There was nothing left to take back."))
    words = ngettext("Taken back for %(count)d photo.", "Taken back for %(count)d photos.", count)
    return Outcome(changed=count, message=words % {"count": count})


def sentences(*each: str) -> str:
    """Sentences in a row; empty ones are left out."""
    return " ".join(filter(None, each))


def in_words(names: Iterable[str]) -> str:
    """A few names of many: "IMG_1.jpg, IMG_2.jpg, IMG_3.jpg and 12 others"."""
    names = [*names]
    shown, others = names[:NAMES_SHOWN], len(names) - NAMES_SHOWN
    if others > 0:
        shown.append(ngettext("%(count)d other", "%(count)d others", others) % {"count": others})
    return get_text_list(shown, _("and"))
