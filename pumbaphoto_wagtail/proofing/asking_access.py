"""Asking for access: where the form stands, and what becomes of what is written there.

The form is the answer to every address below an index page that lets visitors ask, if nothing is
there or nothing that this visitor may see: to all of them alike. What is written is kept only if
there is something to ask for, and nobody is told which it was.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from wagtail.models import Page

from .. import access, notifications
from ..access_tree import may_see_index
from ..missing_files import keeper_of
from ..models import AccessPolicy, AccessRequest, Gallery, MessageKind, RequestState
from . import asking

# Who was refused is not heard again for so long, and so many wait at most for one page.
PAUSE_AFTER_REFUSAL = timedelta(days=30)
OPEN_AT_MOST = 50


def offers_form(viewer: access.Viewer, page: Page) -> bool:
    """Whether this visitor, who does not see what they came for below ``page``, may ask.

    The index pages on the way decide, the nearest of those that say something. One which the
    visitor does not see counts only where it says yes: its saying no would tell that it is there.
    """
    offered = False
    for policy in _said_on_the_way(page):
        if policy.may_be_asked or may_see_index(viewer, policy.page):
            offered = policy.may_be_asked
    return offered


def is_askable(page: Page, gallery: Gallery | None) -> bool:
    """Whether a page, or the gallery it presents, may be asked for."""
    own = AccessPolicy.objects.filter(gallery=gallery, may_be_asked__isnull=False).first()
    if gallery is not None and own is not None:
        return own.may_be_asked
    said = _said_on_the_way(page)
    return bool(said) and said[-1].may_be_asked


def _said_on_the_way(page: Page) -> list[AccessPolicy]:
    """What index pages say, from the outermost to ``page`` itself."""
    path = page.path
    on_the_way = [path[:end] for end in range(page.steplen, len(path) + 1, page.steplen)]
    policies = AccessPolicy.objects.filter(page__path__in=on_the_way, may_be_asked__isnull=False)
    return [*policies.select_related("page").order_by("page__depth")]


def may_ask(network: str, email: str) -> bool:
    """Count a question of a network and of an address; False if one of them asks too often."""
    digest = hashlib.sha256(email.casefold().encode()).hexdigest()[:32]
    return all([asking.may_ask(network), asking.may_ask(f"of-{digest}")])


@transaction.atomic
def ask(
    page: Page, *, name: str, email: str, words: str = "", user=None, network: str = ""
) -> AccessRequest | None:
    """Keep a request for a page, and tell the photographer; None if it cannot be asked for, or is
    asked for already.
    """
    gallery = getattr(page, "gallery", None)
    is_nothing = hasattr(page, "gallery") and gallery is None
    if is_nothing or not is_askable(page, gallery) or not _is_heard(page, email):
        return None
    try:
        with transaction.atomic():
            request = AccessRequest.objects.create(
                page_id=page.pk,
                gallery=gallery,
                name=name,
                email=email,
                words=words,
                user=user,
                network=network,
            )
    except IntegrityError:
        # It was asked for already, and is still open.
        return None
    _tell(request, page, gallery)
    return request


def _is_heard(page: Page, email: str) -> bool:
    requests = AccessRequest.objects.filter(page=page.pk)
    if requests.filter(state=RequestState.OPEN).count() >= OPEN_AT_MOST:
        return False
    refused = requests.filter(state=RequestState.REFUSED, email__iexact=email)
    return not refused.filter(decided_at__gt=timezone.now() - PAUSE_AFTER_REFUSAL).exists()


def _tell(request: AccessRequest, page: Page, gallery: Gallery | None) -> None:
    site = gallery.site if gallery is not None else page.get_site()
    whom = gallery.owner if gallery is not None else (site and keeper_of(site)) or page.owner
    if whom is None or site is None:
        return
    notifications.owe(
        MessageKind.ACCESS_ASKED,
        key=f"access-asked-{request.pk}",
        gallery=gallery,
        site=None if gallery is not None else site,
        recipient=whom,
        access_request=request,
    )
