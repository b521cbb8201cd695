"""Shared with me, or everything: what visitors who are signed in find in the lists of a portfolio.

It is about lists alone: what they may see opens at its address, whichever of the two they look at.
Whoever works with galleries finds everything, and so does everybody who is not signed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet, TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .. import access
from ..models import Gallery
from ..permissions import gallery_policy
from . import links

PARAMETER = "show"
SESSION_KEY = "pumbaphoto_portfolio"


class Scope(TextChoices):
    SHARED = "shared", _("Shared with me")
    EVERYTHING = "everything", _("Everything")


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """The galleries of a list; ``scope`` is None for who has no choice."""

    galleries: QuerySet[Gallery]
    scope: Scope | None = None


def narrow(galleries: QuerySet[Gallery], request: HttpRequest) -> Narrowed:
    """Of listed galleries those that this visitor wants to look at.

    Before they have said anything, that is what was shared with them, if there is any.
    """
    viewer = links.viewer(request)
    if not has_choice(viewer):
        return Narrowed(galleries=galleries)
    shared = _shared_with(viewer, galleries)
    scope = _remembered(request) or (Scope.SHARED if shared.exists() else Scope.EVERYTHING)
    return Narrowed(galleries=shared if scope == Scope.SHARED else galleries, scope=scope)


def has_choice(viewer: access.Viewer) -> bool:
    """Whether there can be a difference for this viewer: they are signed in, and no staff."""
    return viewer.is_known and not gallery_policy.user_has_permission(viewer.user, "view")


def remember_choice(request: HttpRequest) -> None:
    """Keep in the session what the query string of a list says."""
    wanted = request.GET.get(PARAMETER)
    if wanted in Scope.values and has_choice(links.viewer(request)):
        request.session[SESSION_KEY] = wanted


def _remembered(request: HttpRequest) -> Scope | None:
    wanted = getattr(request, "session", {}).get(SESSION_KEY)
    return Scope(wanted) if wanted in Scope.values else None


def _shared_with(viewer: access.Viewer, galleries: QuerySet[Gallery]) -> QuerySet[Gallery]:
    """Those that not everybody may see, and those they came to with a link."""
    public = access.galleries_visible_to(access.Viewer())
    return galleries.filter(
        Q(pk__in=[link.gallery_id for link in viewer.live_links]) | ~Q(pk__in=public.values("pk"))
    )
