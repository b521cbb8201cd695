"""Photos that came after the first share wait until the photographer shows them."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from wagtail.log_actions import log

from .. import notifications, published
from ..access import valid_links
from ..exceptions import TransitionNotAllowed
from ..models import Gallery, MessageKind, Photo, ShareLink, State
from ..workflow import REFUSALS, lock_gallery


def waiting_photos(gallery: Gallery) -> QuerySet[Photo]:
    """Photos of a gallery that are not shown yet; those hidden on purpose are not meant."""
    return gallery.photos.filter(is_shown=False, is_hidden=False)


def links_to_tell(gallery: Gallery, photos: QuerySet[Photo]) -> list[ShareLink]:
    """Open links with an e-mail address whose recipients may see any of ``photos``."""
    links = valid_links().filter(gallery=gallery).exclude(email="")
    new_sections = set(photos.order_by().values_list("section_id", flat=True).distinct())
    return [
        link
        for link in links.prefetch_related("sections")
        if not (limits := {section.pk for section in link.sections.all()}) or limits & new_sections
    ]


@transaction.atomic
def show_waiting(
    gallery: Gallery, *, actor, tells_clients: bool, photos: QuerySet[Photo] | None = None
) -> int:
    """Show what waits, or those of it that are among ``photos``, and owe those who hold a link one
    message about it; how many were shown.

    Asked for twice, the second time finds nothing and tells nobody. Raises TransitionNotAllowed in
    an archived gallery.
    """
    gallery = lock_gallery(gallery)
    if gallery.state == State.ARCHIVED:
        raise TransitionNotAllowed(str(REFUSALS[State.ARCHIVED]))
    waiting = waiting_photos(gallery)
    if photos is not None:
        waiting = waiting.filter(pk__in=photos.order_by().values("pk"))
    newest = waiting.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        return 0
    told = links_to_tell(gallery, waiting) if tells_clients else []
    amount = waiting.update(is_shown=True)
    published.changed(gallery.pk)
    for link in told:
        notifications.owe(
            MessageKind.NEW_PHOTOS,
            # The newest photo names this occasion: it is shown for the first time only once.
            key=f"new-photos:{newest}:{link.uuid}",
            gallery=gallery,
            share_link=link,
        )
    log(gallery, "pumbaphoto.show", user=actor, data={"count": amount})
    return amount
