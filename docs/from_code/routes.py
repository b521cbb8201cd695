"""The addresses below the place where a site includes ``pumbaphoto_wagtail.urls``."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import URLPattern, URLResolver

from pumbaphoto_wagtail import urls

from .markdown import code, table

PARAMETERS = {"uuid:": "", "slug:": "", "path:": "", "str:": "", "int:": ""}


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
    """One table by the first part of the address."""
    rows = [(code(_plain(one.pattern)), code(one.name), one.meaning) for one in read_routes()]
    return table(("address", "name", "what answers"), rows)


def _plain(pattern: str) -> str:
    for converter, nothing in PARAMETERS.items():
        pattern = pattern.replace(f"<{converter}", f"<{nothing}")
    return pattern
