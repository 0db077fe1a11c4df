"""Whose address counts: the nearest one that is not a proxy of ours, and nothing that anybody can write."""

from ipaddress import ip_network
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.settings import Door, ForwardedHeader
from holdfast.web.guard.client import client_address, one_client

OURS = tuple(ip_network(network) for network in ("10.0.0.0/8", "fd00::/8", "127.0.0.1/32"))
DOOR = Door(trusted_proxies=OURS)
RFC7239 = Door(trusted_proxies=OURS, forwarded_header="forwarded")


@pytest.mark.parametrize(
    ("peer", "named", "found"),
    [
        ("203.0.113.9", ["198.51.100.7"], "203.0.113.9"),  # not a proxy of ours: it says what it likes
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        (
            "10.0.0.1",
            ["1.1.1.1, 198.51.100.7"],
            "198.51.100.7",
        ),  # the first is an invention
        ("10.0.0.1", ["1.1.1.1", "198.51.100.7"], "198.51.100.7"),  # the same, in two lines
        ("10.0.0.1", ["198.51.100.7, 10.9.9.9, 10.0.0.2"], "198.51.100.7"),  # through three of ours
        ("10.0.0.1", ["10.3.3.3, 10.0.0.2"], "10.3.3.3"),  # somebody inside
        ("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7, ' OR 1=1"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("fd00::1", ["2001:db8::7, ::ffff:10.0.0.9"], "2001:db8::7"),
        ("10.0.0.1", ["198.51.100.7," + "10.0.0.2," * 10_000 + "10.0.0.2"], "10.0.0.2"),  # not read for ever
    ],
)
def test_x_forwarded_for_is_believed_from_its_end_as_far_as_our_own_proxies_go(
    peer: str, named: list[str], found: str
) -> None:
    assert client_address(peer, named, door=DOOR) == found


@pytest.mark.parametrize(
    ("named", "found"),
    [
        (["for=198.51.100.7"], "198.51.100.7"),
        (['For="[2001:db8::7]:4711";proto=https;by=10.0.0.1'], "2001:db8::7"),
        (["for=1.1.1.1, for=198.51.100.7;proto=http, for=10.0.0.2"], "198.51.100.7"),
        (['for="1.1.1.1, for=198.51.100.7'], "198.51.100.7"),  # an open quote of the client's hides nobody
        (["for=198.51.100.7, for=_hidden"], "10.0.0.1"),
        (["for=198.51.100.7, proto=http"], "10.0.0.1"),
        (["198.51.100.7"], "10.0.0.1"),
    ],
)
def test_forwarded_is_read_in_the_same_way(named: list[str], found: str) -> None:
    assert client_address("10.0.0.1", named, door=RFC7239) == found


def test_without_proxies_of_ours_no_header_is_believed() -> None:
    assert client_address("10.0.0.1", ["198.51.100.7"], door=Door()) == "10.0.0.1"


@given(st.lists(st.text()), st.sampled_from(get_args(ForwardedHeader)))
def test_whatever_a_header_says_the_last_word_of_our_proxy_counts(
    named: list[str], header: ForwardedHeader
) -> None:
    door = Door(trusted_proxies=OURS, forwarded_header=header)
    ours = "198.51.100.7" if header == "x-forwarded-for" else "for=198.51.100.7"
    assert client_address("10.0.0.1", [*named, ours], door=door) == "198.51.100.7"
    client_address("10.0.0.1", named, door=door)


def test_whoever_has_many_ipv6_addresses_is_counted_as_one_client() -> None:
    assert one_client("2001:db8:1:2:3:4:5:6") == one_client("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert one_client("2001:db8:1:3::1") != one_client("2001:db8:1:2::1")
    assert one_client("::ffff:198.51.100.7") == one_client("198.51.100.7") == "198.51.100.7"
    assert one_client("") == ""
