"""Stripe's stand-in as a whole: its addresses, and what can be done to it from outside."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from litestar import Request, Response, Router, delete, get, post
from litestar.params import FromPath
from msgspec import Raw, Struct

from holdfast.sandbox.bank.bank import Bank, NotNowError, PaymentRow, Stage, Told
from holdfast.sandbox.bank.bank import Verb as BankVerb
from holdfast.sandbox.bank.books import House
from holdfast.sandbox.bank.faults import DISPUTE_FAULTS, DisputeFault, Operation
from holdfast.sandbox.bank.hosted import page_router
from holdfast.sandbox.providers.stripe import charges, errors, events, gate, intents, refunds, sessions
from holdfast.sandbox.providers.stripe.account import BANK, Account
from holdfast.sandbox.providers.stripe.objects import CheckoutSession, PaymentIntent, Refund
from holdfast.sandbox.providers.stripe.page import session_page, stripe_page
from holdfast.sandbox.providers.stripe.wire import Params

Call: TypeAlias = Request[Any, Any, Any]
Verb: TypeAlias = Callable[[Account, Params, str], Struct | Raw]

STAGES: Mapping[str, Stage] = {"requires_capture": "paid", "succeeded": "paid", "canceled": "over"}
UNTOUCHED = "requires_payment_method"
INTENT_VERBS: Mapping[str, Verb] = {
    "confirm": intents.confirm,
    "capture": intents.capture,
    "cancel": intents.cancel,
}


def open_stripe(house: House) -> Bank:
    """An account with `/v1/…`, `/pay/…`, `/c/pay/…` and its controls."""
    account = Account(house)
    account.follow = partial(sessions.follow, account)
    verbs: dict[str, BankVerb] = {name: partial(verb, account) for name, verb in VERBS.items()}
    api = Router(
        "/v1",
        route_handlers=[
            create_intent,
            list_intents,
            search_intents,
            read_intent,
            update_intent,
            act_on_intent,
            create_session,
            list_sessions,
            read_session,
            expire_session,
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
    return Bank(
        name=BANK,
        title="Stripe",
        books=account.books,
        hooks=account.hooks,
        account=account,
        routers=(
            api,
            page_router(account.books, stripe_page(account, verbs)),
            page_router(account.books, session_page(account, verbs)),
        ),
        payments=lambda: reversed(account.payments),
        row=partial(_row, account),
        verbs=verbs,
        refunds=account.refunds,
        refund_verbs={
            "succeed": lambda refund, _: refunds.succeed(account, refund),
            "fail": lambda refund, _: refunds.fail(account, refund),
        },
    )


def _row(account: Account, thing_id: str) -> PaymentRow | None:
    payment = account.payment_of(thing_id)
    session, intent = account.sessions.get(payment), account.intents.get(payment)
    if session is not None:
        return _session_row(account, session)
    if intent is None:
        return None
    return PaymentRow(
        bank=BANK,
        id=intent.id,
        amount=intent.amount,
        currency=intent.currency,
        status=intent.status,
        stage=_stage(intent),
        description=intent.description or "",
        page=account.page(intent),
        created=intent.created,
    )


def _session_row(account: Account, session: CheckoutSession) -> PaymentRow:
    intent = account.intents.get(session.payment_intent or "")
    return PaymentRow(
        bank=BANK,
        id=session.id,
        amount=session.amount_total,
        currency=session.currency,
        status=session.status,
        stage="over" if session.status == "expired" else _stage(intent),
        description=account.plans[session.id].description or "",
        page=f"{account.base_url}/c/pay/{session.id}",
        created=session.created,
    )


def _stage(intent: PaymentIntent | None) -> Stage:
    if intent is None:
        return "open"
    stage = STAGES.get(intent.status, "open")
    return "failed" if stage == "open" and intent.last_payment_error else stage


def _in(account: Account, payment: str, *allowed: str) -> PaymentIntent:
    """The intent of a payment in one of these states; the buyer of a session begins it."""
    session = account.sessions.get(payment)
    if session is not None and session.payment_intent is None and UNTOUCHED not in allowed:
        raise NotNowError(f"{payment} is {session.status}")
    intent = account.intents[payment] if session is None else sessions.begin(account, payment)
    if intent.status not in allowed:
        raise NotNowError(f"{payment} is {intent.status}")
    return intent


def _pay(account: Account, payment: str, _: Told) -> PaymentIntent:
    return charges.attempt(account, _in(account, payment, *charges.CONFIRMABLE), charges.GOOD_CARD)


def _decline(account: Account, payment: str, told: Told) -> PaymentIntent:
    card = charges.CARD_OF[told.code]
    return charges.attempt(account, _in(account, payment, *charges.CONFIRMABLE), card)


def _cancel(account: Account, payment: str, _: Told) -> PaymentIntent | CheckoutSession:
    """A buyer who leaves the page of a session leaves it open."""
    if payment in account.sessions:
        session = sessions.current(account, payment)
        if session.status != "open":
            raise NotNowError(f"{payment} is {session.status}")
        return session
    return charges.cancel(account, _in(account, payment, *charges.CANCELLABLE), reason="abandoned")


def _challenge(account: Account, payment: str, _: Told) -> PaymentIntent:
    intent = _in(account, payment, UNTOUCHED, "requires_confirmation")
    return charges.challenge(account, intent, charges.CHALLENGING_CARD)


def _prove(account: Account, payment: str, _: Told) -> PaymentIntent:
    return charges.attempt(account, _in(account, payment, "requires_action"), charges.GOOD_CARD)


def _fail_to_prove(account: Account, payment: str, _: Told) -> PaymentIntent:
    return charges.fail_to_prove(account, _in(account, payment, "requires_action"))


def _expire(account: Account, payment: str, _: Told) -> PaymentIntent | CheckoutSession:
    """An open session ends; what was authorised lapses."""
    session = account.sessions.get(payment)
    if session is not None and session.status == "open":
        return sessions.end(account, session)
    return charges.cancel(account, _in(account, payment, *charges.CANCELLABLE), reason="automatic")


def _late_success(account: Account, payment: str, _: Told) -> PaymentIntent:
    late = sessions.late_success if payment in account.sessions else charges.late_success
    return late(account, payment)


def _refund(account: Account, payment: str, told: Told) -> Refund:
    intent = _in(account, payment, "succeeded")
    charge = account.charges[intent.latest_charge or ""]
    left = charge.amount_captured - charge.amount_refunded
    if not 0 < (told.amount or left) <= left:
        raise NotNowError(f"{left} of {payment} can be refunded")
    return refunds.make(account, charge, told.amount or left)


def _dispute(kind: DisputeFault, account: Account, payment: str, _: Told) -> PaymentIntent:
    return charges.dispute(account, _in(account, payment, "succeeded").id, kind)


VERBS: Mapping[str, Callable[[Account, str, Told], Struct]] = {
    "pay": _pay,
    "decline": _decline,
    "cancel": _cancel,
    "three_d_secure": _challenge,
    "three_d_secure_ok": _prove,
    "three_d_secure_fail": _fail_to_prove,
    "expire": _expire,
    "late_success": _late_success,
    "refund": _refund,
    **{kind: partial(_dispute, kind) for kind in DISPUTE_FAULTS},
}


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


@post("/checkout/sessions", status_code=200)
async def create_session(request: Call) -> Response[bytes]:
    """Create a Checkout Session."""
    return await gate.answer(request, sessions.create, on="create")


@get("/checkout/sessions")
async def list_sessions(request: Call) -> Response[bytes]:
    """List Checkout Sessions."""
    return await gate.answer(request, sessions.listing)


@get("/checkout/sessions/{thing_id:str}")
async def read_session(request: Call, thing_id: FromPath[str]) -> Response[bytes]:
    """Read a Checkout Session."""
    return await _answer_about(request, sessions.read, thing_id, payment=thing_id)


@post("/checkout/sessions/{thing_id:str}/expire", status_code=200)
async def expire_session(request: Call, thing_id: FromPath[str]) -> Response[bytes]:
    """Expire a Checkout Session."""
    return await _answer_about(request, sessions.expire, thing_id, on="cancel", payment=thing_id)


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
    def act(account: Account, params: Params) -> Struct | Raw:
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
