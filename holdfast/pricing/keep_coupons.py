"""Keep coupons, and count their uses. Owns that the last use goes once, and none beyond a buyer's own.

A coupon that everybody wants is one row. It is locked last of all, for as long as it takes to write
an order, and what is decided under its lock are only its uses: prices were made before.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Connection, Do, Many, Maybe, Queries, Transaction
from holdfast.db.together import Part
from holdfast.errors.checkout import CouponRefused
from holdfast.errors.request import FieldInvalid, NotFound
from holdfast.pricing.coupon import Coupon, Entered, Kind, Reason
from holdfast.pricing.quote import TakenOff


class Use(msgspec.Struct, frozen=True):
    """What an order takes off by its coupons, by what its buyer is known, and the orders it replaces."""

    order_id: str
    coupons: tuple[TakenOff, ...]
    buyers: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    """They end with it, so what they use is free for it."""


class CouponRow(Coupon, frozen=True):
    """A coupon, and how often it is used: by orders that were not cancelled, or whose use was kept."""

    uses: int = 0


class UseRow(msgspec.Struct, frozen=True):
    """An order that used a coupon; what it took off in minor units."""

    order_id: str
    kind: Kind
    discount_minor: int
    state: str
    placed_at: datetime


class LockedUses(msgspec.Struct, frozen=True):
    """How often a locked coupon is used, and may be."""

    code: str
    uses: int
    uses_max: int | None
    uses_per_buyer_max: int | None


class UsedBy(msgspec.Struct, frozen=True):
    """A buyer who used a coupon in an order."""

    code: str
    buyer: str
    order_id: str


class UsedIn(msgspec.Struct, frozen=True):
    """An order, and a coupon whose use counts for it."""

    code: str
    order_id: str


class UsedUp(msgspec.Struct, frozen=True):
    """A coupon that nobody can use any more, for what is in a cart."""

    cart_id: str
    code: str


class sql(Queries):
    terms: Many[Coupon]
    used_up: Many[UsedUp]
    lock: Many[LockedUses]
    used_by: Many[UsedBy]
    used_in: Many[UsedIn]
    count: Many[str]
    also_used_by: Do
    end_uses: Do
    set: Maybe[int]
    page: Many[CouponRow]
    uses: Many[UseRow]


class Counted(msgspec.Struct, frozen=True):
    """What is used of locked coupons, by whom of these who want to, and by orders that are to be replaced."""

    locked: Sequence[LockedUses] = ()
    used_by: Sequence[UsedBy] = ()
    used_in: Sequence[UsedIn] = ()

    def refusals(self, uses: Sequence[Use]) -> dict[str, CouponRefused]:
        """Whom of these, first come, first served, there is no use left for, by order."""
        left = {row.code: row.uses_max - row.uses for row in self.locked if row.uses_max is not None}
        most = {row.code: row.uses_per_buyer_max for row in self.locked if row.uses_per_buyer_max is not None}
        orders: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in self.used_by:
            orders[row.code, row.buyer].add(row.order_id)
        refused: dict[str, CouponRefused] = {}
        for use in uses:
            codes = [off.code for off in use.coupons]
            own = Counter(row.code for row in self.used_in if row.order_id in use.replaced)
            mine = {c: {o for b in use.buyers for o in orders[c, b]}.difference(use.replaced) for c in codes}
            used_up = [code for code in codes if code in left and left[code] + own[code] < 1]
            used_before = [code for code in codes if code in most and len(mine[code]) >= most[code]]
            if used_up:
                refused[use.order_id] = CouponRefused(coupon=used_up[0], reason=Reason.USED_UP)
            elif used_before:
                refused[use.order_id] = CouponRefused(coupon=used_before[0], reason=Reason.USED_BEFORE)
            else:
                left = {code: n + own[code] - codes.count(code) for code, n in left.items()}
                for used in orders.values():
                    used.difference_update(use.replaced)
                for code in codes:
                    for buyer in use.buyers:
                        orders[code, buyer].add(use.order_id)
        return refused


async def read_terms(connection: Connection, *, codes: Collection[str]) -> dict[str, Coupon]:
    """What was decided of these coupons, by code; those that exist."""
    return {c.code: c for c in await sql.terms(connection, codes=sorted(codes))} if codes else {}


async def read_entered(
    connection: Connection, *, carts: Mapping[str, Sequence[str]], at: datetime
) -> dict[str, Entered]:
    """What is known of the codes in carts (the ones in which they live now), by cart, to be shown."""
    pairs = [(cart_id, code) for cart_id, codes in carts.items() for code in codes]
    if not pairs:
        return dict.fromkeys(carts, Entered())
    cart_ids, codes = ([pair[place] for pair in pairs] for place in (0, 1))
    known = await read_terms(connection, codes=set(codes))
    used_up = await sql.used_up(connection, cart_ids=cart_ids, codes=codes)
    return {
        cart_id: Entered(tuple(mine), known, [row.code for row in used_up if row.cart_id == cart_id], at)
        for cart_id, mine in carts.items()
    }


async def lock_uses(tx: Transaction, *, uses: Sequence[Use]) -> Counted:
    """Lock the coupons of these uses, and those of the orders they replace; after the stock."""
    codes = {off.code for use in uses for off in use.coupons}
    replaced = sorted({order_id for use in uses for order_id in use.replaced})
    if not codes and not replaced:
        return Counted()
    locked = await sql.lock(tx, codes=sorted(codes), ending=replaced)
    rationed = {row.code for row in locked if row.uses_per_buyer_max is not None}
    pairs = sorted(
        {(off.code, b) for use in uses for off in use.coupons if off.code in rationed for b in use.buyers}
    )
    codes_of, buyers = ([pair[place] for pair in pairs] for place in (0, 1))
    return Counted(
        locked,
        await sql.used_by(tx, codes=codes_of, buyers=buyers) if pairs else (),
        await sql.used_in(tx, order_ids=replaced) if locked and replaced else (),
    )


def counting(uses: Sequence[Use], *, at: datetime) -> Part:
    """Count uses that were taken, in the statement that writes their orders."""
    used = [(off, use.order_id) for use in uses for off in use.coupons]
    users = [(off.code, buyer, use.order_id) for use in uses for off in use.coupons for buyer in use.buyers]
    given = {
        "used_codes": [off.code for off, _ in used],
        "used_in": [order_id for _, order_id in used],
        "used_kinds": [off.kind for off, _ in used],
        "used_discounts": [off.discount_minor for off, _ in used],
        "taken_codes": [code for code, _, _ in users],
        "buyers": [buyer for _, buyer, _ in users],
        "taken_in": [order_id for _, _, order_id in users],
        "used_at": at,
    }
    return Part(sql.count, given)


async def count_for(tx: Transaction, *, cart_ids: Sequence[str], buyer: str) -> None:
    """Count what a guest's unpaid orders use for the customer who they turn out to be, too."""
    await sql.also_used_by(tx, cart_ids=list(cart_ids), buyer=buyer)


