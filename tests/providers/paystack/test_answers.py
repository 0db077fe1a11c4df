"""What the adapter makes of Paystack's answers: a yes is none to the payment (gateways.md §4.3, §4.7)."""

import httpx
import pytest

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Refused, Said, Unknown
from tests.providers.paystack.things import ATTEMPT, REFERENCE, Json, adapter, no, transaction, yes
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("success", AttemptState.CAPTURED),
        ("reversed", AttemptState.CAPTURED),
        ("failed", AttemptState.FAILED),
        ("abandoned", AttemptState.PENDING),
        ("ongoing", AttemptState.REQUIRES_ACTION),
        ("pending", AttemptState.PENDING),
        ("processing", AttemptState.PENDING),
        ("queued", AttemptState.PENDING),
        ("Success", None),
        ("", None),
    ],
)
async def test_the_payments_own_status_decides(
    script: Told, client: httpx.AsyncClient, status: str, state: AttemptState | None
) -> None:
    script.answer(200, yes(transaction(status=status, gateway_response="Declined")))
    said = await adapter(client, script.url).look_up(REFERENCE)
    if state is None:
        assert isinstance(said, Unknown)
        return
    assert said == Said(
        provider_ref=REFERENCE,
        state=state,
        amount_minor=2599,
        currency="GHS",
        live=False,
        reference=ATTEMPT,
        declined="Declined" if state is AttemptState.FAILED else None,
        charge_ref="3090026842001",
    )


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"id": "18446744073709551615"}, {"charge_ref": "18446744073709551615"}),
        ({"id": 18446744073709551615}, {"charge_ref": "18446744073709551615"}),
        ({"amount": "2599"}, {"amount_minor": 2599}),
        ({"amount": 100, "requested_amount": 2599}, {"amount_minor": 100}),
        ({"currency": "NGN"}, {"currency": "NGN"}),
        ({"domain": "live"}, {"live": True}),
        ({"metadata": {"order_id": ["a", {}]}}, {}),
        ({"metadata": '{"order_id":"ord_1"}'}, {}),
        ({"metadata": None}, {}),
        ({"metadata": 0}, {}),
        ({"gateway_response": {"authorizeResponse": "Approved"}}, {}),
    ],
    ids=str,
)
async def test_what_is_shown_in_more_than_one_way_is_read_in_each(
    script: Told, client: httpx.AsyncClient, change: Json, seen: Json
) -> None:
    script.answer(200, yes(transaction(**change)))
    said = await adapter(client, script.url).look_up(REFERENCE)
    assert isinstance(said, Said)
    assert {name: getattr(said, name) for name in seen} == seen


@pytest.mark.parametrize(
    "change",
    [
        {"reference": "att01JD0000000000000000000002"},
        {"reference": None},
        {"amount": None},
        {"amount": -1},
        {"amount": "25.99"},
        {"amount": 25.99},
        {"amount": 10**17},
        {"currency": "ghs"},
        {"currency": None},
        {"domain": "sandbox"},
        {"id": -1},
        {"id": "9" * 21},
        {"id": 10**21},
        {"id": None},
    ],
    ids=str,
)
async def test_an_answer_that_does_not_fit_says_nothing(
    script: Told, client: httpx.AsyncClient, change: Json
) -> None:
    script.answer(200, yes(transaction(**change)))
    assert isinstance(await adapter(client, script.url).look_up(REFERENCE), Unknown)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Insufficient Funds", "Insufficient Funds"),
        ("x" * 300, "x" * 200),
        ("", "declined"),
        ("a\0b", "declined"),
        (None, "declined"),
        ({"authorizeResponse": "Declined"}, "declined"),
    ],
    ids=str,
)
async def test_why_it_was_declined_is_kept_where_it_is_a_text_that_can_be(
    script: Told, client: httpx.AsyncClient, told: object, kept: str
) -> None:
    script.answer(200, yes(transaction(status="failed", gateway_response=told)))
    said = await adapter(client, script.url).look_up(REFERENCE)
    assert isinstance(said, Said)
    assert said.declined == kept


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (400, no("no", code="invalid_params"), "invalid_params"),
        (404, no("no"), "validation_error"),
        (401, {"status": False, "message": "Invalid key"}, "refused"),
        (422, no("no", code="a\0b"), "refused"),
        (400, no("a\0b"), None),
        (400, yes(None), None),
        (400, {"message": "of a proxy"}, None),
        (409, no("no", code="conflict"), None),
        (429, no("no", code="rate_limited"), None),
        (500, no("no", code="unknown"), None),
    ],
    ids=str,
)
async def test_a_no_is_one_in_paystacks_own_shape_and_with_a_final_status(
    script: Told, client: httpx.AsyncClient, status: int, answer: Json, code: str | None
) -> None:
    script.answer(status, answer)
    said = await adapter(client, script.url).look_up(REFERENCE)
    assert isinstance(said, Unknown if code is None else Refused)
    assert code is None or (isinstance(said, Refused) and said.code == code)
