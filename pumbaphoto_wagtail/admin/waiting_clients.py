"""Whom a photographer waits for: who is late, has chosen more, or has not fetched the photos."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..access import valid_links
from ..models import (
    Delivery,
    Downloads,
    Kind,
    LinkPurpose,
    MessageKind,
    Selection,
    SelectionList,
    ShareLink,
    State,
)
from ..proofing.limits import Tally
from ..studio import studios
from .ready_messages import EXTRAS
from .waiting_scope import Found, Scope, days_ago, hearts

# Nobody is asked after their photos before that.
PATIENCE_WITH_DOWNLOADS = timedelta(days=3)


def _sent_this_round() -> Exists:
    """Whether a link has sent its photos to edit in its gallery's present round."""
    return Exists(
        Selection.objects.filter(
            share_link=OuterRef("pk"),
            list=SelectionList.TO_EDIT,
            round=OuterRef("gallery__round"),
            submitted_at__isnull=False,
        )
    )


def _choosing_links(scope: Scope) -> QuerySet[ShareLink]:
    """Open links that decide, of galleries in which clients choose, and that have not sent yet."""
    return valid_links(scope.now).filter(
        ~_sent_this_round(),
        gallery__in=scope.galleries,
        gallery__state=State.ACTIVE,
        gallery__kind=Kind.CHOOSE,
        decides=True,
        may_choose=True,
        list__in=("", SelectionList.TO_EDIT),
    )


def _chosen_so_far() -> Subquery:
    """How many photos a link has chosen in its gallery's present round."""
    this_round = Selection.objects.filter(
        share_link=OuterRef("pk"), list=SelectionList.TO_EDIT, round=OuterRef("gallery__round")
    )
    favourites = Count("picks", filter=Q(picks__is_favourite=True))
    counts = this_round.order_by().values("share_link").annotate(count=favourites)
    return Subquery(counts.values("count"))


def who_is_late(scope: Scope) -> list[Found]:
    """Whose selection was due and has not come."""
    late = (
        _choosing_links(scope)
        .filter(gallery__due_date__lt=scope.today)
        .annotate(due_date=F("gallery__due_date"), chosen=_chosen_so_far())
        .order_by("due_date", "pk")
    )
    return [
        Found(
            gallery_id=link.gallery_id,
            words=_lateness(link, scope),
            link=link,
            message=MessageKind.DUE_SOON,
        )
        for link in late[: scope.at_most]
    ]


def _lateness(link: ShareLink, scope: Scope) -> str:
    days = (scope.today - link.due_date).days
    words = ngettext("%(name)s is %(count)d day late", "%(name)s is %(count)d days late", days) % {
        "name": link.recipient,
        "count": days,
    }
    if not link.last_used_at:
        return _("%(words)s and has not opened the link") % {"words": words}
    if not link.chosen:
        return _("%(words)s and has not chosen anything") % {"words": words}
    so_far = ngettext(
        "%(words)s: %(count)d photo so far", "%(words)s: %(count)d photos so far", link.chosen
    )
    return so_far % {"words": words, "count": link.chosen}


def who_chose_extras(scope: Scope) -> list[Found]:
    """Who has sent more photos than are included, until they are delivered."""
    extra = (
        Selection.objects.filter(
            share_link__gallery__in=scope.galleries,
            share_link__gallery__state__in=(State.SUBMITTED, State.EDITING),
            share_link__gallery__included__isnull=False,
            share_link__decides=True,
            list=SelectionList.TO_EDIT,
            round=F("share_link__gallery__round"),
            submitted_at__isnull=False,
        )
        .annotate(
            hearts=hearts(),
            included=F("share_link__gallery__included"),
            extras_words=F("share_link__gallery__extras_words"),
        )
        .filter(hearts__gt=F("included"))
        .select_related("share_link")
        .order_by("submitted_at")
    )
    return [
        Found(
            gallery_id=selection.share_link.gallery_id,
            words=_extras(selection),
            link=selection.share_link,
            message=EXTRAS,
        )
        for selection in extra[: scope.at_most]
    ]


def _extras(selection: Selection) -> str:
    tally = Tally(
        chosen=selection.hearts,
        included=selection.included,
        extras_words=selection.extras_words,
    )
    return _("%(name)s: %(chosen)s, %(hint)s") % {
        "name": selection.share_link.recipient,
        "chosen": tally.count_words,
        "hint": tally.hint_words,
    }


