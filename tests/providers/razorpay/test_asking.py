"""What the adapter asks of Razorpay: under our reference, in its units, once (gateways.md §3.1-3.5)."""

from base64 import b64encode
from datetime import timedelta

import httpx
import pytest

from holdfast import clock
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Deed, RefundAsk, RefundSaid, Refused, Said, Unknown
from holdfast.sandbox.providers.razorpay.account import KEYS
from tests.clients import http_client
from tests.providers.razorpay.things import Json, adapter, link, new_ask, order, refund
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio

OPTIONS = {"automatic_expiry_period": 12, "manual_expiry_period": 7_200, "refund_speed": "normal"}


@pytest.mark.parametrize(("later", "capture"), [(False, "automatic"), (True, "manual")])
async def test_an_order_is_asked_for_as_the_documentation_says(
    script: Told, client: httpx.AsyncClient, later: bool, capture: str
) -> None:
    ask = new_ask(authorise_only=later)
    notes = {"order_id": ask.order_id, "description": "Order 1001", "return_url": ask.return_url}
    script.answer(200, order(receipt=ask.attempt_id, notes=notes))
    said = await adapter(client, script.url).create(ask)
    ((method, path, headers, asked),) = script.asked
    assert (method, path) == ("POST", "/v1/orders")
    credentials = f"{KEYS['key_id']}:{KEYS['key_secret']}".encode()
    assert headers["authorization"] == f"Basic {b64encode(credentials).decode()}"
    assert asked == {
        "amount": 49_900,
        "currency": "INR",
        "receipt": ask.attempt_id,
        "notes": notes,
        "payment": {"capture": capture, "capture_options": OPTIONS},
        "unique_receipt": True,
    }
    assert isinstance(said, Said)
    assert (said.state, said.provider_ref, said.reference) == (
        AttemptState.PENDING, "order_1", ask.attempt_id,
    )  # fmt: skip
    assert said.next_action == {
        "type": "form",
        "url": f"{script.url}/v1/checkout/embedded",
        "fields": {
            "key_id": KEYS["key_id"],
            "order_id": "order_1",
            "description": "Order 1001",
            "callback_url": ask.return_url,
            "cancel_url": ask.return_url,
        },
    }


async def test_an_address_that_is_too_long_for_a_note_is_left_out(
    script: Told, client: httpx.AsyncClient
) -> None:
    script.answer(200, order())
    said = await adapter(client, script.url).create(new_ask(return_url="https://s.example/" + "a" * 250))
    assert set(script.asked[0][3]["notes"]) == {"order_id", "description"}
    assert isinstance(said, Said)
    assert said.next_action is not None
    assert set(said.next_action["fields"]) == {"key_id", "order_id"}


@pytest.mark.parametrize(("minutes", "sent"), [(None, None), (90, 90), (16, 16), (1, 16), (-5, 16)], ids=str)
async def test_a_link_is_asked_for_and_ends_with_the_hold_or_as_early_as_it_may(
    script: Told, client: httpx.AsyncClient, minutes: int | None, sent: int | None
) -> None:
    ends = clock.now() + timedelta(minutes=minutes) if minutes is not None else None
    ask = new_ask(email="ada@example.com", expires_at=ends)
    script.answer(200, link(reference_id=ask.attempt_id.replace("_", "")))
    said = await adapter(client, script.url, checkout="link").create(ask)
    ((_, path, _, asked),) = script.asked
    assert path == "/v1/payment_links"
    expire_by = asked.pop("expire_by", None)
    assert (expire_by is None) is (sent is None)
    if sent is not None:
        assert abs(expire_by - clock.now().timestamp() - sent * 60) < 5
    assert asked == {
        "amount": 49_900,
        "currency": "INR",
        "reference_id": ask.attempt_id.replace("_", ""),
        "description": "Order 1001",
        "customer": {"email": "ada@example.com"},
        "notify": {"sms": False, "email": False},
        "callback_url": ask.return_url,
        "callback_method": "get",
        "notes": {"order_id": ask.order_id, "attempt_id": ask.attempt_id},
    }
    assert isinstance(said, Said)
    assert (said.provider_ref, said.reference) == ("plink_1", ask.attempt_id)
    assert said.next_action == {"type": "redirect", "url": "https://rzp.test/i/1"}


async def test_an_account_that_does_not_know_unique_receipts_is_asked_without(
    script: Told, client: httpx.AsyncClient
) -> None:
    description = "unique_receipt is/are not required and should not be sent"
    script.answer(400, {"error": {"code": "BAD_REQUEST_ERROR", "description": description}})
    assert isinstance(await adapter(client, script.url).create(new_ask()), Refused)
    posted = [asked for method, _, _, asked in script.asked if method == "POST"]
    assert ["unique_receipt" in asked for asked in posted] == [True, False]


