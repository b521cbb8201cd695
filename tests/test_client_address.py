"""Whose request it is: a proxy's word, and what counts as one client."""

import pytest

from pumbaphoto_wagtail.client_address import login_address, network_of


@pytest.mark.parametrize(
    ("remote", "header", "network"),
    [
        ("203.0.113.77", "198.51.100.1", "203.0.113.0/24"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.0/24"),
        ("127.0.0.1", "nonsense", ""),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.77", "", "203.0.113.0/24"),
    ],
)
def test_f18_the_proxys_word_counts_only_on_a_local_connection(
    rf, settings, remote, header, network
):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "TRUSTED_ADDRESS_HEADER": "X-Real-IP"}
    request = rf.get("/", REMOTE_ADDR=remote, headers={"X-Real-IP": header})
    assert network_of(request) == network


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("203.0.113.77", "203.0.113.77"),
        # Whoever has one address of a network has them all.
        ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
        ("::ffff:203.0.113.77", "203.0.113.77"),
        ("", None),
    ],
)
def test_p65_failed_logins_are_counted_by_what_one_client_cannot_change(rf, remote, address):
    assert login_address(rf.get("/", REMOTE_ADDR=remote)) == address
