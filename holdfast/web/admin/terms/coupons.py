"""Coupons for staff: what each takes off and how often, and who has used it."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Response, get, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import FieldInvalid
from holdfast.limits import COUPON_USES_MAX, PAGE_ROWS_DEFAULT, TOTAL_MINOR_MAX
from holdfast.pricing.coupon import CODE, Coupon, Kind, plain
from holdfast.pricing.keep_coupons import CouponRow, UseRow, page_of_coupons, page_of_uses, set_coupon
from holdfast.web.api.carts import CouponCode
from holdfast.web.api.orders import RowsMax
from holdfast.web.session import Asked, Cursor, do_once, principal_of, process_of

_NEWEST = "ord_~"
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
"""What lies far outside is for the database no moment, but an infinity."""

AfterCode = Annotated[str | None, QueryParameter(pattern=CODE)]
Minor = Annotated[int, Meta(ge=1, le=TOTAL_MINOR_MAX)]
Uses = Annotated[int, Meta(ge=1, le=COUPON_USES_MAX)]


class CouponBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of a coupon but its code; amounts in minor units of the shop's currency."""

    kind: Kind
    percent_bp: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    amount_minor: Minor | None = None
    subtotal_min_minor: Annotated[int, Meta(ge=0, le=TOTAL_MINOR_MAX)] = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    uses_max: Uses | None = None
    uses_per_buyer_max: Uses | None = None
    combinable: bool = False
    active: bool = True


class CouponPage(msgspec.Struct, frozen=True):
    """Coupons by code, and where the next page begins."""

    data: list[CouponRow]
    next_cursor: str | None


class UsesPage(msgspec.Struct, frozen=True):
    """Orders that used a coupon, newest first, and where the next page begins."""

    data: list[UseRow]
    next_cursor: str | None


@get("/coupons", opt={"action": Action.READ_COUPONS})
async def list_coupons(
    request: Asked, limit: RowsMax = PAGE_ROWS_DEFAULT, cursor: AfterCode = None
) -> CouponPage:
    """Every coupon that there ever was, with how often it is used."""
    rows = await read(
        process_of(request).database,
        lambda c: page_of_coupons(c, after=cursor or "", rows_max=limit + 1),
    )
    return CouponPage(rows[:limit], rows[limit - 1].code if len(rows) > limit else None)


@get("/coupons/{coupon:str}/uses", opt={"action": Action.READ_COUPONS})
async def list_uses(
    request: Asked, coupon: CouponCode, limit: RowsMax = PAGE_ROWS_DEFAULT, cursor: Cursor = None
) -> UsesPage:
    """Which orders the number of uses is made of, and those whose use was given back."""
    rows = await read(
        process_of(request).database,
        lambda c: page_of_uses(c, code=plain(coupon), before=cursor or _NEWEST, rows_max=limit + 1),
    )
    return UsesPage(rows[:limit], rows[limit - 1].order_id if len(rows) > limit else None)


@put("/coupons/{coupon:str}", status_code=200, opt={"action": Action.EDIT_COUPONS})
async def set_one(request: Asked, coupon: CouponCode, data: JSONBody[CouponBody]) -> Response[CouponRow]:
    """Create a coupon, or decide anew what it takes off from now on; ``active: false`` ends it."""
    _check(data)
    process, actor, at = process_of(request), principal_of(request).id, clock.now()
    wanted = Coupon(code=plain(coupon), currency=process.rules.currency, **msgspec.structs.asdict(data))

    async def effect(tx: Transaction) -> CouponRow:
        detail = msgspec.to_builtins(wanted)
        await audit.record(tx, actor=actor, action="set_coupon", subject=wanted.code, detail=detail, at=at)
        return await set_coupon(tx, wanted, at=at)

    return await do_once(request, effect, required=False)


def _check(data: CouponBody) -> None:
    """Raise FieldInvalid for what does not fit together."""
    for field, kind in (("percent_bp", Kind.PERCENT), ("amount_minor", Kind.AMOUNT)):
        if (getattr(data, field) is not None) != (data.kind is kind):
            is_needed = "is needed by" if data.kind is kind else "does not go with"
            raise FieldInvalid(field=field, reason=f"{is_needed} a coupon of the kind {data.kind}")
    for field, moment in (("starts_at", data.starts_at), ("ends_at", data.ends_at)):
        if moment is not None and moment.tzinfo is None:
            raise FieldInvalid(field=field, reason="needs an offset, for example Z")
        if moment is not None and not _FIRST <= moment < _LAST:
            raise FieldInvalid(field=field, reason="must be a moment from 1970 until 9999")
    if data.starts_at and data.ends_at and data.starts_at >= data.ends_at:
        raise FieldInvalid(field="ends_at", reason="must be after starts_at")


ROUTES = [list_coupons, list_uses, set_one]
