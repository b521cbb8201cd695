"""When a gallery should go to the archive: announced to its clients, suggested to the photographer.

Nothing here archives anything. A day that was announced only means that archiving is suggested once
it has come; the photographer does it, by a click.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import DateTimeField, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from .. import notifications
from ..access import valid_links
from ..conf import settings
from ..exceptions import StaleState
from ..models import Gallery, Message, MessageKind, State, Transition
from ..studio import studios
from ..workflow import REFUSALS, lock_gallery

# --- The photographer's acts ---------------------------------------------------------------------


@transaction.atomic
def announce(gallery: Gallery, day: date, *, actor) -> int:
    """Tell everybody with an open link and an e-mail address that a delivered gallery will be
    archived on a day, each once; returns to how many it goes.

    Raises ValidationError for a day that is not to come, and StaleState if the gallery is not
    delivered.
    """
    if day <= timezone.localdate():
        raise ValidationError(_("Choose a day that is still to come."))
    present = lock_gallery(gallery)
    if present.state != State.DELIVERED:
        raise StaleState(str(REFUSALS[State(present.state)]))
    _unsent(gallery).delete()
    _set_day(gallery, day)
    links = valid_links().filter(gallery=gallery).exclude(email="")
    for link in links:
        notifications.owe(
            MessageKind.ARCHIVE_ANNOUNCED,
            key=f"archive-announced-{link.uuid}-{day.isoformat()}",
            gallery=gallery,
            share_link=link,
        )
    log(gallery, "pumbaphoto.announce_archive", user=actor, data={"day": day.isoformat()})
    return len(links)


@transaction.atomic
def withdraw(gallery: Gallery, *, actor) -> None:
    """Take the announced day back. Mails that have not left stay at home."""
    if lock_gallery(gallery).archive_on is not None:
        forget_day(gallery)
        log(gallery, "pumbaphoto.withdraw_archive", user=actor)


def forget_day(gallery: Gallery) -> None:
    """Forget an announced day, since the gallery is archived or the day was withdrawn."""
    _unsent(gallery).delete()
    _set_day(gallery, None)


def _set_day(gallery: Gallery, day: date | None) -> None:
    Gallery.objects.filter(pk=gallery.pk).update(archive_on=day)
    gallery.archive_on = day


def _unsent(gallery: Gallery) -> QuerySet[Message]:
    return gallery.messages.filter(kind=MessageKind.ARCHIVE_ANNOUNCED, sent_at__isnull=True)


# --- Suggesting ----------------------------------------------------------------------------------


def suggested() -> QuerySet[Gallery]:
    """Delivered galleries that may be archived now, with the time of the step that made each of
    them delivered as ``opened_at``: the announced day has come; or none was announced, and the
    delivery is as old as the studio waits, or all links of a restored one have closed.
    """
    steps = Transition.objects.filter(gallery=OuterRef("pk"), to_state=State.DELIVERED)
    last = steps.order_by("-pk")
    found = Gallery.objects.filter(state=State.DELIVERED).annotate(
        opened_at=Subquery(last.values("at")[:1], output_field=DateTimeField()),
        opened_from=Subquery(last.values("from_state")[:1]),
        delivered_at=Max("deliveries__sent_at"),
    )
    was_restored = Q(opened_from=State.ARCHIVED)
    has_open_link = Exists(valid_links().filter(gallery=OuterRef("pk")))
    # Its links are open for as long as it takes the files to come back, and then for their time.
    patience = timedelta(days=settings.LINK_DAYS_AFTER_RESTORE)
    closed_again = was_restored & ~has_open_link & Q(opened_at__lte=timezone.now() - patience)
    reason = closed_again
    for site, studio in studios().items():
        if studio.archive_suggested_after_days:
            old = timezone.now() - timedelta(days=studio.archive_suggested_after_days)
            reason |= ~was_restored & Q(site=site, opened_at__lte=old, delivered_at__lte=old)
    day_has_come = Q(archive_on__lte=timezone.localdate())
    return found.filter(day_has_come | (Q(archive_on__isnull=True) & reason))


def is_suggested(gallery: Gallery) -> bool:
    """Whether archiving this gallery is suggested now."""
    return suggested().filter(pk=gallery.pk).exists()


def reconcile() -> dict[str, int]:
    """Suggest archiving to the photographers whose galleries are due and who have not heard of it,
    once for each announced day and for each delivery.
    """
    said = Message.objects.filter(kind=MessageKind.ARCHIVE_SUGGESTED, gallery=OuterRef("pk"))
    since_opened = Exists(said.filter(created_at__gte=OuterRef("opened_at")))
    found = suggested().filter(Q(archive_on__isnull=False) | ~since_opened)
    count = 0
    for gallery in found.select_related("owner"):
        count += _owe_suggestion(gallery)
    return {"archiving suggested": count}


@transaction.atomic
def _owe_suggestion(gallery: Gallery) -> bool:
    occasion = gallery.archive_on or gallery.opened_at
    key = f"archive-suggested-{gallery.pk}-{occasion.isoformat()}"
    if Message.objects.filter(key=key).exists():
        return False
    notifications.owe(
        MessageKind.ARCHIVE_SUGGESTED, key=key, gallery=gallery, recipient=gallery.owner
    )
    return True
