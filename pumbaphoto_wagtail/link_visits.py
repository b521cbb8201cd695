"""How a share link is used, day by day: how often it was opened, and how much was downloaded.

Counted are visits and downloads, never who made them: no address and no browser is kept. A link
counts as opened with the first picture somebody sees through it, not at its own address, which
mail scanners open as well; after half an hour without pictures the next one is another visit. Two
who look through one link at the same time are one visit. What the photographer looks at through a
lent link counts for nothing.

Counting never fails what is counted: a database in trouble costs a number, not the picture.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from .conf import MINUTE
from .models import LinkVisit, ShareLink

logger = logging.getLogger(__name__)

# Without a picture for so long, whoever looked has left.
VISIT_GAP = timedelta(seconds=30 * MINUTE)


def begins_visit(last_used_at: datetime | None, now: datetime) -> bool:
    """Whether a picture seen ``now`` begins another visit of a link last used at that time."""
    return last_used_at is None or now - last_used_at > VISIT_GAP


def note_opening(link: ShareLink) -> None:
    """Count one opening of the link, today."""
    if link.is_lent:
        return
    with _harmless(link):
        _count(link, "opened", timezone.now())


def note_download(link: ShareLink) -> None:
    """Count one download, of a file or of many in a ZIP, and remember it on the link."""
    if link.is_lent:
        return
    with _harmless(link):
        now = timezone.now()
        ShareLink.objects.filter(pk=link.pk).update(downloaded_at=now)
        _count(link, "downloads", now)


def _count(link: ShareLink, what: str, now: datetime) -> None:
    day = timezone.localdate(now, timezone.get_default_timezone())
    visits = LinkVisit.objects.filter(share_link=link.pk, day=day)
    one_more = {what: F(what) + 1, "last_at": now}
    if visits.update(**one_more):
        return
    # Of many who are the first today one makes the row, and all of them count.
    first = LinkVisit(share_link_id=link.pk, day=day, first_at=now, last_at=now)
    LinkVisit.objects.bulk_create([first], ignore_conflicts=True)
    visits.update(**one_more)


@contextmanager
def _harmless(link: ShareLink) -> Iterator[None]:
    try:
        # Where the site wraps requests in a transaction, a failure must not break that one.
        if connection.in_atomic_block:
            with transaction.atomic():
                yield
        else:
            yield
    except DatabaseError as error:
        logger.warning("a use of share link %s was not counted: %r", link.pk, error)
