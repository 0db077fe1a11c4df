"""What Razorpay keeps of our orders and links, in as many questions as it takes (gateways.md §3.2, §3.4)."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from holdfast.payment.provider import Answer, Refused, Said, Unknown, form, redirect
from holdfast.payment.providers.razorpay import meaning
from holdfast.payment.providers.razorpay.account import LINK, RazorpaySettings
from holdfast.payment.providers.razorpay.meaning import refusal
from holdfast.payment.providers.razorpay.objects import (
    Address,
    Link,
    Links,
    Order,
    Orders,
    Payment,
    Payments,
    Refund,
    Refunds,
    Text,
)
from holdfast.payment.wire.call import UNREADABLE, Line, path
from holdfast.payment.wire.references import whole

CHECKOUT = "/v1/checkout/embedded"
DESCRIPTION, RETURN_URL = "description", "return_url"
"""Notes of our orders, for the form that leads a buyer to the checkout."""
LIST_ROWS_MAX = 100

Thing = TypeVar("Thing")


class Records:
    """One account's orders, links, payments and refunds; nothing here changes any."""

    def __init__(self, line: Line, settings: RazorpaySettings, *, live: bool) -> None:
        self._line, self._settings, self._live = line, settings, live

    async def of(self, provider_ref: str) -> Answer:
        """How our order or link stands, by its payments."""
        if provider_ref.startswith(LINK):
            link = await self._link(provider_ref)
            return await self.of_link(link) if isinstance(link, Link) else link
        order = await self._get(path("v1", "orders", provider_ref), Order)
        return await self.of_order(order) if isinstance(order, Order) else order

    async def of_order(self, order: Order) -> Answer:
        """The same of an order that was just read."""
        payments = [] if meaning.is_untouched(order) else await self._payments(order.id)
        if not isinstance(payments, list):
            return payments
        there = self._checkout(order)
        return _clear(lambda: meaning.order_says(order, payments, live=self._live, next_action=there))

    async def of_link(self, link: Link) -> Answer:
        """The same of a link, which has an order only once it was opened."""
        payments = await self._payments(link.order_id) if link.order_id else []
        if not isinstance(payments, list):
            return payments
        return _clear(lambda: self.link_says(link, payments))

    def link_says(self, link: Link, payments: list[Payment]) -> Said | None:
        """A link with these payments, and where its buyer is to go."""
        there = redirect(link.short_url) if link.short_url else None
        return meaning.link_says(link, payments, live=self._live, next_action=there)

    async def under(self, attempt_id: str) -> Answer | None:
        """What is kept under our reference; None: nothing. Receipts need not be unique, references are."""
        if self._settings.checkout == "link":
            reference = meaning.reference_of(attempt_id)
            links = await self._links(reference_id=reference)
            if not isinstance(links, list):
                return links
            link = next((link for link in links if link.reference_id == reference), None)
            return await self.of_link(link) if link else None
        query = urlencode({"receipt": meaning.receipt_of(attempt_id), "count": LIST_ROWS_MAX})
        page = await self._get(f"/v1/orders?{query}", Orders)
        if not isinstance(page, Orders):
            return page
        order = meaning.best_of([order for order in page.items if order.receipt == attempt_id])
        return await self.of_order(order) if order else None

    async def owner(self, order_id: str, payment_id: str) -> Said | Unknown | None:
        """Our order or link that a payment is for; None: it is somebody else's on the same account."""
        order = await self._get(path("v1", "orders", order_id), Order)
        if not isinstance(order, Order):
            return _unclear(order)
        if meaning.is_ours(order):
            return _unclear(await self.of_order(order))
        links = await self._links(payment_id=payment_id)
        if not isinstance(links, list):
            return _unclear(links)
        link = next((link for link in links if whole(link.reference_id)), None)
        return _unclear(await self.of_link(link)) if link else None

    async def payments(self, provider_ref: str) -> list[Payment] | Unknown | Refused:
        """The tries to pay our order or link."""
        if not provider_ref.startswith(LINK):
            return await self._payments(provider_ref)
        link = await self._link(provider_ref)
        if not isinstance(link, Link):
            return link
        return await self._payments(link.order_id) if link.order_id else []

    async def payment(self, payment_id: str) -> Payment | Unknown | Refused:
        """One try."""
        return await self._get(path("v1", "payments", payment_id), Payment)

    async def refunds(self, payment_id: str) -> list[Refund] | Unknown | Refused:
        """The refunds of one try; Unknown where there may be more than are listed."""
        address = path("v1", "payments", payment_id, "refunds")
        page = await self._get(f"{address}?count={LIST_ROWS_MAX}", Refunds)
        if not isinstance(page, Refunds):
            return page
        return page.items if len(page.items) < LIST_ROWS_MAX else Unknown("more refunds than are listed")

    async def _link(self, link_id: str) -> Link | Unknown | Refused:
        return await self._get(path("v1", "payment_links", link_id), Link)

    async def _links(self, **query: str) -> list[Link] | Unknown | Refused:
        page = await self._get(f"/v1/payment_links?{urlencode(query)}", Links)
        return page.payment_links if isinstance(page, Links) else page

    async def _payments(self, order_id: str) -> list[Payment] | Unknown | Refused:
        page = await self._get(path("v1", "orders", order_id, "payments"), Payments)
        return page.items if isinstance(page, Payments) else page

    async def _get(self, address: str, kind: type[Thing]) -> Thing | Unknown | Refused:
        def read(body: bytes) -> Thing:
            return msgspec.json.decode(body, type=kind)

        return await self._line.ask("GET", address, read, refusal)

    def _checkout(self, order: Order) -> dict[str, Any]:
        """The hosted checkout; a page that runs Razorpay's script takes key and order from the same form."""
        fields = {"key_id": self._settings.key_id, "order_id": order.id}
        if description := meaning.note_of(order.notes, DESCRIPTION, Text):
            fields["description"] = description
        if home := meaning.note_of(order.notes, RETURN_URL, Address):
            fields |= {"callback_url": home, "cancel_url": home}
        return form(self._settings.api_base.rstrip("/") + CHECKOUT, fields)


def _clear(read: Callable[[], Said | None]) -> Said | Unknown:
    """A status that nobody knows, and sums that cannot be, are neither a yes nor a no."""
    try:
        return read() or Unknown("a status that is not known")
    except UNREADABLE as error:
        return Unknown(f"payments that make no sense: {error}")


def _unclear(answer: Answer) -> Said | Unknown:
    """Of an object that is known to be there a refusal tells nothing."""
    return Unknown(f"it was refused: {answer.code}") if isinstance(answer, Refused) else answer
