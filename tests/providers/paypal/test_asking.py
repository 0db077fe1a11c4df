"""What the adapter asks of PayPal, and what it does with an approval (gateways.md §6.1, §6.2, §6.4)."""

import base64

import httpx
import pytest
from msgspec.structs import replace

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Refused, Said, Unknown
from holdfast.sandbox.providers.paypal.account import KEYS
from tests.providers.paypal.things import (
    BANK,
    TIME,
    TOKEN,
    adapter,
    approved,
    at_bank,
    attempted,
    moved,
    new_ask,
    order,
    refusal,
)
from tests.providers.sandbox_server import Sandbox
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio


async def test_an_order_is_asked_for_as_the_documentation_says(
    script: Told, client: httpx.AsyncClient
) -> None:
    ask = new_ask()
    script.answer(201, TOKEN | order())
    said = await adapter(client, script.url).create(ask)
    (_, token_path, token_headers, grant), (method, path, headers, asked) = script.asked
    assert (token_path, grant) == ("/v1/oauth2/token", {"grant_type": "client_credentials"})
    pair = f"{KEYS['client_id']}:{KEYS['client_secret']}".encode()
    assert token_headers["authorization"] == f"Basic {base64.b64encode(pair).decode()}"
    assert (method, path, headers["authorization"]) == ("POST", "/v2/checkout/orders", "Bearer A21AA")
    assert headers["paypal-request-id"] == f"create:{ask.attempt_id}"
    assert headers["prefer"] == "return=representation"
    ways = {"return_url": ask.return_url, "cancel_url": ask.return_url}
    experience = ways | {"user_action": "PAY_NOW", "shipping_preference": "NO_SHIPPING"}
    assert asked == {
        "intent": "CAPTURE",
        "purchase_units": [
            {
                "amount": {"currency_code": "GBP", "value": "25.99"},
                "custom_id": ask.attempt_id,
                "invoice_id": ask.attempt_id,
                "description": "Order 1001",
            }
        ],
        "payment_source": {"paypal": {"experience_context": experience}},
    }
    assert isinstance(said, Said)
    assert (said.provider_ref, said.state, said.live) == ("ORDER1", AttemptState.REQUIRES_ACTION, False)
    assert said.next_action == {"type": "redirect", "url": "https://paypal.test/checkoutnow?token=ORDER1"}


@pytest.mark.parametrize(
    ("currency", "minor", "value"),
    [("JPY", 500, "500"), ("HUF", 500_000, "5000"), ("TWD", 12_300, "123"), ("USD", 5, "0.05")],
)
async def test_amounts_have_the_decimals_that_paypal_wants(
    script: Told, client: httpx.AsyncClient, currency: str, minor: int, value: str
) -> None:
    script.answer(201, TOKEN | order())
    await adapter(client, script.url).create(new_ask(currency=currency, amount_minor=minor))
    assert script.asked[-1][3]["purchase_units"][0]["amount"] == {"currency_code": currency, "value": value}


@pytest.mark.parametrize(("currency", "minor"), [("ETB", 1_000), ("NGN", 1_000), ("HUF", 500_050)])
async def test_what_paypal_cannot_move_is_not_asked_for(
    script: Told, client: httpx.AsyncClient, currency: str, minor: int
) -> None:
    answer = await adapter(client, script.url).create(new_ask(currency=currency, amount_minor=minor))
    assert isinstance(answer, Refused)
    assert (answer.code, script.asked) == ("amount_not_payable", [])


@pytest.mark.parametrize("issue", ["DUPLICATE_INVOICE_ID", "DUPLICATE_REQUEST_ID"])
async def test_what_was_asked_for_before_is_no_failure(
    script: Told, client: httpx.AsyncClient, issue: str
) -> None:
    paypal = adapter(client, script.url)
    script.answer(201, TOKEN | order())
    await paypal.create(new_ask())
    script.answer(422, refusal(issue))
    assert isinstance(await paypal.create(new_ask()), Unknown)


@pytest.mark.parametrize(("intent", "way"), [("CAPTURE", "capture"), ("AUTHORIZE", "authorize")])
async def test_an_approval_is_finished_by_the_orders_own_intent_and_under_our_id(
    script: Told, client: httpx.AsyncClient, intent: str, way: str
) -> None:
    script.answer(200, TOKEN | order("APPROVED", intent=intent))
    paypal = adapter(client, script.url)
    said = await paypal.look_up("ORDER1")
    assert isinstance(said, Said)
    assert (said.approved, said.state) == (True, AttemptState.REQUIRES_ACTION)
    await paypal.finish(attempted(said))
    _, path, headers, asked = script.asked[-1]
    assert (path, asked) == (f"/v2/checkout/orders/ORDER1/{way}", {})
    assert headers["paypal-request-id"] == f"{way}:{said.reference}:{TIME}"


