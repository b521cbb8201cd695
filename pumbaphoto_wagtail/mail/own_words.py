"""A studio's own words for its e-mails: which of them hold, and what is put into them.

They are plain text with names in braces, ``{client}``. Whatever stands for a name is data: it is
put in once, never read again for names, and escaped like any other text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from wagtail.models import Collection

from ..models import Gallery, MailTemplate, MessageKind

PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
ALWAYS = {
    "client": _("the client’s name"),
    "gallery": _("the gallery’s title"),
    "photographer": _("the photographer’s name"),
    "studio": _("the studio’s name"),
}
COUNT = {"count": _("how many photos")}
# What else the words of each kind may name.
OF_KIND = {
    MessageKind.UPLOAD_SETTLED: COUNT,
    MessageKind.SELECTION_SUBMITTED: {**COUNT, "date": _("when it was sent")},
    MessageKind.RECEIPT: {**COUNT, "date": _("when it was sent")},
    MessageKind.DELIVERED: {**COUNT, "size": _("how large the download is")},
    MessageKind.CHANGE_ASKED: {"count": _("how many changes")},
    MessageKind.PHOTOS_ASKED: {"date": _("when they asked")},
    MessageKind.ARCHIVE_ANNOUNCED: {"date": _("the day of the archive")},
    MessageKind.RESTORED: {"date": _("until when they are open")},
    MessageKind.DUE_SOON: {
        "count": _("how many they have chosen so far"),
        "date": _("the due date"),
    },
    MessageKind.LINK_EXPIRING: {"date": _("when the link ends")},
    MessageKind.FILES_MISSING: {"count": _("how many files")},
    MessageKind.ACCESS_ASKED: {"date": _("when they asked")},
}


def placeholders(kind: str) -> dict[str, str]:
    """The names that words of a kind may hold in braces, each with what it stands for."""
    return ALWAYS | OF_KIND.get(kind, {})


def unknown_placeholders(kind: str, words: str) -> list[str]:
    """What stands in braces in ``words`` and means nothing in an e-mail of this kind."""
    known = placeholders(kind)
    named = dict.fromkeys(PLACEHOLDER.findall(words))
    return [name for name in named if name not in known]


def fill(kind: str, words: str, context: Mapping) -> str:
    """``words`` with what its names stand for; what means nothing stays as it is written."""
    known = placeholders(kind)

    def value(found: re.Match) -> str:
        name = found[1]
        return _text(context.get(name, "")) if name in known else found[0]

    return PLACEHOLDER.sub(value, words)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def own_words_for(gallery: Gallery | None, kind: str, language: str) -> MailTemplate | None:
    """The words that hold for a gallery: of the nearest collection that has some in this language
    ("de-ch", then "de", then in any), and None where the package's own are sent. For what is not
    about one gallery, those of the root collection.
    """
    languages = [language, language.partition("-")[0], ""]
    collection = gallery.collection if gallery else Collection.get_first_root_node()
    path, step = collection.path, Collection.steplen
    paths = [path[:end] for end in range(step, len(path) + 1, step)]
    found = MailTemplate.objects.filter(
        kind=kind, language__in=languages, collection__path__in=paths
    ).select_related("collection")
    return max(
        found,
        key=lambda own: (own.collection.depth, -languages.index(own.language)),
        default=None,
    )
