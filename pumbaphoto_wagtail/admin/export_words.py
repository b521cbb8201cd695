"""What the exports are called and what each is for, and what a search gets wrong, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from ..delivery.camera_names import SearchWarnings

# How many names a warning gives as examples.
EXAMPLES = 3
LABEL_WORDS = {
    "Red": pgettext_lazy("label", "Red"),
    "Yellow": pgettext_lazy("label", "Yellow"),
    "Green": pgettext_lazy("label", "Green"),
    "Blue": pgettext_lazy("label", "Blue"),
    "Purple": pgettext_lazy("label", "Purple"),
}


class Program(NamedTuple):
    """A program that looks for names, as ``handoff`` knows it."""

    name: str
    label: str
    hint: str


PROGRAMS = (
    Program(
        "lightroom",
        "Lightroom Classic",
        gettext_lazy("Library, filter bar “Text”: Filename, Contains"),
    ),
    Program("capture_one", "Capture One", gettext_lazy("the search field above the browser")),
    Program("finder", "Finder", gettext_lazy("the search field of the folder")),
    Program("explorer", "Explorer", gettext_lazy("the search field of the folder")),
    Program("plain", gettext_lazy("Other programs"), gettext_lazy("one name in each line")),
)

FILES = (
    (
        "workbook",
        "XLSX",
        gettext_lazy("For Excel, Numbers and LibreOffice: the gallery, the picks, the deliveries."),
    ),
    (
        "pictures",
        gettext_lazy("XLSX with pictures"),
        gettext_lazy("The same, with a small picture beside each name."),
    ),
    ("csv", "CSV", gettext_lazy("The picks alone, for any other program.")),
    (
        "contact-sheet",
        gettext_lazy("Contact sheet (PDF)"),
        gettext_lazy("The photos with hearts and notes, to print and to work from."),
    ),
    (
        "smart-collection",
        gettext_lazy("Smart collection"),
        gettext_lazy("For Lightroom Classic: import it in the panel “Collections”."),
    ),
)


def warned(warnings: SearchWarnings) -> Iterator[str]:
    """What a search gets wrong, in sentences with examples."""
    if warnings.twins:
        count = len(warnings.twins)
        words = ngettext(
            "%(count)d name belongs to several photos, and a search finds all of them: %(names)s.",
            "%(count)d names belong to several photos each, and a search finds all of them:"
            " %(names)s.",
            count,
        )
        yield words % {"count": count, "names": _examples(warnings.twins)}
    if warnings.parts:
        count = len(warnings.parts)
        short, long = warnings.parts[0]
        words = ngettext(
            "%(count)d name is also part of others, which a search finds as well: %(short)s finds"
            " %(long)s, too. The smart collection and the sidecars do not.",
            "%(count)d names are also part of others, which a search finds as well: %(short)s finds"
            " %(long)s, too. The smart collection and the sidecars do not.",
            count,
        )
        yield words % {"count": count, "short": short, "long": long}
    if warnings.split:
        count = len(warnings.split)
        words = ngettext(
            "%(count)d name has a blank or a comma, and is several words for Lightroom and Capture"
            " One: %(names)s.",
            "%(count)d names have a blank or a comma, and are several words for Lightroom and"
            " Capture One: %(names)s.",
            count,
        )
        yield words % {"count": count, "names": _examples(warnings.split)}


def _examples(names: Sequence[str]) -> str:
    return ", ".join(names[:EXAMPLES]) + (" …" if len(names) > EXAMPLES else "")
