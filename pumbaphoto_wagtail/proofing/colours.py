"""The studio's accent as a stylesheet: no style stands in a page, so that the strict policy holds.

The address names what the stylesheet says. It is the same for everybody, kept for ever, and asks
no database.
"""

from __future__ import annotations

import re
from hashlib import sha256

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ..conf import DAY
from ..contrast import palette
from .headers import make_harmless

ACCENT = re.compile(r"#[0-9a-f]{6}\Z")
RULES = (
    ":root{{--pumba-light-accent:{light};--pumba-light-on-accent:{on_light};"
    "--pumba-dark-accent:{dark};--pumba-dark-on-accent:{on_dark}}}\n"
)


def colours_address(accent: str) -> str:
    """The path of the stylesheet of an accent ("#rrggbb"); empty for none."""
    if not ACCENT.match(accent):
        return ""
    keys = {"accent": accent[1:], "digest": _digest(_stylesheet(accent))}
    return reverse("pumbaphoto_wagtail:colours", kwargs=keys)


@require_safe
def colours(request: HttpRequest, accent: str, digest: str) -> HttpResponse:
    """The stylesheet of an accent. 404 for a digest of other rules, so that nobody keeps those."""
    if not ACCENT.match(f"#{accent}"):
        raise Http404
    text = _stylesheet(f"#{accent}")
    if digest != _digest(text):
        raise Http404
    response = HttpResponse(text, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={365 * DAY}, immutable"
    return make_harmless(response)


def _stylesheet(accent: str) -> str:
    return RULES.format(**vars(palette(accent)))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]
