"""Of whom and of when it is asked what waits, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..models import Gallery, Pick, ShareLink
from ..permissions import galleries_for
from .figures import counted


@dataclass(frozen=True, kw_only=True)
class Found:
    """Something that waits in a gallery, the link of the one who is waited for, and the kind of
    message that could be written to them.
    """

    gallery_id: int
    words: str
    link: ShareLink | None = None
    message: str = ""


@dataclass(frozen=True)
class Scope:
    """The galleries that a member of staff works on, now. ``at_most`` of each kind are found."""

    user: object
    now: datetime = field(default_factory=timezone.now)
    at_most: int = 100

    @cached_property
    def galleries(self) -> QuerySet[Gallery]:
        """For ``gallery__in``: what this user may not change does not wait for them."""
        return galleries_for(self.user, "change").order_by().values("pk")

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)


def hearts() -> object:
    """For an annotation of selections: how many photos each has with a heart."""
    return counted(Pick.objects.filter(is_favourite=True), "selection")


def days_ago(days: int) -> str:
    """ "today", "yesterday" or "9 days ago"."""
    if days <= 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
