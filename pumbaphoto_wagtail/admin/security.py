"""The Content-Security-Policy of our own admin views.

Wagtail's listings, forms and dialogs run without inline scripts and styles, so what we build of
them can be strict. Only the site's own origins for static files and media are let in beside it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.http import HttpResponse

from ..proofing.headers import make_harmless


def content_security_policy() -> str:
    """The policy as a header value."""
    elsewhere = _origins(django_settings.STATIC_URL)
    pictures = f"{_origins(django_settings.STATIC_URL, django_settings.MEDIA_URL)}{_avatars()}"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self'{elsewhere}",
            f"style-src 'self'{elsewhere}",
            f"font-src 'self'{elsewhere}",
            f"img-src 'self' data: blob:{pictures}",
            f"connect-src 'self'{elsewhere}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
            "object-src 'none'",
        )
    )


def protect(response: HttpResponse) -> HttpResponse:
    """Put the policy on a response, unless the site has put its own there."""
    response.headers.setdefault("Content-Security-Policy", content_security_policy())
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return make_harmless(response)


def _origins(*addresses: str | None) -> str:
    parts = [urlsplit(address or "") for address in addresses]
    hosts = {f"{part.scheme or 'https'}://{part.netloc}" for part in parts if part.netloc}
    return "".join(f" {host}" for host in sorted(hosts))


def _avatars() -> str:
    """Wagtail's sidebar shows the user's gravatar unless the site has turned that off."""
    provider = getattr(
        django_settings, "WAGTAIL_GRAVATAR_PROVIDER_URL", "//www.gravatar.com/avatar"
    )
    return _origins(provider)
