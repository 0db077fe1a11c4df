"""Events that could not be applied: tried again at growing gaps, and shown when nothing helps."""

from datetime import timedelta
from typing import Any

import pytest

from holdfast import clock
from holdfast.limits import EVENT_TRIES_MAX
from holdfast.webhook.apply import confirm_waiting, retry_waiting, subject_of
from tests.house import Json, Shop
from tests.stories.money import intents, later, matters, tell

pytestmark = pytest.mark.anyio

STRANGER: Json = {"object": "payment_intent", "id": "pi_of_nobody", "status": "succeeded", "amount": 1_000}
STRANGER |= {"amount_received": 1_000, "currency": "gbp", "metadata": {}, "livemode": False}


async def waiting(shop: Shop) -> Any:
    (row,) = await shop.fetch("SELECT state, tries, retry_at FROM provider_events WHERE state <> 'applied'")
    return row


async def differing(shop: Shop) -> dict[str, Json]:
    found = (await shop.as_staff("GET", "/admin/differences"))["data"]
    return {row["matter"]["kind"]: row["matter"] for row in found}


async def test_money_for_nobody_is_shown_also_when_its_provider_tells_it_often(shop: Shop) -> None:
    told = await tell(shop, "payment_intent.succeeded", STRANGER)
    assert told.json()["state"] == "unmatched"
    for _ in range(EVENT_TRIES_MAX - 1):
        assert "event_unmatched" not in await differing(shop)
        await shop.client.post("/webhooks/stripe", content=told.request.content, headers=told.request.headers)
    row = await waiting(shop)
    assert (row["state"], row["tries"], row["retry_at"]) == ("unmatched", EVENT_TRIES_MAX, None)
    assert (await differing(shop))["event_unmatched"]["detail"]["state"] == "unmatched"


async def test_an_event_that_nobody_confirms_is_shown_when_it_is_not_asked_about_any_more(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    (intent,) = await intents(shop, placed)
    await shop.fault("error_500", on="read", count=100)
    session: dict[str, object] = {
        "object": "checkout.session",
        "id": "cs_told",
        "status": "complete",
        "payment_status": "paid",
    }
    session |= {"amount_total": 1_000, "currency": "gbp", "payment_intent": intent["id"], "metadata": {}}
    session["livemode"] = False
    await tell(shop, "checkout.session.completed", session)
    (event,) = await shop.fetch("SELECT event_key FROM provider_events WHERE state = 'unconfirmed'")
    subject = subject_of("stripe", event["event_key"])
    for _ in range(EVENT_TRIES_MAX):  # what its job does, until it is held
        process = shop.process
        assert not await confirm_waiting(shop.database, process.providers, subject, rules=process.rules)
    await shop.fetch("DELETE FROM pgqueuer")
    row = await waiting(shop)
    assert (row["state"], row["tries"]) == ("unconfirmed", 1), "who is in a hurry takes no try away"
    for days in range(1, EVENT_TRIES_MAX):
        assert "event_unmatched" not in await differing(shop)
        later(days=2 * days)
        await retry_waiting(shop.database, shop.process.providers, rules=shop.process.rules)
    row = await waiting(shop)
    assert (row["state"], row["tries"], row["retry_at"]) == ("unconfirmed", EVENT_TRIES_MAX, None)
    assert (await matters(shop))["event_unmatched"]["detail"]["state"] == "unconfirmed"


async def test_events_of_a_provider_that_was_taken_away_make_room_for_others(shop: Shop) -> None:
    await tell(shop, "payment_intent.succeeded", STRANGER)
    at = clock.now()
    clock.stop(at + timedelta(minutes=2))
    assert await retry_waiting(shop.database, {}, rules=shop.process.rules) == 1
    assert await retry_waiting(shop.database, {}, rules=shop.process.rules) == 0
    assert (await waiting(shop))["retry_at"] >= at + timedelta(minutes=3)
