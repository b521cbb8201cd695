"""Every address the package adds, read from the project's own URL configuration.

Nothing is listed here: whoever adds a view adds to what :func:`routes` finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from pumbaphoto_wagtail.pages.models import GalleryPage

OURS = "pumbaphoto"
NOBODY = "3f0c8d0e-0000-4000-8000-000000000000"
_PLACE = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>|\(\?P<([a-z_]+)>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True, kw_only=True)
class Route:
    """One address: its full name, its template, and the names of what has to be put in."""

    name: str
    template: str
    keys: tuple[str, ...]

    def address(self, values: dict[str, object]) -> str:
        """The address with ``values`` put in, and something harmless for what they do not know."""

        def value(place: re.Match) -> str:
            name = place[1] or place[2]
            return str(values.get(name) or (NOBODY if name.endswith("uuid") else 1))

        filled = _PLACE.sub(value, self.template)
        return "/" + filled.replace("^", "").replace("$", "").replace("\\.", ".").lstrip("/")


def routes() -> list[Route]:
    """The package's addresses, those of its admin and of its pages included."""
    found = {route.name: route for route in _walk(get_resolver().url_patterns)}
    for pattern in GalleryPage.get_subpage_urls():
        if OURS in pattern.callback.__module__:
            route = _route(f"page:{pattern.name}", "<page>" + str(pattern.pattern))
            found[route.name] = route
    return [found[name] for name in sorted(found)]


def _walk(patterns, prefix: str = "", spaces: tuple[str, ...] = ()) -> Iterator[Route]:
    for pattern in patterns:
        template = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inside = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from _walk(pattern.url_patterns, template, inside)
        elif _is_ours(pattern, spaces):
            yield _route(":".join([*spaces, pattern.name or template]), template)


def _is_ours(pattern: URLPattern, spaces: tuple[str, ...]) -> bool:
    view = getattr(pattern.callback, "view_class", pattern.callback)
    return any(OURS in word for word in (*spaces, pattern.name or "", view.__module__))


def _route(name: str, template: str) -> Route:
    keys = tuple(place[1] or place[2] for place in _PLACE.finditer(template))
    return Route(name=name, template=template, keys=keys)
