"""Who may see which film, now: the rules of ``access``, for films among the photographs.

As there, each rule stands twice, for an object and as a queryset. A film has no file that could be
unscanned and no couple of its own; it follows its gallery: staff see all, a link shows what is in
its sections, visitors what the gallery's policy gives them. What is hidden, and what hangs in an
archived gallery, only staff see.
"""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Q, QuerySet

from . import access
from .models import Gallery, Section, ShareLink, State, Video
from .permissions import galleries_for, may
from .viewers import Viewer


def section_of(video: Video) -> Section | None:
    """The section a film hangs in: that of the photograph it follows, or else its own."""
    return video.after.section if video.after_id else video.section


def may_see_video(viewer: Viewer, video: Video) -> bool:
    """Whether this viewer may see this film and play it, now."""
    gallery = video.gallery
    if gallery.deleted_at is not None:
        return False
    if may(viewer.user, "view", gallery):
        return True
    if video.is_hidden or gallery.state == State.ARCHIVED:
        return False
    link = viewer.link_for(gallery)
    if link is not None and _link_shows(link, video):
        return True
    return access.may_see_gallery(_as_visitor(viewer), gallery)


def videos_visible_to(viewer: Viewer) -> QuerySet[Video]:
    """The films for which :func:`may_see_video` says yes."""
    staff = Q(gallery__in=galleries_for(viewer.user).values("pk"))
    visitors = Q(gallery__in=access.galleries_visible_to(_as_visitor(viewer)).values("pk"))
    kept = Video.objects.filter(gallery__deleted_at__isnull=True)
    return kept.filter(staff | (_presented() & (_links_show(viewer) | visitors)))


def videos_on_page(viewer: Viewer, gallery: Gallery) -> QuerySet[Video]:
    """Of a gallery that is open to a viewer the films that its page shows them.

    Only who came with a link that is limited to sections may see less than all of it.
    """
    videos = Video.objects.filter(_presented(), gallery=gallery)
    link = viewer.link_for(gallery)
    if link is None or not link.sections.all():
        return videos
    return videos.filter(pk__in=videos_visible_to(viewer).values("pk"))


def _as_visitor(viewer: Viewer) -> Viewer:
    """The same person without the links they hold."""
    return replace(viewer, links=())


def _link_shows(link: ShareLink, video: Video) -> bool:
    sections = {section.pk for section in link.sections.all()}
    section = section_of(video)
    return not sections or (section is not None and section.pk in sections)


def _presented() -> Q:
    return Q(is_hidden=False) & ~Q(gallery__state=State.ARCHIVED)


def _links_show(viewer: Viewer) -> Q:
    shown = Q(pk__in=[])
    for link in viewer.live_links:
        through_link = Q(gallery=link.gallery_id)
        sections = [section.pk for section in link.sections.all()]
        if sections:
            follows = Q(after__section__in=sections)
            through_link &= follows | Q(after__isnull=True, section__in=sections)
        shown |= through_link
    return shown
