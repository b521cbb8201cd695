"""The configured scanner, and whether its word may be taken.

Nothing is scanned before clamd has found a virus at the end of the largest accepted file, by the
transport that is used. What was found out is kept in the cache: for another version of clamd or its
signatures, and for another process of it, it is found out anew.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable

from django.conf import settings as django_settings
from django.core.cache import cache

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import ScannerUnavailable
from pumbaphoto_wagtail.storage import INCOMING, LibraryStorage, NASStorage, storage_for

from .clamd_client import ClamdClient, ScannerVersion, eicar
from .scanner_proof import Proof, prove, speaks_of_its_limits

logger = logging.getLogger(__name__)

# How long a passed self-test vouches for the scanner.
PROOF_SECONDS = 3600
# How long it is believed to speak of its limits: asking costs a millisecond, and a clamd that was
# restarted with others would be silent about what it does not scan.
LIMITS_PROOF_SECONDS = 60
# A scanner that does not answer is asked once in this time, not by every waiting file.
AWAY_SECONDS = 5
# A scanner that failed the test is set right by hand, and testing it takes seconds.
DISTRUST_SECONDS = 60


def scanner() -> ClamdClient:
    """The configured clamd."""
    return ClamdClient(
        settings.CLAMD_ADDRESS,
        connect_timeout_seconds=settings.CLAMD_CONNECT_TIMEOUT_SECONDS,
        scan_timeout_seconds=settings.CLAMD_SCAN_TIMEOUT_SECONDS,
        scan_timeout_seconds_per_mebibyte=settings.CLAMD_SCAN_TIMEOUT_SECONDS_PER_MEBIBYTE,
    )


def is_demo_without_scanner() -> bool:
    """Whether files pass unscanned: only in a demonstration, and only with DEBUG."""
    return bool(django_settings.DEBUG and settings.DEMO_WITHOUT_SCANNER)


def takes_descriptors(client: ClamdClient, alias: str) -> bool:
    """Whether files of this storage are handed to clamd as descriptors, not sent to it."""
    return client.is_local and isinstance(storage_for(alias), NASStorage | LibraryStorage)


def self_test(
    client: ClamdClient, alias: str = INCOMING, beat: Callable[[], None] | None = None
) -> Proof:
    """Have the scanner find a virus in the last bytes of the largest file, as files of this storage
    are scanned. Raises ScannerUnavailable, and StorageOffline where the storage is away.
    """
    if not takes_descriptors(client, alias):
        return prove(client, settings.MAX_FILE_BYTES, beat=beat)
    # Nothing is ever written into a library.
    place = storage_for(INCOMING if isinstance(storage_for(alias), LibraryStorage) else alias)
    with place.hollow_file(settings.MAX_FILE_BYTES, eicar()) as descriptor:
        return prove(client, settings.MAX_FILE_BYTES, descriptor=descriptor, beat=beat)


def trusted_version(client: ClamdClient, alias: str, beat: Callable[[], None] | None = None) -> str:
    """The scanner's version, once it has proved itself for files of this storage.

    Raises ScannerUnavailable, saying which line of its configuration is wrong, if it does not.
    """
    if reason := _reason_to_leave_alone(client):
        raise ScannerUnavailable(reason)
    try:
        version = client.version()
        _require_proof(client, version, alias, beat)
    except ScannerUnavailable as error:
        # Not for longer than what the proof itself has said meanwhile.
        if not is_away(client):
            _remember(_key("away", client.address), str(error), AWAY_SECONDS)
        raise
    return f"{version.engine} {version.signatures}".strip()


def _require_proof(
    client: ClamdClient, version: ScannerVersion, alias: str, beat: Callable[[], None] | None
) -> None:
    identity = (client.address, version, takes_descriptors(client, alias), settings.MAX_FILE_BYTES)
    whole, limits = _key("proof", *identity), _key("limits", *identity)
    if _remembered(whole) and (_remembered(limits) or _speaks_of_its_limits(client, limits)):
        return
    cache.delete(whole)
    proof = self_test(client, alias, beat)
    if not proof.is_passed:
        logger.error("nothing is scanned for viruses: %s", proof.explanation)
        _remember(_key("away", client.address), proof.explanation, DISTRUST_SECONDS)
        raise ScannerUnavailable(proof.explanation)
    _remember(whole, True, PROOF_SECONDS)
    _remember(limits, True, LIMITS_PROOF_SECONDS)


def _speaks_of_its_limits(client: ClamdClient, key: str) -> bool:
    if not speaks_of_its_limits(client):
        return False
    _remember(key, True, LIMITS_PROOF_SECONDS)
    return True


def is_away(client: ClamdClient) -> bool:
    """Whether the scanner has just now not answered, or not passed its test."""
    return bool(_reason_to_leave_alone(client))


def _reason_to_leave_alone(client: ClamdClient) -> str:
    return _remembered(_key("away", client.address)) or ""


def _remember(key: str, value: object, seconds: int) -> None:
    cache.set(key, (value, time.time(), seconds), seconds)


def _remembered(key: str) -> object | None:
    """What was remembered within its time. A cache goes by the clock of who wrote: what a machine
    wrote whose clock was a day ahead would hold for a day.
    """
    value, at, seconds = cache.get(key) or (None, 0, 0)
    return value if abs(time.time() - at) <= seconds else None


def _key(kind: str, *identity: object) -> str:
    # Not hash(): that differs from one process to the next, and each would prove it again.
    digest = hashlib.sha256(repr(identity).encode()).hexdigest()
    return f"pumbaphoto.scanner.{kind}.{digest}"
