"""What PayPal's answers mean: a completed order is not by itself paid (gateways.md §6.2, §6.3, §6.5)."""

from typing import Any

import httpx
import pytest

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Proof, ProviderEvent, RefundAsk, RefundSaid, Refused, Said, Unknown
from tests.providers.paypal.things import (
    ATTEMPT,
    REFUND,
    TOKEN,
    Json,
    adapter,
    at_bank,
    dispute,
    money,
    moved,
    new_ask,
    order,
    paid,
    refund,
    refund_of,
    refusal,
)
from tests.providers.sandbox_server import Sandbox
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio

S = AttemptState
MONEY = RefundAsk(REFUND, "ORDER1", "MONEY1", 500, "GBP")


@pytest.mark.parametrize(
    ("given", "state", "amount", "charge"),
    [
        (order("CREATED"), S.PENDING, 2599, None),
        (order("SAVED"), S.PENDING, 2599, None),
        (order("APPROVED"), S.REQUIRES_ACTION, 2599, None),
        (order("VOIDED"), S.CANCELLED, 2599, None),
        (order("COMPLETED"), None, 0, None),
        (order("FROZEN"), None, 0, None),
        (order("COMPLETED", captures=[moved("COMPLETED", "20.00")]), S.CAPTURED, 2000, "MONEY1"),
        (order("COMPLETED", captures=[moved("PARTIALLY_REFUNDED")]), S.CAPTURED, 2599, "MONEY1"),
        (order("COMPLETED", captures=[moved("REFUNDED")]), S.CAPTURED, 2599, "MONEY1"),
        (order("COMPLETED", captures=[moved("PENDING")]), S.PENDING, 2599, "MONEY1"),
        (order("COMPLETED", captures=[moved("DECLINED")]), S.FAILED, 2599, None),
        (order("COMPLETED", captures=[moved("FAILED")]), S.FAILED, 2599, None),
        (order("COMPLETED", captures=[moved("FROZEN")]), None, 0, None),
        (order("PAYER_ACTION_REQUIRED", captures=[moved("DECLINED")]), S.REQUIRES_ACTION, 2599, None),
        (
            order("COMPLETED", captures=[moved("DECLINED"), moved("COMPLETED", "7.00", id="MONEY2")]),
            S.CAPTURED,
            700,
            "MONEY2",
        ),
        (
            order(
                "COMPLETED", captures=[moved("COMPLETED", "5.00"), moved("COMPLETED", "7.00", id="MONEY2")]
            ),
            S.CAPTURED,
            1200,
            "MONEY1",
        ),
        (
            order("COMPLETED", captures=[moved("COMPLETED"), moved("COMPLETED", amount=money("1", "JPY"))]),
            None,
            0,
            None,
        ),
        (order("COMPLETED", authorizations=[moved("CREATED", "20.00")]), S.AUTHORIZED, 2000, None),
        (order("COMPLETED", authorizations=[moved("PENDING")]), S.PENDING, 2599, None),
        (order("COMPLETED", authorizations=[moved("DENIED")]), S.FAILED, 2599, None),
        (order("COMPLETED", authorizations=[moved("VOIDED")]), S.CANCELLED, 2599, None),
        (order("COMPLETED", authorizations=[moved("CAPTURED")]), None, 0, None),
        (
            order("COMPLETED", authorizations=[moved("CAPTURED")], captures=[moved("DECLINED")]),
            S.FAILED,
            2599,
            None,
        ),
        (
            order(
                "COMPLETED",
                authorizations=[moved("PARTIALLY_CAPTURED")],
                captures=[moved("COMPLETED", "9.00")],
            ),
            S.CAPTURED,
            900,
            "MONEY1",
        ),
        (order("COMPLETED", captures=[moved("COMPLETED", "1.005")]), None, 0, None),
        (order("APPROVED") | {"purchase_units": []}, None, 0, None),
        (order("APPROVED") | {"id": "ORDER2"}, None, 0, None),
    ],
    ids=lambda value: None if isinstance(value, dict) else str(value),
)
async def test_an_order_is_where_its_money_is(
    script: Told,
    client: httpx.AsyncClient,
    *,
    given: Json,
    state: AttemptState | None,
    amount: int,
    charge: str | None,
) -> None:
    script.answer(200, TOKEN | given)
    said = await adapter(client, script.url).look_up("ORDER1")
    if state is None:
        assert isinstance(said, Unknown)
        return
    assert isinstance(said, Said)
    assert (said.state, said.amount_minor, said.currency) == (state, amount, "GBP")
    assert (said.charge_ref, said.reference, said.live) == (charge, ATTEMPT, False)
    assert (said.declined is not None) is (
        state is S.FAILED or ("DECLINED" in str(given) and state is not S.CAPTURED)
    )
    assert said.approved is (given["status"] == "APPROVED")


