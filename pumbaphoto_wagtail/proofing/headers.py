"""The headers that keep client pages private and their markup harmless."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from ..conf import settings

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'; object-src 'none'; manifest-src 'self'"
)
# A page that is nothing but the player of the one site that may be framed.
PLAYER_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src {player}; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; object-src 'none'"
)
FILE_POLICY = "default-src 'none'; sandbox"
CSP_HEADERS = {
    "enforce": "Content-Security-Policy",
    "report-only": "Content-Security-Policy-Report-Only",
}

# What no page of photographs has any use for.
PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
# Where the classes live that give a site's own policy to every response without one.
POLICY_MODULES = ("csp.middleware", "django.middleware.csp")


def make_harmless(response: HttpResponse) -> HttpResponse:
    """What every response of ours says; a host's own words are left alone."""
    response["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Permissions-Policy", PERMISSIONS)
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    return response


def make_private(response: HttpResponse) -> HttpResponse:
    """Headers of everything that belongs to one viewer: kept by nobody, found by no search engine.

    ``same-origin`` rather than ``no-referrer``, with which forms send ``Origin: null``, which
    Django's CSRF check refuses.
    """
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    return make_harmless(response)


def secure_own_page(response: HttpResponse) -> HttpResponse:
    """A page that the package owns whole: private, and under the strict policy always."""
    response["Content-Security-Policy"] = PAGE_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return make_private(response)


def secure_gallery_page(response: HttpResponse, *, is_public: bool = False) -> HttpResponse:
    """A page inside the host's base template: private, and under the policy the site chose.

    A policy that the host has set itself, or will set when its middleware sees the response, is
    left alone. ``is_public``: everybody may see this, and search engines may find it.
    """
    header = CSP_HEADERS.get(settings.CSP)
    if header and not _has_policy_of_host(response):
        response[header] = PAGE_POLICY
    make_private(response)
    if is_public:
        del response["X-Robots-Tag"]
    return response


def _has_policy_of_host(response: HttpResponse) -> bool:
    if any(response.has_header(name) for name in CSP_HEADERS.values()):
        return True
    return _is_set_by_middleware(tuple(django_settings.MIDDLEWARE))


@cache
def _is_set_by_middleware(names: tuple[str, ...]) -> bool:
    # Both leave a header alone that is there already, so that ours would take the place of theirs.
    return any(_sets_policy(import_string(name)) for name in names)


def _sets_policy(middleware: Callable) -> bool:
    classes = getattr(middleware, "__mro__", (middleware,))
    return any(each.__module__ in POLICY_MODULES for each in classes)


def own_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorates a view whose pages the package owns whole."""

    @wraps(view)
    def secured(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return secure_own_page(view(request, *args, **kwargs))

    return secured
