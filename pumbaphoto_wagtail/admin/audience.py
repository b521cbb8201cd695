"""Who sees many galleries without a link, each in a few words, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from ..access import DECIDING, OPEN
from ..models import AccessPolicy, Gallery, Visibility


def audiences(galleries: Iterable[Gallery]) -> dict[int, str]:
    """Words by the primary key of each gallery; what ``who_sees.meaning`` tells in full."""
    galleries = [*galleries]
    deciding = AccessPolicy.objects.filter(visibility__in=DECIDING)
    deciding = deciding.prefetch_related("users", "groups")
    own = {
        policy.gallery_id: policy
        for policy in deciding.filter(gallery__in=[one.pk for one in galleries])
    }
    above = sorted(
        deciding.exclude(page=None).select_related("page"),
        key=lambda policy: len(policy.page.path),
        reverse=True,
    )
    return {
        gallery.pk: _in_words(own.get(gallery.pk) or _nearest(gallery, above), gallery)
        for gallery in galleries
    }


def _nearest(gallery: Gallery, above: list[AccessPolicy]) -> AccessPolicy | None:
    path = gallery.main_page.path if gallery.main_page else ""
    return next((policy for policy in above if path.startswith(policy.page.path)), None)


def _in_words(policy: AccessPolicy | None, gallery: Gallery) -> str:
    if policy is None or not _names_anybody(policy):
        return _("People with a link")
    if policy.visibility == Visibility.UNLISTED:
        return _("Who knows the address")
    if policy.visibility != Visibility.PUBLIC:
        return _("Members")
    return _("Everyone, listed") if gallery.is_listed else _("Everyone, not listed")


def _names_anybody(policy: AccessPolicy) -> bool:
    # Prefetched: no query for each.
    return policy.visibility in OPEN or bool(policy.users.all() or policy.groups.all())
