"""A shop's day, with everything that goes wrong: no secret and no card number is written down anywhere."""

import base64
import json
from collections.abc import AsyncIterator
from io import StringIO
from uuid import uuid4

import asyncpg
import pytest

from tests.conftest import Server, assert_truths, pytest_runtest_makereport
from tests.house import ADDRESS, STRIPE_KEY, WEBHOOK_SECRET, Shop, open_shop
from tests.sql.world import HISTORY
from tests.stories.money import bank, cancel, id_of, intents, mine, pay_again, rest, tell, transferred
from tests.written import cards_in, stored_cards, stored_texts, written_logs

pytestmark = pytest.mark.anyio

PAYSTACK_KEY = "sk_test_0123456789abcdef0123456789abcdef01234567"
CARD = "4242424242424242"
PERSON = ("ada@example.com", *(value for field, value in ADDRESS.items() if field != "country"))


class Day:
    """What was lived through: the shop, and what it wrote to its log."""

    def __init__(self, shop: Shop, log: StringIO) -> None:
        self.shop, self.log = shop, log
        settings = shop.process.settings
        self.secrets = {*settings.secrets(), STRIPE_KEY, WEBHOOK_SECRET, PAYSTACK_KEY, shop.key}

    async def stored(self) -> list[tuple[str, str]]:
        async with self.shop.database.pool.acquire() as connection:
            return await stored_texts(connection)


@pytest.fixture(scope="module")
async def day(postgres: Server, granted: str) -> AsyncIterator[Day]:
    """Lived through once; the tests only look."""
    name = f"test_{uuid4().hex}"
    postgres.ensure_database(name, template=granted)
    secrets = [STRIPE_KEY, WEBHOOK_SECRET, PAYSTACK_KEY]
    with written_logs("debug", secrets=secrets) as log:
        given = {"PAYSTACK_SECRET_KEYS": PAYSTACK_KEY, "PAYSTACK_API_BASE": "http://127.0.0.1:1"}
        async with open_shop(postgres.url(name), providers=given) as shop:
            lived = Day(shop, log)
            await go_well(shop)
            await go_wrong(shop)
            await be_attacked(shop)
            await rest(shop)
            await shop.sweep()
            yield lived
            await assert_truths(shop.database)


async def go_well(shop: Shop) -> None:
    """Paid by card and by transfer, with a receipt; cancelled and refunded, here and at the bank."""
    await shop.stocked({"MUG": 50})
    paid, elsewhere = await shop.placed({"MUG": 1}), await shop.placed({"MUG": 2})
    await shop.pay(paid)
    await shop.pay(elsewhere)
    await cancel(shop, paid)
    (intent,) = await intents(shop, elsewhere)
    await bank(shop, "POST", "/refunds", payment_intent=intent["id"], amount=100)
    by_transfer = await shop.placed({"MUG": 1}, "bank_transfer")
    proof = {"bank_reference": "FT 1", "file": base64.b64encode(b"%PDF-1.4\n%%EOF").decode()}
    await shop.call("POST", f"/orders/{id_of(by_transfer)}/transfer-proofs", proof, **mine(by_transfer))
    await transferred(shop, by_transfer, 1_000, "FT1")
    await rest(shop)


async def go_wrong(shop: Shop) -> None:
    """Declined, silent and broken banks, refunds that fail, a bug of ours."""
    declined = await shop.placed({"MUG": 1})
    await shop.at_bank(declined, "decline")
    await pay_again(shop, declined)
    for kind in ("error_500", "garbage", "timeout_after_effect"):
        await shop.fault(kind, on="create", ms=2_100)
        await shop.placed({"MUG": 1})
    await shop.fault("refund_fails")
    paid = await shop.placed({"MUG": 1})
    await shop.pay(paid)
    await cancel(shop, paid)
    await shop.as_owner("ALTER TABLE categories RENAME TO gone")
    await shop.call("GET", f"/categories?card={CARD}", Authorization=f"Bearer {shop.key}")
    await shop.as_owner("ALTER TABLE gone RENAME TO categories")
    await shop.drain()


