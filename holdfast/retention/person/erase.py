"""Erasing a person: the books keep orders, amounts and ids, and nobody who is named in them.

One transaction, under the locks that buying takes and in their order: the account first, and once more at
last, against whatever refers to it. Who places an order at that moment comes before it, and then the order is
open, or after it, and then there is no account.

This is the one file that writes into the tables of all others: the list of where people are is worth more in
one piece (``columns.py`` says of every column what becomes of it, and a test holds that none is missing).
"""

from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from holdfast import audit, ids
from holdfast.accounts.login.lockout import account_key
from holdfast.accounts.roles import Role
from holdfast.db.queries import Do, Many, Maybe, One, Queries, Transaction
from holdfast.errors.people import ErasureRefused
from holdfast.jobs import Job, enqueue
from holdfast.limits import OPEN_SHOWN_MAX, TRACE_CHARS_MIN
from holdfast.order.move_order import lock_orders
from holdfast.retention.person.traces import days_of_traces
from holdfast.retention.person.who import Finder, Person
from holdfast.shop_settings.rules import ShopRules


class OpenThing(msgspec.Struct, frozen=True):
    """What is not over: ``what`` is a kind (order, return, refund, dispute, payment, attention)."""

    order_id: str
    what: str
    subject: str


class Erased(msgspec.Struct, frozen=True):
    """What became of it; invoices keep their buyer for the years that the law wants them."""

    erasure_id: str
    orders: int
    invoices_kept: int


class sql(Queries):
    lock_customer: Maybe[str]
    lock_carts: Many[str]
    checkouts: Many[str]
    lock_account: Maybe[str]
    still_open: Many[OpenThing]
    traces: Many[str]
    begin: Do
    empty_carts: Do
    leave_carts: Do
    forget_checkouts: Do
    forget_orders: Do
    forget_attempts: Do
    forget_proofs: Do
    forget_refunds: Do
    forget_returns: Do
    forget_photos: Do
    forget_shipments: Do
    forget_purchases: Do
    forget_hold_buyers: Do
    forget_coupon_buyers: Do
    forget_matters: Do
    forget_words: Do
    forget_logins: Do
    forget_places: Do
    forget_failures: Do
    forget_codes: Do
    forget_totp: Do
    forget_addresses: Do
    forget_wishes: Do
    lock_reviews: Many[str]
    forget_reviews: Do
    forget_letters: Do
    forget_alerts: Do
    delete_customer: One[int]
    invoices: One[int]


async def erase(tx: Transaction, find: Finder, *, rules: ShopRules, actor: str, at: datetime) -> Erased:
    """Take a person out of everything; what no key leads to follows by a job.

    Raises ErasureRefused with what is in the way: open orders, returns, refunds, disputes, payments and
    matters of theirs, or that they work here. Doing it twice does nothing the second time.
    """
    person = await _lock(tx, find)
    await _check(tx, person)
    erasure_id = ids.mint("ers")
    traces = await _traces(tx, person, rules=rules, at=at)
    await sql.begin(tx, id=erasure_id, user_id=person.user_id, actor=actor, traces=traces, at=at)
    await enqueue(tx, Job.FINISH_ERASURE, [erasure_id])
    await _forget_purchases_of(tx, person)
    if person.account:
        await _forget_account(tx, person.account.user_id, email=person.account.email)
    detail = {"erasure": erasure_id, "orders": len(person.order_ids)}
    subject = person.user_id or erasure_id
    await audit.record(tx, actor=actor, action="person.erased", subject=subject, detail=detail, at=at)
    kept = await sql.invoices(tx, order_ids=list(person.order_ids))
    return Erased(erasure_id, len(person.order_ids), kept)


async def _lock(tx: Transaction, find: Finder) -> Person:
    """The person as they are once nobody can add to them any more."""
    person = await find(tx)
    if person.user_id:
        await sql.lock_customer(tx, user_id=person.user_id)
        await sql.lock_carts(tx, user_id=person.user_id)
    await lock_orders(tx, order_ids=person.order_ids)
    if person.user_id is None:
        return person
    await sql.lock_account(tx, user_id=person.user_id)
    person = await find(tx)  # anew: what was seen is older than the lock
    await lock_orders(tx, order_ids=person.order_ids)
    return person


async def _check(tx: Transaction, person: Person) -> None:
    found = await sql.still_open(tx, order_ids=list(person.order_ids), rows_max=OPEN_SHOWN_MAX)
    in_the_way: list[dict[str, str | int]] = [
        {"what": thing.what, "order_id": thing.order_id, "subject": thing.subject} for thing in found
    ]
    if person.account and person.account.role != Role.CUSTOMER:
        in_the_way.append({"what": "role", "subject": person.account.role})
    if in_the_way:
        raise ErasureRefused(open=in_the_way)


async def _traces(tx: Transaction, person: Person, *, rules: ShopRules, at: datetime) -> list[str]:
    """What bytes of others would know them by: addresses, phones, and ids of what happened lately."""
    since = at - timedelta(days=days_of_traces(rules))
    found = await sql.traces(
        tx, user_id=person.user_id, order_ids=list(person.order_ids), emails=_lowered(person), since=since
    )
    known = {*found, *person.emails, *([person.user_id] if person.user_id else [])}
    known |= {email.lower() for email in known if "@" in email}  # as providers write them
    known |= {quote(trace, safe="") for trace in known}  # as it stands in forms
    return sorted(trace for trace in known if len(trace) >= TRACE_CHARS_MIN)


async def _forget_purchases_of(tx: Transaction, person: Person) -> None:
    """Checkouts and orders, with all that hangs on them, and what waits for the address."""
    orders, emails = list(person.order_ids), _lowered(person)
    checkouts = await sql.checkouts(tx, user_id=person.user_id, order_ids=orders, emails=emails)
    await sql.forget_checkouts(tx, checkout_ids=checkouts)
    await sql.forget_hold_buyers(tx, checkout_ids=checkouts)
    await sql.forget_orders(tx, order_ids=orders)
    for forget in (
        sql.forget_attempts,
        sql.forget_proofs,
        sql.forget_refunds,
        sql.forget_returns,
        sql.forget_photos,
        sql.forget_shipments,
        sql.forget_purchases,
        sql.forget_coupon_buyers,
        sql.forget_matters,
        sql.forget_words,
    ):
        await forget(tx, order_ids=orders)
    await sql.forget_alerts(tx, emails=emails)
    await sql.forget_letters(tx, user_id=person.user_id, emails=emails)


async def _forget_account(tx: Transaction, user_id: str, *, email: str) -> None:
    """What belongs to the account, and at last the account."""
    await sql.forget_failures(tx, user_id=user_id, subject=account_key(email))
    for forget in (
        sql.empty_carts,
        sql.leave_carts,
        sql.forget_logins,
        sql.forget_places,
        sql.forget_codes,
        sql.forget_totp,
        sql.forget_addresses,
        sql.forget_wishes,
        sql.lock_reviews,
        sql.forget_reviews,
    ):
        await forget(tx, user_id=user_id)
    await sql.delete_customer(tx, user_id=user_id)


def _lowered(person: Person) -> list[str]:
    return [email.lower() for email in person.emails]
