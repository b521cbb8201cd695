"""Who can see a gallery without a link: deciding it, and saying in words what holds now."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser, Group
from django.db import transaction
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log
from wagtail.models import PageViewRestriction

from ..access import DECIDING, OPEN, valid_links
from ..albums import offers_album
from ..models import AccessPolicy, Gallery, State, Visibility
from ..secret_addresses import hide_addresses, pages_of
from ..viewers import nearest_policy
from ..workflow import lock_gallery

# The answers to "Who can see this?".
LINKS, MEMBERS, EVERYONE, INHERITED = "links", "members", "everyone", "inherited"
UNLISTED = "unlisted"
# What is stored for an answer; members with nobody named are nobody, so that only links open.
VISIBILITIES = {
    EVERYONE: Visibility.PUBLIC,
    UNLISTED: Visibility.UNLISTED,
    INHERITED: Visibility.INHERIT,
}


def own_policy(gallery: Gallery) -> AccessPolicy | None:
    """The gallery's own deciding policy; None where its surroundings decide."""
    return AccessPolicy.objects.filter(gallery=gallery, visibility__in=DECIDING).first()


def policy_above(gallery: Gallery) -> AccessPolicy | None:
    """The policy of the nearest index page that decides for a gallery without one of its own."""
    return nearest_policy(gallery, visibility__in=DECIDING)


def present_answer(gallery: Gallery) -> str:
    """What "Who can see this?" is answered with at present."""
    policy = own_policy(gallery)
    if policy is None:
        return INHERITED if policy_above(gallery) else LINKS
    if policy.visibility in OPEN:
        return EVERYONE if policy.visibility == Visibility.PUBLIC else UNLISTED
    return MEMBERS if policy.users.exists() or policy.groups.exists() else LINKS


@transaction.atomic
def set_visibility(
    gallery: Gallery,
    *,
    actor,
    answer: str,
    users: Iterable[AbstractBaseUser] = (),
    groups: Iterable[Group] = (),
    is_listed: bool = False,
    offers_zip: bool | None = None,
    may_be_asked: bool | None = None,
) -> bool:
    """Decide who sees a gallery without a link; whether that is another answer than before.

    An unlisted gallery may name members, to whom it is listed; its pages get addresses that nobody
    can guess. "Nobody but me" is a policy of its own that names nobody, so that it also holds below
    an index page which lets everybody in. ``offers_zip`` says whether the photos may be taken along
    as a ZIP by those who see them without a link, ``may_be_asked`` whether visitors may ask for
    access; None: as its place on the site.
    """
    locked = lock_gallery(gallery)
    users, groups = ([*users], [*groups]) if answer in (MEMBERS, UNLISTED) else ([], [])
    before = _stored(locked)
    is_own = answer != INHERITED and (answer != LINKS or _is_needed(locked))
    if not is_own and offers_zip is None and may_be_asked is None:
        AccessPolicy.objects.filter(gallery=locked).delete()
    else:
        visibility = VISIBILITIES.get(answer, Visibility.MEMBERS)
        policy, _is_new = AccessPolicy.objects.update_or_create(
            gallery=locked,
            defaults={
                "visibility": visibility if is_own else Visibility.INHERIT,
                "offers_zip": offers_zip,
                "may_be_asked": may_be_asked,
            },
        )
        policy.users.set(users)
        policy.groups.set(groups)
    if answer == UNLISTED:
        hide_addresses(pages_of(locked))
    locked.is_listed = gallery.is_listed = is_listed
    locked.save(update_fields=["is_listed"])
    if _stored(locked) == before:
        return False
    data = {"answer": answer, "listed": is_listed, "people": len(users), "groups": len(groups)}
    data |= {"zip": offers_zip, "asked": may_be_asked}
    log(locked, "pumbaphoto.set_visibility", user=actor, data=data)
    return True


def _is_needed(gallery: Gallery) -> bool:
    """Whether nobody would come in only because a policy says so."""
    return policy_above(gallery) is not None or own_policy(gallery) is not None


def _stored(gallery: Gallery) -> tuple:
    policy = AccessPolicy.objects.filter(gallery=gallery).first()
    if policy is None:
        return (None, gallery.is_listed)
    named = {*policy.users.values_list("pk", flat=True)}
    grouped = {*policy.groups.values_list("pk", flat=True)}
    rest = (gallery.is_listed, policy.offers_zip, policy.may_be_asked)
    return (policy.visibility, named, grouped, *rest)


# --- In words ------------------------------------------------------------------------------------


