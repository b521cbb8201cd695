"""Whose consent was taken back lately, so that published photos were taken down."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Exists, F, Min, OuterRef
from django.utils.translation import ngettext

from ..models import Consent, Publication
from .waiting_scope import Found, Scope

# Long enough to be read; afterwards the Delivery tab and the history tell of it.
TOLD_FOR = timedelta(days=3)


def consents_taken_back(scope: Scope) -> list[Found]:
    """Photos that were shown to everybody until a client took their word back."""
    was_shown = Publication.objects.filter(photo=OuterRef("photo"), withdrawn_at__isnull=False)
    rows = (
        Consent.objects.filter(
            Exists(was_shown),
            withdrawn_at__gt=scope.now - TOLD_FOR,
            share_link__gallery__in=scope.galleries,
        )
        .order_by()
        .values(key=F("share_link__gallery"))
        .annotate(
            count=Count("photo", distinct=True),
            name=Min("share_link__recipient"),
            since=Min("withdrawn_at"),
        )
        .order_by("since")
    )
    return [Found(gallery_id=row["key"], words=_in_words(row)) for row in rows[: scope.at_most]]


def _in_words(row: dict) -> str:
    return (
        ngettext(
            "%(name)s took a consent back: %(count)d photo is taken down",
            "%(name)s took consents back: %(count)d photos are taken down",
            row["count"],
        )
        % row
    )
