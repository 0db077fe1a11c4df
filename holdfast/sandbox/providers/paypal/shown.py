"""How PayPal's API and its events show what an account keeps (gateways.md §6.2, §6.3, §6.6)."""

from typing import Any

from holdfast.sandbox.providers.paypal.account import Account
from holdfast.sandbox.providers.paypal.objects import (
    Capture,
    Dispute,
    Hold,
    Order,
    Refund,
    moment,
    money,
)

Shown = dict[str, Any]
Thing = Order | Hold | Capture | Refund

PAYER = {
    "name": {"given_name": "Ada", "surname": "Buyer"},
    "email_address": "buyer@example.com",
    "payer_id": "QYR5Z8XDVJNXQ",
    "address": {"country_code": "GB"},
}


def page_of(account: Account, order: str) -> str:
    """Where a buyer approves an order; PayPal has another host for it."""
    return f"{account.base_url}/checkoutnow?token={order}"


def shown(account: Account, thing: Thing, *, whole: bool = True) -> Shown:
    """A thing as a call answers it: by itself, or its id, status and links only (`return=minimal`)."""
    said = _whole(account, thing)
    return said if whole else {name: said[name] for name in ("id", "status", "links")}


def _whole(account: Account, thing: Thing) -> Shown:
    match thing:
        case Order():
            return order(account, thing)
        case Hold():
            return hold(account, thing)
        case Capture():
            return capture(account, thing)
        case Refund():
            return refund(account, thing)


def order(account: Account, made: Order) -> Shown:
    """An order, with all the money that hangs on it."""
    unit: Shown = {
        "reference_id": made.reference_id,
        "amount": money(made.amount, made.currency),
        "payee": {"merchant_id": "HOLDFASTSANDBOX"},
    }
    named = {"custom_id": made.custom_id, "invoice_id": made.invoice_id, "description": made.description}
    unit |= {name: text for name, text in named.items() if text}
    payments = _payments(account, made)
    said: Shown = {
        "id": made.id,
        "intent": made.intent,
        "status": made.status,
        "purchase_units": [unit | ({"payments": payments} if payments else {})],
        "create_time": moment(made.created),
        "update_time": moment(made.updated),
        "links": _order_links(account, made),
    }
    return said | ({"payer": PAYER} if made.status in ("APPROVED", "COMPLETED") else {})


def hold(account: Account, made: Hold) -> Shown:
    """An authorisation."""
    place = f"/v2/payments/authorizations/{made.id}"
    ways = ("capture", "void", "reauthorize") if made.status == "CREATED" else ()
    return _money_of(account, made) | {
        "supplementary_data": {"related_ids": {"order_id": made.order}},
        "links": [
            _link(account, place, "self"),
            *(_link(account, f"{place}/{way}", way, "POST") for way in ways),
            _link(account, f"/v2/checkout/orders/{made.order}", "up"),
        ],
    }


def capture(account: Account, made: Capture) -> Shown:
    """A capture."""
    place = f"/v2/payments/captures/{made.id}"
    up = f"/v2/payments/authorizations/{made.hold}" if made.hold else f"/v2/checkout/orders/{made.order}"
    related = {"order_id": made.order} | ({"authorization_id": made.hold} if made.hold else {})
    said = _money_of(account, made) | {
        "final_capture": made.final,
        "seller_receivable_breakdown": {"gross_amount": money(made.amount, made.currency)},
        "supplementary_data": {"related_ids": related},
        "links": [
            _link(account, place, "self"),
            _link(account, f"{place}/refund", "refund", "POST"),
            _link(account, up, "up"),
        ],
    }
    return said | ({"status_details": {"reason": made.reason}} if made.reason else {})


def refund(account: Account, made: Refund) -> Shown:
    """A refund; its payment is known by a link alone."""
    place = f"/v2/payments/refunds/{made.id}"
    named = {"invoice_id": made.invoice_id, "custom_id": made.custom_id, "note_to_payer": made.note}
    return {
        "id": made.id,
        "amount": money(made.amount, made.currency),
        "seller_payable_breakdown": {"gross_amount": money(made.amount, made.currency)},
        "status": made.status,
        "create_time": moment(made.created),
        "update_time": moment(made.created),
        **{name: text for name, text in named.items() if text},
        "links": [
            _link(account, place, "self"),
            _link(account, f"/v2/payments/captures/{made.capture}", "up"),
        ],
    }


def dispute(account: Account, made: Dispute) -> Shown:
    """A dispute, as its API and its events show it."""
    said: Shown = {
        "dispute_id": made.id,
        "create_time": moment(made.created),
        "update_time": moment(made.updated),
        "disputed_transactions": [
            {
                "seller_transaction_id": made.capture,
                "seller": {"merchant_id": "HOLDFASTSANDBOX"},
                "buyer": {"name": "Ada Buyer"},
            }
        ],
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": made.status,
        "dispute_amount": money(made.amount, made.currency),
        "dispute_life_cycle_stage": "CHARGEBACK",
        "dispute_channel": "INTERNAL",
        "links": [_link(account, f"/v1/customer/disputes/{made.id}", "self")],
    }
    return said | ({"dispute_outcome": {"outcome_code": made.outcome}} if made.outcome else {})


def _payments(account: Account, made: Order) -> Shown:
    held, captures = account.hold_of(made.id), account.captures_of(made.id)
    refunds = [one for taken in captures for one in account.refunds_of(taken.id)]
    found = {
        "authorizations": [hold(account, held)] if held else [],
        "captures": [capture(account, one) for one in captures],
        "refunds": [refund(account, one) for one in refunds],
    }
    return {name: rows for name, rows in found.items() if rows}


def _order_links(account: Account, made: Order) -> list[Shown]:
    place = f"/v2/checkout/orders/{made.id}"
    links = [_link(account, place, "self")]
    if made.status in ("CREATED", "PAYER_ACTION_REQUIRED"):
        links.append({"href": page_of(account, made.id), "rel": made.rel, "method": "GET"})
    if made.status == "APPROVED":
        way = "capture" if made.intent == "CAPTURE" else "authorize"
        links.append(_link(account, f"{place}/{way}", way, "POST"))
    return links


def _money_of(account: Account, made: Hold | Capture) -> Shown:
    asked = account.orders[made.order]
    named = {"custom_id": asked.custom_id, "invoice_id": asked.invoice_id}
    return {
        "id": made.id,
        "status": made.status,
        "amount": money(made.amount, made.currency),
        **{name: text for name, text in named.items() if text},
        "create_time": moment(made.created),
        "update_time": moment(made.created),
    }


def _link(account: Account, place: str, rel: str, method: str = "GET") -> Shown:
    return {"href": account.base_url + place, "rel": rel, "method": method}
