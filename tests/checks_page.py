"""The table of docs/system-checks.md, made of the checks' docstrings.

``python -m tests.checks_page`` writes it anew; a test says when it has to be.
"""

import os
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "system-checks.md"
BEGIN, END = "<!-- checks -->\n", "<!-- end of checks -->"
NUMBERS = re.compile(r"[EW]\d{3}")


def our_checks() -> list:
    from django.core.checks.registry import registry

    found = [*registry.registered_checks, *registry.deployment_checks]
    return [check for check in found if check.__module__.startswith("pumbaphoto_wagtail.")]


def numbers_of(check) -> list[str]:
    return NUMBERS.findall(check.__doc__.partition(":")[0])


def when(check) -> str:
    from django.core.checks import Tags
    from django.core.checks.registry import registry

    if check in registry.deployment_checks:
        return "`--deploy`"
    return "`--database default`" if Tags.database in check.tags else "always"


def table() -> str:
    rows = []
    for check in our_checks():
        words = " ".join(check.__doc__.split("\n\n")[0].partition(":")[2].split())
        words = words[0].upper() + words[1:]
        rows.append((", ".join(numbers_of(check)), when(check), words.replace("``", "`")))
    lines = [f"| {numbers} | {moment} | {words} |" for numbers, moment, words in sorted(rows)]
    return "\n".join(["| number | when | what is wrong |", "|---|---|---|", *lines]) + "\n"


def page_with(text: str) -> str:
    before, _begin, rest = text.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    PAGE.write_text(page_with(PAGE.read_text()))
