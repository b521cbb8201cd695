"""One strict policy for the whole site; Wagtail's page editor alone is allowed what it needs."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; media-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'; object-src 'none'; manifest-src 'self'"
)
# Panels of the editor start themselves by inline scripts, and Draftail brings styles along.
EDITOR_POLICY = POLICY.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)
EDITOR = "wagtailadmin_pages"
# Views of pages that are lists and questions, without an editor in them.
WITHOUT_EDITOR = {"delete", "history", "move", "usage", "unpublish", "view_draft", "type_use"}


def enforce(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Middleware: the policy, on every response that has none of its own."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault(HEADER, EDITOR_POLICY if _is_editor(request) else POLICY)
        return response

    return answer


def _is_editor(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and EDITOR in match.namespaces and match.url_name not in WITHOUT_EDITOR
