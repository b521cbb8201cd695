"""What is said of a share link wherever one is listed."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from ..access import is_valid
from ..models import ShareLink
from ..proofing import links
from ..proofing.lists import LABELS
from .link_forms import ROLES, role_of


def presentable_link_state(link: ShareLink, now: datetime) -> dict[str, str]:
    """The words and the tone of a link's tag."""
    opens = is_valid(link, now)
    return {"label": link_status(link, opens), "tone": "open" if opens else "stored"}


def link_status(link: ShareLink, opens: bool) -> str:
    if opens:
        return _("open")
    return _("revoked") if link.revoked_at else _("expired")


def link_role(link: ShareLink) -> str:
    """What its holder may do."""
    if link.shared_by is not None:
        return _("Only look; shared by %(recipient)s") % {"recipient": link.shared_by}
    return str(ROLES[role_of(link)][0])


def link_limits(link: ShareLink) -> tuple[str, ...]:
    """What of the gallery the link is limited to."""
    limits = [section.title for section in link.sections.all()]
    if link.list:
        limits.append(str(LABELS[link.list]))
    return tuple(limits)


def link_address(link: ShareLink) -> str:
    """The link's address; empty if the key it was made with is no longer in the settings."""
    try:
        return links.address(link)
    except KeyError:
        return ""
