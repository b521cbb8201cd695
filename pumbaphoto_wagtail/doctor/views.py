"""The address at which monitoring asks how the site is."""

from __future__ import annotations

from secrets import compare_digest

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from ..conf import settings
from .facts import TROUBLE
from .health import STATE, report
from .prometheus import CONTENT_TYPE, exposition

SCHEME = "Bearer "


# The database may be away, and has to be heard of all the same.
@transaction.non_atomic_requests
def health(request: HttpRequest) -> HttpResponse:
    """The report as JSON, or with ``?format=prometheus`` as text; 503 when something is in trouble.

    Whoever does not send ``PUMBAPHOTO["HEALTH_KEY"]`` is told that there is nothing here. Neither
    session nor cookie is read or set: monitoring has none, and the database may be away.
    """
    if not _knows_the_key(request.headers.get("Authorization", "")):
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return _private(HttpResponseNotAllowed(["GET", "HEAD"]))
    found = report()
    status = 503 if found[STATE] == TROUBLE else 200
    if request.GET.get("format") == "prometheus":
        return _private(HttpResponse(exposition(found), content_type=CONTENT_TYPE, status=status))
    return _private(JsonResponse(found, status=status))


def _knows_the_key(said: str) -> bool:
    # Compared as bytes, of which any may stand in a header, and in the same time however much of
    # it is right.
    right = SCHEME + settings.HEALTH_KEY
    return bool(settings.HEALTH_KEY) and compare_digest(said.encode(), right.encode())


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    response["X-Content-Type-Options"] = "nosniff"
    return response
