"""How much of the photo storages somebody's photos take.

A sum over all files can take a second, so it is never waited for by a page: sums are made in the
background of the page that shows them.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Sum
from wagtail.models import Site

from ..conf import MINUTE
from ..intake.space import bytes_kept, quota_of
from ..models import Stage, StoredFile
from ..permissions import galleries_for
from ..storage import EXPORTS, INCOMING, ORIGINALS, RENDITIONS

SUMS_KEPT_SECONDS = 10 * MINUTE


@dataclass(frozen=True, kw_only=True)
class Used:
    """Bytes of the photos that somebody may see: all of them, and those in the archive.

    ``quotas`` are names of sites with (bytes kept, bytes allowed).
    """

    all: int
    archived: int
    quotas: tuple[tuple[str, int, int], ...] = ()


def known_use(user) -> Used | None:
    """What was summed up within the last minutes; None if nothing was."""
    return cache.get(_key(user))


def sum_up_use(user) -> Used:
    """What somebody's photos take, summed up now if it is not known. A second for a million."""
    known = known_use(user)
    if known is None:
        known = _sum_up(user)
        cache.set(_key(user), known, SUMS_KEPT_SECONDS)
    return known


def _key(user) -> str:
    return f"pumbaphoto.use.{user.pk}"


def _sum_up(user) -> Used:
    mine = galleries_for(user)
    there = StoredFile.objects.filter(is_owned=True).exclude(
        stage__in=(Stage.MISSING, Stage.DELETED)
    )
    if not user.is_superuser:
        # A file keeps the collection of the gallery that it came to.
        there = there.filter(collection__in=mine.order_by().values("collection"))
    rows = there.order_by().values_list("storage").annotate(bytes=Sum("size"))
    by_storage = dict(rows)
    hot = (INCOMING, ORIGINALS, RENDITIONS, EXPORTS)
    archived = sum(amount for alias, amount in by_storage.items() if alias not in hot)
    return Used(all=sum(by_storage.values()), archived=archived, quotas=_quotas(mine))


def _quotas(mine) -> tuple[tuple[str, int, int], ...]:
    sites = Site.objects.filter(pk__in=mine.order_by().values("site")).order_by("pk")
    limited = [(site, quota_of(site)) for site in sites]
    return tuple((str(site), bytes_kept(site), quota) for site, quota in limited if quota)
