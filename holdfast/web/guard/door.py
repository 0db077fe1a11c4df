"""What is refused before anything else is looked at: names of other hosts, addresses without end."""

from typing import Any

from litestar import Request

from holdfast.accounts.roles import Action
from holdfast.errors.request import AddressTooLong, HeadersTooLarge, HostUnknown, RequestMalformed
from holdfast.limits import HEAD_BYTES_MAX, URL_CHARS_MAX
from holdfast.settings import Door


def check_door(request: Request[Any, Any, Any], door: Door) -> None:
    """Refuse what is too long, what has two Hosts, and what is meant for another host.

    Raises AddressTooLong, HeadersTooLarge, RequestMalformed or HostUnknown. A Host that is none is refused
    by the framework (400); one that is missing counts as another's. Health is told to everybody: load
    balancers ask for it by an address, not by the shop's name.
    """
    scope = request.scope
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > URL_CHARS_MAX:
        raise AddressTooLong(chars_max=URL_CHARS_MAX)
    hosts, size = [], 0
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        if name == b"host":
            hosts.append(value)
    if size > HEAD_BYTES_MAX:
        raise HeadersTooLarge(bytes_max=HEAD_BYTES_MAX)
    if len(hosts) > 1:
        raise RequestMalformed(reason="There is more than one Host")  # RFC 9112 §3.2
    if not door.allowed_hosts or request.route_handler.opt["action"] is Action.LOOK_AT_HEALTH:
        return
    if not hosts or _name(hosts[0].decode("latin-1")) not in door.allowed_hosts:
        raise HostUnknown


def _name(host: str) -> str:
    """Without its port, in small letters; an IPv6 address keeps its brackets."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isascii() and port.isdigit() else host.lower()
