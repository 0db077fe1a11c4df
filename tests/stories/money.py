"""What stories about money share: the bank's own side, the staff's desk, and time that has passed."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

import httpx

from holdfast import clock
from tests.house import STRIPE_KEY, WEBHOOK_SECRET, Json, Shop, until


async def bank(shop: Shop, method: str, path: str, **form: object) -> Json:
    """One call of the merchant to the bank's API, past the shop, as on the provider's dashboard."""
    answer = await shop.client.request(
        method,
        f"{shop.bank_url}/stripe/v1{path}",
        data={name.replace("__", "[") + ("]" if "__" in name else ""): str(v) for name, v in form.items()},
        headers={"Authorization": f"Bearer {STRIPE_KEY}"},
    )
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def intents(shop: Shop, placed: Json) -> list[Json]:
    """Every intent that the bank keeps for an order, oldest first."""
    query = f"metadata['order_id']:'{placed['order']['id']}'"
    answer = await shop.client.get(
        f"{shop.bank_url}/stripe/v1/payment_intents/search",
        params={"query": query},
        headers={"Authorization": f"Bearer {STRIPE_KEY}"},
    )
    found: list[Json] = answer.json()["data"]
    return found[::-1]


async def control(shop: Shop, path: str) -> None:
    """What only the bank can do: ``payments/pi_…/late_success``, ``refunds/re_…/fail``."""
    answer = await shop.client.post(f"{shop.bank_url}/_sandbox/{path}")
    assert answer.status_code < 300, answer.text


async def tell(shop: Shop, kind: str, thing: Json, *, livemode: bool = False) -> httpx.Response:
    """A webhook of our own making, signed as the bank signs."""
    event = {"id": f"evt_{time()}", "object": "event", "type": kind, "livemode": livemode}
    body = json.dumps(event | {"data": {"object": thing}}).encode()
    at = int(clock.now().timestamp())
    digest = hmac.new(WEBHOOK_SECRET.encode(), b"%d.%s" % (at, body), hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={at},v1={digest}"}
    answer = await shop.client.post("/webhooks/stripe", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


async def rest(shop: Shop) -> None:
    """Wait until every webhook has arrived and every job that is due is done, and what came of those too."""
    for _ in range(3):
        await until(lambda: _all_told(shop))
        await shop.drain()
    await until(lambda: _all_told(shop))


async def _all_told(shop: Shop) -> bool:
    state = (await shop.client.get(f"{shop.bank_url}/_sandbox/state")).json()
    return bool(state["stripe"]["deliveries_waiting"] == 0)


def later(**passed: float) -> None:
    """Stop the shop's clock this much after the real time."""
    clock.stop(datetime.now(UTC) + timedelta(**passed))


async def placed_ago(
    shop: Shop, lines: dict[str, int], method: str = "stripe", coupons: Sequence[str] = (), **passed: float
) -> Json:
    """An order that was placed this long ago; the clock runs again."""
    clock.stop(datetime.now(UTC) - timedelta(**passed))
    placed = await shop.placed(lines, method, coupons=list(coupons))
    clock.go()
    return placed


def id_of(placed: Json) -> str:
    found: str = placed["order"]["id"]
    return found


def mine(placed: Json) -> dict[str, str]:
    """The headers by which a guest owns the order."""
    return {"X_Holdfast_Token": placed["token"]}


async def pay_again(shop: Shop, placed: Json, method: str | None = None) -> httpx.Response:
    body = {"payment_method": method} if method else {}
    return await shop.call("POST", f"/orders/{id_of(placed)}/pay", body, **mine(placed))


async def paying_again(shop: Shop, placed: Json, method: str | None = None) -> Json:
    """The same, of one that is not refused."""
    answer = await pay_again(shop, placed, method)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def cancel(shop: Shop, placed: Json) -> httpx.Response:
    return await shop.call("POST", f"/orders/{id_of(placed)}/cancel", **mine(placed))


async def events(shop: Shop, placed: Json) -> list[str]:
    """What has happened to an order, oldest first."""
    return [event["event"] for event in (await shop.order(id_of(placed)))["timeline"]]


async def payment(shop: Shop, placed: Json) -> Any:
    return (await shop.order(id_of(placed)))["answer"]["payment"]


async def sums(shop: Shop, placed: Json) -> tuple[int, int]:
    """What was captured and what was refunded, in minor units."""
    found = await payment(shop, placed)
    return found["captured"]["amount"], found["refunded"]["amount"]


async def matters(shop: Shop) -> dict[str, Json]:
    """What lies on the desk, the newest of each kind."""
    found = (await shop.as_staff("GET", "/admin/attention"))["data"]
    return {row["matter"]["kind"]: row["matter"] for row in found}


async def resolve(shop: Shop, kind: str, step: str) -> None:
    matter = (await matters(shop))[kind]
    await shop.as_staff("POST", f"/admin/attention/{matter['id']}/resolve", {"step": step})


async def lines(shop: Shop) -> list[tuple[str, int]]:
    """All hold lines as (state, units), in the order of their birth."""
    rows = await shop.fetch("SELECT l.state, l.quantity FROM hold_lines l ORDER BY l.hold_id, l.sku")
    return [(row["state"], row["quantity"]) for row in rows]


async def refunds(shop: Shop) -> list[tuple[str, int]]:
    """All refunds as (state, minor units), oldest first."""
    rows = await shop.fetch("SELECT state, amount_minor FROM refunds ORDER BY id")
    return [(row["state"], row["amount_minor"]) for row in rows]


async def receive(shop: Shop, sku: str, quantity: int) -> None:
    """Units arrive, and whoever is owed them gets them."""
    body = {"lines": [{"sku": sku, "quantity": quantity}], "reason": "delivery"}
    await shop.as_staff("POST", "/admin/stock/receive", body)
    await shop.drain()


async def somebody_waits(shop: Shop) -> bool:
    """Whether a transaction waits for another one's lock."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(await shop.fetch(waiting))


async def transfer(
    shop: Shop, placed: Json, amount: int, reference: str, currency: str = "GBP"
) -> httpx.Response:
    """Staff see a transfer on the bank's statement."""
    body = {
        "bank_reference": reference,
        "received": {"amount": amount, "currency": currency},
        "value_date": "2026-11-20",
    }
    return await shop.call("POST", f"/admin/orders/{id_of(placed)}/transfers", body, **shop.staff)


async def transferred(shop: Shop, placed: Json, amount: int, reference: str) -> None:
    answer = await transfer(shop, placed, amount, reference)
    assert answer.status_code == 200, answer.text
    await shop.drain()
