"""The addresses below the place where a site includes ``pumbaphoto_wagtail.urls``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver

from pumbaphoto_wagtail import urls

from .markdown import code, table

# A parameter of an address: what Django makes of it, and the name that its view gives it.
PARAMETER = re.compile(r"<(?:\w+:)?(\w+?)(?:_uuid)?>")


@dataclass(frozen=True)
class Route:
    """One address: its pattern, its name in the namespace, and what its view says of itself."""

    pattern: str
    name: str
    meaning: str


def read_routes(patterns: list | None = None, prefix: str = "") -> list[Route]:
    """All of them, in the order in which they are tried."""
    found = []
    for pattern in urls.urlpatterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += read_routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            found.append(Route(path, pattern.name or "", _meaning(pattern)))
    return found


def _meaning(pattern: URLPattern) -> str:
    view = getattr(pattern.callback, "view_class", pattern.callback)
    return " ".join((view.__doc__ or "").strip().split("\n\n")[0].split())


def as_markdown() -> str:
    """One table, in the order in which they are tried."""
    rows = [
        (code(PARAMETER.sub(r"<\1>", one.pattern)), one.meaning, code(one.name))
        for one in read_routes()
    ]
    return table(("address", "what answers", "name"), rows)