async def end_uses(tx: Transaction, *, order_ids: Sequence[str], keeping: Collection[str] = ()) -> None:
    """Give back what cancelled orders used, but for those ``keeping`` it; after the stock. Twice is once."""
    if order_ids and await sql.lock(tx, codes=[], ending=list(order_ids)):
        await sql.end_uses(tx, order_ids=list(order_ids), keeping=sorted(keeping))


async def set_coupon(tx: Transaction, coupon: Coupon, *, at: datetime) -> CouponRow:
    """Create a coupon or decide anew; raises FieldInvalid for a limit that its uses have passed."""
    decided = msgspec.structs.asdict(coupon)
    uses = await sql.set(tx, **decided, at=at)
    if uses is None:
        raise FieldInvalid(field="uses_max", reason="is less than the uses that count already")
    return CouponRow(**decided, uses=uses)


async def page_of_coupons(connection: Connection, *, after: str, rows_max: int) -> list[CouponRow]:
    """Coupons by code, those behind the cursor."""
    return await sql.page(connection, after=after, rows_max=rows_max)


async def page_of_uses(connection: Connection, *, code: str, before: str, rows_max: int) -> list[UseRow]:
    """The orders that used a coupon, newest first, those behind the cursor; raises NotFound for no coupon."""
    if not await read_terms(connection, codes=[code]):
        raise NotFound(kind="coupon", id=code)
    return await sql.uses(connection, code=code, before=before, rows_max=rows_max)