async def test_what_nobody_has_approved_is_not_finished(script: Told, client: httpx.AsyncClient) -> None:
    script.answer(200, TOKEN | order())
    paypal = adapter(client, script.url)
    said = await paypal.look_up("ORDER1")
    assert isinstance(said, Said)
    assert await paypal.finish(attempted(said)) == said
    assert {method for method, *_ in script.asked[1:]} == {"GET"}


async def test_a_declined_buyer_is_sent_to_choose_again(bank: Sandbox, client: httpx.AsyncClient) -> None:
    paypal = at_bank(client, bank)
    made = await approved(paypal, bank, "decline")
    said = await paypal.finish(attempted(made))
    assert isinstance(said, Said)
    assert (said.state, said.declined, said.approved) == (
        AttemptState.REQUIRES_ACTION,
        "INSTRUMENT_DECLINED",
        False,
    )
    assert said.next_action == made.next_action
    bank.control("POST", f"/payments/{made.provider_ref}/pay")
    again = await paypal.finish(attempted(made))
    assert isinstance(again, Said)
    assert (again.state, again.declined) == (AttemptState.CAPTURED, None)
    assert again.charge_ref not in (None, made.provider_ref)


async def test_an_approval_that_was_finished_before_is_a_success(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    paypal = at_bank(client, bank)
    made = await approved(paypal, bank)
    first = await paypal.finish(attempted(made))
    assert await paypal.finish(attempted(made)) == first


async def test_one_attempt_is_paid_once_even_by_two_orders(bank: Sandbox, client: httpx.AsyncClient) -> None:
    paypal, ask = at_bank(client, bank), new_ask()
    first, second = await paypal.create(ask), await paypal.create(replace(ask, again=1))
    assert isinstance(first, Said)
    assert isinstance(second, Said)
    assert first.provider_ref != second.provider_ref, "another key is another order"
    for said in (first, second):
        bank.control("POST", f"/payments/{said.provider_ref}/pay")
    assert isinstance(await paypal.finish(attempted(first)), Said)
    refused = await paypal.finish(attempted(second))
    assert isinstance(refused, Refused)
    assert refused.code == "DUPLICATE_INVOICE_ID"


async def test_more_than_is_set_aside_is_never_asked_for(script: Told, client: httpx.AsyncClient) -> None:
    script.answer(
        200, TOKEN | order("COMPLETED", intent="AUTHORIZE", authorizations=[moved("CREATED", "20.00")])
    )
    paypal = adapter(client, script.url)
    said = await paypal.look_up("ORDER1")
    assert isinstance(said, Said)
    assert (said.state, said.amount_minor, said.charge_ref) == (AttemptState.AUTHORIZED, 2000, None)
    assert isinstance(await paypal.capture(attempted(said, 2001)), Refused)
    assert {method for method, *_ in script.asked[1:]} == {"GET"}


async def test_a_capture_is_final_and_names_its_money(bank: Sandbox, client: httpx.AsyncClient) -> None:
    paypal = at_bank(client, bank)
    made = await approved(paypal, bank, authorise_only=True)
    held = await paypal.finish(attempted(made))
    assert isinstance(held, Said)
    taken = await paypal.capture(attempted(held, 1000))
    assert isinstance(taken, Said)
    assert (taken.state, taken.amount_minor) == (AttemptState.CAPTURED, 1000)
    now = await paypal.look_up(made.provider_ref)
    assert isinstance(now, Said)
    assert (now.charge_ref, now.amount_minor) == (taken.charge_ref, 1000)
    row = bank.control("GET", "/state")[BANK]["latest_payments"][0]
    assert (row["id"], row["stage"]) == (made.provider_ref, "paid")
    assert isinstance(await paypal.close(made.provider_ref), Said)


async def test_an_order_that_ended_unapproved_is_gone_and_one_that_was_approved_has_expired(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    paypal = at_bank(client, bank)
    made = await paypal.create(new_ask())
    assert isinstance(made, Said)
    bank.control("POST", f"/payments/{made.provider_ref}/expire")
    for answer in (await paypal.look_up(made.provider_ref), await paypal.close(made.provider_ref)):
        assert isinstance(answer, Refused)
        assert answer.gone
    late = await approved(paypal, bank)
    bank.control("POST", f"/payments/{late.provider_ref}/expire")
    said = await paypal.finish(attempted(late))
    assert isinstance(said, Said)
    assert said.state is AttemptState.CANCELLED
