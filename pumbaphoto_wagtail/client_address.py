"""Where a request comes from: the address that a proxy has told, and the network around it."""

from __future__ import annotations

import ipaddress

from django.http import HttpRequest

from .conf import settings

# A proxy on the same machine, or one that speaks over a unix socket.
LOCAL_ADDRESSES = ("", "127.0.0.1", "::1")
# One household or office, whatever address it has now; by protocol version.
NETWORK_BITS = {4: 24, 6: 64}
# Who has one IPv6 address has all of its network, and can send each request from another.
LOGIN_BITS = {4: 32, 6: 64}


def network_of(request: HttpRequest) -> str:
    """The client's network, /24 or /64, as "203.0.113.0/24"; "" if its address is not known."""
    network = _network(request, NETWORK_BITS)
    return "" if network is None else str(network)


def login_address(request: HttpRequest) -> str | None:
    """The address that failed logins are counted by, for ``AXES_CLIENT_IP_CALLABLE``.

    Of IPv6 the first address of the client's network; None if it is not known.
    """
    network = _network(request, LOGIN_BITS)
    return None if network is None else str(network.network_address)


def _network(
    request: HttpRequest, bits: dict[int, int]
) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        address = ipaddress.ip_address(_told_address(request))
    except ValueError:
        return None
    # An IPv4 client at a socket that takes both: its last 32 bits are the address.
    address = getattr(address, "ipv4_mapped", None) or address
    return ipaddress.ip_network((address, bits[address.version]), strict=False)


def _told_address(request: HttpRequest) -> str:
    """A proxy's header is believed only when the site names it and the connection is local."""
    address = request.META.get("REMOTE_ADDR", "")
    header = settings.TRUSTED_ADDRESS_HEADER
    if header and address in LOCAL_ADDRESSES:
        return request.headers.get(header, address)
    return address
