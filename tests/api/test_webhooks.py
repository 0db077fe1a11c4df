"""Webhooks as the world sends them: twice, out of order, late, forged, cut off, too large.

The effect is once or none, and the answer is never an error of ours.
"""

import asyncio
import json
import re
from datetime import timedelta

import httpx
import pytest

from holdfast import clock
from holdfast.limits import WEBHOOK_BODY_BYTES_MAX, WEBHOOK_TOLERANCE_S
from tests.api.answers import refused, rows
from tests.api.events import (
    books,
    deliver,
    delivered,
    delivered_at_once,
    event,
    intent_of,
    signature,
    succeeded,
)
from tests.house import Json, Shop, until

pytestmark = pytest.mark.anyio

PAID = ("paid", 1_000, 1)
UNPAID = ("pending_payment", 0, 0)


async def an_order(shop: Shop) -> Json:
    """Placed and not paid, with every event of its birth arrived."""
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await heard(shop)
    return placed


async def heard(shop: Shop) -> None:
    """The bank's own event about the new intent is in, so that nothing else changes meanwhile."""

    async def arrived() -> bool:
        return await shop.count("provider_events") == await shop.count("payment_attempts")

    await until(arrived)


async def stored(shop: Shop) -> dict[str, str]:
    """The states of the tests' own events."""
    found = await shop.fetch("SELECT event_key, state FROM provider_events WHERE event_key LIKE 'evt_test_%'")
    return {row["event_key"]: row["state"] for row in found}


async def test_the_same_event_again_and_again_has_the_effect_of_once(shop: Shop) -> None:
    placed = await an_order(shop)
    body = await succeeded(shop, placed)
    assert [await delivered(shop, body) for _ in range(3)] == ["applied", "duplicate", "duplicate"]
    assert await books(shop, placed) == PAID
    assert await shop.available("MUG") == 4


async def test_the_same_event_twenty_times_at_once_has_the_effect_of_once(shop: Shop) -> None:
    placed = await an_order(shop)
    states = await delivered_at_once(shop, [await succeeded(shop, placed)] * 20)
    assert sorted(states) == ["applied"] + ["duplicate"] * 19
    assert await books(shop, placed) == PAID


async def test_twenty_events_that_say_the_same_at_once_capture_once(shop: Shop) -> None:
    placed = await an_order(shop)
    states = await delivered_at_once(shop, [await succeeded(shop, placed) for _ in range(20)])
    assert states == ["applied"] * 20
    assert await books(shop, placed) == PAID


async def test_a_failure_that_arrives_after_the_success_changes_nothing(shop: Shop) -> None:
    placed = await an_order(shop)
    assert await delivered(shop, await succeeded(shop, placed)) == "applied"
    declined = {"type": "card_error", "code": "card_declined"}
    thing = await intent_of(shop, placed, "requires_payment_method", last_payment_error=declined)
    assert await delivered(shop, event("payment_intent.payment_failed", thing)) == "applied"
    assert await books(shop, placed) == PAID


async def test_a_success_that_arrives_before_the_creation_stays(shop: Shop) -> None:
    placed = await an_order(shop)
    created = event("payment_intent.created", await intent_of(shop, placed, "requires_payment_method"))
    assert await delivered(shop, await succeeded(shop, placed)) == "applied"
    assert await delivered(shop, created) == "applied"
    assert await books(shop, placed) == PAID


async def test_a_success_that_comes_after_the_hold_died_takes_the_units_again(shop: Shop) -> None:
    placed = await an_order(shop)
    clock.stop(clock.now() + timedelta(hours=1))
    await shop.sweep()
    assert (await books(shop, placed), await shop.available("MUG")) == (("expired", 0, 0), 5)
    assert await delivered(shop, await succeeded(shop, placed)) == "applied"
    assert (await books(shop, placed), await shop.available("MUG")) == (PAID, 4)


async def test_a_success_that_comes_after_the_order_was_cancelled_is_owed_back(shop: Shop) -> None:
    placed = await an_order(shop)
    clock.stop(clock.now() + timedelta(days=3))
    await shop.sweep()
    assert await delivered(shop, await succeeded(shop, placed)) == "applied"
    assert await books(shop, placed) == ("cancelled", 1_000, 1)
    await shop.drain()
    (refund,) = await shop.fetch("SELECT amount_minor FROM refunds")
    assert (refund["amount_minor"], await shop.available("MUG")) == (1_000, 5)


