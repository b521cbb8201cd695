"""Fetching one picture from somebody else's server, of which nothing is believed.

The address is a provider's word, so the server may be anybody's: it is asked by https alone, at
public addresses alone, and at the very address that was looked at, so that a name which answers
something else the second time leads nowhere (DNS rebinding). Redirects are few, and each is looked
at anew; size and time are bounded; no cookie, no credentials and no referrer go along.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from collections.abc import Collection
from urllib.parse import urljoin, urlsplit

import certifi
import urllib3
from django.utils.translation import gettext as _

from pumbaphoto_wagtail.exceptions import NotFetched, StorageOffline
from pumbaphoto_wagtail.storage import in_time

MAX_REDIRECTS = 3
CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 5, 5, 20
BLOCK_BYTES = 64 * 1024
REDIRECTS = (301, 302, 303, 307, 308)
# What the intake takes, and no format that a browser alone would be asked for.
ASKED_FOR = {"Accept": "image/jpeg, image/png;q=0.9", "User-Agent": "PumbaPhoto"}


def fetch_picture(url: str, *, max_bytes: int, inside: Collection[str] = ()) -> bytes:
    """The bytes at an address; whether they are a picture is for the intake to find out.

    ``inside`` names hosts that may lie on a private network. Raises NotFetched, in words.
    """
    try:
        # However slowly it drips, a worker is not held by it.
        return in_time(lambda: _fetch(url, max_bytes, inside), WHOLE_SECONDS)
    except StorageOffline as error:
        raise NotFetched(_("The picture took too long to arrive.")) from error


def _fetch(url: str, max_bytes: int, inside: Collection[str]) -> bytes:
    for _turn in range(MAX_REDIRECTS + 1):
        answer = _ask(url, inside)
        try:
            if answer.status not in REDIRECTS:
                return _read(answer, max_bytes)
            url = urljoin(url, answer.headers.get("Location", ""))
        finally:
            answer.close()
    raise NotFetched(_("The picture’s address leads on and on."))


def _ask(url: str, inside: Collection[str]) -> urllib3.BaseHTTPResponse:
    host, port, target = _parts_of(url)
    address = _address_of(host, port, is_inside=host in inside)
    pool = urllib3.HTTPSConnectionPool(
        address,
        port,
        # Asked at the address that was looked at, and yet only whoever proves to be the host.
        server_hostname=host,
        assert_hostname=host,
        ssl_context=_trust(),
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=False,
        maxsize=1,
    )
    named = host if port == 443 else f"{host}:{port}"
    try:
        return pool.urlopen(
            "GET",
            target,
            headers={**ASKED_FOR, "Host": named},
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise NotFetched(_("%(host)s did not answer.") % {"host": host}) from error


def _parts_of(url: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port or 443
    except (ValueError, UnicodeError) as error:
        raise NotFetched(_("The picture has no address that can be used.")) from error
    is_plain = parts.scheme == "https" and parts.username is None and parts.password is None
    if not is_plain or not host:
        raise NotFetched(_("The picture is not at an https address."))
    target = parts._replace(scheme="", netloc="", fragment="", path=parts.path or "/").geturl()
    return host, port, target


def _address_of(host: str, port: int, *, is_inside: bool) -> str:
    """An address of a host. If one of them is not public, none of them is asked."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFetched(_("%(host)s cannot be found.") % {"host": host}) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not (is_inside or all(map(is_public, addresses))):
        raise NotFetched(_("%(host)s is not a public server.") % {"host": host})
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is anybody's on the internet, and nobody's in here."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.version == 6:
        # Addresses that carry another one inside, to which they lead.
        carried = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if carried:
            return is_public(str(carried))
        if found in _TRANSLATED:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    return found.is_global and not found.is_multicast


# RFC 6052: an IPv4 address behind a translator.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


def _trust() -> ssl.SSLContext:
    """What OpenSSL's own variable names, or else the authorities that all browsers know."""
    return ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())


def _read(answer: urllib3.BaseHTTPResponse, max_bytes: int) -> bytes:
    if answer.status != 200:
        raise NotFetched(_("The picture is not there (%(status)d).") % {"status": answer.status})
    content = bytearray()
    try:
        for block in answer.stream(BLOCK_BYTES, decode_content=False):
            content += block
            if len(content) > max_bytes:
                raise NotFetched(_("The picture is too large."))
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise NotFetched(_("The picture did not arrive whole.")) from error
    if not content:
        raise NotFetched(_("The picture is empty."))
    return bytes(content)
