"""A swarm of buyers over all providers while a fifth of all that can go wrong goes wrong.

At the end nobody was charged twice, and each captured penny belongs to an order that can be
fulfilled, to a refund, or to an open row that says why it does not.
"""

import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from holdfast import clock
from holdfast.attention.matters import DIFFERENCES
from holdfast.sandbox.bank.faults import (
    CallFault,
    DisputeFault,
    PaymentFault,
    RefundFault,
    WebhookFault,
)
from tests.conftest import FULL, assert_truths
from tests.house import Json
from tests.providers.conformance.subjects import SUBJECTS, Subject
from tests.stories.at_any_bank import Tills, open_tills
from tests.stories.money import id_of, mine

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1_800)]

ORDERS = 2_000 if FULL else 160
AT_ONCE = 24
FAULT_RATE = 0.2
SEED = int(os.environ.get("HOLDFAST_SWARM_SEED", "0")) or (random.randrange(1, 10**9) if FULL else 1851)
TRIES_MAX = 200
SLOW_MS = 2_500
"""Longer than the shop waits for a provider."""

BY_ID = {subject.id: subject for subject in SUBJECTS}
SHOPS = {
    "USD": ("stripe-intent", "razorpay-order", "paystack", "flutterwave-v3", "paypal-api"),
    "ETB": ("telebirr", "cbe_birr", "awash", "stripe-session"),
    "NGN": ("razorpay-link", "paystack", "flutterwave-v4"),
}
"""No currency is taken by all: a shop for each, with those who take it."""
MONEY_IN_SIGHT = {"paid", "confirmed", "awaiting_stock", "processing"}


class Buyer:
    """One order, its provider, and what its buyer and the staff do to it."""

    def __init__(self, tills: Tills, number: int, chance: random.Random) -> None:
        self.tills, self.chance = tills, chance
        self.subject = chance.choice(tills.subjects)
        self.key = f"swarm-{SEED}-{number:06}-order"
        self.fault: str | None = None
        if chance.random() < FAULT_RATE:
            self.fault = chance.choice(_KINDS)

    async def live(self) -> None:
        """From the order to whatever becomes of it; refusals are a buyer's everyday life."""
        if self.fault in _CALLS:
            await self.arm(on="create")
        placed = await self.place()
        if self.fault is not None and self.fault not in _CALLS:
            await self.arm()
        await self.act(placed)
        if self.chance.random() < 0.3:
            await self.back(placed)
        if self.chance.random() < 0.15:
            path = f"/admin/orders/{id_of(placed)}/refund"
            await self.tills.shop.call("POST", path, {}, **self.tills.shop.staff)

    async def act(self, placed: Json) -> None:
        deed = self.chance.random()
        if deed < 0.60:
            await self.tills.press(placed, "pay")
        elif deed < 0.72:
            await self.tills.press(placed, "decline")
            await self.again(placed, self.subject)
            await self.tills.press(placed, "pay")
        elif deed < 0.84:  # changes their mind, and pays both
            await self.again(placed, self.chance.choice(self.tills.subjects))
            for ref in await self.tills.refs_of(placed):
                await self.tills.press_ref(ref, "pay")
        elif deed < 0.90:
            await self.tills.press(placed, "cancel")
        elif deed < 0.95:
            await self.tills.press(placed, "pay")
            await self.cancel(placed)

    async def arm(self, **more: object) -> None:
        slow = {"ms": SLOW_MS} if self.fault in _SLOW else {}
        await self.tills.fault(self.subject.name, str(self.fault), **slow, **more)

    async def place(self) -> Json:
        """A client that repeats under its key until there is an answer."""
        body = self.tills.shop.order_body({"MUG": 1}, self.subject.name)
        said = ""
        for _ in range(TRIES_MAX):
            answer = await self.tills.shop.call("POST", "/orders", body, Idempotency_Key=self.key)
            if answer.status_code == 201:
                found: Json = answer.json()
                return found
            assert answer.json()["code"] in ("idempotency_key_in_use", "database_away"), answer.text
            said = answer.text
            await asyncio.sleep(0.2)
        raise AssertionError(f"no answer to {self.key} of {self.subject.id}: {said}")

    async def again(self, placed: Json, subject: Subject) -> None:
        path, body = f"/orders/{id_of(placed)}/pay", {"payment_method": subject.name}
        answer = await self.tills.shop.call("POST", path, body, **mine(placed))
        assert answer.status_code in (200, 409), answer.text

    async def cancel(self, placed: Json) -> None:
        answer = await self.tills.shop.call("POST", f"/orders/{id_of(placed)}/cancel", **mine(placed))
        assert answer.status_code in (200, 409), answer.text

    async def back(self, placed: Json) -> None:
        path = f"/payments/{placed['payment']['id']}/return"
        answer = await self.tills.shop.call("POST", path, {}, **mine(placed))
        assert answer.status_code in (200, 503), answer.text


