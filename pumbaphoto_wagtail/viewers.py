"""Somebody who looks: a user, the share links their browser holds, the page passwords they gave.

Here stands what is known of them; what they may see is the matter of ``access``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from .models import AccessPolicy, Gallery, ShareLink, State, Visibility

DECIDING = (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.MEMBERS)
# What lets in whoever comes by.
OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)


def is_valid(link: ShareLink, now: datetime) -> bool:
    """Whether a link opens anything at ``now``. One that was shared on closes with its parent."""
    if link.shared_by_id and not _is_open(link.shared_by, now):
        return False
    return _is_open(link, now)


def valid_links(now: datetime | None = None) -> QuerySet[ShareLink]:
    """The links that open something."""
    is_open = _open_at(now or timezone.now())
    # A subquery rather than a join, whose rows could not be locked on PostgreSQL.
    parents = ShareLink.objects.filter(is_open)
    return ShareLink.objects.filter(is_open, Q(shared_by=None) | Q(shared_by__in=parents))


def known_links() -> QuerySet[ShareLink]:
    """The links that open something, and those of archived galleries that have merely expired: they
    lead to the closed page, and through it one can ask for the photos, however late.
    """
    unrevoked = ShareLink.objects.filter(revoked_at__isnull=True)
    kept = unrevoked.filter(gallery__state=State.ARCHIVED)
    kept = kept.filter(Q(shared_by=None) | Q(shared_by__in=unrevoked))
    return ShareLink.objects.filter(
        Q(pk__in=valid_links().values("pk")) | Q(pk__in=kept.values("pk"))
    )


def _was_taken_back(link: ShareLink) -> bool:
    if link.shared_by_id and link.shared_by.revoked_at is not None:
        return True
    return link.revoked_at is not None


def _is_open(link: ShareLink, now: datetime) -> bool:
    return link.revoked_at is None and (link.expires_at is None or link.expires_at > now)


def _open_at(now: datetime) -> Q:
    return Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Somebody who looks: never stored, made anew for each request."""

    user: object = field(default_factory=AnonymousUser)
    links: tuple[ShareLink, ...] = ()
    passed_restrictions: frozenset[int] = frozenset()

    @cached_property
    def _live_links(self) -> dict[int, ShareLink]:
        now = timezone.now()
        return {link.gallery_id: link for link in reversed(self.links) if is_valid(link, now)}

    def link_for(self, gallery: Gallery) -> ShareLink | None:
        """The valid link this viewer holds for a gallery, the one opened last if several."""
        return self._live_links.get(gallery.pk)

    def known_link_for(self, gallery: Gallery) -> ShareLink | None:
        """As :func:`known_links`: also one that has expired, if the gallery is archived."""
        link = self.link_for(gallery)
        if link is not None or gallery.state != State.ARCHIVED:
            return link
        held = (link for link in self.links if link.gallery_id == gallery.pk)
        return next((link for link in held if not _was_taken_back(link)), None)

    @property
    def live_links(self) -> list[ShareLink]:
        """All valid links, at most one for each gallery."""
        return list(self._live_links.values())

    @cached_property
    def is_known(self) -> bool:
        """Whether this is an active, signed-in user."""
        return bool(self.user.is_authenticated and self.user.is_active)

    @property
    def is_anybody(self) -> bool:
        """Whether nothing is known of them: what they see, everybody and every robot sees."""
        return not (self.user.is_authenticated or self.links or self.passed_restrictions)

    @cached_property
    def group_ids(self) -> set[int]:
        return set(self.user.groups.values_list("pk", flat=True)) if self.is_known else set()

    @cached_property
    def closed_paths(self) -> tuple[str, ...]:
        """Tree paths of the pages whose restriction this viewer does not pass."""
        if self.is_known and self.user.is_superuser:
            return ()
        restrictions = PageViewRestriction.objects.select_related("page").prefetch_related("groups")
        return tuple(rule.page.path for rule in restrictions if not self._passes(rule))

    def _passes(self, restriction: PageViewRestriction) -> bool:
        kind = restriction.restriction_type
        if kind == PageViewRestriction.NONE:
            return True
        if kind == PageViewRestriction.PASSWORD:
            return restriction.pk in self.passed_restrictions
        if kind == PageViewRestriction.LOGIN:
            return self.is_known
        if kind == PageViewRestriction.GROUPS:
            return bool(self.group_ids & {group.pk for group in restriction.groups.all()})
        return False

    @cached_property
    def page_policies(self) -> list[PagePolicy]:
        """Every deciding policy of an index page, the deepest first, so that the first that covers
        a page is the nearest above it.
        """
        policies = (
            AccessPolicy.objects.filter(page__isnull=False, visibility__in=DECIDING)
            .select_related("page")
            .prefetch_related("users", "groups")
        )
        found = [
            PagePolicy(
                path=policy.page.path,
                lets_in=allows(policy, self),
                names=names(policy, self),
                is_unlisted=policy.visibility == Visibility.UNLISTED,
            )
            for policy in policies
        ]
        return sorted(found, key=lambda policy: len(policy.path), reverse=True)


@dataclass(frozen=True, kw_only=True)
class PagePolicy:
    """What the policy of the page at ``path`` in the tree means for one viewer."""

    path: str
    lets_in: bool
    names: bool
    is_unlisted: bool

    def covers(self, page: Page | None) -> bool:
        return page is not None and page.path.startswith(self.path)


def nearest_policy(gallery: Gallery, **says: object) -> AccessPolicy | None:
    """The policy of the nearest index page above a gallery's page of those that ``says`` finds."""
    if gallery.main_page is None:
        return None
    policies = AccessPolicy.objects.filter(page__isnull=False, **says)
    above = [
        policy
        for policy in policies.select_related("page")
        if gallery.main_page.path.startswith(policy.page.path)
    ]
    return max(above, key=lambda policy: len(policy.page.path), default=None)


def allows(policy: AccessPolicy, viewer: Viewer) -> bool:
    """Whether a deciding policy lets this viewer in."""
    if policy.visibility in OPEN:
        return True
    return policy.visibility == Visibility.MEMBERS and names(policy, viewer)


def names(policy: AccessPolicy, viewer: Viewer) -> bool:
    """Whether a policy names this viewer, or a group of theirs."""
    if not viewer.is_known:
        return False
    named = any(user.pk == viewer.user.pk for user in policy.users.all())
    return named or any(group.pk in viewer.group_ids for group in policy.groups.all())
