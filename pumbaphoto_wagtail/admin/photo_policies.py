"""Who may see photographs without a link, photograph by photograph: setting and unsetting rules.

A rule of a photograph's own stands above its gallery's, in both directions. Setting one replaces
whatever rule each of the photographs has had, and makes one where there was none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.log_actions import log

from .. import published
from ..intake.deleting import chunks
from ..models import AccessPolicy, Gallery, Photo, Visibility
from ..workflow import lock_gallery
from .undoing import Outcome, sentences
from .visibility import MembersForm
from .who_sees import EVERYONE, INHERITED, LINKS, MEMBERS, UNLISTED, VISIBILITIES

SET, UNSET = "pumbaphoto.set_photo_rules", "pumbaphoto.unset_photo_rules"
ANSWERS = (
    (LINKS, gettext_lazy("Nobody but me, and people with a link of mine")),
    (MEMBERS, gettext_lazy("Members: people and groups that I name, when they are signed in")),
    (UNLISTED, gettext_lazy("Everyone who knows the photo’s address: no wall or count has it")),
    (EVERYONE, gettext_lazy("Everyone who may come to the page")),
    (INHERITED, gettext_lazy("As the gallery")),
)


class PhotoRuleForm(MembersForm):
    """Who can see these photographs."""

    def __init__(self, data=None, *, gallery: Gallery | None = None, user=None) -> None:
        super().__init__(data, initial={"answer": INHERITED})
        self.fields["answer"].choices = ANSWERS
        # Whether there is a ZIP, and one may ask, is a matter of a gallery as a whole.
        del self.fields["offers_zip"], self.fields["may_be_asked"]


@transaction.atomic
def set_rules(gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]) -> Outcome:
    """Give each photograph the rule of a :class:`PhotoRuleForm`'s cleaned data."""
    lock_gallery(gallery)
    keys = [*photos.order_by().values_list("pk", flat=True)]
    answer = data["answer"]
    created = 0
    for chunk in chunks(keys):
        created += _make_missing(chunk)
        policies = AccessPolicy.objects.filter(photo__in=chunk)
        policies.update(visibility=_visibility(answer), offers_zip=None)
        _name(policies, data if answer == MEMBERS else {})
    if not keys:
        return Outcome(changed=0, message=_("No photo was left to set a rule for."))
    log(gallery, SET, user=actor, data={"count": len(keys), "answer": answer})
    published.changed(gallery.pk)
    return Outcome(changed=len(keys), message=_set_in_words(created, len(keys) - created))


@transaction.atomic
def unset_rules(
    gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]
) -> Outcome:
    """Let photographs be seen by whoever sees their gallery: rules of their own are deleted."""
    lock_gallery(gallery)
    keys = [*photos.filter(policy__isnull=False).order_by().values_list("pk", flat=True)]
    for chunk in chunks(keys):
        AccessPolicy.objects.filter(photo__in=chunk).delete()
    if not keys:
        return Outcome(changed=0, message=_("None of these photos had a rule of its own."))
    log(gallery, UNSET, user=actor, data={"count": len(keys)})
    words = ngettext(
        "%(count)d rule was deleted: who sees the gallery, sees this photo.",
        "%(count)d rules were deleted: who sees the gallery, sees these photos.",
        len(keys),
    )
    return Outcome(changed=len(keys), message=words % {"count": len(keys)})


def _visibility(answer: str) -> Visibility:
    return VISIBILITIES.get(answer, Visibility.MEMBERS)


def _make_missing(photos: list[int]) -> int:
    with_one = AccessPolicy.objects.filter(photo__in=photos).values_list("photo", flat=True)
    missing = {*photos} - {*with_one}
    AccessPolicy.objects.bulk_create(AccessPolicy(photo_id=key) for key in sorted(missing))
    return len(missing)


def _name(policies: QuerySet[AccessPolicy], data: Mapping[str, Any]) -> None:
    keys = [*policies.values_list("pk", flat=True)]
    for field, named in (("users", data.get("people", ())), ("groups", data.get("groups", ()))):
        _replace(field, keys, [one.pk for one in named])


def _replace(field: str, policies: list[int], named: Iterable[int]) -> None:
    """Let many policies name the same people or groups, in two statements."""
    relation = AccessPolicy._meta.get_field(field)
    between, name = relation.remote_field.through, relation.m2m_reverse_field_name()
    between.objects.filter(accesspolicy__in=policies).delete()
    between.objects.bulk_create(
        (
            between(**{"accesspolicy_id": policy, f"{name}_id": key})
            for policy in policies
            for key in named
        ),
        batch_size=1000,
    )


def _set_in_words(created: int, changed: int) -> str:
    words = (
        ngettext("%(count)d rule was made.", "%(count)d rules were made.", created)
        % {"count": created}
        if created
        else "",
        ngettext("%(count)d rule was changed.", "%(count)d rules were changed.", changed)
        % {"count": changed}
        if changed
        else "",
    )
    return sentences(*words)
