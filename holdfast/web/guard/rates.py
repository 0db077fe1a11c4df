"""How often somebody may ask: the class of every route, whom a request is counted for, and the counting.

A route's class follows from its action by the table below, or stands beside it (``opt["rate"]``). Figures are
the merchant's (``ShopRules.rate_limits``). The answers' headers are those of
draft-ietf-httpapi-ratelimit-headers-10.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec
from litestar import HttpMethod, Request

from holdfast.accounts.roles import Action, Principal, Role
from holdfast.errors.request import RateLimited
from holdfast.process import Process
from holdfast.shop_settings.rules import Rate, RateClass, ShopRules
from holdfast.web.guard.client import client_address, one_client
from holdfast.web.guard.windows import Hit, Windows, windows_at

OF_ACTION: dict[Action, RateClass] = {
    Action.BROWSE: RateClass.READS,
    Action.SHOP: RateClass.CHANGES,
    Action.DELIVER_WEBHOOK: RateClass.WEBHOOKS,
    Action.LOOK_AT_HEALTH: RateClass.HEALTH,
    Action.LOG_IN: RateClass.LOG_IN,
    Action.MANAGE_ACCOUNT: RateClass.CHANGES,
    Action.LIST_OWN_ORDERS: RateClass.CHANGES,
    Action.ACT_FOR_BUYERS: RateClass.STAFF,
    Action.MANAGE_PEOPLE: RateClass.STAFF,
    Action.READ_LOCKOUTS: RateClass.STAFF,
    Action.LIFT_LOCKOUTS: RateClass.STAFF,
    Action.READ_ORDERS: RateClass.STAFF,
    Action.CANCEL_ORDERS: RateClass.STAFF,
    Action.SET_ORDER_FACTS: RateClass.STAFF,
    Action.MOVE_ORDERS: RateClass.STAFF,
    Action.SHIP: RateClass.STAFF,
    Action.ISSUE_INVOICES: RateClass.STAFF,
    Action.CONFIRM_CASH: RateClass.STAFF,
    Action.RECORD_TRANSFER: RateClass.STAFF,
    Action.CAPTURE: RateClass.STAFF,
    Action.REFUND: RateClass.STAFF,
    Action.HANDLE_RETURNS: RateClass.STAFF,
    Action.EDIT_CATALOGUE: RateClass.STAFF,
    Action.MODERATE_REVIEWS: RateClass.STAFF,
    Action.READ_COUPONS: RateClass.STAFF,
    Action.EDIT_COUPONS: RateClass.STAFF,
    Action.MOVE_STOCK: RateClass.STAFF,
    Action.READ_ATTENTION: RateClass.STAFF,
    Action.RESOLVE_ATTENTION: RateClass.STAFF,
    Action.READ_EVENTS: RateClass.STAFF,
    Action.REPLAY_EVENTS: RateClass.STAFF,
    Action.CHANGE_SETTINGS: RateClass.STAFF,
    Action.SELL: RateClass.CHANGES,
    Action.READ_VENDORS: RateClass.STAFF,
    Action.MANAGE_VENDORS: RateClass.STAFF,
    Action.PAY_VENDORS: RateClass.STAFF,
    Action.READ_AUDIT: RateClass.STAFF,
    Action.HANDLE_PERSONAL_DATA: RateClass.STAFF,
    Action.READ_STOCK: RateClass.STAFF,
    Action.SET_STOCK_TERMS: RateClass.STAFF,
}

_BY_ADDRESS = {RateClass.HEALTH, RateClass.LOG_IN, RateClass.WRONG_KEYS}
_DIGEST_CHARS = 24
CLIENTS_KEPT = 4_096  # whose addresses have been found out


class Figure(msgspec.Struct, frozen=True):
    """What the merchant allows of a class, ready for counting."""

    kind: str
    rate: Rate
    policy: str


class Asking(msgspec.Struct, frozen=True):
    """What tells who asks; secrets are digests."""

    principal: Principal
    address: str
    api_key: str = ""
    token: str = ""


def class_of(opt: Mapping[str, Any], method: str) -> RateClass:
    """What a request to this route is counted as."""
    given: RateClass | None = opt.get("rate")
    kind = given or OF_ACTION[opt["action"]]
    looks = method in (HttpMethod.GET, HttpMethod.HEAD)
    return RateClass.READS if kind is RateClass.CHANGES and looks else kind


def counted_for(kind: RateClass, asking: Asking) -> list[tuple[RateClass, str]]:
    """The classes a request is counted in, each with whom it is counted for.

    A buyer's secret is not yet proved, so what it is counted by is counted for the address first.
    """
    principal = asking.principal
    if kind is RateClass.WEBHOOKS:
        return []  # those whose signature does not fit, once that is known
    if kind in _BY_ADDRESS:
        return [(kind, asking.address)]
    if asking.api_key:
        return [(RateClass.API_KEYS, asking.api_key)]
    if principal.is_staff:
        return [(RateClass.STAFF, principal.id)]
    who = asking.address if principal.role is Role.GUEST else principal.id
    match kind:
        case RateClass.CHECKOUT:
            return [(RateClass.CHANGES, who), (kind, asking.token or who)]
        case RateClass.STAFF:
            return [(RateClass.READS, who)]  # it is not theirs, and will be refused
        case _:
            return [(kind, who)]


class Rates:
    """Counts the requests of one process; every request passes here, so it is spared what can be."""

    def __init__(self, process: Process, windows: Windows | None) -> None:
        self._process, self._windows = process, windows
        door = process.settings.door
        self._header = door.forwarded_header if door.trusted_proxies else ""
        self._client = lru_cache(maxsize=CLIENTS_KEPT)(
            lambda peer, named: one_client(client_address(peer, named, door=door))
        )
        self._rules: ShopRules | None = None
        self._figures: dict[str, Figure] = {}

    @property
    def are_off(self) -> bool:
        """Nothing is counted, because somebody said so."""
        return self._windows is None

    async def close(self) -> None:
        """Let go of where requests are counted."""
        if self._windows is not None:
            await self._windows.close()

    async def count_request(self, request: Request[Any, Any, Any], principal: Principal) -> None:
        """Count a request for who asks; raises RateLimited beyond what the merchant allows."""
        if self._windows is None:
            return
        get = request.headers.get
        asking = Asking(
            principal,
            self.address_of(request),
            _digest(get("authorization")),
            _digest(get("x-holdfast-token")),
        )
        for kind, who in counted_for(request.route_handler.opt["counted_as"], asking):
            await self.count(request, kind, who)

    async def count(self, request: Request[Any, Any, Any], kind: RateClass, who: str) -> None:
        """Count one request of a class for somebody; raises RateLimited when it is one too many."""
        if self._windows is None:
            return
        figure = self._figure(kind)
        hit = await self._windows.hit(kind + ":" + who, figure.rate.seconds)
        self._weigh(request, figure, hit, most=figure.rate.requests)

    async def check_wrong_keys(self, request: Request[Any, Any, Any]) -> None:
        """Before a key is looked up; raises RateLimited for an address that has sent too many wrong ones."""
        if self._windows is None:
            return
        figure = self._figure(RateClass.WRONG_KEYS)
        hit = await self._windows.look(RateClass.WRONG_KEYS + ":" + self.address_of(request))
        if hit.count >= figure.rate.requests:
            self._weigh(request, figure, hit, most=hit.count - 1)

    async def count_wrong_key(self, request: Request[Any, Any, Any]) -> None:
        """A key was none; raises RateLimited when there were too many from this address."""
        await self.count(request, RateClass.WRONG_KEYS, self.address_of(request))

    def _weigh(self, request: Request[Any, Any, Any], figure: Figure, hit: Hit, *, most: int) -> None:
        """Keep what the answer will say of it; raise RateLimited where it is one too many."""
        request.scope["state"].setdefault("counted", []).append((figure, hit))
        if hit.count > most:
            rate = figure.rate
            raise RateLimited(
                policy=figure.kind, limit=rate.requests, window_s=rate.seconds, reset_s=hit.reset_s
            )

    def _figure(self, kind: RateClass) -> Figure:
        rules = self._process.rules
        if rules is not self._rules:
            self._rules = rules
            self._figures = {str(each): _figure(each, rules.rate_for(each)) for each in RateClass}
        return self._figures[kind._value_]

    def address_of(self, request: Request[Any, Any, Any]) -> str:
        """Whose request it is, by address."""
        client = request.scope["client"]
        named = tuple(request.headers.getall(self._header, [])) if self._header else ()
        return self._client(client[0] if client else "", named)


@asynccontextmanager
async def open_rates(process: Process) -> AsyncIterator[Rates]:
    """Counting as the settings say, until the block ends."""
    door = process.settings.door
    rates = Rates(process, windows_at(door.rate_limit_url) if door.rate_limits else None)
    try:
        yield rates
    finally:
        await rates.close()


def rates_of(request: Request[Any, Any, Any]) -> Rates:
    """What counts this process's requests."""
    rates: Rates = request.app.state.rates
    return rates


def header_lines(counted: Sequence[tuple[Figure, Hit]]) -> list[tuple[bytes, bytes]]:
    """What a client may know of its windows."""
    left = ", ".join(
        f'"{figure.kind}";r={max(0, figure.rate.requests - hit.count)};t={hit.reset_s}'
        for figure, hit in counted
    )
    policy = ", ".join(figure.policy for figure, _ in counted)
    return [(b"ratelimit", left.encode()), (b"ratelimit-policy", policy.encode())]


def _figure(kind: RateClass, rate: Rate) -> Figure:
    return Figure(str(kind), rate, f'"{kind}";q={rate.requests};w={rate.seconds}')


def _digest(secret: str | None) -> str:
    """Secrets are not kept where requests are counted."""
    if not secret:
        return ""
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGEST_CHARS]
