"""Whole addresses, on the domain of the site that is visited."""

from __future__ import annotations

from django.http import HttpRequest
from wagtail.models import Site


def absolute(address: str, request: HttpRequest) -> str:
    """An address with scheme and host: as the site is configured, not as a request claims it."""
    if not address.startswith("/"):
        return address
    site = Site.find_for_request(request)
    return f"{site.root_url}{address}" if site else request.build_absolute_uri(address)
