"""Stripe's stand-in as a whole: its addresses, and what the control API can do to it."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias, get_args

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.params import FromPath
from msgspec import Struct

from holdfast.sandbox.config import SandboxConfig
from holdfast.sandbox.control import NoSuchThingError, NotNowError, PaymentRow
from holdfast.sandbox.deliver import Deliverer
from holdfast.sandbox.faults import DISPUTE_FAULTS, DisputeFault, Fault, Operation
from holdfast.sandbox.journal import Journal, Line
from holdfast.sandbox.providers.stripe import charges, errors, events, gate, intents, refunds
from holdfast.sandbox.providers.stripe.account import BANK, Account, SettingsChange
from holdfast.sandbox.providers.stripe.page import page_router
from holdfast.sandbox.providers.stripe.wire import Params

LATEST_MAX = 20
UNDELIVERED_SHOWN_MAX = 100
Call: TypeAlias = Request[Any, Any, Any]
Verb: TypeAlias = Callable[[Account, Params, str], Struct]

INTENT_VERBS: Mapping[str, Verb] = {
    "confirm": intents.confirm,
    "capture": intents.capture,
    "cancel": intents.cancel,
}


class StripeBank:
    """One account with its routes and its controls."""

    name = BANK

    def __init__(self, config: SandboxConfig, *, journal: Journal, deliverer: Deliverer) -> None:
        """Open an empty account."""
        self.account = Account(config, journal=journal, deliverer=deliverer)
        self.faults = self.account.faults

    def routers(self) -> Sequence[Router]:
        """`/v1/…` and `/pay/…`."""
        api = Router(
            "/v1",
            route_handlers=[
                create_intent,
                list_intents,
                search_intents,
                read_intent,
                update_intent,
                act_on_intent,
                create_refund,
                list_refunds,
                read_refund,
                read_charge,
                read_dispute,
                list_events,
                read_event,
                lost_get,
                lost_post,
                lost_delete,
            ],
        )
        return api, page_router()

    def restore(self, line: Line) -> None:
        """Put back an object of the journal."""
        self.account.restore(line)

    def resume(self) -> None:
        """Send what had not arrived."""
        events.resume(self.account)

    def stop(self) -> None:
        """Forget what was to happen later."""
        self.account.stop()

    def state(self) -> Mapping[str, object]:
        """Settings, counts, faults, last payments and refunds, and what has not been delivered."""
        account = self.account
        statuses: dict[str, int] = {}
        for intent in account.intents.values():
            statuses[intent.status] = statuses.get(intent.status, 0) + 1
        fates: dict[str, int] = {}
        for fate in account.fates.values():
            fates[fate] = fates.get(fate, 0) + 1
        undelivered = (event for event, fate in account.fates.items() if fate in ("pending", "dropped"))
        return {
            "settings": account.settings,
            "payments_by_status": statuses,
            "refunds": len(account.refunds),
            "disputes": len(account.disputes),
            "events_by_fate": fates,
            "deliveries_waiting": account.deliverer.waiting,
            "faults": account.faults.armed,
            "latest_payments": list(islice(reversed(account.intents.values()), LATEST_MAX)),
            "latest_refunds": list(islice(reversed(account.refunds.values()), LATEST_MAX)),
            "undelivered_events": list(islice(undelivered, UNDELIVERED_SHOWN_MAX)),
        }

    def latest(self, limit: int) -> Sequence[PaymentRow]:
        """The last intents."""
        return [
            PaymentRow(
                bank=self.name,
                id=intent.id,
                amount=intent.amount,
                currency=intent.currency,
                status=intent.status,
                description=intent.description or "",
                page=f"/pay/{intent.id}?client_secret={intent.client_secret}",
                created=intent.created,
            )
            for intent in islice(reversed(self.account.intents.values()), limit)
        ]

    def knows(self, thing_id: str) -> bool:
        """Whether an intent, refund or event has this id."""
        account = self.account
        return thing_id in account.intents or thing_id in account.refunds or thing_id in account.events

    def arm(self, fault: Fault) -> bool:
        """Arm a fault; one whose payment is past that moment strikes at once."""
        intent = self.account.intents.get(fault.payment or "")
        if fault.payment is not None and intent is None:
            raise NoSuchThingError(f"there is no payment {fault.payment}")
        if intent is not None and _is_due(
            fault, intent.status, declined=intent.last_payment_error is not None
        ):
            self.act(intent.id, fault.kind)
            return True
        self.faults.arm(fault)
        return False

    def act(self, thing_id: str, action: str) -> Struct:
        """What a buyer or a bank can do to an intent or a refund."""
        account = self.account
        if thing_id in account.refunds:
            if action not in ("succeed", "fail"):
                raise NoSuchThingError(f"a refund cannot {action}")
            return (
                refunds.succeed(account, thing_id) if action == "succeed" else refunds.fail(account, thing_id)
            )
        intent = account.intents.get(thing_id)
        choice = charges.BUYER_ACTIONS.get(action)
        if intent is None or (choice is None and action != "late_success" and action not in DISPUTE_FAULTS):
            raise NoSuchThingError(f"{thing_id} has no action {action}")
        if choice is not None:
            if intent.status not in choice.allowed:
                raise NotNowError(f"{thing_id} is {intent.status}")
            return choice.act(account, intent)
        if action == "late_success":
            return charges.late_success(account, thing_id)
        if intent.status != "succeeded":
            raise NotNowError(f"{thing_id} is {intent.status}")
        return charges.dispute(account, thing_id, next(kind for kind in DISPUTE_FAULTS if kind == action))

    def resend(self, event_id: str) -> None:
        """Deliver an event once more."""
        if event_id not in self.account.events:
            raise NoSuchThingError(f"{event_id} is not an event")
        events.resend(self.account, self.account.events[event_id])

    def change_settings(self, change: Mapping[str, object]) -> Struct:
        """Change what is given."""
        return self.account.change_settings(msgspec.convert(change, type=SettingsChange))


def _is_due(fault: Fault, status: str, *, declined: bool) -> bool:
    if fault.kind in get_args(DisputeFault):
        return status == "succeeded"
    return fault.kind == "late_success" and (status == "canceled" or declined)


@post("/payment_intents", status_code=200)
async def create_intent(request: Call) -> Response[bytes]:
    """Create."""
    return await gate.answer(request, intents.create, on="create")


@get("/payment_intents")
async def list_intents(request: Call) -> Response[bytes]:
    """List."""
    return await gate.answer(request, intents.listing)


@get("/payment_intents/search")
async def search_intents(request: Call) -> Response[bytes]:
    """Search by metadata."""
    return await gate.answer(request, intents.search)


@get("/payment_intents/{thing_id:str}")
async def read_intent(request: Call, thing_id: FromPath[str]) -> Response[bytes]:
    """Read."""
    return await _answer_about(request, intents.read, thing_id, payment=thing_id)


@post("/payment_intents/{thing_id:str}", status_code=200)
async def update_intent(request: Call, thing_id: FromPath[str]) -> Response[bytes]:
    """Update."""
    return await _answer_about(request, intents.update, thing_id, on="update", payment=thing_id)


@post("/payment_intents/{thing_id:str}/{verb:str}", status_code=200)
async def act_on_intent(request: Call, thing_id: FromPath[str], verb: FromPath[Operation]) -> Response[bytes]:
    """Confirm, capture or cancel."""
    if verb not in INTENT_VERBS:
        return await gate.answer(request, _lost(request))
    return await _answer_about(request, INTENT_VERBS[verb], thing_id, on=verb, payment=thing_id)


@post("/refunds", status_code=200)
async def create_refund(request: Call) -> Response[bytes]:
    """Refund."""
    return await gate.answer(request, refunds.create, on="refund")


@get("/refunds")
async def list_refunds(request: Call) -> Response[bytes]:
    """List refunds."""
    return await gate.answer(request, refunds.listing)


@get("/refunds/{thing_id:str}")
async def read_refund(request: Call, thing_id: FromPath[str]) -> Response[bytes]:
    """Read a refund."""
    refund = gate.account_of(request).refunds.get(thing_id)
    payment = None if refund is None else refund.payment_intent
    return await _answer_about(request, refunds.read, thing_id, payment=payment)


@get("/charges/{thing_id:str}")
async def read_charge(request: Call, thing_id: FromPath[str]) -> Response[bytes]:
    """Read a charge."""
    return await _answer_about(request, _read_charge, thing_id)


@get("/disputes/{thing_id:str}")
async def read_dispute(request: Call, thing_id: FromPath[str]) -> Response[bytes]:
    """Read a dispute."""
    return await _answer_about(request, _read_dispute, thing_id)


@get("/events")
async def list_events(request: Call) -> Response[bytes]:
    """List events."""
    return await gate.answer(request, events.listing)


@get("/events/{thing_id:str}")
async def read_event(request: Call, thing_id: FromPath[str]) -> Response[bytes]:
    """Read an event."""
    return await _answer_about(request, events.read, thing_id)


@get("/{lost:path}")
async def lost_get(request: Call) -> Response[bytes]:
    """No such address."""
    return await gate.answer(request, _lost(request))


@post("/{lost:path}", status_code=200)
async def lost_post(request: Call) -> Response[bytes]:
    """No such address."""
    return await gate.answer(request, _lost(request))


@delete("/{lost:path}", status_code=200)
async def lost_delete(request: Call) -> Response[bytes]:
    """No such address."""
    return await gate.answer(request, _lost(request))


async def _answer_about(
    request: Call, verb: Verb, thing_id: str, *, on: Operation = "read", payment: str | None = None
) -> Response[bytes]:
    def act(account: Account, params: Params) -> Struct:
        return verb(account, params, thing_id)

    return await gate.answer(request, act, on=on, payment=payment)


def _read_charge(account: Account, params: Params, charge_id: str) -> Struct:
    params.done()
    if charge_id not in account.charges:
        raise errors.not_found("charge", charge_id)
    return account.charges[charge_id]


def _read_dispute(account: Account, params: Params, dispute_id: str) -> Struct:
    params.done()
    if dispute_id not in account.disputes:
        raise errors.not_found("dispute", dispute_id)
    return account.disputes[dispute_id]


def _lost(request: Call) -> gate.Act:
    def refuse(_: Account, __: Params) -> Struct:
        raise errors.no_route(request.method, request.url.path)

    return refuse