async def be_attacked(shop: Shop) -> None:
    """Keys that are wrong, events that are forged or foreign, and card numbers where none belong."""
    await shop.call("GET", "/admin/orders", Authorization=f"Bearer {shop.key}x")
    await shop.call("GET", f"/products/{CARD}")
    await shop.call("POST", "/orders", shop.order_body({"MUG": 1}, card_number=CARD))
    await shop.client.post("/webhooks/stripe", content=b"{}", headers={"Stripe-Signature": f"t=1,v1={CARD}"})
    (intent,) = await intents(shop, await shop.placed({"MUG": 1}))
    await tell(shop, "payment_intent.succeeded", intent | {"id": "pi_foreign", "metadata": {}})


async def test_the_day_was_worth_looking_at(day: Day) -> None:
    events = [json.loads(line) for line in day.log.getvalue().splitlines()]
    assert {"request.failed", "audit.sealed"} <= {event["event"] for event in events}
    places = {place.partition(".")[0] for place, _ in await day.stored()}
    assert {"orders", "provider_events", "refunds", "attention", "transfers", "audit"} <= places


async def test_no_secret_is_in_a_log_a_job_or_any_table(day: Day) -> None:
    log = day.log.getvalue()
    assert [secret for secret in day.secrets if secret in log] == []
    found = [
        (place, secret) for place, said in await day.stored() for secret in day.secrets if secret in said
    ]
    assert found == []


async def test_no_card_number_is_in_a_log_or_any_table(day: Day) -> None:
    assert cards_in(f"a card {CARD}, and 3782-822463-10005") == [CARD, "3782-822463-10005"]
    assert cards_in(day.log.getvalue()) == []
    assert [(place, found) for place, said in await day.stored() for found in cards_in(said)] == []


async def test_a_card_number_that_is_written_down_anywhere_is_found(shop: Shop) -> None:
    event = json.dumps({"number": "n/a", "cvc": "123"})
    address = "4242-4242-4242-4242@example.com"
    written: dict[str, object] = {
        "INSERT INTO attention VALUES ('att_1', 'late_money', 'x', $1, now())": json.dumps([CARD]),
        "INSERT INTO users VALUES ('usr_1', $1, 'customer', now())": address,
        "INSERT INTO provider_event_bodies VALUES ('stripe', 'evt_1', now(), $1)": event.encode(),
    }
    connection = await asyncpg.connect(shop.owner_url)
    undone = connection.transaction()
    await undone.start()
    for statement, value in written.items():
        await connection.execute(statement, value)
    assert dict(await stored_cards(connection)) == {
        "attention.detail": CARD,
        "users.email": "4242-4242-4242-4242",
        "provider_event_bodies_rest.body": 'cvc": "123',
    }
    await undone.rollback()
    assert await stored_cards(connection) == []
    await connection.close()


@pytest.mark.parametrize(("said", "outcome"), [(f"paid with {CARD}", "failed"), ("paid", "passed")])
def test_a_test_that_makes_anything_log_a_card_number_fails(
    request: pytest.FixtureRequest, said: str, outcome: str
) -> None:
    report = pytest.TestReport(
        "a test", ("", None, ""), {}, "passed", None, "call", sections=[("Captured stderr call", said)]
    )
    making = pytest_runtest_makereport(request.node)
    next(making)
    with pytest.raises(StopIteration) as made:
        making.send(report)
    assert made.value.value.outcome == outcome


async def test_history_knows_no_person(day: Day) -> None:
    told = [
        (place, word)
        for place, said in await day.stored()
        if place.partition(".")[0] in (*HISTORY, "transfers", "audit_unsealed", "pgqueuer", "pgqueuer_log")
        for word in (*PERSON, "@")
        if word in said and place != "audit_seals.hash"  # random bytes, which may happen to be a sign
    ]
    assert told == []
    kept = {place for place, said in await day.stored() if PERSON[0] in said}
    assert "orders.email" in kept  # it would have been found
