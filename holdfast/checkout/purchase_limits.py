"""How many units one buyer may have of a SKU within so many hours: a drop, a ration.

A buyer is known by the e-mail address and, if signed in, as a user; both have to be within the limit.
Orders count from the moment they are placed until they are cancelled, and what is held before there is an
order as long as it is held. What staff place or hold counts for nobody.

Which SKUs are limited at all is remembered by each process (``Limited``), so that where none of a batch
is, nothing is asked. Buyers of the same limited goods are locked after the checkouts and before the orders.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

import msgspec

from holdfast import ids
from holdfast.accounts.roles import GUEST
from holdfast.checkout.checkout import WantedLine
from holdfast.db.queries import Connection, Do, Many, Maybe, Queries, Transaction
from holdfast.db.together import Part
from holdfast.errors.checkout import PurchaseLimitReached
from holdfast.errors.problem import Line
from holdfast.errors.request import NotFound
from holdfast.errors.shelf import UnknownSku


class Limit(msgspec.Struct, frozen=True):
    """At most so many units for one buyer within so many hours."""

    sku: str
    units_max: int
    hours: int


class Purchase(msgspec.Struct, frozen=True):
    """Units of limited goods in one order, or in one early hold, counted for one buyer."""

    sku: str
    buyer: str
    order_id: str
    """Or the hold's, as long as there is no order."""
    quantity: int


class HeldFor(msgspec.Struct, frozen=True):
    """An early hold of limited goods, and one of the buyers by whom it is known, until when."""

    hold_id: str
    buyer: str
    until: datetime


class Limited(msgspec.Struct, frozen=True):
    """Which SKUs are limited, as this process remembers, and the key of buyers' digests."""

    skus: frozenset[str] = frozenset()
    secret_key: str = ""

    def buyers(self, email: str | None, actor: str) -> list[str]:
        """By what a buyer is known; upper and lower case of an address are the same person."""
        known = [] if actor == GUEST.id else [actor]
        if email:
            known.append(ids.token_for(self.secret_key, f"buyer:{email.strip().casefold()}"))
        return known


class sql(Queries):
    lock: Do
    limits: Many[Limit]
    bought: Many[Purchase]
    record: Many[str]
    hold_for: Do
    counted_unpaid: Many[str]
    also_bought_by: Do
    also_held_for: Do
    sweep: Do
    page: Many[Limit]
    skus: Many[str]
    limit_to: Maybe[Limit]
    lift: Maybe[str]
    tell: Do


class Allowance:
    """What the buyers of a batch may still have; what one takes is gone for the next."""

    def __init__(self, limits: Sequence[Limit] = (), bought: Sequence[Purchase] = ()) -> None:
        self._limits = {limit.sku: limit for limit in limits}
        self._bought: dict[tuple[str, str], list[Purchase]] = defaultdict(list)
        for purchase in bought:
            self._bought[purchase.sku, purchase.buyer].append(purchase)

    def take(
        self, order_id: str, lines: Sequence[WantedLine], buyers: Sequence[str], *, replaced: AbstractSet[str]
    ) -> list[Purchase]:
        """What an order or a hold counts as; raises PurchaseLimitReached, naming every line that is too much.

        Orders and holds that are ``replaced`` by it are about to end, so they do not count.
        """
        wanted: Counter[str] = Counter()
        for line in lines:
            if line.sku in self._limits:
                wanted[line.sku] += line.quantity
        had = {sku: self._had(sku, buyers, replaced) for sku in wanted}
        too_much = [
            _too_much(self._limits[sku], requested, had[sku])
            for sku, requested in wanted.items()
            if had[sku] + requested > self._limits[sku].units_max
        ]
        if too_much:
            raise PurchaseLimitReached(lines=too_much)
        taken = [Purchase(sku, buyer, order_id, units) for sku, units in wanted.items() for buyer in buyers]
        for purchase in taken:
            self._bought[purchase.sku, purchase.buyer].append(purchase)
        return taken

    def left(self, sku: str, buyers: Sequence[str], *, replaced: AbstractSet[str]) -> int | None:
        """How many units these may still have; None: as many as there are."""
        limit = self._limits.get(sku)
        return max(0, limit.units_max - self._had(sku, buyers, replaced)) if limit else None

    def _had(self, sku: str, buyers: Sequence[str], replaced: AbstractSet[str]) -> int:
        """What counts against the one of them who had most."""
        of_each = (
            sum(p.quantity for p in self._bought[sku, buyer] if p.order_id not in replaced)
            for buyer in buyers
        )
        return max(of_each, default=0)


