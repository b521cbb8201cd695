"""Sharing with family: a client makes links that only look, and closes them again.

Such a link is never more than the client's own: the same sections, PIN and last day, no hearts, no
downloads, nothing that is for the couple only; and ``access`` closes it together with theirs.
"""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from .. import access
from ..exceptions import LimitExceeded
from ..models import Downloads, LinkPurpose, ShareLink, State
from . import links

# Open at the same time; and ever, so that nobody fills the database by making and closing.
OPEN_LINKS = 20
LINKS_EVER = 200
LONGEST_NAME = 100


def may_share(link: ShareLink | None) -> bool:
    """Whether the holder of a link may let others look: a client, with a link of their own."""
    return link is not None and link.purpose == LinkPurpose.CLIENT and link.shared_by_id is None


def shared_links(link: ShareLink) -> QuerySet[ShareLink]:
    """The open links that the holder of ``link`` has made for others, the newest first."""
    made = access.valid_links().filter(shared_by=link)
    return made.select_related("gallery__site").order_by("-pk")


@transaction.atomic
def share(link: ShareLink, name: str) -> ShareLink:
    """Make a link that only looks, for ``name``.

    Raises ValidationError for a name that is empty or too long, LimitExceeded where there are too
    many already, ShareLink.DoesNotExist where ``link`` was closed or cannot be shared.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise ValidationError(_("Please say in a few words whom this link is for."))
    # Serialised by link, so that two tabs together make no more than one may.
    own = access.valid_links().select_for_update().get(pk=link.pk)
    if not may_share(own) or own.gallery.state == State.ARCHIVED:
        raise ShareLink.DoesNotExist
    if shared_links(own).count() >= OPEN_LINKS or own.shared_links.count() >= LINKS_EVER:
        raise LimitExceeded(
            _("That is as many links as can be shared. Close one that is not needed any more.")
        )
    made = ShareLink(
        gallery=own.gallery,
        shared_by=own,
        recipient=name,
        purpose=LinkPurpose.FAMILY,
        decides=False,
        may_choose=False,
        downloads=Downloads.NONE,
        expires_at=own.expires_at,
        pin_hash=own.pin_hash,
    )
    links.give_address(made)
    made.save()
    made.sections.set(own.sections.all())
    log(own.gallery, "pumbaphoto.share_with_family", data=_log_data(made, own))
    return made


@transaction.atomic
def close(link: ShareLink, uuid: UUID) -> ShareLink:
    """Close a link that the holder of ``link`` has made; ShareLink.DoesNotExist for any other."""
    made = link.shared_links.select_related("gallery").get(uuid=uuid)
    links.revoke(made, None, action="pumbaphoto.close_family_link", by=link.recipient)
    return made


def _log_data(made: ShareLink, own: ShareLink) -> dict:
    return {"link": made.pk, "recipient": made.recipient, "by": own.recipient}