def _clients_of_deliveries(scope: Scope) -> QuerySet[ShareLink]:
    """Clients' own open links of delivered galleries, with the time of the last delivery."""
    last = Delivery.objects.filter(gallery=OuterRef("gallery")).order_by("-sent_at")
    return (
        valid_links(scope.now)
        .filter(
            gallery__in=scope.galleries,
            gallery__state=State.DELIVERED,
            purpose=LinkPurpose.CLIENT,
            shared_by__isnull=True,
        )
        .exclude(downloads=Downloads.NONE)
        .annotate(delivered_at=Subquery(last.values("sent_at")[:1]))
        .filter(delivered_at__isnull=False)
    )


def _galleries_fetched(scope: Scope) -> QuerySet:
    """Galleries of which somebody has downloaded what was delivered last."""
    fetched = _clients_of_deliveries(scope).filter(downloaded_at__gte=F("delivered_at"))
    return fetched.order_by().values("gallery")


def who_has_not_downloaded(scope: Scope) -> list[Found]:
    """Clients of deliveries that none of them has downloaded."""
    waiting = (
        _clients_of_deliveries(scope)
        .filter(delivered_at__lte=scope.now - PATIENCE_WITH_DOWNLOADS)
        .exclude(gallery__in=_galleries_fetched(scope))
        .order_by("delivered_at", "pk")
    )
    return [
        Found(
            gallery_id=link.gallery_id,
            words=_not_downloaded(link, scope),
            link=link,
            message=MessageKind.DELIVERED,
        )
        for link in waiting[: scope.at_most]
    ]


def _not_downloaded(link: ShareLink, scope: Scope) -> str:
    delivered = timezone.localdate(link.delivered_at)
    has_looked = link.last_used_at is not None and link.last_used_at >= link.delivered_at
    words = (
        _("%(name)s has looked and not downloaded. Delivered %(ago)s")
        if has_looked
        else _("%(name)s has not looked yet. Delivered %(ago)s")
    )
    return words % {"name": link.recipient, "ago": days_ago((scope.today - delivered).days)}


def links_about_to_close(scope: Scope) -> list[Found]:
    """Clients' own links that close soon, before what they are for is done."""
    soon = _closing_soon(scope.now)
    if soon is None:
        return []
    choosing = _choosing_links(scope).order_by().values("pk")
    to_fetch = _clients_of_deliveries(scope).exclude(gallery__in=_galleries_fetched(scope))
    ending = (
        ShareLink.objects.filter(soon)
        .filter(Q(pk__in=choosing) | Q(pk__in=to_fetch.order_by().values("pk")))
        .select_related("gallery")
        .order_by("expires_at", "pk")
    )
    return [
        Found(
            gallery_id=link.gallery_id,
            words=_closing(link, scope),
            link=link,
            message=_message_before_closing(link),
        )
        for link in ending[: scope.at_most]
    ]


def _closing_soon(now: datetime) -> Q | None:
    """Links that close within the days of which their studio reminds; None where none does."""
    sites: dict[int, list[int]] = defaultdict(list)
    for site, studio in studios().items():
        if studio.link_expiring_days:
            sites[studio.link_expiring_days].append(site.pk)
    soon = None
    for days, keys in sites.items():
        of_these = Q(gallery__site__in=keys, expires_at__lte=now + timedelta(days=days))
        soon = of_these if soon is None else soon | of_these
    return soon


def _message_before_closing(link: ShareLink) -> str:
    if link.gallery.state == State.DELIVERED:
        return MessageKind.LINK_EXPIRING
    return MessageKind.DUE_SOON if link.gallery.due_date else ""


def _closing(link: ShareLink, scope: Scope) -> str:
    last = timezone.localtime(link.expires_at)
    days = (last.date() - scope.today).days
    if days <= 0:
        words = _("%(name)s’s link closes today at %(time)s")
    elif days == 1:
        words = _("%(name)s’s link closes tomorrow")
    else:
        words = ngettext(
            "%(name)s’s link closes in %(days)d day, on %(day)s",
            "%(name)s’s link closes in %(days)d days, on %(day)s",
            days,
        )
    return words % {
        "name": link.recipient,
        "days": days,
        "day": date_format(last, "MONTH_DAY_FORMAT"),
        "time": date_format(last, "TIME_FORMAT"),
    }
