"""The marketplace at the desk: who sells, for which commission, what they are owed, and what was paid out."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.people import Person, join_vendor, leave_vendor, people_of_vendor
from holdfast.accounts.roles import Action
from holdfast.catalog.product import Name, Slug
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read, transaction
from holdfast.errors.checkout import CurrencyMismatch
from holdfast.errors.request import FieldInvalid, NotFound
from holdfast.limits import EMAIL_CHARS_MAX, PAGE_ROWS_DEFAULT, REASON_CHARS_MAX, TOTAL_MINOR_MAX
from holdfast.money import Money
from holdfast.vendor import keep_vendors
from holdfast.vendor.keep_vendors import Vendor, find_vendor
from holdfast.vendor.ledger import adjust
from holdfast.vendor.payouts import Balance, Payout, balances_of, make_payout, mark_paid
from holdfast.web.admin.orders import BankReference
from holdfast.web.api.vendor import (
    NEWEST_ENTRY,
    EntryCursor,
    EntryPage,
    PayoutPage,
    RowsMax,
    ledger_page,
    payout_page,
)
from holdfast.web.session import Asked, Cursor, PathId, do_once, principal_of, process_of

Commission = Annotated[int, Meta(ge=0, le=10_000)]
Email = Annotated[
    str, Meta(max_length=EMAIL_CHARS_MAX, pattern=r"^[^@\x00-\x20\x7f]+@[^@\x00-\x20\x7f]+(?!\n)$")
]


class VendorBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new vendor; ``commission_bp`` in hundredths of a percent of what buyers pay for its goods."""

    slug: Slug
    name: Name
    commission_bp: Commission


class VendorChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes from now on; ``active`` false: it sells nothing more, and ships what it has sold."""

    name: Name | None = None
    commission_bp: Commission | None = None
    active: bool | None = None


class PersonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose address it is."""

    email: Email


class AdjustmentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the shop owes more, below zero less, and why (nothing about people)."""

    amount: Money
    reason: Annotated[str, Meta(min_length=1, max_length=REASON_CHARS_MAX, pattern=r"^[^\x00]*$")]


class PaidBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bank's reference of the transfer."""

    bank_reference: BankReference


class VendorPage(msgspec.Struct, frozen=True):
    """Vendors, in the order in which they came, and where the next page begins."""

    data: list[Vendor]
    next_cursor: str | None


class VendorWithBalance(msgspec.Struct, frozen=True):
    """A vendor, who sells for it, and what it is owed."""

    vendor: Vendor
    people: list[Person]
    balances: list[Balance]


@get("/vendors", opt={"action": Action.READ_VENDORS})
async def list_vendors(
    request: Asked, limit: RowsMax = PAGE_ROWS_DEFAULT, cursor: Cursor = None
) -> VendorPage:
    """All vendors."""
    rows = await read(
        process_of(request).database,
        lambda c: keep_vendors.page_of_vendors(c, after=cursor or "", rows_max=limit + 1),
    )
    return VendorPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


@post("/vendors", status_code=201, opt={"action": Action.MANAGE_VENDORS})
async def create(request: Asked, data: JSONBody[VendorBody]) -> Response[Vendor]:
    """Make a vendor; products name it by its slug when they are imported."""
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Vendor:
        return await keep_vendors.create_vendor(
            tx, slug=data.slug, name=data.name, commission_bp=data.commission_bp, actor=actor, at=at
        )

    return await do_once(request, effect, status=201, required=False)


@get("/vendors/{vendor_id:str}", opt={"action": Action.READ_VENDORS})
async def read_one(request: Asked, vendor_id: PathId) -> VendorWithBalance:
    """A vendor with its people and balances."""
    database = process_of(request).database
    return VendorWithBalance(
        await read(database, lambda c: find_vendor(c, vendor_id=vendor_id)),
        await read(database, lambda c: people_of_vendor(c, vendor_id=vendor_id)),
        await read(database, lambda c: balances_of(c, vendor_id=vendor_id)),
    )


@patch("/vendors/{vendor_id:str}", opt={"action": Action.MANAGE_VENDORS})
async def change(request: Asked, vendor_id: PathId, data: JSONBody[VendorChange]) -> Vendor:
    """Change name or commission, close a vendor or open it again; what was sold keeps its commission."""
    actor, at = principal_of(request).id, clock.now()
    return await transaction(
        process_of(request).database,
        lambda tx: keep_vendors.change_vendor(
            tx,
            vendor_id=vendor_id,
            name=data.name,
            commission_bp=data.commission_bp,
            active=data.active,
            actor=actor,
            at=at,
        ),
    )