async def lock_allowance(tx: Transaction, *, wishes: AbstractSet[tuple[str, str]], at: datetime) -> Allowance:
    """Lock the (SKU, buyer) pairs of a batch, and read what they may still have; nothing for no pairs."""
    if not wishes:
        return Allowance()
    skus, buyers = ([pair[place] for pair in sorted(wishes)] for place in (0, 1))
    await sql.lock(tx, skus=skus, buyers=buyers)
    return await read_allowance(tx, skus=sorted(set(skus)), wishes=wishes, at=at)


async def read_allowance(
    tx: Transaction, *, skus: Sequence[str], wishes: AbstractSet[tuple[str, str]], at: datetime
) -> Allowance:
    """The same without the lock, to show what can be had and not to promise it."""
    of, buyers = ([pair[place] for pair in sorted(wishes)] for place in (0, 1))
    limits = await sql.limits(tx, skus=list(skus))
    return Allowance(limits, await sql.bought(tx, skus=of, buyers=buyers, at=at) if wishes else ())


async def count_for(tx: Transaction, *, cart_ids: Sequence[str], buyer: str) -> None:
    """Count what a guest's carts hold and have unpaid for the customer who they turn out to be, too.

    Where that is more than one buyer may have, nothing is taken away; only nothing more is given.
    """
    skus = await sql.counted_unpaid(tx, cart_ids=list(cart_ids))
    if skus:
        await sql.lock(tx, skus=skus, buyers=[buyer] * len(skus))
        await sql.also_bought_by(tx, cart_ids=list(cart_ids), buyer=buyer)
        await sql.also_held_for(tx, cart_ids=list(cart_ids), buyer=buyer)


async def hold_for(tx: Transaction, *, held: Sequence[HeldFor]) -> None:
    """Count early holds, the pairs of their limited goods and buyers being locked."""
    if held:
        await sql.hold_for(
            tx,
            hold_ids=[one.hold_id for one in held],
            buyers=[one.buyer for one in held],
            untils=[one.until for one in held],
        )


async def sweep(tx: Transaction, *, before: datetime) -> int:
    """Forget for whom units were held until then."""
    return await sql.sweep(tx, before=before)


def recording(purchases: Sequence[Purchase], *, at: datetime) -> Part:
    """Count purchases, in the statement that writes their orders."""
    given = {
        "bought_skus": [p.sku for p in purchases],
        "bought_by": [p.buyer for p in purchases],
        "bought_in": [p.order_id for p in purchases],
        "bought_units": [p.quantity for p in purchases],
        "at": at,
    }
    return Part(sql.record, given)


async def read_limits(connection: Connection) -> list[Limit]:
    """Every limit, by SKU."""
    return await sql.page(connection)


async def read_limited(connection: Connection) -> frozenset[str]:
    """The SKUs that are limited."""
    return frozenset(await sql.skus(connection))


async def limit_purchases(tx: Transaction, limit: Limit) -> Limit:
    """Set a limit and tell every process; raises UnknownSku. It counts what is bought from then on."""
    found = await sql.limit_to(tx, sku=limit.sku, units_max=limit.units_max, hours=limit.hours)
    if found is None:
        raise UnknownSku(skus=[limit.sku], field="sku")
    await sql.tell(tx)
    return found


async def lift_limit(tx: Transaction, *, sku: str) -> None:
    """Let everybody have as many as there are again; raises NotFound where there is no limit."""
    if await sql.lift(tx, sku=sku) is None:
        raise NotFound(kind="purchase limit", id=sku)
    await sql.tell(tx)


def _too_much(limit: Limit, requested: int, had: int) -> Line:
    allowed: Mapping[str, int] = {"requested": requested, "allowed": max(0, limit.units_max - had)}
    return {"sku": limit.sku, **allowed, "hours": limit.hours}
