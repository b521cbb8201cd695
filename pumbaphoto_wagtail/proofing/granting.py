"""Answering requests for access: letting somebody in, or not. Each is answered once.

Who has an account becomes a member of what they asked for; for anybody else a gallery opens by a
link of their own, and an index page by an account that is made for them, which opens nothing else.
Who is refused is told nothing.
"""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import Page

from .. import notifications
from ..models import (
    AccessPolicy,
    AccessRequest,
    Downloads,
    Gallery,
    LinkPurpose,
    MessageKind,
    RequestState,
    Visibility,
)
from ..viewers import DECIDING, OPEN
from . import links

GRANT, REFUSE = "pumbaphoto.grant_access", "pumbaphoto.refuse_access"
LONGEST_USERNAME = 150


def account_with_address(email: str) -> AbstractBaseUser | None:
    """The one active account with an e-mail address; None if there is none, or several."""
    model = get_user_model()
    by_email = {f"{model.get_email_field_name()}__iexact": email}
    found = model.objects.filter(is_active=True, **by_email)[:2]
    return found[0] if len(found) == 1 else None


@transaction.atomic
def let_in(request: AccessRequest, user: AbstractBaseUser, *, actor) -> bool:
    """Make an account a member of what was asked for; False if it was answered already."""
    locked = _open(request)
    if locked is None:
        return False
    _add_member(locked, user)
    locked.user = user
    _answer(locked, RequestState.GRANTED, actor, how="member")
    _write(locked, recipient=user)
    return True


@transaction.atomic
def give_link(request: AccessRequest, *, actor) -> bool:
    """Open a gallery by a link of their own, which decides and chooses nothing; False if it was
    answered already. Raises ValidationError where no gallery was asked for.
    """
    locked = _open(request)
    if locked is None:
        return False
    if locked.gallery is None:
        raise ValidationError(_("Only a gallery opens by a link."))
    locked.share_link = links.create_link(
        locked.gallery,
        actor=actor,
        recipient=locked.name,
        email=locked.email,
        purpose=LinkPurpose.FAMILY,
        decides=False,
        may_choose=False,
        downloads=Downloads.NONE,
    )
    _answer(locked, RequestState.GRANTED, actor, how="link")
    _write(locked, share_link=locked.share_link)
    return True


@transaction.atomic
def make_account(request: AccessRequest, *, actor) -> bool:
    """As :func:`let_in`, with an account that is made for the address that was written; False if it
    was answered already. Raises ValidationError if the address has an account.

    It has no password until its owner chooses one, and no permission whatever.
    """
    locked = _open(request)
    if locked is None:
        return False
    model = get_user_model()
    if model.objects.filter(**{f"{model.get_email_field_name()}__iexact": locked.email}).exists():
        raise ValidationError(_("There is an account with this address."))
    user = model(
        **{model.get_email_field_name(): locked.email, model.USERNAME_FIELD: _username(locked)}
    )
    user.set_unusable_password()
    user.save()
    return let_in(locked, user, actor=actor)


@transaction.atomic
def refuse(request: AccessRequest, *, actor) -> bool:
    """Answer with no, of which nobody is told; False if it was answered already."""
    locked = _open(request)
    if locked is None:
        return False
    _answer(locked, RequestState.REFUSED, actor)
    return True


def _open(request: AccessRequest) -> AccessRequest | None:
    found = AccessRequest.objects.select_for_update(of=("self",)).select_related("gallery", "page")
    return found.filter(pk=request.pk, state=RequestState.OPEN).first()


def _answer(request: AccessRequest, state: RequestState, actor, **data) -> None:
    request.state, request.decided_by, request.decided_at = state, actor, timezone.now()
    request.save()
    action = GRANT if state == RequestState.GRANTED else REFUSE
    about = request.gallery or request.page
    log(about, action, user=actor, data={"request": request.pk, **data})


def _write(request: AccessRequest, **whom) -> None:
    site = None if request.gallery else request.page.get_site()
    if request.gallery is None and site is None:
        return
    notifications.owe(
        MessageKind.ACCESS_GRANTED,
        key=f"access-granted-{request.pk}",
        gallery=request.gallery,
        site=site,
        access_request=request,
        **whom,
    )


def _username(request: AccessRequest) -> str:
    model = get_user_model()
    wish = request.email.casefold()[:LONGEST_USERNAME]
    taken = model.objects.filter(**{f"{model.USERNAME_FIELD}__iexact": wish}).exists()
    return wish if not taken else f"{wish[: LONGEST_USERNAME - 9]}-{request.uuid.hex[:8]}"


# --- Members -------------------------------------------------------------------------------------


def deciding_policy(request: AccessRequest) -> AccessPolicy | None:
    """The policy that decides who sees what was asked for; None for none."""
    own = AccessPolicy.objects.filter(**_target(request), visibility__in=DECIDING).first()
    return own or _policy_above(request.page)


def _add_member(request: AccessRequest, user: AbstractBaseUser) -> None:
    """Name the account in the policy of what was asked for. If its surroundings have decided until
    now, it gets a policy of its own, with all who were members by those.
    """
    decides = deciding_policy(request)
    if decides is not None and decides.visibility in OPEN:
        return
    policy, _is_new = AccessPolicy.objects.get_or_create(**_target(request))
    if policy.visibility not in DECIDING:
        policy.visibility = Visibility.MEMBERS
        policy.save(update_fields=["visibility"])
        if decides is not None:
            policy.users.set(decides.users.all())
            policy.groups.set(decides.groups.all())
    policy.users.add(user)


def _target(request: AccessRequest) -> dict[str, Gallery | int]:
    return {"gallery": request.gallery} if request.gallery else {"page_id": request.page_id}


def _policy_above(page: Page) -> AccessPolicy | None:
    policies = AccessPolicy.objects.filter(
        page__in=page.get_ancestors(), visibility__in=DECIDING
    ).select_related("page")
    return max(policies, key=lambda policy: policy.page.depth, default=None)
