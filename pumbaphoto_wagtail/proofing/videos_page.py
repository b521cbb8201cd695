"""The page that plays a film: nothing but its provider's player, framed, and nothing before."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from . import media
from .headers import PLAYER_POLICY, own_page

TEMPLATE = "pumbaphoto_wagtail/proofing/film.html"


@require_safe
def play_video(request: HttpRequest, video_uuid: UUID) -> HttpResponse:
    """The player of a film that this viewer may see, on a page for a frame of ours.

    Its content security policy lets nobody else's page in: the player's site is learnt from the
    stored address, and no markup of a provider's is ever shown.
    """
    video = media.visible_video(request, video_uuid)
    response = _page(request, video)
    response["Content-Security-Policy"] = PLAYER_POLICY.format(player=origin_of(video.player_url))
    return response


@own_page
def _page(request: HttpRequest, video) -> HttpResponse:
    return render(request, TEMPLATE, {"video": video})


def origin_of(url: str) -> str:
    """Scheme and host of an address, as a content security policy names them; 'none' for none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'none'"
