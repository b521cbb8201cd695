"""The policy of an index page: deciding it, and saying in words what holds now."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser, Group
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log

from ..access import DECIDING, OPEN
from ..models import AccessPolicy, Gallery, Visibility
from ..secret_addresses import hide_addresses
from .who_sees import (
    EVERYONE,
    INHERITED,
    LINKS,
    MEMBERS,
    UNLISTED,
    VISIBILITIES,
    names_in_words,
    names_nobody,
)


def own_policy(page) -> AccessPolicy | None:
    """The deciding policy of the page itself; None where its surroundings decide."""
    return AccessPolicy.objects.filter(page=page, visibility__in=DECIDING).first()


def policy_above(page) -> AccessPolicy | None:
    """The policy of the nearest page above that decides; None for none."""
    policies = AccessPolicy.objects.filter(
        page__in=page.get_ancestors(), visibility__in=DECIDING
    ).select_related("page")
    return max(policies, key=lambda policy: policy.page.depth, default=None)


def present_answer(page) -> str:
    """What "Who can see the galleries?" is answered with at present."""
    policy = own_policy(page)
    if policy is None:
        return INHERITED
    if policy.visibility in OPEN:
        return EVERYONE if policy.visibility == Visibility.PUBLIC else UNLISTED
    return LINKS if names_nobody(policy) else MEMBERS


@transaction.atomic
def set_index_visibility(
    page,
    *,
    actor,
    answer: str,
    users: Iterable[AbstractBaseUser] = (),
    groups: Iterable[Group] = (),
    offers_zip: bool | None = None,
    may_be_asked: bool | None = None,
) -> bool:
    """Decide who sees a page and the galleries below it that say nothing themselves; whether that
    is another answer than before. ``offers_zip`` and ``may_be_asked`` as for a gallery; None: as
    the page's surroundings.
    """
    users, groups = ([*users], [*groups]) if answer in (MEMBERS, UNLISTED) else ([], [])
    before = _stored(page)
    if answer == INHERITED and offers_zip is None and may_be_asked is None:
        AccessPolicy.objects.filter(page=page).delete()
    else:
        policy, _is_new = AccessPolicy.objects.update_or_create(
            page_id=page.pk,
            defaults={
                "visibility": VISIBILITIES.get(answer, Visibility.MEMBERS),
                "offers_zip": offers_zip,
                "may_be_asked": may_be_asked,
            },
        )
        policy.users.set(users)
        policy.groups.set(groups)
    if answer == UNLISTED:
        hide_addresses([page])
    if _stored(page) == before:
        return False
    data = {"answer": answer, "people": len(users), "groups": len(groups)}
    data |= {"zip": offers_zip, "asked": may_be_asked}
    log(page, "pumbaphoto.set_index_visibility", user=actor, data=data)
    return True


def _stored(page) -> tuple | None:
    policy = AccessPolicy.objects.filter(page=page).first()
    if policy is None:
        return None
    named = {*policy.users.values_list("pk", flat=True)}
    grouped = {*policy.groups.values_list("pk", flat=True)}
    return (policy.visibility, named, grouped, policy.offers_zip, policy.may_be_asked)


def meaning(page) -> list[str]:
    """What holds now for the galleries below, sentence by sentence."""
    policy = own_policy(page) or policy_above(page)
    return [
        _who_in_words(page, policy),
        *_exceptions_in_words(page),
        _zip_in_words(page),
        _asking_in_words(page),
    ]


def _who_in_words(page, policy: AccessPolicy | None) -> str:
    if policy is None or names_nobody(policy):
        return _("Nobody sees the galleries here without a link of their own.")
    if policy.visibility == Visibility.PUBLIC:
        who = _("Everyone can look at the galleries here")
    elif policy.visibility == Visibility.UNLISTED:
        who = _("Everyone who knows the address can look at the galleries here")
    else:
        about = {"names": names_in_words(policy)}
        who = _("%(names)s can look at the galleries here when signed in") % about
    if policy.page_id == page.pk:
        return f"{who}."
    return _("%(who)s, because the page “%(page)s” says so.") % {
        "who": who,
        "page": policy.page.title,
    }


def _exceptions_in_words(page) -> list[str]:
    own = Gallery.objects.filter(
        main_page__path__startswith=page.path, policy__visibility__in=DECIDING
    )
    count = own.count()
    if not count:
        return []
    words = ngettext(
        "%(count)d gallery has a rule of its own.",
        "%(count)d galleries have rules of their own.",
        count,
    )
    return [words % {"count": count}]


def _asking_in_words(page) -> str:
    policies = AccessPolicy.objects.filter(
        page__in=page.get_ancestors(inclusive=True), may_be_asked__isnull=False
    ).select_related("page")
    nearest = max(policies, key=lambda policy: policy.page.depth, default=None)
    if nearest is None or not nearest.may_be_asked:
        return _("Who may not look finds nothing here, and no way to ask.")
    return _("Who may not look can ask for access, with a form that writes to you.")


def _zip_in_words(page) -> str:
    policies = AccessPolicy.objects.filter(
        page__in=page.get_ancestors(inclusive=True), offers_zip__isnull=False
    ).select_related("page")
    nearest = max(policies, key=lambda policy: policy.page.depth, default=None)
    if nearest is None or nearest.offers_zip:
        return _("Who can look may also download the photos as a ZIP, in the size for screens.")
    return _("Without a link they can be looked at, but not downloaded as a ZIP.")
