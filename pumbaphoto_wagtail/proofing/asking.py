"""Asking for one's link again: by e-mail only, and without telling who is known here.

Whoever asks gets one answer. Only then the addresses are compared, so that no clock tells either;
what is found is mailed to the address that the photographer wrote down, never to the typed one.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import Site

from .. import access, notifications
from ..conf import DAY, MINUTE
from ..models import MessageKind, ShareLink

logger = logging.getLogger(__name__)

# One link is mailed once in so many seconds, and so often in a day, whoever asks.
PAUSE_SECONDS = 10 * MINUTE
MAILS_IN_A_DAY = 6
# From one network, which may be a whole company's, so often in that many seconds.
QUESTIONS = 20
WINDOW_SECONDS = 10 * MINUTE
LONGEST_ADDRESS = 254


def may_ask(network: str) -> bool:
    """Count a question of a network (``client_address.network_of``); False if it asks too often."""
    if not network:
        # Nobody knows whose questions these are: a limit would be everybody's.
        return True
    key = f"pumbaphoto.asking.{network}.{int(time.time()) // WINDOW_SECONDS}"
    cache.add(key, 0, WINDOW_SECONDS)
    try:
        return cache.incr(key) <= QUESTIONS
    except ValueError:
        # It ran out between the two, so that this is the first of a new window.
        return True


def send_links_of(email: str, site: Site | None) -> int:
    """Mail every open link of this site that was made for ``email``; how many are on their way.

    What is closed stays closed, and what was mailed a moment ago is not mailed again.
    """
    email = email.strip()
    if site is None or not 0 < len(email) <= LONGEST_ADDRESS or "\0" in email:
        return 0
    found = access.valid_links().filter(gallery__site=site, email__iexact=email)
    return sum(_send_again(pk) for pk in found.values_list("pk", flat=True))


@transaction.atomic
def _send_again(pk: int) -> bool:
    # Locked, so that of many questions at once one is answered.
    link = access.valid_links().select_for_update().filter(pk=pk).first()
    if link is None or _was_mailed_lately(link):
        return False
    notifications.owe(
        MessageKind.LINK,
        key=f"link-{link.uuid}-{link.epoch}-again-{int(time.time())}",
        gallery=link.gallery,
        share_link=link,
    )
    data = {"link": link.pk, "recipient": link.recipient}
    log(link.gallery, "pumbaphoto.send_link_again", data=data)
    return True


def _was_mailed_lately(link: ShareLink) -> bool:
    now = timezone.now()
    mails = link.messages.filter(kind=MessageKind.LINK)
    today = mails.filter(created_at__gt=now - timedelta(seconds=DAY))
    return (
        mails.filter(sent_at=None, failed_at=None).exists()
        or today.filter(created_at__gt=now - timedelta(seconds=PAUSE_SECONDS)).exists()
        or today.count() >= MAILS_IN_A_DAY
    )
