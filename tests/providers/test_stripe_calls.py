"""What is sent to Stripe, and what its answers mean: statuses, units, refusals, and no answer at all."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Ask, RefundSaid, Refused, Said, Unknown
from holdfast.payment.providers.stripe.adapter import StripeProvider
from holdfast.payment.wire.amounts import to_minor, to_units
from tests.clients import http_client
from tests.providers.stripe_things import KEY, adapter, intent, refund, to_refund
from tests.providers.told_server import HANG, HANG_UP, TRICKLE, Told, told

ASK = Ask(
    attempt_id="att_1",
    order_id="ord_1",
    order_number=1001,
    amount_minor=2599,
    currency="GBP",
    return_url="http://127.0.0.1:8000/orders/1001",
    email="ann@example.com",
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def talking(page_url: str = "") -> AsyncGenerator[tuple[Told, StripeProvider]]:
    async with told() as script, http_client() as client:
        yield script, adapter(client, script.url, page_url)


# ── what is sent ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.anyio
async def test_an_ask_becomes_an_intent_and_the_buyer_gets_its_secret() -> None:
    async with talking("http://pay.test/{id}?client_secret={client_secret}") as (script, stripe):
        script.answer(200, intent())
        said = await stripe.create(ASK)
    secret = {"type": "client_secret", "client_secret": "pi_1_secret_2"}
    page = {"url": "http://pay.test/pi_1?client_secret=pi_1_secret_2"}
    state = AttemptState.PENDING
    assert said == Said("pi_1", state, 2599, "GBP", live=False, reference="att_1", next_action=secret | page)
    [(method, path, headers, form)] = script.asked
    assert (method, path) == ("POST", "/v1/payment_intents")
    assert form == {
        "amount": "2599",
        "currency": "gbp",
        "automatic_payment_methods[enabled]": "true",
        "description": "Order 1001",
        "metadata[order_id]": "ord_1",
        "metadata[attempt_id]": "att_1",
    }
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["stripe-version"] == "2026-10-28.endive"
    assert headers["idempotency-key"] == "create:att_1"
    assert headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.anyio
async def test_without_a_page_there_is_only_the_secret() -> None:
    async with talking() as (script, stripe):
        script.answer(200, intent())
        said = await stripe.create(ASK)
    assert isinstance(said, Said)
    assert said.next_action == {"type": "client_secret", "client_secret": "pi_1_secret_2"}


@pytest.mark.anyio
async def test_a_refund_carries_our_id_as_reference_and_key() -> None:
    async with talking() as (script, stripe):
        script.answer(200, refund(status="pending"))
        said = await stripe.refund(to_refund("rfd_1", "pi_1", 600, "GBP"))
    assert said == RefundSaid("re_1", "pi_1", "pending", 600, "GBP", live=False, reference="rfd_1")
    [(method, path, headers, form)] = script.asked
    assert (method, path, headers["idempotency-key"]) == ("POST", "/v1/refunds", "refund:rfd_1")
    assert form == {"payment_intent": "pi_1", "amount": "600", "metadata[refund_id]": "rfd_1"}


@pytest.mark.anyio
async def test_a_reference_cannot_lead_to_another_address() -> None:
    async with talking() as (script, stripe):
        script.answer(200, intent())
        await stripe.look_up("../refunds?x=1")
    [(method, path, headers, _)] = script.asked
    assert (method, path) == ("GET", "/v1/payment_intents/..%2Frefunds%3Fx%3D1")
    assert "idempotency-key" not in headers


# ── units ─────────────────────────────────────────────────────────────────────────────────────

UNITS = [
    ("GBP", 2599, 2599),
    ("JPY", 500, 500),
    ("UGX", 5, 500),
    ("ISK", 7, 700),
    ("MGA", 500, 5),
    ("KWD", 1230, 1230),
    ("TND", 10, 10),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("currency", "minor", "wire"), UNITS)
async def test_an_amount_goes_out_and_comes_back_in_stripes_units(
    currency: str, minor: int, wire: int
) -> None:
    assert to_units("stripe", minor, currency) == wire
    assert to_minor("stripe", wire, currency) == minor
    async with talking() as (script, stripe):
        script.answer(200, intent(status="succeeded", amount_received=wire, currency=currency.lower()))
        ask = Ask("att_1", "ord_1", 1, minor, currency, "http://127.0.0.1/")
        said = await stripe.create(ask)
    assert isinstance(said, Said)
    assert (said.amount_minor, said.currency) == (minor, currency)
    assert script.asked[0][3]["amount"] == str(wire)


@pytest.mark.anyio
@pytest.mark.parametrize(("currency", "minor"), [("KWD", 1234), ("BHD", 1), ("MGA", 550)])
async def test_an_amount_that_stripe_cannot_move_is_refused_before_anybody_is_asked(
    currency: str, minor: int
) -> None:
    async with talking() as (script, stripe):
        created = await stripe.create(Ask("att_1", "ord_1", 1, minor, currency, "http://127.0.0.1/"))
        refunded = await stripe.refund(to_refund("rfd_1", "pi_1", minor, currency))
    assert isinstance(created, Refused)
    assert isinstance(refunded, Refused)
    assert created.code == refunded.code == "amount_not_payable"
    assert script.asked == []


@given(amount=st.integers(0, 10**12), currency=st.sampled_from(["GBP", "JPY", "UGX", "MGA", "KWD"]))
def test_what_can_be_sent_comes_back_as_it_was(amount: int, currency: str) -> None:
    wire = to_units("stripe", amount, currency)
    assert wire is None or to_minor("stripe", wire, currency) == amount


# ── what an intent says ───────────────────────────────────────────────────────────────────────

STATUSES = [
    ({"status": "requires_payment_method"}, AttemptState.PENDING, True),
    ({"status": "requires_confirmation"}, AttemptState.PENDING, True),
    ({"status": "requires_action"}, AttemptState.REQUIRES_ACTION, True),
    ({"status": "processing"}, AttemptState.PENDING, False),
    ({"status": "requires_capture", "amount_capturable": 2599}, AttemptState.AUTHORIZED, False),
    ({"status": "succeeded", "amount_received": 2599}, AttemptState.CAPTURED, False),
    ({"status": "canceled", "cancellation_reason": "abandoned"}, AttemptState.CANCELLED, False),
    ({"status": "canceled", "cancellation_reason": None}, AttemptState.CANCELLED, False),
    ({"status": "canceled", "cancellation_reason": "expired"}, AttemptState.EXPIRED, False),
    ({"status": "canceled", "cancellation_reason": "automatic"}, AttemptState.EXPIRED, False),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("changes", "state", "buyer_acts"), STATUSES)
async def test_every_status_has_one_state(
    changes: dict[str, object], state: AttemptState, buyer_acts: bool
) -> None:
    async with talking() as (script, stripe):
        script.answer(200, intent(**changes))
        said = await stripe.look_up("pi_1")
    assert isinstance(said, Said)
    assert (said.state, said.next_action is not None, said.declined) == (state, buyer_acts, None)


# ── no clear answer, and a clear no ───────────────────────────────────────────────────────────

NO_CLEAR_ANSWER = [
    *[(status, {"error": {"type": "api_error", "message": "?"}}) for status in (500, 502, 503, 409, 429)],
    *[(status, intent()) for status in (201, 204, 302, 308, 418, 422, 424)],
    (400, {"error": {"type": "idempotency_error", "message": "other parameters"}}),
    (400, b"<html>a proxy's own page</html>"),
    (404, {"message": "not Stripe's shape"}),
    (402, b""),
    (200, b""),
    (200, b"<html>"),
    (200, b"\xff\xfe"),
    (200, b"[" * 200_000),
    (200, b'{"a":' * 200_000),
    (200, []),
    (200, {}),
    (200, {"error": {"type": "card_error", "message": "in a 200"}}),
    (200, intent(id="")),
    (200, intent(id="pi_\0")),
    (200, intent(object="charge")),
    (200, intent(status="a_new_one")),
    (200, intent(amount="2599")),
    (200, intent(amount=25.99)),
    (200, intent(amount=-1)),
    (200, intent(amount=10**30)),
    (200, json.dumps(intent()).replace("2599", "9" * 6_000).encode()),
    (200, intent(currency="POUND")),
    (200, intent(livemode=None)),
    (200, intent(status="succeeded", amount_received=None)),
    (200, intent(currency="ugx", amount=550)),
    (200, HANG_UP),
    (200, HANG),
    (200, TRICKLE),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("status", "body"), NO_CLEAR_ANSWER, ids=lambda value: ascii(value)[:40])
async def test_what_is_no_clear_yes_or_no_is_unknown(status: int, body: object) -> None:
    async with talking() as (script, stripe):
        script.answer(status, body)
        said = await stripe.create(ASK)
        assert isinstance(said, Unknown)
        assert said.reason
        refunded = await stripe.refund(to_refund("rfd_1", "pi_1", 600, "GBP"))
        assert isinstance(refunded, Unknown)
    assert len(script.asked) == 2  # and nobody tries again by himself


@pytest.mark.anyio
async def test_nobody_listening_is_unknown() -> None:
    async with http_client() as client:
        said = await adapter(client, "http://127.0.0.1:1").create(ASK)
    assert isinstance(said, Unknown)
    assert "ConnectError" in said.reason


@pytest.mark.anyio
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404])
async def test_a_final_no_keeps_stripes_own_words(status: int) -> None:
    async with talking() as (script, stripe):
        script.answer(status, {"error": {"type": "card_error", "code": "no_way", "message": "No."}})
        with capture_logs() as logs:
            assert await stripe.create(ASK) == Refused("no_way", "No.")
            assert await stripe.look_up("pi_1") == Refused("no_way", "No.")
            assert await stripe.close("pi_1") == Refused("no_way", "No.")
            assert await stripe.refund(to_refund("rfd_1", "pi_1", 600, "GBP")) == Refused("no_way", "No.")
        script.answer(status, {"error": {"type": "invalid_request_error", "message": "x" * 9_999}})
        assert await stripe.create(ASK) == Refused("invalid_request_error", "x" * 200)
    alarms = [entry for entry in logs if entry["log_level"] == "error"]
    assert len(alarms) == (4 if status in (401, 403) else 0)


@pytest.mark.anyio
async def test_neither_keys_nor_secrets_nor_bodies_are_logged() -> None:
    async with talking() as (script, stripe):
        with capture_logs() as logs:
            for status, body in [
                (401, intent()),
                (500, intent()),
                (200, intent(amount="x")),
                (200, HANG_UP),
            ]:
                script.answer(status, body)
                await stripe.create(ASK)
    assert len(logs) >= 4
    assert not [word for word in (KEY, "secret", "ann@example.com", "ord_1") if word in repr(logs)]
