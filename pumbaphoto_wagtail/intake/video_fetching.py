"""What a film's provider says of it, asked by a worker and never by a page.

Wagtail's embed finders know whom to ask (``WAGTAILEMBEDS_FINDERS``). Their answers are somebody
else's: of the markup only the address of the player is kept, of the rest text and numbers. A
provider that does not answer is asked again, later and later, and its film hangs there meanwhile.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.embeds.embeds import get_finder_for_embed
from wagtail.embeds.exceptions import EmbedException

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import HOUR, MINUTE, settings
from pumbaphoto_wagtail.exceptions import (
    FileInHands,
    FilmRefused,
    NotFetched,
    StorageFull,
    StorageOffline,
)
from pumbaphoto_wagtail.models import Video

from . import video_thumbnails
from .names import clean_text
from .outside import fetch_picture
from .video_addresses import framed_player, known_player, provider_of

logger = logging.getLogger(__name__)

# Between attempts; after the last the photographer reads why, and may ask once more.
RETRY_SECONDS = (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 8 * HOUR)
# For how long a worker may be at it before another may be: longer than all its questions.
LEASE_SECONDS = 5 * MINUTE
WOKEN_AT_ONCE = 50
ASKED_WIDTH = 1280
LARGEST_SIDE = 100_000
FILMS = ("video", "rich")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a provider says of a film; ``thumbnail_url`` may be anybody's address."""

    title: str
    provider: str
    player_url: str
    thumbnail_url: str
    width: int | None
    height: int | None


def due() -> QuerySet[Video]:
    """Films to ask about now."""
    waiting = Video.objects.filter(fetched_at__isnull=True, gallery__deleted_at__isnull=True)
    return waiting.filter(retry_at__lte=timezone.now())


def fetch_video(video_id: int) -> bool:
    """Ask about one film and fetch its picture; False if there was nothing to do, or no answer.

    The attempt is counted and its row taken before anybody is asked, so two workers never ask at
    once, and one that dies leaves the film to the next.
    """
    until = timezone.now() + timedelta(seconds=LEASE_SECONDS)
    if not due().filter(pk=video_id).update(retry_at=until, fetch_attempts=F("fetch_attempts") + 1):
        return False
    video = Video.objects.get(pk=video_id)
    mine = Video.objects.filter(pk=video_id, retry_at=until, fetched_at__isnull=True)
    try:
        _fetch(video, mine)
    except FilmRefused as refusal:
        mine.update(reason=str(refusal), retry_at=None)
    except (NotFetched, FileInHands, StorageFull, StorageOffline, OSError) as failure:
        logger.info("film %s could not be fetched: %r", video_id, failure)
        mine.update(reason=_words_of(failure), retry_at=_next_try(video))
    else:
        return bool(mine.update(fetched_at=timezone.now(), retry_at=None, reason=""))
    return False


def _words_of(failure: Exception) -> str:
    if isinstance(failure, NotFetched):
        return str(failure)
    return str(StorageOffline())


def _next_try(video: Video) -> timezone.datetime | None:
    waits = RETRY_SECONDS[video.fetch_attempts - 1 :]
    return timezone.now() + timedelta(seconds=waits[0]) if waits else None


def _fetch(video: Video, mine: QuerySet[Video]) -> None:
    answer = ask(video.url)
    mine.update(
        provider=answer.provider or video.provider,
        player_url=answer.player_url,
        width=answer.width,
        height=answer.height,
    )
    # What the photographer calls it stays.
    mine.filter(title="").update(title=answer.title)
    if answer.thumbnail_url:
        content = fetch_picture(
            answer.thumbnail_url,
            max_bytes=video_thumbnails.MAX_BYTES,
            inside=settings.FILM_HOSTS_INSIDE,
        )
        video_thumbnails.keep(video, content)


def ask(url: str) -> Answer:
    """What the provider of a film says of it.

    Raises NotFetched where it does not answer or does not know the film, and FilmRefused where
    what is there is no film.
    """
    provider = provider_of(url)
    try:
        said = get_finder_for_embed(url, max_width=ASKED_WIDTH)
    except EmbedException as error:
        raise NotFetched(
            _("%(provider)s did not answer, or does not let this film be shown elsewhere.")
            % {"provider": provider}
        ) from error
    except Exception as error:
        # Finders are anybody's, and what they read is a stranger's.
        logger.warning("asking for a film failed: %s", type(error).__name__)
        raise NotFetched(
            _("%(provider)s gave an answer that could not be read.") % {"provider": provider}
        ) from error
    player_url = known_player(url) or framed_player(str(said.get("html") or ""))
    if said.get("type") not in FILMS or not player_url:
        raise FilmRefused(_("There is no film at this address that could be played here."))
    return Answer(
        title=clean_text(str(said.get("title") or ""))[:255],
        provider=clean_text(str(said.get("provider_name") or ""))[:100] or provider,
        player_url=player_url,
        thumbnail_url=str(said.get("thumbnail_url") or ""),
        **_sides(said.get("width"), said.get("height")),
    )


def _sides(width: object, height: object) -> dict[str, int | None]:
    try:
        sides = int(width), int(height)
    except (TypeError, ValueError, OverflowError):
        sides = 0, 0
    if not all(0 < side <= LARGEST_SIDE for side in sides):
        return {"width": None, "height": None}
    return {"width": sides[0], "height": sides[1]}


def reconcile() -> dict[str, int]:
    """Ask about films whose time has come, or whose worker has died."""
    keys = [*due().order_by("retry_at").values_list("pk", flat=True)[:WOKEN_AT_ONCE]]
    for key in keys:
        tasks.wake("fetch_video", key)
    return {"films asked about": len(keys)}
