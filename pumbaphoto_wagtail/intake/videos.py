"""What a photographer does with the films of a gallery. Each act is one transaction and one entry
in its history.

A film hangs behind the photograph it follows, or before all photographs of its section. Those that
hang at one place follow each other by ``position``.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.embeds.finders import get_finders
from wagtail.log_actions import log

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.exceptions import FilmRefused
from pumbaphoto_wagtail.models import Gallery, Photo, Section, Video
from pumbaphoto_wagtail.workflow import lock_gallery

from . import dropping, video_thumbnails
from .names import clean_text
from .video_addresses import film_address, known_player, provider_of

LONGEST_TITLE = 255
ADD, CHANGE, MOVE = "pumbaphoto.add_film", "pumbaphoto.change_film", "pumbaphoto.move_film"
HIDE, SHOW = "pumbaphoto.hide_film", "pumbaphoto.show_film"
REMOVE, FETCH = "pumbaphoto.remove_film", "pumbaphoto.fetch_film"


@transaction.atomic
def add_video(
    gallery: Gallery,
    *,
    actor,
    address: str,
    title: str = "",
    section: Section | None = None,
    after: Photo | None = None,
) -> Video:
    """Hang a film in a gallery; a worker then asks its provider about it.

    Raises FilmRefused for an address that is none, of a provider nobody knows, or that is there.
    """
    url = film_address(address)
    if not any(finder.accept(url) for finder in get_finders()):
        raise FilmRefused(
            _("Nothing at this address of %(provider)s is known to be a film that can be shown.")
            % {"provider": provider_of(url)}
        )
    gallery = lock_gallery(gallery)
    if gallery.videos.filter(url=url).exists():
        raise FilmRefused(_("This film is in the gallery already."))
    place = _place(gallery, section, after)
    video = Video.objects.create(
        gallery=gallery,
        url=url,
        title=_clean_title(title),
        provider=provider_of(url)[:100],
        player_url=known_player(url),
        position=_last_position(gallery.videos.filter(**place)) + 1,
        retry_at=timezone.now(),
        **place,
    )
    _log(video, ADD, actor)
    tasks.wake("fetch_video", video.pk)
    return video


@transaction.atomic
def change_video(
    video: Video,
    *,
    actor,
    title: str,
    section: Section | None = None,
    after: Photo | None = None,
) -> bool:
    """Give a film another title or place; False if it has them already."""
    gallery = lock_gallery(video.gallery)
    video = gallery.videos.get(pk=video.pk)
    wanted = {"title": _clean_title(title), **_place(gallery, section, after)}
    if all(getattr(video, name) == value for name, value in wanted.items()):
        return False
    is_moved = (video.section, video.after) != (wanted["section"], wanted["after"])
    for name, value in wanted.items():
        setattr(video, name, value)
    if is_moved:
        video.position = _last_position(beside(video)) + 1
    video.save(update_fields=[*wanted, "position"])
    _log(video, CHANGE, actor)
    return True


@transaction.atomic
def move_video(video: Video, *, actor, by: int) -> bool:
    """Put a film one place forward (-1) or back (1) among those at its place; False at the end."""
    gallery = lock_gallery(video.gallery)
    video = gallery.videos.get(pk=video.pk)
    row = [*beside(video).order_by("position", "pk")]
    place = row.index(video)
    if not 0 <= place + by < len(row):
        return False
    row.insert(place + by, row.pop(place))
    for position, each in enumerate(row):
        each.position = position
    Video.objects.bulk_update(row, ["position"])
    _log(video, MOVE, actor)
    return True


@transaction.atomic
def hide_video(video: Video, *, actor, is_hidden: bool = True) -> bool:
    """Hide a film from clients, or show it again; False if it is so already."""
    gallery = lock_gallery(video.gallery)
    rows = gallery.videos.filter(pk=video.pk).exclude(is_hidden=is_hidden)
    if not rows.update(is_hidden=is_hidden):
        return False
    _log(video, HIDE if is_hidden else SHOW, actor)
    return True


def remove_video(video: Video, *, actor) -> bool:
    """Take a film away, with its picture; nothing of it stays. False if it is gone already.

    Raises FileInHands while a worker has its picture in hands.
    """
    with transaction.atomic():
        gallery = lock_gallery(video.gallery)
        present = gallery.videos.filter(pk=video.pk).first()
        if present is None:
            return False
        present.delete()
        files = video_thumbnails.let_go(present)
        _log(present, REMOVE, actor)
    dropping.forget(files)
    return True


@transaction.atomic
def ask_again(video: Video, *, actor) -> None:
    """Have the film's provider asked once more, at once."""
    gallery = lock_gallery(video.gallery)
    gallery.videos.filter(pk=video.pk).update(
        fetched_at=None, fetch_attempts=0, retry_at=timezone.now(), reason=""
    )
    _log(video, FETCH, actor)
    tasks.wake("fetch_video", video.pk)


def beside(video: Video) -> QuerySet[Video]:
    """The films at the same place, this one among them."""
    place = {"after": video.after_id} if video.after_id else {"section": video.section_id}
    rows = Video.objects.filter(gallery=video.gallery_id, **place)
    return rows if video.after_id else rows.filter(after__isnull=True)


def _place(gallery: Gallery, section: Section | None, after: Photo | None) -> dict:
    """Where a film hangs: with a photograph it is in that one's section."""
    if after is not None:
        if after.gallery_id != gallery.pk or after.deleted_at is not None:
            raise FilmRefused(_("Choose a photo of this gallery."))
        return {"section": after.section, "after": after}
    if section is not None and section.gallery_id != gallery.pk:
        raise FilmRefused(_("Choose a section of this gallery."))
    return {"section": section, "after": None}


def _last_position(videos: QuerySet[Video]) -> int:
    last = videos.aggregate(last=Max("position"))["last"]
    return -1 if last is None else last


def _clean_title(title: str) -> str:
    title = clean_text(" ".join(title.split()))
    if len(title) > LONGEST_TITLE:
        raise FilmRefused(_("This name is too long."))
    return title


def _log(video: Video, action: str, actor) -> None:
    log(video.gallery, action, user=actor, data={"film": str(video)})
