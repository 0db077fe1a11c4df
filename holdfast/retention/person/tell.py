"""Everything that is held about a person, as one document."""

from datetime import datetime
from typing import Any

import msgspec

from holdfast import audit
from holdfast.accounts.profile.change_email import AccountView, read_account
from holdfast.accounts.profile.keep_addresses import SavedAddress, list_addresses
from holdfast.db.queries import Connection, Many, Queries, Transaction
from holdfast.letters import About
from holdfast.limits import SWEEP_ROWS_MAX
from holdfast.order.read_order import OrderAnswer, read_orders
from holdfast.retention.person.who import Finder, Person


class Login(msgspec.Struct, frozen=True):
    """A log-in, over or not; ``place`` is a network address."""

    client: str
    place: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class Place(msgspec.Struct, frozen=True):
    """Where the account has been logged in."""

    place: str
    seen_at: datetime


class Key(msgspec.Struct, frozen=True):
    """An API key, without what opens anything."""

    name: str
    created_at: datetime
    last_used_at: datetime | None


class CheckoutTold(msgspec.Struct, frozen=True):
    """A checkout, whatever came of it."""

    id: str
    created_at: datetime
    state: str
    email: str | None
    shipping_address: dict[str, Any] | None
    billing_address: dict[str, Any] | None


class CartLine(msgspec.Struct, frozen=True):
    """What lies in a cart."""

    cart_id: str
    sku: str
    quantity: int
    added_at: datetime


class EventTold(msgspec.Struct, frozen=True):
    """What happened to an order."""

    order_id: str
    event: str
    at: datetime
    reason: str
    note: str


class ReturnTold(msgspec.Struct, frozen=True):
    """Goods that were to come back."""

    id: str
    order_id: str
    state: str
    comment: str
    photos: int
    created_at: datetime


class ProofTold(msgspec.Struct, frozen=True):
    """What was sent to show that a transfer is on its way."""

    order_id: str
    bank_reference: str | None
    media_type: str | None
    at: datetime


class InvoiceTold(msgspec.Struct, frozen=True):
    """An invoice as it was issued."""

    order_id: str
    issued_at: datetime
    document: dict[str, Any]


class Wish(msgspec.Struct, frozen=True):
    """What stands on the wishlist."""

    sku: str
    added_at: datetime


class Alert(msgspec.Struct, frozen=True):
    """What they wait for."""

    sku: str
    email: str
    created_at: datetime


class ReviewTold(msgspec.Struct, frozen=True):
    """What they said of a product, shown or not."""

    product: str
    state: str
    author: str
    stars: int
    title: str
    body: str
    written_at: datetime


class Letter(msgspec.Struct, frozen=True):
    """A letter to them: about what it was, not its text, which is not kept."""

    kind: str
    created_at: datetime


class PersonalData(msgspec.Struct, frozen=True):
    """All of it; hashes of passwords and keys are left out, for they tell nothing and open something."""

    emails: tuple[str, ...]
    account: AccountView | None
    addresses: list[SavedAddress]
    logins: list[Login]
    places: list[Place]
    keys: list[Key]
    orders: list[OrderAnswer]
    order_history: list[EventTold]
    invoices: list[InvoiceTold]
    returns: list[ReturnTold]
    transfer_proofs: list[ProofTold]
    checkouts: list[CheckoutTold]
    carts: list[CartLine]
    wishlist: list[Wish]
    stock_alerts: list[Alert]
    reviews: list[ReviewTold]
    letters: list[Letter]


class sql(Queries):
    logins: Many[Login]
    places: Many[Place]
    keys: Many[Key]
    history: Many[EventTold]
    invoices: Many[InvoiceTold]
    returns: Many[ReturnTold]
    proofs: Many[ProofTold]
    checkouts: Many[CheckoutTold]
    cart_lines: Many[CartLine]
    wishes: Many[Wish]
    alerts: Many[Alert]
    reviews: Many[ReviewTold]
    letters: Many[Letter]


async def tell_to(tx: Transaction, find: Finder, *, actor: str, at: datetime) -> PersonalData:
    """The document, and a line of the audit that says who has asked for it."""
    person = await find(tx)
    detail = {"orders": len(person.order_ids)}
    await audit.record(tx, actor=actor, action="person.told", subject=person.subject, detail=detail, at=at)
    return await _tell(tx, person)


async def _tell(connection: Connection, person: Person) -> PersonalData:
    """Empty lists where nothing is held."""
    user_id, orders = person.user_id, list(person.order_ids)
    emails = [email.lower() for email in person.emails]
    return PersonalData(
        emails=person.emails,
        account=await read_account(connection, user_id=user_id) if user_id else None,
        addresses=await list_addresses(connection, user_id=user_id) if user_id else [],
        logins=await sql.logins(connection, user_id=user_id),
        places=await sql.places(connection, user_id=user_id),
        keys=await sql.keys(connection, user_id=user_id),
        orders=await _orders(connection, orders),
        order_history=await sql.history(connection, order_ids=orders),
        invoices=await sql.invoices(connection, order_ids=orders),
        returns=await sql.returns(connection, order_ids=orders),
        transfer_proofs=await sql.proofs(connection, order_ids=orders),
        checkouts=await sql.checkouts(connection, user_id=user_id, order_ids=orders, emails=emails),
        carts=await sql.cart_lines(connection, user_id=user_id),
        wishlist=await sql.wishes(connection, user_id=user_id),
        stock_alerts=await sql.alerts(connection, emails=emails),
        reviews=await sql.reviews(connection, user_id=user_id),
        letters=await sql.letters(
            connection, user_id=user_id, emails=emails, order_ids=orders, kinds=list(About)
        ),
    )


async def _orders(connection: Connection, order_ids: list[str]) -> list[OrderAnswer]:
    found: list[OrderAnswer] = []
    for start in range(0, len(order_ids), SWEEP_ROWS_MAX):
        found += await read_orders(connection, order_ids=order_ids[start : start + SWEEP_ROWS_MAX])
    return found
