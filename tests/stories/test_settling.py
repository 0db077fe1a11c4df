"""What a provider says becomes what is true, however, whenever and however often it is said."""

import asyncio
from datetime import timedelta
from hashlib import sha256

import msgspec
import pytest

from holdfast import clock
from holdfast.accounts.roles import GUEST
from holdfast.checkout.checkout import mint_place_order
from holdfast.checkout.place_order import Bench, Placed, place_orders
from holdfast.db.transaction import transaction
from holdfast.idempotency import Claim
from holdfast.limits import FAILURE_CHARS_MAX
from holdfast.web.api.orders import OrderBody, wish_of
from tests.house import Json, Shop
from tests.stories.money import (
    bank,
    control,
    events,
    id_of,
    intents,
    later,
    lines,
    matters,
    mine,
    paying_again,
    payment,
    refunds,
    rest,
    sums,
    tell,
)

pytestmark = pytest.mark.anyio


async def is_paid_once(shop: Shop, placed: Json) -> bool:
    """Paid, with one capture in the books, and the units sold."""
    captures = await shop.fetch("SELECT amount_minor FROM ledger WHERE kind = 'captured'")
    return (
        await shop.state(id_of(placed)) == "paid"
        and [row["amount_minor"] for row in captures] == [placed["order"]["total"]["amount"]]
        and {state for state, _ in await lines(shop)} == {"committed"}
    )