@pytest.mark.parametrize(("checkout", "query"), [("order", "receipt"), ("link", "reference_id")])
async def test_after_a_refusal_it_looks_whether_the_reference_was_used_before(
    script: Told, client: httpx.AsyncClient, checkout: str, query: str
) -> None:
    no = {"code": "BAD_REQUEST_ERROR", "description": "It exists", "reason": "input_validation_failed"}
    script.answer(400, {"error": no})
    answer = await adapter(client, script.url, checkout=checkout).create(new_ask())
    assert answer == Refused("input_validation_failed", "It exists")
    assert f"?{query}=" in script.asked[-1][1]


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [(49_900, "INR", 49_900), (500, "JPY", 500), (1_230, "KWD", 1_230), (1_234, "KWD", None)],
)
async def test_amounts_are_in_the_smallest_unit_and_the_last_of_three_digits_is_zero(
    script: Told, client: httpx.AsyncClient, amount: int, currency: str, units: int | None
) -> None:
    script.answer(200, order(amount=amount, currency=currency))
    answer = await adapter(client, script.url).create(new_ask(amount_minor=amount, currency=currency))
    if units is None:
        assert isinstance(answer, Refused)
        assert (answer.code, script.asked) == ("amount_not_payable", [])
        return
    assert isinstance(answer, Said)
    assert (script.asked[0][3]["amount"], answer.amount_minor) == (units, amount)


def test_a_link_cannot_be_told_to_wait_for_its_capture() -> None:
    client = http_client()
    as_order, as_link = adapter(client).can, adapter(client, checkout="link").can
    assert as_order.deeds - as_link.deeds == {Deed.AUTHORISE, Deed.CAPTURE}
    assert {Deed.VOID, Deed.PARTIAL_CAPTURE} & as_order.deeds == set()
    assert not as_order.fits(99, "INR", None)
    assert as_order.fits(100, "INR", None)


def test_the_key_says_whether_money_is_real() -> None:
    client = http_client()
    assert adapter(client, key_id="rzp_live_1").live
    assert not adapter(client, key_id="rzp_test_1").live


async def test_a_refund_has_a_key_of_its_own_and_names_our_object(
    script: Told, client: httpx.AsyncClient
) -> None:
    wanted = RefundAsk("rfd_01JD", "plink_1", "pay_1", 100, "INR", again=7)
    notes = {"refund_id": "rfd_01JD", "refund_of": "plink_1"}
    script.answer(200, refund(amount=100, notes=notes))
    said = await adapter(client, script.url).refund(wanted)
    ((_, path, headers, asked),) = script.asked
    assert path == "/v1/payments/pay_1/refund"
    assert headers["x-refund-idempotency"] == "rfd_01JD-pay_1-7"
    assert asked == {"amount": 100, "receipt": "rfd_01JD", "notes": notes}
    assert said == RefundSaid("rfnd_1", "plink_1", "succeeded", 100, "INR", live=False, reference="rfd_01JD")


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, {"code": "BAD_REQUEST_ERROR", "reason": "invalid_amount"}, "invalid_amount"),
        (400, {"code": "BAD_REQUEST_ERROR", "reason": "NA"}, "BAD_REQUEST_ERROR"),
        (401, {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}, "BAD_REQUEST_ERROR"),
        (400, {"code": "GATEWAY_ERROR", "description": "The bank is away"}, None),
        (400, {"code": "SERVER_ERROR"}, None),
        (400, {"code": "BAD_REQUEST_ERROR", "description": "Different request body sent for the same "
               "Idempotency Header"}, None),
        (400, {"code": 7}, None),
        (409, {"code": "BAD_REQUEST_ERROR"}, None),
        (502, {"code": "BAD_REQUEST_ERROR"}, None),
    ],
    ids=str,
)  # fmt: skip
async def test_only_a_bad_request_is_a_no(
    script: Told, client: httpx.AsyncClient, status: int, error: Json, code: str | None
) -> None:
    script.answer(status, {"error": error})
    razorpay = adapter(client, script.url)
    for answer in (
        await razorpay.refund(RefundAsk("rfd_1", "order_1", "pay_1", 100, "INR")),
        await razorpay.look_up("order_1"),
    ):
        assert isinstance(answer, Unknown if code is None else Refused)
        assert code is None or (isinstance(answer, Refused) and answer.code == code)