async def test_a_forged_event_is_refused_whatever_is_wrong_with_it(shop: Shop) -> None:
    placed = await an_order(shop)
    body = await succeeded(shop, placed)
    good = signature(body)
    moment, _, digest = good.removeprefix("t=").partition(",v1=")
    forged = {
        "another secret": signature(body, secret="whsec_of_somebody_else"),
        "an empty secret": signature(body, secret=""),
        "another body": signature(body + b" "),
        "older than the tolerance": signature(body, late_s=WEBHOOK_TOLERANCE_S + 5),
        "from the future": signature(body, late_s=-WEBHOOK_TOLERANCE_S - 5),
        "another moment than was signed": f"t={int(moment) - 1},v1={digest}",
        "no moment": f"v1={digest}",
        "no digest": f"t={moment}",
        "only an old scheme": f"t={moment},v0={digest}",
        "a digest that is cut off": good[:-1],
        "a digest in capitals": f"t={moment},v1={digest.upper()}",
        "a moment that is no number": f"t=now,v1={digest}",
        "a moment beyond all calendars": f"t={'9' * 400},v1={digest}",
        "a negative moment": f"t=-{moment},v1={digest}",
        "nothing": "",
        "another provider's": digest,
        "commas": ",,,,",
    }
    before = await rows(shop)
    for why, header in forged.items():
        answer = await deliver(shop, body, header)
        assert answer.status_code == 401, why
        refused(answer, 401, "signature_invalid")
    bytes_of_no_text: list[tuple[bytes, bytes]] = [(b"Stripe-Signature", b"t=1,v1=\xff\xfe\xe9")]
    refused(
        await shop.client.post("/webhooks/stripe", content=body, headers=bytes_of_no_text),
        401,
        "signature_invalid",
    )
    refused(await shop.client.post("/webhooks/stripe", content=body), 401, "signature_invalid")
    assert await rows(shop) == before
    assert await books(shop, placed) == UNPAID
    assert await delivered(shop, body) == "applied"


async def test_signed_is_not_yet_ours(shop: Shop) -> None:
    placed = await an_order(shop)
    for changes in ({"currency": "usd"}, {"livemode": True}, {"metadata": {"attempt_id": "att_of_another"}}):
        thing = await intent_of(shop, placed, "succeeded", **changes)
        assert await delivered(shop, event("payment_intent.succeeded", thing)) == "applied"
        assert await books(shop, placed) == UNPAID
    (matter,) = await shop.fetch("SELECT kind FROM attention")
    assert matter["kind"] == "payment_mismatch"


