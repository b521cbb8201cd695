"""The films of a gallery: as their viewer sees them, and in their order among the photographs."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from .. import access, video_access
from ..models import Gallery, Video
from .pictures import Pictures, clean_renditions, pictures_of, with_renditions


@dataclass(frozen=True, kw_only=True)
class ShownVideo:
    """A film as a viewer sees it.

    ``pictures`` is None while there is no thumbnail; ``width`` and ``height`` are the film's
    proportions, None where its provider does not tell them. ``after`` is the photograph it
    follows, None at the beginning of its ``section``. Nothing of its provider's is at
    ``play_url``: that is a page of ours, which frames the provider's player.
    """

    uuid: UUID
    title: str
    provider: str
    pictures: Pictures | None
    width: int | None
    height: int | None
    section: UUID | None
    after: UUID | None
    play_url: str


def videos_of(gallery: Gallery, viewer: access.Viewer) -> list[ShownVideo]:
    """The films of a gallery that its page shows to this viewer, in their order."""
    if not access.may_see_gallery(viewer, gallery):
        return []
    return [shown(video) for video in in_order(video_access.videos_on_page(viewer, gallery))]


def in_order(videos: QuerySet[Video]) -> QuerySet[Video]:
    """Films as they follow each other, with what is drawn of them."""
    return (
        videos.select_related("section", "after__section", "thumbnail")
        .prefetch_related(with_renditions("thumbnail"))
        .order_by("position", "pk")
    )


def shown(video: Video) -> ShownVideo:
    """A film for whoever may see it."""
    section = video_access.section_of(video)
    return ShownVideo(
        uuid=video.uuid,
        title=video.title,
        provider=video.provider,
        pictures=thumbnail_pictures(video),
        width=video.width,
        height=video.height,
        section=section.uuid if section else None,
        after=video.after.uuid if video.after else None,
        play_url=play_url(video.uuid),
    )


def play_url(uuid: UUID) -> str:
    """Where a film is played."""
    return reverse("pumbaphoto_wagtail:play_video", args=[uuid])


def thumbnail_pictures(video: Video) -> Pictures | None:
    """The pictures of a film's thumbnail; None until it was scanned and rendered."""
    file = video.thumbnail
    if file is None or not file.is_trusted:
        return None
    return pictures_of("video_picture", video.uuid, file, clean_renditions(file))