_CALLS: frozenset[str] = frozenset(get_args(CallFault))
_SLOW = frozenset({"delay", "timeout_before_effect", "timeout_after_effect"})
_KINDS: Sequence[Any] = [
    kind
    for kinds in (CallFault, PaymentFault, DisputeFault, RefundFault, WebhookFault)
    for kind in get_args(kinds)
]


@pytest.mark.parametrize("currency", SHOPS)
async def test_no_penny_is_lost_and_nobody_pays_twice(database_url: str, currency: str) -> None:
    sys.stdout.write(f"HOLDFAST_SWARM_SEED={SEED}\n")  # shown when it fails
    chance = random.Random(f"{SEED}{currency}")
    subjects = [BY_ID[name] for name in SHOPS[currency]]
    count = ORDERS * len(subjects) // sum(map(len, SHOPS.values()))
    async with open_tills(database_url, subjects, currency=currency) as tills:
        gate = asyncio.Semaphore(AT_ONCE)

        async def live(number: int) -> None:
            async with gate:
                await Buyer(tills, number, random.Random(chance.random())).live()

        await asyncio.gather(*(live(number) for number in range(count)))
        await tills.clear_faults()
        await comes_to_rest(tills)
        await assert_truths(tills.shop.database)
        await nothing_is_lost(tills)


async def comes_to_rest(tills: Tills) -> None:
    """Jobs, polls and expiry, until nothing is on its way any more: some days of the shop's clock."""
    begun = datetime.now(UTC)
    for minutes in (0, 1, 3, 10, 30, 60, 180, 600, 1_500, 3_000, 5_000):
        clock.stop(begun + timedelta(minutes=minutes))
        await tills.quiet()
        await tills.shop.sweep()
        await tills.quiet()
    held = await tills.shop.fetch(
        "SELECT entrypoint, convert_from(payload, 'UTF8') AS subject, status FROM pgqueuer"
    )
    assert [dict(row) for row in held] == []


async def nothing_is_lost(tills: Tills) -> None:
    """What the banks took, attempt by attempt, against the books and the list of differences."""
    shop = tills.shop
    differences = {
        row["subject"]
        for row in await shop.fetch("SELECT subject FROM attention WHERE kind = ANY($1)", sorted(DIFFERENCES))
    }
    waiting = {
        row["payment_id"]
        for row in await shop.fetch(
            """SELECT d.payment_id FROM disputes d JOIN attention m ON m.subject = d.id
               WHERE m.kind = 'dispute_opened' AND m.resolved_at IS NULL"""
        )
    }
    attempts = await shop.fetch(
        """SELECT a.id, a.order_id, a.provider, a.provider_ref, a.captured_minor, o.state, o.total_minor,
                  p.id AS payment_id, p.captured_minor AS captured, p.disputed_minor, p.lost_minor
           FROM payment_attempts a JOIN orders o ON o.id = a.order_id JOIN payments p ON p.order_id = o.id
           ORDER BY a.id"""
    )
    told = Counter[str]()
    for row in attempts:
        bank = None if row["provider_ref"] is None else await tills.bank_row(row["provider_ref"])
        if bank is not None and bank["stage"] == "paid":
            told["paid at a bank"] += 1
            assert row["captured_minor"] > 0 or row["id"] in differences, (dict(row), bank)
        elif row["captured_minor"]:
            assert row["id"] in differences or bank is not None, (dict(row), bank)
    refunds = await shop.fetch("SELECT id, payment_id, state, amount_minor FROM refunds")
    for row in {row["payment_id"]: row for row in attempts}.values():
        own = [refund for refund in refunds if refund["payment_id"] == row["payment_id"]]
        back = sum(refund["amount_minor"] for refund in own if refund["state"] != "failed")
        about = {refund["id"] for refund in own}
        about |= {row["payment_id"], *(a["id"] for a in attempts if a["payment_id"] == row["payment_id"])}
        wanted = row["total_minor"] if row["state"] in MONEY_IN_SIGHT else 0
        told[row["state"]] += 1
        if row["disputed_minor"]:  # the bank has it until it decides, and the staff have been told
            assert row["payment_id"] in waiting, dict(row)
        with_a_bank = row["disputed_minor"] + row["lost_minor"]
        assert 0 <= row["captured"] - with_a_bank - back <= wanted or about & differences, {
            **row,
            "back": back,
        }
    for provider in {subject.name for subject in tills.subjects}:
        ours = await shop.fetch(
            """SELECT count(DISTINCT provider_ref) AS n FROM refunds
               WHERE provider = $1 AND provider_ref IS NOT NULL""",
            provider,
        )
        assert (await tills.state())[provider]["refunds"] <= ours[0]["n"], provider
    sys.stdout.write(f"{dict(told)}\n")
    assert told["paid at a bank"] > len(attempts) // 3