@post("/vendors/{vendor_id:str}/people", status_code=200, opt={"action": Action.MANAGE_PEOPLE})
async def join(request: Asked, vendor_id: PathId, data: JSONBody[PersonBody]) -> Response[Person]:
    """Have somebody sell for a vendor, also with the log-ins and keys they have; not who works here."""
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Person:
        await find_vendor(tx, vendor_id=vendor_id)
        person = await join_vendor(tx, email=data.email, vendor_id=vendor_id, at=at)
        if person is None:
            raise FieldInvalid(field="email", reason="belongs to somebody who works here")
        detail = {"vendor_id": vendor_id}
        await audit.record(tx, actor=actor, action="vendor.joined", subject=person.id, detail=detail, at=at)
        return person

    return await do_once(request, effect, required=False)


@delete(
    "/vendors/{vendor_id:str}/people/{user_id:str}", status_code=200, opt={"action": Action.MANAGE_PEOPLE}
)
async def leave(request: Asked, vendor_id: PathId, user_id: PathId) -> Person:
    """Somebody does not sell for a vendor any more, at once."""
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Person:
        person = await leave_vendor(tx, user_id=user_id, vendor_id=vendor_id)
        if person is None:
            raise NotFound(kind="person of vendor", id=user_id)
        detail = {"vendor_id": vendor_id}
        await audit.record(tx, actor=actor, action="vendor.left", subject=user_id, detail=detail, at=at)
        return person

    return await transaction(process_of(request).database, effect)


@get("/vendors/{vendor_id:str}/ledger", opt={"action": Action.READ_VENDORS})
async def read_ledger(
    request: Asked, vendor_id: PathId, limit: RowsMax = PAGE_ROWS_DEFAULT, before: EntryCursor = NEWEST_ENTRY
) -> EntryPage:
    """What a vendor has earned, paid in commission, and given back, newest first."""
    await read(process_of(request).database, lambda c: find_vendor(c, vendor_id=vendor_id))
    return await ledger_page(request, vendor_id, limit=limit, before=before)


@post("/vendors/{vendor_id:str}/adjustments", status_code=200, opt={"action": Action.PAY_VENDORS})
async def make_adjustment(
    request: Asked, vendor_id: PathId, data: JSONBody[AdjustmentBody]
) -> Response[VendorWithBalance]:
    """Owe a vendor more or less than its lines say; needs an Idempotency-Key."""
    actor, at, rules = principal_of(request).id, clock.now(), process_of(request).rules
    if data.amount.currency != rules.currency:
        raise CurrencyMismatch(field="amount", given=data.amount.currency, wanted=rules.currency)
    if not 0 < abs(data.amount.amount) <= TOTAL_MINOR_MAX:
        raise FieldInvalid(field="amount.amount", reason="must be an amount, above or below zero")

    async def effect(tx: Transaction) -> VendorWithBalance:
        vendor = await find_vendor(tx, vendor_id=vendor_id)
        await adjust(tx, vendor_id=vendor_id, amount=data.amount, reason=data.reason, actor=actor, at=at)
        detail = {"amount_minor": data.amount.amount, "currency": data.amount.currency}
        await audit.record(tx, actor=actor, action="vendor.adjusted", subject=vendor_id, detail=detail, at=at)
        people = await people_of_vendor(tx, vendor_id=vendor_id)
        return VendorWithBalance(vendor, people, await balances_of(tx, vendor_id=vendor_id))

    return await do_once(request, effect)


@get("/vendors/{vendor_id:str}/payouts", opt={"action": Action.READ_VENDORS})
async def list_payouts(
    request: Asked, vendor_id: PathId, limit: RowsMax = PAGE_ROWS_DEFAULT, cursor: Cursor = None
) -> PayoutPage:
    """What was, or is to be, transferred to a vendor, newest first."""
    await read(process_of(request).database, lambda c: find_vendor(c, vendor_id=vendor_id))
    return await payout_page(request, vendor_id, limit=limit, cursor=cursor)


@post("/vendors/{vendor_id:str}/payouts", status_code=201, opt={"action": Action.PAY_VENDORS})
async def pay_out(request: Asked, vendor_id: PathId) -> Response[Payout]:
    """Make one payout of everything that is open, to be transferred next; needs an Idempotency-Key."""
    actor, at, currency = principal_of(request).id, clock.now(), process_of(request).rules.currency

    async def effect(tx: Transaction) -> Payout:
        return await make_payout(tx, vendor_id=vendor_id, currency=currency, actor=actor, at=at)

    return await do_once(request, effect, status=201)


@post("/payouts/{payout_id:str}/paid", status_code=200, opt={"action": Action.PAY_VENDORS})
async def paid(request: Asked, payout_id: PathId, data: JSONBody[PaidBody]) -> Response[Payout]:
    """The bank has sent a payout; said once. Needs an Idempotency-Key."""
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Payout:
        return await mark_paid(
            tx, payout_id=payout_id, bank_reference=data.bank_reference, actor=actor, at=at
        )

    return await do_once(request, effect)


ROUTES = [
    list_vendors,
    create,
    read_one,
    change,
    join,
    leave,
    read_ledger,
    make_adjustment,
    list_payouts,
    pay_out,
    paid,
]
