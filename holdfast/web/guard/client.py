"""Whose request it is: the address of a client, also behind proxies whose word is taken.

Pure. A header about addresses is a list to which each proxy appends whom it has heard, so it is read from
its end: the last entry is our own proxy's word, and whatever stands left of the first stranger that is named
can be invented (OWASP; RFC 7239 §8.1).
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from holdfast.limits import FORWARDED_HOPS_MAX
from holdfast.settings import Door, Network

_IPV6_ONE_CLIENT = 64  # bits: whoever has an IPv6 connection has that many addresses of their own


def client_address(peer: str, named: Sequence[str], *, door: Door) -> str:
    """The address of who asks; ``named`` are the values of the door's header, in their order.

    Without trusted proxies, or from a peer that is none, it is the peer's own.
    """
    if not door.trusted_proxies or not _is_trusted(peer, door.trusted_proxies):
        return peer
    found = peer
    hops = ",".join(named).rsplit(",", FORWARDED_HOPS_MAX)[-FORWARDED_HOPS_MAX:]
    for hop in reversed(hops):
        address = _for(hop) if door.forwarded_header == "forwarded" else _address(hop)
        if address is None:
            return found  # hidden, unknown or nonsense: the nearest one that is known answers for it
        found = address
        if not _is_trusted(found, door.trusted_proxies):
            return found
    return found


def one_client(address: str) -> str:
    """What is counted as one client: an IPv4 address, or the network of an IPv6 one."""
    found = _parsed(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, _IPV6_ONE_CLIENT), strict=False))
    return str(found or address)


def _is_trusted(address: str, proxies: tuple[Network, ...]) -> bool:
    found = _parsed(address)
    return found is not None and any(found in network for network in proxies)


def _for(hop: str) -> str | None:
    """The ``for`` of one element of Forwarded (RFC 7239 §4)."""
    for pair in hop.split(";"):
        name, _, value = pair.partition("=")
        if name.strip().lower() == "for":
            return _address(value.strip().strip('"'))
    return None


def _address(hop: str) -> str | None:
    """An address, with a port behind it or without."""
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    found = _parsed(text)
    return None if found is None else str(found)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An IPv4 address in IPv6 clothes is the IPv4 one."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
