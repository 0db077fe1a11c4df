"""Payment links: a hosted page for an amount (gateways.md §3.4)."""

from functools import partial
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.providers.razorpay import errors
from holdfast.sandbox.providers.razorpay.account import Account, new_id
from holdfast.sandbox.providers.razorpay.objects import PaymentLink, Visit
from holdfast.sandbox.providers.razorpay.orders import open_order
from holdfast.sandbox.providers.razorpay.wire import Amount, Ask, Currency, NotesIn, money, notes

EXPIRE_SECONDS_MAX = 184 * 86_400  # six months

Reference = Annotated[str, Meta(max_length=40)]


class Customer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who is asked to pay."""

    name: str = ""
    email: str = ""
    contact: str = ""


class Notify(Struct, frozen=True, kw_only=True):
    """By which ways Razorpay sends the link; the sandbox sends nothing."""

    sms: bool = False
    email: bool = False


class NewLink(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /payment_links`."""

    amount: Amount
    currency: Currency = "INR"
    accept_partial: bool = False
    reference_id: Reference = ""
    description: Annotated[str, Meta(max_length=2_048)] = ""
    customer: Customer = Customer()
    notify: Notify = Notify()
    reminder_enable: bool = False
    expire_by: int = 0
    callback_url: str = ""
    callback_method: Literal["", "get"] = ""
    notes: NotesIn = {}


class LinkChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `PATCH /payment_links/{id}`."""

    reference_id: Reference | None = None
    expire_by: int | None = None
    notes: NotesIn | None = None
    reminder_enable: bool | None = None


class LinkList(Struct, frozen=True):
    """Links newest first; no collection, unlike all other lists."""

    payment_links: list[Any]


def create(ask: Ask) -> PaymentLink:
    """A new link, with the order that its payments belong to."""
    wanted, account = ask.read(NewLink), ask.account
    money(wanted.amount, wanted.currency)
    if wanted.accept_partial:
        raise errors.invalid("Partial payments are not enabled for this account.", field="accept_partial")
    if wanted.callback_url and not wanted.callback_method:
        raise errors.invalid("The callback method field is required.", field="callback_method")
    _see_that_it_is_unique(account, wanted.reference_id)
    _see_that_it_lies_ahead(wanted.expire_by)
    link_id, kept = new_id("plink"), notes(wanted.notes)
    order = open_order(
        account,
        amount=wanted.amount,
        currency=wanted.currency,
        receipt=wanted.reference_id or None,
        notes=kept,
        link=link_id,
    )
    link = account.save(
        PaymentLink(
            id=link_id,
            amount=wanted.amount,
            callback_method=wanted.callback_method,
            callback_url=wanted.callback_url,
            created_at=order.created_at,
            currency=wanted.currency,
            customer={
                name: text for name in Customer.__struct_fields__ if (text := getattr(wanted.customer, name))
            },
            description=wanted.description,
            expire_by=wanted.expire_by,
            notes=kept,
            notify={"email": wanted.notify.email, "sms": wanted.notify.sms},
            order_id=order.id,
            reference_id=wanted.reference_id,
            reminder_enable=wanted.reminder_enable,
            short_url=f"{account.base_url}/i/{link_id}",
            updated_at=order.created_at,
        )
    )
    buyer = Visit(id=order.id)
    account.save(
        replace(
            buyer,
            email=wanted.customer.email or buyer.email,
            contact=wanted.customer.contact or buyer.contact,
        )
    )
    if link.expire_by:
        account.later((link.expire_by - seconds()) * 1000, partial(expire, account, link.id))
    return link


def read(ask: Ask) -> PaymentLink:
    """One link."""
    return ask.find(ask.account.links)


def listing(ask: Ask) -> LinkList:
    """Links newest first, of one reference or payment if asked."""
    reference, payment = ask.query.get("reference_id"), ask.query.get("payment_id")
    links = reversed(ask.account.links.values())
    return LinkList(
        [
            link
            for link in links
            if reference in (None, link.reference_id)
            and (payment is None or ask.account.order_of(payment) == link.order_id)
        ]
    )


def update(ask: Ask) -> PaymentLink:
    """Change what may be changed while nothing is paid."""
    link, wanted = _unpaid(ask), ask.read(LinkChange)
    if wanted.reference_id is not None and wanted.reference_id != link.reference_id:
        _see_that_it_is_unique(ask.account, wanted.reference_id)
        link = replace(link, reference_id=wanted.reference_id)
    if wanted.expire_by is not None:
        _see_that_it_lies_ahead(wanted.expire_by)
        link = replace(link, expire_by=wanted.expire_by)
    if wanted.notes is not None:
        link = replace(link, notes=notes(wanted.notes))
    if wanted.reminder_enable is not None:
        link = replace(link, reminder_enable=wanted.reminder_enable)
    return ask.account.save(replace(link, updated_at=seconds()))


def cancel(ask: Ask) -> PaymentLink:
    """The link is withdrawn."""
    now = seconds()
    link = ask.account.save(replace(_unpaid(ask), status="cancelled", cancelled_at=now, updated_at=now))
    ask.account.tell("payment_link.cancelled", link.order_id, link)
    return link


def expire(account: Account, link_id: str) -> PaymentLink:
    """The link's time is over; one that is paid or withdrawn stays as it is."""
    link, now = account.links[link_id], seconds()
    if link.status != "created":
        return link
    link = account.save(replace(link, status="expired", expired_at=now, updated_at=now))
    account.tell("payment_link.expired", link.order_id, link)
    return link


def _unpaid(ask: Ask) -> PaymentLink:
    link = ask.find(ask.account.links)
    if link.status != "created":
        raise errors.invalid(f"Payment Link cannot be changed as it is {link.status}")
    return link


def _see_that_it_is_unique(account: Account, reference: str) -> None:
    if reference and any(link.reference_id == reference for link in account.links.values()):
        description = f"payment link with given reference_id ({reference}) already exists"
        raise errors.invalid(description, field="reference_id")


def _see_that_it_lies_ahead(expire_by: int) -> None:
    if expire_by and not 0 < expire_by - seconds() <= EXPIRE_SECONDS_MAX:
        raise errors.invalid("expire_by should be in the future, within six months", field="expire_by")
