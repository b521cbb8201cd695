"""What somebody sees who has mistyped a password too often (django-axes counts)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from wagtail.models import Site

from .headers import own_page
from .words import studio_name


@own_page
def locked_out(
    request: HttpRequest,
    response: HttpResponse | None = None,
    credentials: dict[str, Any] | None = None,
) -> HttpResponse:
    """The answer to a login that is not tried any more, for ``AXES_LOCKOUT_CALLABLE``.

    429 with ``Retry-After``; the same for right passwords, wrong ones and names that nobody has.
    """
    # Asked here, since a site need not have it.
    from axes.helpers import get_cool_off

    context = {"studio": studio_name(Site.find_for_request(request))}
    page = render(request, "pumbaphoto_wagtail/proofing/locked_out.html", context, status=429)
    if wait := get_cool_off(request):
        page["Retry-After"] = str(int(wait.total_seconds()))
    return page
