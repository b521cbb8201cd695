"""What several models share."""

from __future__ import annotations

import uuid

import swapper
from django.db import models
from django.utils.translation import gettext_lazy as _


def base_page_model() -> type[models.Model]:
    """What every page of this site is: Wagtail's own type of page, or the one that the site has put
    in its place by ``WAGTAIL_PAGE_MODEL``. To be asked for when models are loaded; a Wagtail page
    type that was replaced can be imported, but has no rows.
    """
    return swapper.load_model("wagtailcore", "Page")


class PublicIdentity(models.Model):
    """An identity that may stand in an address: random, so nothing can be counted or guessed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True


class LeaseQuerySet(models.QuerySet):
    """Rows that one worker at a time may hold, taken and given back by compare-and-set."""

    def take_lease(self, pk: int, *, holder: uuid.UUID, now, until) -> bool:
        """Take the row ``pk`` if nobody holds it at ``now``; True if it was taken."""
        free = models.Q(lease_until__isnull=True) | models.Q(lease_until__lte=now)
        return bool(self.filter(free, pk=pk).update(lease_holder=holder, lease_until=until))

    def release_lease(self, pk: int, *, holder: uuid.UUID) -> bool:
        """Give the row back; False if somebody else has taken it over meanwhile."""
        return bool(
            self.filter(pk=pk, lease_holder=holder).update(lease_holder=None, lease_until=None)
        )


class Leased(models.Model):
    """A row that a worker holds for a limited time while it touches the bytes."""

    lease_holder = models.UUIDField(_("held by"), null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(_("held until"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True