async def test_a_body_that_is_not_an_event_is_refused_though_it_is_signed(shop: Shop) -> None:
    placed = await an_order(shop)
    whole = await succeeded(shop, placed)
    deep = b'{"id":"evt_test_deep","object":"event","type":"x","livemode":false,"data":' + b"[" * 50_000
    broken = {
        "cut off": whole[: len(whole) // 2],
        "empty": b"",
        "not JSON": b"<xml/>",
        "not UTF-8": whole.replace(b"gbp", b"\xff\xfe\xfd"),
        "Latin-1": '{"id": "évt"}'.encode("latin-1"),
        "a list": b"[]",
        "null": b"null",
        "nested too deeply": deep,
        "without an id": json.dumps({k: v for k, v in json.loads(whole).items() if k != "id"}).encode(),
        "an id with NUL": event("x", {}, id="evt_\x00"),
        "an id that is too long": event("x", {}, id="e" * 256),
        "a thin event": event("v1.billing.meter", {}, object="v2.core.event"),
    }
    before = await rows(shop)
    for why, body in broken.items():
        answer = await deliver(shop, body)
        assert answer.status_code == 400, why
        refused(answer, 400, "request_malformed")
    assert await rows(shop) == before
    for unsigned in (broken["not UTF-8"], broken["cut off"]):
        refused(await deliver(shop, unsigned, signature(whole)), 401, "signature_invalid")
    assert await books(shop, placed) == UNPAID


async def test_a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not(shop: Shop) -> None:
    empty = len(event("a.kind", {"padding": ""}, id="evt_test_000000"))
    largest = event("a.kind", {"padding": "x" * (WEBHOOK_BODY_BYTES_MAX - empty)}, id="evt_test_large1")
    assert len(largest) == WEBHOOK_BODY_BYTES_MAX
    assert await delivered(shop, largest) == "ignored"
    larger = event("a.kind", {"padding": "x" * (WEBHOOK_BODY_BYTES_MAX - empty + 1)}, id="evt_test_large2")
    found = refused(await deliver(shop, larger), 413, "body_too_large")
    assert found["bytes_max"] == WEBHOOK_BODY_BYTES_MAX
    huge = b'{"padding":"' + b"x" * 10_000_000 + b'"}'
    refused(await deliver(shop, huge), 413, "body_too_large")
    assert await stored(shop) == {"evt_test_large1": "ignored"}


async def test_a_body_that_announces_its_size_is_refused_before_it_is_sent(shop: Shop) -> None:
    answer = await talk(shop, b"Content-Length: 1000000000\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"body_too_large"' in answer


async def test_a_body_without_an_announced_end_is_refused_at_the_limit(shop: Shop) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    enough = chunk * (WEBHOOK_BODY_BYTES_MAX // 0x10000 + 1)
    answer = await talk(shop, b"Transfer-Encoding: chunked\r\n\r\n" + enough)
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_sender_who_hangs_up_in_the_middle_harms_nobody(shop: Shop) -> None:
    before = await rows(shop)
    await talk(shop, b"Content-Length: 1000\r\n\r\n{", hang_up=True)
    assert await rows(shop) == before
    assert (await shop.client.get("/health/ready")).status_code == 200


async def test_an_event_of_a_kind_that_means_nothing_to_us_is_kept_and_ignored(shop: Shop) -> None:
    body = event("customer.subscription.updated", {"id": "sub_1"})
    assert [await delivered(shop, body) for _ in range(2)] == ["ignored", "duplicate"]
    assert list((await stored(shop)).values()) == ["ignored"]
    assert (await shop.as_staff("GET", "/admin/events"))["data"] == []


async def test_an_event_of_a_payment_that_we_do_not_know_yet_is_applied_once_we_do(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.fault("webhook_drop", count=9)
    await shop.fault("timeout_after_effect", on="create")
    placed = await shop.placed({"MUG": 1})
    assert placed["payment"]["next_action"] is None
    at_bank = re.search(r"pi_\w+", (await shop.client.get(shop.bank_url)).text)
    assert at_bank is not None, "the bank has the intent, though it did not answer"
    thing = await intent_of(shop, placed, "succeeded", id=at_bank[0], metadata={})
    assert await delivered(shop, event("payment_intent.succeeded", thing)) == "unmatched"
    assert await books(shop, placed) == UNPAID
    (waiting,) = (await shop.as_staff("GET", "/admin/events"))["data"]
    assert (waiting["state"], waiting["kind"]) == ("unmatched", "payment_intent.succeeded")
    clock.stop(clock.now() + timedelta(minutes=3))
    await shop.sweep()
    await shop.sweep()
    assert await books(shop, placed) == PAID
    assert (await shop.as_staff("GET", "/admin/events"))["data"] == []


async def test_an_event_of_a_stranger_is_tried_a_bounded_number_of_times_and_stays_visible(
    shop: Shop,
) -> None:
    thing = {"id": "pi_of_nobody", "object": "payment_intent", "status": "succeeded", "amount": 5,
             "amount_received": 5, "currency": "gbp", "livemode": False}  # fmt: skip
    assert await delivered(shop, event("payment_intent.succeeded", thing)) == "unmatched"
    moment = clock.now()
    for _ in range(12):
        moment += timedelta(days=2)
        clock.stop(moment)
        await shop.sweep()
    (row,) = await shop.fetch("SELECT tries, retry_at FROM provider_events")
    assert (row["tries"], row["retry_at"]) == (8, None)
    (waiting,) = (await shop.as_staff("GET", "/admin/events"))["data"]
    assert waiting["state"] == "unmatched"


BREAK = """
CREATE FUNCTION the_books_are_locked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the books are locked'; END $$;
CREATE TRIGGER the_books_are_locked BEFORE INSERT ON {table} FOR EACH ROW {when}
    EXECUTE FUNCTION the_books_are_locked()"""
MEND = "DROP FUNCTION the_books_are_locked CASCADE"


async def broken(shop: Shop, table: str, when: str = "") -> None:
    """Have the database refuse to write into a table."""
    await shop.as_owner(BREAK.format(table=table, when=when))


async def mended(shop: Shop) -> None:
    await shop.as_owner(MEND)


async def test_an_event_that_cannot_be_applied_is_kept_shown_and_applied_by_hand(shop: Shop) -> None:
    placed = await an_order(shop)
    body = await succeeded(shop, placed)
    await broken(shop, "ledger")
    assert await delivered(shop, body) == "failed"
    assert await books(shop, placed) == UNPAID
    (shown,) = (await shop.as_staff("GET", "/admin/events"))["data"]
    assert (shown["state"], shown["tries"], bool(shown["error"])) == ("failed", 1, True)
    (matter,) = (await shop.as_staff("GET", "/admin/attention"))["data"]
    assert matter["matter"]["kind"] == "event_failed"
    raw = await shop.as_staff("GET", f"/admin/events/stripe/{shown['key']}")
    assert raw["event"]["state"] == "failed"
    assert raw["body"] == json.loads(body)
    retry = f"/admin/events/stripe/{shown['key']}/retry"
    assert await shop.as_staff("POST", retry) == {"state": "failed"}
    await mended(shop)
    assert await shop.as_staff("POST", retry) == {"state": "applied"}
    assert await books(shop, placed) == PAID
    again = await shop.call("POST", retry, Authorization=f"Bearer {shop.key}")
    refused(again, 404, "not_found")


async def test_an_event_that_failed_is_applied_when_the_provider_sends_it_again(shop: Shop) -> None:
    placed = await an_order(shop)
    body = await succeeded(shop, placed)
    await shop.as_owner("ALTER TABLE ledger ADD CONSTRAINT the_books_are_closed CHECK (false) NOT VALID")
    assert [await delivered(shop, body) for _ in range(2)] == ["failed", "failed"]
    await shop.as_owner("ALTER TABLE ledger DROP CONSTRAINT the_books_are_closed")
    assert [await delivered(shop, body) for _ in range(2)] == ["applied", "duplicate"]
    assert await books(shop, placed) == PAID


async def test_an_event_that_failed_is_applied_by_the_timetable(shop: Shop) -> None:
    placed = await an_order(shop)
    await broken(shop, "ledger")
    assert await delivered(shop, await succeeded(shop, placed)) == "failed"
    await mended(shop)
    clock.stop(clock.now() + timedelta(minutes=3))
    await shop.sweep()
    assert await books(shop, placed) == PAID


async def test_an_event_that_fails_does_not_harm_those_that_came_with_it(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = [await shop.placed({"MUG": 1}) for _ in range(4)]
    await heard(shop)
    bad = placed[2]["payment"]["id"]
    await broken(shop, "ledger", f"WHEN (NEW.payment_id = '{bad}')")
    states = await delivered_at_once(shop, [await succeeded(shop, order) for order in placed])
    assert states == ["applied", "applied", "failed", "applied"]
    assert [await books(shop, order) for order in placed] == [PAID, PAID, UNPAID, PAID]


async def test_an_event_that_cannot_even_be_stored_is_asked_for_again(shop: Shop) -> None:
    placed = await an_order(shop)
    body = await succeeded(shop, placed)
    await broken(shop, "provider_event_bodies")
    refused(await deliver(shop, body), 503, "database_away")
    await mended(shop)
    assert await stored(shop) == {}
    assert await delivered(shop, body) == "applied"
    assert await books(shop, placed) == PAID


async def test_a_provider_that_we_do_not_have_and_one_that_sends_nothing(shop: Shop) -> None:
    body = event("payment_intent.succeeded", {})
    for name in ("paypal", "STRIPE", "stripe%00", "%2e%2e", "x" * 200):
        answer = await shop.client.post(f"/webhooks/{name}", content=body)
        assert answer.status_code in (404, 422), name
        refused(answer, answer.status_code, "not_found" if answer.status_code == 404 else "field_invalid")
    for silent in ("bank_transfer", "cash_on_delivery"):
        refused(await shop.client.post(f"/webhooks/{silent}", content=body), 401, "signature_invalid")
    assert await shop.count("provider_events") == 0


async def test_a_webhook_by_another_method_is_refused(shop: Shop) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = await shop.client.request(method, "/webhooks/stripe")
        refused(answer, 405, "method_not_allowed")
        assert "POST" in answer.headers["Allow"]


async def talk(shop: Shop, rest: bytes, *, hang_up: bool = False) -> bytes:
    """Write a request that no client would, and read the answer to the end of its problem."""
    url = httpx.URL(shop.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /webhooks/stripe HTTP/1.1\r\nHost: {url.host}\r\nStripe-Signature: t=1,v1=00\r\n"
    writer.write(head.encode() + rest)
    if hang_up:
        writer.close()
        await writer.wait_closed()
        return b""
    found = await reader.readuntil(b"}")
    writer.close()
    return found
