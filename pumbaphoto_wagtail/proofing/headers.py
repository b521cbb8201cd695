"""The headers that keep client pages private and their markup harmless."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

from ..conf import settings

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'; object-src 'none'; manifest-src 'self'"
)
FILE_POLICY = "default-src 'none'; sandbox"
CSP_HEADERS = {
    "enforce": "Content-Security-Policy",
    "report-only": "Content-Security-Policy-Report-Only",
}


def make_private(response: HttpResponse) -> HttpResponse:
    """Headers of everything that belongs to one viewer: kept by nobody, found by no search engine.

    ``same-origin`` rather than ``no-referrer``, with which forms send ``Origin: null``, which
    Django's CSRF check refuses.
    """
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def secure_own_page(response: HttpResponse) -> HttpResponse:
    """A page that the package owns whole: private, and under the strict policy always."""
    response["Content-Security-Policy"] = PAGE_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return make_private(response)


def secure_gallery_page(response: HttpResponse, *, is_public: bool = False) -> HttpResponse:
    """A page inside the host's base template: private, and under the policy the site chose.

    A policy that the host has set itself is left alone. ``is_public``: everybody may see this, and
    search engines may find it.
    """
    header = CSP_HEADERS.get(settings.CSP)
    if header and not any(response.has_header(name) for name in CSP_HEADERS.values()):
        response[header] = PAGE_POLICY
    make_private(response)
    if is_public:
        del response["X-Robots-Tag"]
    return response


def own_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorates a view whose pages the package owns whole."""

    @wraps(view)
    def secured(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return secure_own_page(view(request, *args, **kwargs))

    return secured