def meaning(gallery: Gallery) -> list[str]:
    """What holds now, sentence by sentence: policy, page, restrictions, listing and links."""
    sentences = [_links_in_words(gallery)]
    if gallery.state == State.ARCHIVED:
        return [
            *sentences,
            _("The gallery is archived: nobody sees its photos until it is restored."),
        ]
    policy = own_policy(gallery) or policy_above(gallery)
    sentences += _exceptions_in_words(gallery)
    if policy is None or names_nobody(policy):
        return [*sentences, _("Nobody else can see it.")]
    sentences.append(_policy_in_words(policy))
    if page_sentence := _page_in_words(gallery):
        return [*sentences, page_sentence]
    return [
        *sentences,
        *_restrictions_in_words(gallery),
        _listing_in_words(gallery),
        _album_in_words(gallery),
    ]


def _exceptions_in_words(gallery: Gallery) -> list[str]:
    count = AccessPolicy.objects.filter(photo__gallery=gallery, visibility__in=DECIDING).count()
    if not count:
        return []
    words = ngettext(
        "%(count)d photo has a rule of its own.", "%(count)d photos have rules of their own.", count
    )
    return [words % {"count": count}]


def names_nobody(policy: AccessPolicy) -> bool:
    """Whether a deciding policy lets nobody in."""
    if policy.visibility in OPEN:
        return False
    return not (policy.users.exists() or policy.groups.exists())


def _links_in_words(gallery: Gallery) -> str:
    count = valid_links().filter(gallery=gallery).count()
    if not count:
        return _("No link is open.")
    return ngettext(
        "One link is open: whoever has it can look.",
        "%(count)d links are open: whoever has one can look.",
        count,
    ) % {"count": count}


def _policy_in_words(policy: AccessPolicy) -> str:
    if policy.visibility == Visibility.PUBLIC:
        who = _("Everyone who comes to the page can look at the photos")
    elif policy.visibility == Visibility.UNLISTED:
        who = _("Everyone who knows the address can look at the photos")
    else:
        who = _("%(names)s can look at the photos when signed in") % {
            "names": names_in_words(policy)
        }
    if policy.page_id is None:
        return f"{who}."
    return _("%(who)s, because the page “%(page)s” says so.") % {
        "who": who,
        "page": policy.page.title,
    }


def names_in_words(policy: AccessPolicy) -> str:
    people = [user.get_full_name() or user.get_username() for user in policy.users.all()]
    groups = [_("the group “%(name)s”") % {"name": group.name} for group in policy.groups.all()]
    return get_text_list([*people, *groups], _("and"))


def _page_in_words(gallery: Gallery) -> str:
    if gallery.main_page is None:
        return _("But the gallery has no page on the site yet, so nobody can come.")
    if not gallery.main_page.live:
        return _("But its page is a draft, so nobody can come until it is published.")
    return ""


def _restrictions_in_words(gallery: Gallery) -> list[str]:
    """Wagtail's page restrictions on the way to the page; they narrow, whatever a policy says."""
    page = gallery.main_page
    restrictions = PageViewRestriction.objects.select_related("page").prefetch_related("groups")
    on_the_way = [
        restriction
        for restriction in restrictions
        if page.path.startswith(restriction.page.path)
        and restriction.restriction_type != PageViewRestriction.NONE
    ]
    return [_restriction_in_words(restriction) for restriction in on_the_way]


def _restriction_in_words(restriction: PageViewRestriction) -> str:
    kinds = {
        PageViewRestriction.LOGIN: _("But the page “%(page)s” lets in only who is signed in."),
        PageViewRestriction.PASSWORD: _("But the page “%(page)s” asks for its password."),
        PageViewRestriction.GROUPS: _("But the page “%(page)s” lets in only %(groups)s."),
    }
    groups = get_text_list([group.name for group in restriction.groups.all()], _("or"))
    return kinds[restriction.restriction_type] % {"page": restriction.page.title, "groups": groups}


def _listing_in_words(gallery: Gallery) -> str:
    unlisted = own_policy(gallery)
    if unlisted is None or unlisted.visibility != Visibility.UNLISTED:
        unlisted = nearest_policy(gallery, visibility=Visibility.UNLISTED)
    if gallery.is_listed and unlisted is not None:
        if unlisted.page_id is None:
            return _("It is named nowhere, but to its members.")
        words = _("It is named only on the page “%(page)s”, whose address one has to know.")
        return words % {"page": unlisted.page.title}
    if gallery.is_listed:
        return _("Index pages and search engines may name it.")
    return _("It is named nowhere: one has to know its address.")


def _album_in_words(gallery: Gallery) -> str:
    if offers_album(gallery):
        return _("Who can look may also download the photos as a ZIP, in the size for screens.")
    return _("Without a link they can be looked at, but not downloaded as a ZIP.")
