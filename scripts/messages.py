"""Gather the package's words into its catalogues, and compile them: ``make messages``.

Every language with a folder in ``pumbaphoto_wagtail/locale`` is brought up to date; one is added by
naming it: ``python scripts/messages.py de``. Needs GNU gettext (xgettext, msgmerge, msgfmt).
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import makemessages

PACKAGE = Path(__file__).resolve().parent.parent / "pumbaphoto_wagtail"
LOCALES = PACKAGE / "locale"
# A bundle repeats what its sources say, and scripts take their words from the page.
NOT_LOOKED_THROUGH = ["static", "static_src"]
GATHERED_AT = re.compile(r'^"POT-Creation-Date: .*$\n', re.MULTILINE)


class Gather(makemessages.Command):
    """makemessages that guesses nothing: a guess nobody has read would be shown to a client."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]


def catalogue(language: str) -> Path:
    """The words of a language, to be edited; beside it lies what was compiled of it."""
    return LOCALES / language / "LC_MESSAGES" / "django.po"


def languages() -> list[str]:
    return sorted(path.name for path in LOCALES.iterdir() if catalogue(path.name).exists())


def gather(chosen: list[str]) -> None:
    """Write into each catalogue what the sources say now; translations stay."""
    call_command(
        Gather(),
        locale=chosen,
        ignore_patterns=NOT_LOOKED_THROUGH,
        no_wrap=True,
        no_obsolete=True,
        # The file is enough to find a string; line numbers would change with every commit.
        add_location="file",
        verbosity=0,
    )
    for language in chosen:
        po = catalogue(language)
        # The moment says nothing that the repository does not, and would change each time.
        po.write_text(GATHERED_AT.sub("", po.read_text()))


def main() -> None:
    named = sys.argv[1:]
    settings.configure(USE_I18N=True)
    django.setup()
    LOCALES.mkdir(exist_ok=True)
    os.chdir(PACKAGE)
    gather(sorted({*languages(), *named}))
    call_command("compilemessages", verbosity=0)


if __name__ == "__main__":
    main()
