"""Share-link tokens: computed, never stored.

A token is the UUID formed from HMAC-SHA256(key, link's identity + epoch): 122 bits that cannot be
guessed. The database keeps only its SHA-256 and the key's name, so that a copy of the database
opens nothing, while "copy link" can compute the token again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import uuid

from django.conf import settings as django_settings
from django.utils.crypto import salted_hmac

from .conf import settings


def keys() -> dict[str, bytes]:
    """Every known key by its name; the last one makes new links.

    The keys derived from SECRET_KEY and its fallbacks come first, so that links made before
    ``LINK_KEYS`` was set can still be copied.
    """
    secrets = [*django_settings.SECRET_KEY_FALLBACKS, django_settings.SECRET_KEY]
    derived = {_derived_key_id(secret): _derive(secret).digest() for secret in secrets}
    return derived | {name: secret.encode() for name, secret in settings.LINK_KEYS.items()}


def _derived_key_id(secret: str) -> str:
    # Names its secret: after a change of SECRET_KEY an old link's key is unknown, rather than
    # another one that computes a token nobody can open.
    mark = salted_hmac("pumbaphoto.share-link-key-id", "", secret=secret, algorithm="sha256")
    return f"secret-key-{mark.hexdigest()[:8]}"


def _derive(secret: str) -> hmac.HMAC:
    return salted_hmac("pumbaphoto.share-link", "", secret=secret, algorithm="sha256")


def current_key_id() -> str:
    """The name of the key that new links are made with."""
    return list(keys())[-1]


def compute(link_id: uuid.UUID, epoch: int, key_id: str) -> uuid.UUID:
    """The token of a link; KeyError if its key is no longer known.

    The payload is delimited (JSON), so that no two pairs of link and epoch can look alike.
    """
    payload = json.dumps([str(link_id), epoch]).encode()
    digest = hmac.new(keys()[key_id], payload, hashlib.sha256).digest()
    return uuid.UUID(bytes=digest[:16], version=4)


def fingerprint(token: uuid.UUID) -> str:
    """What the database keeps of a token: its SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(str(token).encode()).hexdigest()


# An address of a share link, wherever the package is mounted and however it is spelled.
_ADDRESS = re.compile(r"(/(?:s|%73)(?:/|%2f)+)[^\s?#\"'<>]+", re.IGNORECASE)


class HideTokens(logging.Filter):
    """For the handlers of a site's LOGGING: no share link's token gets into a line of theirs.

    The door itself lets nothing of its address be logged; this is for an address that was mistyped
    so that it never reached the door, and for what others write down.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        hidden = _ADDRESS.sub(r"\1***", message)
        if hidden != message:
            record.msg, record.args = hidden, ()
        return True