async def test_a_webhook_may_come_before_the_answer_to_the_call_that_caused_it(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.fault("webhook_before_answer", event="payment_intent.created")
    placed = await shop.placed({"MUG": 1})
    (event,) = await shop.fetch("SELECT state, kind FROM provider_events")
    assert (event["kind"], event["state"]) == ("payment_intent.created", "applied")
    assert placed["payment"]["next_action"]["client_secret"]
    await shop.pay(placed)
    assert await is_paid_once(shop, placed)


async def test_the_buyer_comes_back_to_an_order_that_the_webhook_has_paid(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.fault("webhook_before_answer", event="payment_intent.succeeded")
    await shop.at_bank(placed, "pay")
    assert await is_paid_once(shop, placed)
    back = await shop.call("POST", f"/payments/{placed['payment']['id']}/return", **mine(placed))
    assert back.json()["state"] == "paid"
    assert await is_paid_once(shop, placed)


@pytest.mark.parametrize("twice", ["webhook_duplicate", "webhook_new_event_id"])
async def test_what_is_said_twice_counts_once(shop: Shop, twice: str) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.fault(twice, event="payment_intent.succeeded")
    await shop.pay(placed)
    await rest(shop)
    assert await is_paid_once(shop, placed)
    assert await events(shop, placed) == ["placed", "paid"]


async def test_a_webhook_that_never_comes_is_found_by_asking(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.fault("webhook_drop", count=10)
    await shop.at_bank(placed, "pay")
    await rest(shop)
    await shop.sweep()
    assert await shop.state(id_of(placed)) == "pending_payment"  # its moment to be asked has not come
    later(minutes=2)
    await shop.sweep()
    assert await is_paid_once(shop, placed)


async def test_a_webhook_that_never_comes_is_found_when_the_buyer_comes_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.fault("webhook_drop", count=10)
    await shop.at_bank(placed, "pay")
    back = await shop.call("POST", f"/payments/{placed['payment']['id']}/return", **mine(placed))
    assert back.json()["state"] == "paid"
    assert await is_paid_once(shop, placed)


async def test_after_a_declined_try_the_buyer_pays_in_the_same_intent(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.at_bank(placed, "decline")
    await shop.until_state(id_of(placed), "payment_failed")
    assert await lines(shop) == [("active", 1)]
    assert (await payment(shop, placed))["state"] == "failed"
    await shop.pay(placed)
    assert await is_paid_once(shop, placed)
    assert len(await intents(shop, placed)) == 1
    assert await events(shop, placed) == ["placed", "payment_failed", "paid"]


async def test_a_buyer_who_proves_who_they_are_has_paid(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.at_bank(placed, "three_d_secure")
    await rest(shop)
    assert (await payment(shop, placed))["state"] == "requires_action"
    await shop.at_bank(placed, "three_d_secure_ok")
    await shop.until_state(id_of(placed), "paid")
    assert await is_paid_once(shop, placed)


async def test_an_event_that_was_overtaken_is_no_news(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    (untouched,) = await intents(shop, placed)
    await shop.at_bank(placed, "decline")
    await shop.until_state(id_of(placed), "payment_failed")
    await tell(shop, "payment_intent.created", untouched)
    assert (await payment(shop, placed))["state"] == "failed"
    assert await events(shop, placed) == ["placed", "payment_failed"]


async def test_webhooks_that_overtake_each_other_end_the_same(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.fault("webhook_reorder", event="payment_intent.payment_failed")
    await shop.at_bank(placed, "decline")
    await shop.at_bank(placed, "pay")
    await rest(shop)
    assert await is_paid_once(shop, placed)


# ── amounts, currencies and modes that are not what was asked ─────────────────────────────────


async def test_a_cheap_payment_never_settles_an_expensive_order(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.fault("wrong_amount", amount=1)
    await shop.at_bank(placed, "pay")
    await rest(shop)
    assert await shop.state(id_of(placed)) == "pending_payment"
    assert await lines(shop) == [("active", 2)]
    assert (await matters(shop))["amount_differs"]["detail"]["captured_minor"] == 1
    again = await paying_again(shop, placed)
    (_, second) = await intents(shop, placed)
    assert second["amount"] == 1_999
    await shop.pay(placed | again)
    assert await sums(shop, placed) == (2_000, 0)


async def test_what_was_paid_of_an_order_that_stays_unpaid_is_given_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.fault("wrong_amount", amount=700)
    await shop.at_bank(placed, "pay")
    await rest(shop)
    later(hours=25)
    await shop.sweep()
    await shop.sweep()
    assert await events(shop, placed) == ["placed", "hold_expired", "unpaid_too_long"]
    assert await refunds(shop) == [("succeeded", 700)]
    assert await shop.available("MUG") == 5


async def test_what_was_paid_too_much_is_given_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.fault("wrong_amount", amount=2_500)
    await shop.pay(placed)
    await rest(shop)
    assert await shop.state(id_of(placed)) == "paid"
    assert await refunds(shop) == [("succeeded", 500)]
    assert await sums(shop, placed) == (2_500, 500)
    assert "amount_differs" in await matters(shop)


async def test_money_in_another_currency_settles_nothing_and_is_shown(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.fault("error_500", on="create")
    placed = await shop.placed({"MUG": 1})
    (attempt,) = await shop.fetch("SELECT id FROM payment_attempts")
    foreign = await bank(
        shop, "POST", "/payment_intents", amount=1_000, currency="usd", metadata__attempt_id=attempt["id"]
    )
    await control(shop, f"payments/{foreign['id']}/pay")
    await rest(shop)
    assert await shop.state(id_of(placed)) == "pending_payment"
    assert await sums(shop, placed) == (0, 0)
    assert (await matters(shop))["payment_mismatch"]["detail"]["what"] == "currency"


async def test_an_event_of_the_other_mode_settles_nothing_and_is_shown(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    (intent,) = await intents(shop, placed)
    paid = intent | {"status": "succeeded", "amount_received": 1_000, "livemode": True}
    await tell(shop, "payment_intent.succeeded", paid, livemode=True)
    assert await shop.state(id_of(placed)) == "pending_payment"
    assert await sums(shop, placed) == (0, 0)
    assert (await matters(shop))["payment_mismatch"]["detail"]["what"] == "mode"


async def test_another_intent_that_claims_to_be_ours_settles_nothing(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    (intent,) = await intents(shop, placed)
    claiming = intent | {"id": "pi_another", "status": "succeeded", "amount_received": 1_000}
    await tell(shop, "payment_intent.succeeded", claiming)
    assert await shop.state(id_of(placed)) == "pending_payment"
    assert (await matters(shop))["payment_mismatch"]["detail"]["what"] == "provider_ref"


# ── a provider that does not answer ───────────────────────────────────────────────────────────

SILENT = ["error_429", "error_500", "garbage"]


@pytest.mark.parametrize("fault", SILENT)
async def test_an_order_whose_provider_was_silent_gets_its_payment_when_it_is_read(
    shop: Shop, fault: str
) -> None:
    await shop.stocked({"MUG": 5})
    await shop.fault("webhook_drop", event="payment_intent.created")
    await shop.fault(fault, on="create")
    placed = await shop.placed({"MUG": 1})
    assert (placed["payment"]["state"], placed["payment"]["next_action"]) == ("pending", None)
    at_once = (await shop.call("GET", f"/orders/{id_of(placed)}", **mine(placed))).json()
    assert at_once["payment"]["next_action"] is None  # who asked first may still get an answer
    later(seconds=10)
    read = (await shop.call("GET", f"/orders/{id_of(placed)}", **mine(placed))).json()
    assert read["payment"]["next_action"]["client_secret"]
    assert len(await intents(shop, placed)) == 1
    clock.go()
    await shop.pay(placed | read)
    assert await is_paid_once(shop, placed)


async def test_a_provider_that_acts_and_does_not_say_so_is_asked_again_and_charges_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.fault("webhook_drop", event="payment_intent.created")
    await shop.fault("timeout_after_effect", on="create", ms=2_500)
    placed = await shop.placed({"MUG": 1})
    assert placed["payment"]["next_action"] is None
    later(minutes=2)
    await shop.sweep()
    read = (await shop.call("GET", f"/orders/{id_of(placed)}", **mine(placed))).json()
    assert len(await intents(shop, placed)) == 1
    clock.go()
    await shop.pay(placed | read)
    assert await is_paid_once(shop, placed)


async def test_many_who_ask_again_at_once_make_one_intent(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.fault("error_500", on="create")
    placed = await shop.placed({"MUG": 1})
    later(seconds=10)
    path = f"/orders/{id_of(placed)}"
    answers = await asyncio.gather(*(shop.call("GET", path, **mine(placed)) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await intents(shop, placed)) == 1


async def test_a_provider_that_refuses_the_call_leaves_an_order_that_can_be_paid_otherwise(
    shop: Shop,
) -> None:
    await shop.stocked({"YACHT": 1}, price=100_000_000)
    placed = await shop.placed({"YACHT": 1})
    assert placed["order"]["state"] == "payment_failed"
    assert await lines(shop) == [("active", 1)]
    again = await paying_again(shop, placed, "bank_transfer")
    assert again["order"]["state"] == "pending_payment"
    assert again["payment"]["next_action"]["type"] == "bank_details"


async def test_a_process_that_died_before_it_asked_is_taken_over_by_the_same_request(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    body = msgspec.json.encode(shop.order_body({"MUG": 1}))
    claim = Claim("guest", "POST /api/v1/orders", "a-key-whose-process-died", sha256(body).digest())
    wish = wish_of(msgspec.json.decode(body, type=OrderBody), staff=False, rules=shop.process.rules)
    request = mint_place_order(wish, claim=claim, by=GUEST)
    process = shop.process
    bench = Bench(process.rules, process.providers, timedelta(seconds=7), process.asking.return_url)
    (died,) = await transaction(shop.database, lambda tx: place_orders(tx, [request], bench=bench))
    assert isinstance(died, Placed)

    async def repeat() -> tuple[int, Json]:
        headers = {"Idempotency-Key": claim.key, "Content-Type": "application/json"}
        answer = await shop.client.post("/api/v1/orders", content=body, headers=headers)
        return answer.status_code, answer.json()

    status, running = await repeat()
    assert (status, running["code"]) == (409, "idempotency_key_in_use")
    later(seconds=8)
    status, placed = await repeat()
    assert (status, id_of(placed)) == (201, died.order_id)
    assert placed["payment"]["next_action"]["client_secret"]
    assert await repeat() == (201, placed)
    assert (len(await intents(shop, placed)), await shop.count("orders")) == (1, 1)
    clock.go()
    await shop.pay(placed)
    assert await is_paid_once(shop, placed)


async def test_a_reason_to_decline_that_is_too_long_is_cut_and_the_event_applied(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    (intent,) = await intents(shop, placed)
    declined = {"code": "card_declined", "decline_code": "d" * (FAILURE_CHARS_MAX + 50)}
    said = {"status": "requires_payment_method", "last_payment_error": declined}
    told = await tell(shop, "payment_intent.payment_failed", intent | said)
    assert told.json()["state"] == "applied"
    (attempt,) = await shop.fetch("SELECT failure FROM payment_attempts")
    assert attempt["failure"] == "d" * FAILURE_CHARS_MAX
    assert await shop.state(id_of(placed)) == "payment_failed"
    await shop.pay(placed | await paying_again(shop, placed))
    assert await is_paid_once(shop, placed)
