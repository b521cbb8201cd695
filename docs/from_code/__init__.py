"""Parts of the reference that are read out of the package itself, so that they cannot go stale.

A page holds a fence of the kind ``{from-code}`` with the name of a part; before Sphinx parses the
page, the fence is replaced by Markdown that the part's function in :data:`PARTS` returns.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import django
from django.apps import apps

FENCE = re.compile(r"^```\{from-code\} (\S+)\n```$", re.MULTILINE)


def parts() -> dict[str, Callable[[], str]]:
    """Each part by its name; Django is set up when one of them is asked for."""
    set_up_django()
    from . import commands, options, routes, targets, templates, words

    return {
        "settings": options.as_markdown,
        "commands": commands.as_markdown,
        "routes": routes.as_markdown,
        "targets": targets.as_markdown,
        "page-blocks": templates.page_blocks,
        "client-templates": templates.client_templates,
        "mail-templates": templates.mail_templates,
        "mail-words": words.mail_words,
        "log-actions": words.log_actions,
        "permissions": words.permissions,
        "stages": words.stages,
    }


def set_up_django() -> None:
    """The bare site of the tests: whatever is read here is the package's own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    if not apps.ready:
        django.setup()


def fill(text: str) -> str:
    """A page's Markdown with every fence replaced; LookupError names a part that is not there."""
    if not FENCE.search(text):
        return text
    known = parts()
    return FENCE.sub(lambda found: known[found[1]](), text)


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""

    def replace(app: Any, name: str, source: list[str]) -> None:
        source[0] = fill(source[0])

    app.connect("source-read", replace)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
