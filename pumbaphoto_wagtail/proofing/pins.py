"""PINs: a second question at the door, and patience with whoever guesses.

Wrong tries slow down by link and network, never a browser that holds the link already. The wait
grows from the sixth wrong try in an hour on; a hundred in an hour close the question for everybody
who has not answered it yet.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone

from ..conf import HOUR, MINUTE
from ..models import PinTry, ShareLink

FREE_TRIES = 5
LONGEST_WAIT_SECONDS = 15 * MINUTE
TRIES_IN_AN_HOUR = 100


def hash_pin(pin: str) -> str:
    """What is stored of a PIN."""
    return make_password(pin.strip())


def wait_after(failures: int) -> int:
    """Seconds to wait after so many wrong tries."""
    if failures < FREE_TRIES:
        return 0
    return min(LONGEST_WAIT_SECONDS, 2 ** min(failures - FREE_TRIES + 1, 20))


@transaction.atomic
def try_pin(link: ShareLink, pin: str, network: str) -> tuple[bool, int]:
    """Whether the PIN is right, and for how many seconds further tries are refused.

    While they are refused, a right PIN is refused as well and nothing is counted.
    """
    # Serialised by link, so that many guesses at once are counted one after the other.
    link = ShareLink.objects.select_for_update().get(pk=link.pk)
    now = timezone.now()
    PinTry.objects.filter(share_link=link, at__lt=now - timedelta(seconds=HOUR)).delete()
    wait = _seconds_to_wait(link, network, now)
    if wait:
        return False, wait
    if check_password(pin.strip(), link.pin_hash):
        PinTry.objects.filter(share_link=link, network=network).delete()
        return True, 0
    PinTry.objects.create(share_link=link, network=network, at=now)
    return False, _seconds_to_wait(link, network, now)


def _seconds_to_wait(link: ShareLink, network: str, now: datetime) -> int:
    tries = PinTry.objects.filter(share_link=link).order_by("at")
    here = [*tries.filter(network=network).values_list("at", flat=True)]
    if not here and not tries.exists():
        return 0
    if tries.count() >= TRIES_IN_AN_HOUR:
        return _seconds_left(tries.values_list("at", flat=True)[0], HOUR, now)
    return _seconds_left(here[-1], wait_after(len(here)), now) if here else 0


def _seconds_left(since: datetime, seconds: int, now: datetime) -> int:
    return max(0, round(seconds - (now - since).total_seconds()))
