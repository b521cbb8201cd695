"""Who asks the API, and which galleries there are for them: the resolver's word, and no other.

A browser is known as on the pages, by its session and by the links it holds; a program by one of
Wagtail's API tokens, which stand for a member of staff and for nothing else the request carries.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from wagtail.models import APIToken, Site

from .. import access
from ..models import Gallery
from ..permissions import galleries_for
from ..proofing import links
from ..proofing.portfolio import galleries_below

BEARER = "bearer"


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>`` with a token of Wagtail's; one that is no good is refused,
    rather than taken for nobody's.
    """

    def authenticate(self, request: Request) -> tuple | None:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != BEARER:
            return None
        found = (
            APIToken.objects.select_related("user")
            .filter(key_hash__in=APIToken.candidate_key_hashes(token.strip()))
            .filter(revoked_at__isnull=True)
            .first()
        )
        if found is None or not found.user.is_active:
            raise AuthenticationFailed
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


AUTHENTICATION = [TokenAuthentication, SessionAuthentication]


def viewer_of(request: Request) -> access.Viewer:
    """Who asks. A token leaves aside whatever links its program's browser may hold."""
    if isinstance(request.auth, APIToken):
        if not hasattr(request, "_pumbaphoto_viewer"):
            request._pumbaphoto_viewer = access.Viewer(user=request.user)
        return request._pumbaphoto_viewer
    return links.viewer(request)


def known_galleries(viewer: access.Viewer, site: Site | None) -> QuerySet[Gallery]:
    """What this viewer may ask for by its identity on a site. Their own belong to staff on all."""
    return access.galleries_visible_to(viewer).filter(_on(viewer, site))


def named_galleries(viewer: access.Viewer, site: Site | None) -> QuerySet[Gallery]:
    """What a list may name to this viewer: what index pages name, what they hold a link to, and
    what they keep themselves.
    """
    pages = [site.root_page] if site else []
    listed = galleries_below(pages, viewer).order_by().values("pk")
    held = [link.gallery_id for link in viewer.live_links]
    kept = galleries_for(viewer.user).order_by().values("pk")
    named = Q(pk__in=listed) | Q(pk__in=held) | Q(pk__in=kept)
    return known_galleries(viewer, site).filter(named)


def _on(viewer: access.Viewer, site: Site | None) -> Q:
    here = Q(site=site) if site else Q(pk__in=[])
    if not viewer.is_known:
        return here
    return here | Q(pk__in=galleries_for(viewer.user).order_by().values("pk"))