@pytest.mark.parametrize(
    ("status", "body", "code", "gone"),
    [
        (404, refusal("INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"), "INVALID_RESOURCE_ID", True),
        (404, refusal("", "RESOURCE_NOT_FOUND"), "RESOURCE_NOT_FOUND", True),
        (422, refusal("SOMETHING"), "SOMETHING", False),
        (403, refusal("", "NOT_AUTHORIZED"), "NOT_AUTHORIZED", False),
        (404, {"message": "of a proxy"}, None, False),
        (404, {}, None, False),
        (409, refusal("PREVIOUS_REQUEST_IN_PROGRESS", "RESOURCE_CONFLICT"), None, False),
        (500, refusal("", "INTERNAL_SERVER_ERROR"), None, False),
        (429, refusal("", "RATE_LIMIT_REACHED"), None, False),
    ],
    ids=str,
)
async def test_the_first_issue_is_the_no_and_only_an_order_that_is_not_found_is_gone(
    script: Told, client: httpx.AsyncClient, *, status: int, body: Json, code: str | None, gone: bool
) -> None:
    paypal = adapter(client, script.url)
    script.answer(200, TOKEN | order())
    assert isinstance(await paypal.look_up("ORDER1"), Said), "it has a token now"
    script.answer(status, body)
    said = await paypal.look_up("ORDER1")
    if code is None:
        assert isinstance(said, Unknown)
    else:
        assert isinstance(said, Refused)
        assert (said.code, said.gone) == (code, gone)


async def test_a_token_that_was_refused_is_replaced_once(script: Told, client: httpx.AsyncClient) -> None:
    paypal = adapter(client, script.url)
    script.answer(200, TOKEN | order())
    for _ in range(2):
        await paypal.look_up("ORDER1")
    assert [path for _, path, *_ in script.asked].count("/v1/oauth2/token") == 1
    script.asked.clear()
    script.answer(401, {"error": "invalid_token", "error_description": "no"})
    said = await paypal.look_up("ORDER1")
    assert isinstance(said, Refused)
    assert [path for _, path, *_ in script.asked] == ["/v2/checkout/orders/ORDER1", "/v1/oauth2/token"]


# ── refunds ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (refund(), "succeeded"),
        (refund("PENDING"), "pending"),
        (refund("FAILED"), "failed"),
        (refund("CANCELLED"), "failed"),
        (refund(custom_id=None, invoice_id=REFUND), "succeeded"),
        (refund("FROZEN"), None),
        (refund(links=[]), None),
        ({"id": "REFUND1", "status": "COMPLETED", "links": []}, None),
    ],
    ids=str,
)
async def test_a_refund_says_how_it_stands_and_of_which_capture_it_is(
    script: Told, client: httpx.AsyncClient, given: Json, state: str | None
) -> None:
    script.answer(201, TOKEN | given)
    said = await adapter(client, script.url).refund(MONEY)
    _, path, headers, asked = script.asked[-1]
    assert (path, headers["paypal-request-id"]) == ("/v2/payments/captures/MONEY1/refund", f"refund:{REFUND}")
    assert asked == {"amount": money("5.00"), "invoice_id": REFUND, "custom_id": REFUND}
    if state is None:
        assert isinstance(said, Unknown)
    else:
        assert said == RefundSaid("REFUND1", "MONEY1", state, 500, "GBP", live=False, reference=REFUND)


async def test_a_refund_that_comes_too_late_is_left_to_a_person(
    script: Told, client: httpx.AsyncClient
) -> None:
    paypal = adapter(client, script.url)
    script.answer(201, TOKEN | refund())
    await paypal.refund(MONEY)
    for issue, by_hand in (("REFUND_TIME_LIMIT_EXCEEDED", True), ("CAPTURE_FULLY_REFUNDED", False)):
        script.answer(422, refusal(issue))
        answer = await paypal.refund(MONEY)
        assert isinstance(answer, Refused)
        assert (answer.code, answer.by_hand) == (issue, by_hand)


