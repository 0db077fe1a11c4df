"""Place orders: lists of wishes become orders with their units held and their payment begun.

One transaction for all (``GroupCommit``), a fixed number of statements however many. Locks are
taken in the one order: idempotency keys, carts, checkouts, buyers of limited goods, orders that are taken
over, their payments and holds, stock, coupons. Everything is decided in between, in pure Python.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from holdfast import clock, idempotency, letters
from holdfast.catalog import browse
from holdfast.catalog.browse import ForSale
from holdfast.checkout import purchase_limits, take_over
from holdfast.checkout.checkout import PlaceOrder, hold_moments, make_order, needs_of
from holdfast.checkout.purchase_limits import Allowance, Limited, Purchase
from holdfast.checkout.take_over import Context
from holdfast.db.queries import Transaction
from holdfast.db.together import together
from holdfast.errors.checkout import MethodUnavailable
from holdfast.errors.problem import Problem
from holdfast.idempotency import Answer, Fresh, Kept, Unfinished
from holdfast.letters import About, Wanted
from holdfast.money import Money
from holdfast.order.move_order import LockedOrder, NewOrder, Numbered, creating
from holdfast.order.order import Event, State
from holdfast.order.read_order import HoldView, OrderAnswer, PaymentView, newborn
from holdfast.payment import attempts
from holdfast.payment.attempts import Attempt, NewPayment, ToAsk
from holdfast.payment.offer import check_offer
from holdfast.payment.payment import AttemptState, PaymentSums, payment_state
from holdfast.payment.provider import Ask, Providers
from holdfast.payment.secure import secure_orders
from holdfast.payment.start_payment import new_attempt
from holdfast.pricing import keep_coupons
from holdfast.pricing.coupon import Coupon
from holdfast.pricing.keep_coupons import Use
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock import holds
from holdfast.stock.holds import Change, Hold
from holdfast.stock.serve import Claimant, serve
from holdfast.stock.shelf import Short


class Placed(msgspec.Struct, frozen=True):
    """An order that is committed; ``attempt_id`` is set when its provider is still to be asked."""

    order_id: str
    body: bytes
    """The answer as JSON; while a provider is still to be asked it has no next action yet."""
    to_ask: ToAsk | None = None
    replayed: bool = False


class Bench(msgspec.Struct, frozen=True):
    """What placing needs to know of the shop, the same for a whole batch."""

    rules: ShopRules
    providers: Providers
    lease: timedelta
    return_url: str
    limited: Limited = Limited()


class _Draft(msgspec.Struct, frozen=True):
    """An order that is decided and not yet written."""

    request: PlaceOrder
    order: NewOrder
    needs: dict[str, int]
    context: Context
    attempt: Attempt | None
    hold: Hold | None
    drops_at: datetime
    use: Use
    """What it uses of coupons."""


async def place_orders(
    tx: Transaction, requests: Sequence[PlaceOrder], *, bench: Bench
) -> list[Placed | Unfinished | Problem]:
    """Place orders in their order: first come, first served, all lines of an order or none.

    Answers for each what became of it: a Placed, the first answer again, an Unfinished one to go
    on with, or its Problem, of which nothing is left behind.
    """
    at = clock.now()
    lease_until = at + bench.lease
    claims = [request.claim for request in requests]
    verdicts = await idempotency.claim(tx, claims=claims, lease_until=lease_until, at=at)
    answers: dict[str, Placed | Unfinished | Problem] = {}
    fresh = []
    for request, verdict in zip(requests, verdicts, strict=True):
        match verdict:
            case Fresh():
                fresh.append(request)
            case Kept(_, body, subject):
                assert subject is not None, "a kept answer names its order"
                answers[request.order_id] = Placed(subject, body, replayed=True)
            case _:
                answers[request.order_id] = verdict
    if fresh:
        answers |= await _place_fresh(tx, fresh, bench=bench, lease_until=lease_until, at=at)
        await _close_claims(tx, fresh, answers)
    return [answers[request.order_id] for request in requests]


async def _close_claims(
    tx: Transaction, fresh: Sequence[PlaceOrder], answers: Mapping[str, Placed | Unfinished | Problem]
) -> None:
    """A refused request gives its key back; one that found its order placed before points to that one."""
    refused, pointing = [], []
    for request in fresh:
        answer = answers[request.order_id]
        if request.claim and isinstance(answer, Problem):
            refused.append(request.claim)
        elif request.claim and isinstance(answer, Unfinished):
            pointing.append(msgspec.structs.replace(request.claim, subject=answer.subject))
    await idempotency.forget(tx, claims=refused)
    await idempotency.point(tx, claims=pointing)


async def _place_fresh(
    tx: Transaction, requests: Sequence[PlaceOrder], *, bench: Bench, lease_until: datetime, at: datetime
) -> dict[str, Placed | Unfinished | Problem]:
    answers: dict[str, Placed | Unfinished | Problem] = {}
    contexts, allowance = await take_over.read_contexts(tx, requests, limited=bench.limited, at=at)
    skus = {line.sku for c in contexts.values() if isinstance(c, Context) for line in c.wish.lines}
    goods = {good.sku: good for good in await browse.for_sale(tx, skus=sorted(skus))}
    codes = {x for c in contexts.values() if isinstance(c, Context) for x in c.wish.coupons or ()}
    coupons = await keep_coupons.read_terms(tx, codes=codes)
    drafts, bought = [], dict[str, list[Purchase]]()
    for request in requests:
        context = contexts[request.order_id]
        if not isinstance(context, Context):
            answers[request.order_id] = context
            continue
        try:
            draft = _draft(request, context, goods, coupons, bench=bench, lease_until=lease_until, at=at)
            bought[request.order_id] = _take_allowance(draft, allowance, bench.limited)
            drafts.append(draft)
        except Problem as problem:
            answers[request.order_id] = problem
    kept, changes, refusals = await _take_units_and_uses(tx, drafts, at=at)
    answers |= refusals
    await take_over.let_go(tx, [draft.context for draft in kept], at=at)
    counted = [purchase for draft in kept for purchase in bought[draft.order.id]]
    numbers = await _write(tx, kept, changes, counted, at=at) if kept else {}
    free = [draft.order.id for draft in kept if draft.order.total_minor == 0]
    if free:
        await _secure_free(tx, kept, bench.rules, at=at)
    bodies = {d.order.id: _body(d, numbers[d.order.id], free=d.order.id in free) for d in kept}
    await idempotency.keep(
        tx,
        answers=[
            Answer(draft.request.claim, 201, bodies[draft.order.id])
            for draft in kept
            if draft.request.claim and not _asks(draft)
        ],
    )
    for draft in kept:
        to_ask = _to_ask(draft, numbers[draft.order.id]) if _asks(draft) else None
        answers[draft.order.id] = Placed(draft.order.id, bodies[draft.order.id], to_ask)
    for order_id, answer in answers.items():
        first = answers.get(answer.subject) if isinstance(answer, Unfinished) else None
        if isinstance(first, Problem):  # a second completion shares the fate of the first
            answers[order_id] = first
    return answers


def _draft(
    request: PlaceOrder,
    context: Context,
    goods: Mapping[str, ForSale],
    coupons: Mapping[str, Coupon],
    *,
    bench: Bench,
    lease_until: datetime,
    at: datetime,
) -> _Draft:
    """Everything that can be decided before looking at the shelf."""
    wish = context.wish
    method = wish.payment_method or ""
    offered = bench.rules.methods_among(bench.providers)
    if method and method not in offered:
        raise MethodUnavailable(field="payment_method", method=method, offered=offered)
    order = make_order(request, wish, goods, coupons, rules=bench.rules, at=at)
    check_offer(bench.providers, bench.rules, order)
    provider = bench.providers[method]
    needs = needs_of(wish.lines, goods)
    own = context.hold
    expires_at, drops_at = hold_moments(method, asks=provider.asks, rules=bench.rules, at=at, own=own)
    hold = Hold(
        id=own.id if own else request.hold_id,
        order_id=order.id,
        checkout_id=own.checkout_id if own else None,
        expires_at=expires_at,
        created_at=own.created_at if own and own.expires_at > at else at,
    )
    attempt = None
    if order.total_minor:
        ask = Ask(
            request.attempt_id,
            order.id,
            0,
            order.total_minor,
            order.currency,
            bench.return_url,
            order.email,
        )
        attempt = new_attempt(
            provider, ask, payment_id=request.payment_id, rules=bench.rules, lease_until=lease_until, at=at
        )
    use = Use(
        order.id,
        order.coupons,
        () if request.staff else tuple(bench.limited.buyers(wish.email, request.by.id)),
        tuple(replaced.id for replaced in context.replaces),
    )
    return _Draft(request, order, needs, context, attempt, hold if needs or own else None, drops_at, use)


def _take_allowance(draft: _Draft, allowance: Allowance, limited: Limited) -> list[Purchase]:
    """Raise PurchaseLimitReached for more than this buyer may have; staff know what they do."""
    if draft.request.staff or not limited.skus:
        return []
    context, wish = draft.context, draft.context.wish
    buyers = limited.buyers(wish.email, draft.request.by.id)
    own = (context.hold.id,) if context.hold else ()
    replaced = {*(order.id for order in context.replaces), *own, *context.given_up}
    return allowance.take(draft.order.id, wish.lines, buyers, replaced=replaced)


async def _take_units_and_uses(
    tx: Transaction, drafts: Sequence[_Draft], *, at: datetime
) -> tuple[list[_Draft], list[Change], dict[str, Problem]]:
    """Give units and uses of coupons to drafts in their order, both or none.

    Whoever is refused for a coupon has taken no unit from those behind, so these are served once more.
    """
    kept, changes, refusals = await _take_units(tx, drafts, at=at)
    counted = await keep_coupons.lock_uses(
        tx, uses=[d.use for d in drafts if d.use.coupons or d.use.replaced]
    )
    refused: dict[str, Problem] = {}
    while more := counted.refusals([draft.use for draft in kept]):
        refused |= more
        served = [draft for draft in drafts if draft.order.id not in refused]
        kept, changes, refusals = await _take_units(tx, served, at=at)
    return kept, changes, refusals | refused


async def _take_units(
    tx: Transaction, drafts: Sequence[_Draft], *, at: datetime
) -> tuple[list[_Draft], list[Change], dict[str, Problem]]:
    """Give units to drafts in their order; answers who got them, how lines change, and the refusals."""
    claimants = {
        d.order.id: Claimant(
            d.hold.id, d.needs, d.drops_at, d.context.given_up, is_new=d.hold.id == d.request.hold_id
        )
        for d in drafts
        if d.hold is not None
    }
    served = await serve(tx, list(claimants.values()), at=at) if claimants else []
    by_order = dict(zip(claimants, served, strict=True))
    changes: list[Change] = []
    refusals: dict[str, Problem] = {}
    for order_id, answer in by_order.items():
        if isinstance(answer, Short):
            refusals[order_id] = answer.as_problem()
        else:
            changes += answer
    return [draft for draft in drafts if draft.order.id not in refusals], changes, refusals


async def _write(
    tx: Transaction,
    kept: Sequence[_Draft],
    changes: Sequence[Change],
    bought: Sequence[Purchase],
    *,
    at: datetime,
) -> dict[str, int]:
    """Orders, payments, holds and uses with counters, and letters in one round trip; answers the numbers."""
    payments = [
        NewPayment(d.request.payment_id, d.order.id, _payment_state(d), d.order.currency, d.order.total_minor)
        for d in kept
    ]
    tries = [draft.attempt for draft in kept if draft.attempt]
    told = [Wanted(About.ORDER_RECEIVED, draft.order.id) for draft in kept if draft.order.email]
    used = [draft.use for draft in kept if draft.use.coupons]
    numbered: list[Numbered] = await together(
        tx,
        creating([draft.order for draft in kept], at=at),
        attempts.creating(payments=payments, attempts=tries, at=at),
        holds.writing(changes=changes, holds=[draft.hold for draft in kept if draft.hold]),
        *([purchase_limits.recording(bought, at=at)] if bought else []),
        *([keep_coupons.counting(used, at=at)] if used else []),
        *([letters.asking(told, at=at)] if told else []),
    )
    return {row.id: row.number for row in numbered}


async def _secure_free(tx: Transaction, kept: Sequence[_Draft], rules: ShopRules, *, at: datetime) -> None:
    """Nothing to pay: secured at once."""
    orders = [
        LockedOrder(
            id=d.order.id,
            state=State.PENDING_PAYMENT,
            status=State.PENDING_PAYMENT,
            cart_id=d.order.cart_id,
            checkout_id=d.order.checkout_id,
            payment_method=d.order.payment_method,
            currency=d.order.currency,
            total_minor=0,
            has_vendors=d.order.has_vendors,
        )
        for d in kept
        if d.order.total_minor == 0
    ]
    await secure_orders(tx, orders=orders, event=Event.PAID, rules=rules, actor="shop", at=at)


def _asks(draft: _Draft) -> bool:
    return draft.attempt is not None and draft.attempt.state is AttemptState.INTENDED


def _to_ask(draft: _Draft, number: int) -> ToAsk | None:
    """What the provider is to be asked, once this is committed."""
    a = draft.attempt
    if a is None:
        return None
    return ToAsk(
        a.id,
        a.order_id,
        number,
        a.provider,
        a.state,
        a.provider_ref,
        a.amount_minor,
        a.currency,
        draft.order.email,
        draft.hold.expires_at if draft.hold else None,
    )


def _payment_state(draft: _Draft) -> str:
    newest = draft.attempt.state if draft.attempt else None
    return payment_state(PaymentSums(draft.order.total_minor, 0), newest, declined=False)


def _body(draft: _Draft, number: int, *, free: bool) -> bytes:
    """The answer, made from what was written."""
    order = draft.order
    payment = PaymentView(
        id=draft.request.payment_id,
        state=_payment_state(draft),
        method=order.payment_method,
        due=Money(order.total_minor, order.currency),
        captured=Money(0, order.currency),
        refunded=Money(0, order.currency),
        disputed=Money(0, order.currency),
        lost=Money(0, order.currency),
        next_action=draft.attempt.next_action if draft.attempt else None,
    )
    hold = HoldView(draft.hold.id, draft.hold.expires_at) if draft.hold and not free else None
    state = State.PAID if free else State.PENDING_PAYMENT
    answer: OrderAnswer = newborn(order, number=number, hold=hold, payment=payment, state=state)
    return msgspec.json.encode(answer)