async def test_a_refund_is_found_in_its_order_and_of_a_forgotten_order_nothing_is(
    script: Told, client: httpx.AsyncClient
) -> None:
    paypal = adapter(client, script.url)
    script.answer(200, TOKEN | order("COMPLETED", captures=[moved("REFUNDED")], refunds=[refund()]))
    found = await paypal.find_refund(MONEY)
    assert isinstance(found, RefundSaid)
    assert found.provider_ref == "REFUND1"
    assert await paypal.find_refund(refund_of(Said("ORDER1", S.CAPTURED, 500, "GBP", live=False))) is None
    script.answer(404, refusal("INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"))
    assert await paypal.find_refund(MONEY) is None
    script.answer(403, refusal("", "NOT_AUTHORIZED"))
    assert isinstance(await paypal.find_refund(MONEY), Unknown)


async def test_a_refund_whose_number_was_used_is_the_one_that_was_made(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    paypal = at_bank(client, bank)
    wanted = refund_of(await paid(paypal, bank))
    first = await paypal.refund(wanted)
    forgotten = RefundAsk(
        wanted.refund_id, wanted.provider_ref, None, wanted.amount_minor, wanted.currency, again=1
    )
    assert await paypal.refund(forgotten) == first, "its request id is another, its invoice id is not"


async def test_what_was_never_taken_is_not_given_back(bank: Sandbox, client: httpx.AsyncClient) -> None:
    paypal = at_bank(client, bank)
    made = await paypal.create(new_ask())
    assert isinstance(made, Said)
    answer = await paypal.refund(refund_of(made))
    assert isinstance(answer, Refused)
    assert answer.code == "no_capture"


# ── what an event told of ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("hint", "given", "path"),
    [
        (Said("ORDER1", S.CAPTURED, 1, "GBP", live=False), order(), "/v2/checkout/orders/ORDER1"),
        (
            Said("", S.CAPTURED, 1, "GBP", live=False, charge_ref="MONEY1"),
            moved("COMPLETED"),
            "/v2/payments/captures/MONEY1",
        ),
        (
            RefundSaid("REFUND1", "MONEY1", "succeeded", 1, "GBP", live=False),
            refund(),
            "/v2/payments/refunds/REFUND1",
        ),
    ],
    ids=["order", "capture", "refund"],
)
async def test_an_event_is_a_hint_and_what_it_told_of_is_read(
    script: Told, client: httpx.AsyncClient, hint: Any, given: Json, path: str
) -> None:
    paypal = adapter(client, script.url)
    script.answer(200, TOKEN | given)
    said = await paypal.confirm(ProviderEvent("WH-1", "KIND", hint, Proof.ASK))
    assert script.asked[-1][1] == path
    assert (said.__class__, said != hint) == (hint.__class__, True)
    script.answer(500, b"")
    assert isinstance(await paypal.confirm(ProviderEvent("WH-1", "KIND", hint, Proof.ASK)), Unknown)
    script.answer(404, refusal("INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"))
    gone = await paypal.confirm(ProviderEvent("WH-1", "KIND", hint, Proof.ASK))
    assert gone is None if path.startswith("/v2/checkout") else isinstance(gone, Unknown)


async def test_a_dispute_is_read_too(script: Told, client: httpx.AsyncClient) -> None:
    paypal = adapter(client, script.url)
    script.answer(200, TOKEN | dispute("RESOLVED", "RESOLVED_BUYER_FAVOUR"))
    hint = paypal.translate(
        b'{"id":"WH-1","event_type":"CUSTOMER.DISPUTE.CREATED","resource":{"dispute_id":"PP-R-1","status":"OPEN",'
        b'"dispute_amount":{"currency_code":"GBP","value":"1.00"},"disputed_transactions":[{"seller_transaction_id":"M"}]}}'
    )
    said = await paypal.confirm(hint)
    assert script.asked[-1][1] == "/v1/customer/disputes/PP-R-1"
    assert said is not None
    assert not isinstance(said, Unknown | Said)
    assert (said.state, said.payment_ref, said.amount_minor) == ("lost", "MONEY1", 2599)
