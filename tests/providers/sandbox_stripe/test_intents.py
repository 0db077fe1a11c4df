"""PaymentIntents as the official SDK sees them (gateways.md §2.2, §2.8)."""

from urllib.parse import parse_qs, urlsplit

import pytest
import stripe

from tests.providers.sandbox_server import Sandbox
from tests.providers.sandbox_stripe.calls import KEY, client_of, create, pay

# Stripe's SDK hands its bodies to httpx in a way that httpx has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def test_an_intent_is_created_and_read_as_it_was_asked_for(client: stripe.StripeClient) -> None:
    made = create(client, description="3 mugs", automatic_payment_methods={"enabled": True})
    read = client.v1.payment_intents.retrieve(made.id)
    assert read.to_dict() == made.to_dict()
    assert (made.status, made.amount, made.currency) == ("requires_payment_method", 2599, "gbp")
    assert made.to_dict()["metadata"] == {"order_id": "ord_1"}
    assert (made.description, made.capture_method, made.livemode) == (
        "3 mugs",
        "automatic_async",
        False,
    )
    assert made.client_secret is not None
    assert made.client_secret.startswith(f"{made.id}_secret_")


def test_a_good_card_succeeds_and_leaves_a_charge(client: stripe.StripeClient) -> None:
    made = create(client)
    paid = client.v1.payment_intents.confirm(
        made.id, {"payment_method": "pm_card_visa", "expand": ["latest_charge"]}
    )
    assert (paid.status, paid.amount_received) == ("succeeded", 2599)
    assert isinstance(paid.latest_charge, stripe.Charge)
    assert (paid.latest_charge.amount_captured, paid.latest_charge.paid) == (2599, True)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.cancel(made.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert client.v1.payment_intents.retrieve(made.id).status == "succeeded"


def test_a_declined_card_is_a_card_error_and_the_intent_lives(client: stripe.StripeClient) -> None:
    made = create(client)
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_chargeDeclined"})
    assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
    assert declined.value.error is not None
    assert declined.value.error.decline_code == "generic_decline"
    after = client.v1.payment_intents.retrieve(made.id)
    assert after.status == "requires_payment_method"
    assert after.last_payment_error is not None
    assert after.last_payment_error.code == "card_declined"
    again = client.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_visa"})
    assert (again.status, again.last_payment_error) == ("succeeded", None)


def test_three_d_secure_leads_to_the_page_and_back(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    made = create(client)
    asked = client.v1.payment_intents.confirm(
        made.id,
        {
            "payment_method": "pm_card_threeDSecureRequired",
            "return_url": "https://shop.example/back?a=1",
        },
    )
    assert asked.status == "requires_action"
    assert asked.next_action is not None
    assert asked.next_action.redirect_to_url is not None
    page = sandbox.http.get(str(asked.next_action.redirect_to_url.url))
    assert "Is this payment yours?" in page.text
    chosen = sandbox.http.post(
        str(asked.next_action.redirect_to_url.url), data={"action": "three_d_secure_ok"}
    )
    assert chosen.status_code == 303
    home = urlsplit(chosen.headers["location"])
    query = parse_qs(home.query)
    assert (home.hostname, query["a"], query["payment_intent"]) == ("shop.example", ["1"], [made.id])
    assert query["redirect_status"] == ["succeeded"]
    assert client.v1.payment_intents.retrieve(made.id).status == "succeeded"


def test_an_authorised_intent_is_captured_in_part_and_the_rest_released(
    client: stripe.StripeClient,
) -> None:
    held = create(client, capture_method="manual", confirm=True, payment_method="pm_card_visa")
    assert (held.status, held.amount_capturable, held.amount_received) == (
        "requires_capture",
        2599,
        0,
    )
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        client.v1.payment_intents.capture(held.id, {"amount_to_capture": 2600})
    assert too_much.value.code == "amount_too_large"
    taken = client.v1.payment_intents.capture(held.id, {"amount_to_capture": 2000})
    assert (taken.status, taken.amount_capturable, taken.amount_received) == ("succeeded", 0, 2000)
    with pytest.raises(stripe.InvalidRequestError) as twice:
        client.v1.payment_intents.capture(held.id)
    assert twice.value.code == "payment_intent_unexpected_state"


def test_a_cancelled_intent_is_over(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    made = create(client)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.cancel(made.id, {"cancellation_reason": "bored"})
    ended = client.v1.payment_intents.cancel(made.id, {"cancellation_reason": "abandoned"})
    assert (ended.status, ended.cancellation_reason) == ("canceled", "abandoned")
    assert ended.canceled_at is not None
    assert pay(sandbox, made).json()["status"] == "canceled"


def test_metadata_is_merged_and_has_limits(client: stripe.StripeClient) -> None:
    made = create(client, metadata={"a": "1", "b": "2"})
    changed = client.v1.payment_intents.update(made.id, {"metadata": {"b": "", "c": "3"}})
    assert changed.to_dict()["metadata"] == {"a": "1", "c": "3"}
    for wrong in ({"k" * 41: "v"}, {"k": "v" * 501}, {str(n): "v" for n in range(51)}):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.payment_intents.update(made.id, {"metadata": wrong})
    cleared = client.v1.payment_intents.update(made.id, {"metadata": ""})
    assert cleared.to_dict()["metadata"] == {}


def test_intents_are_listed_newest_first_and_searched_by_metadata(client: stripe.StripeClient) -> None:
    made = [create(client, metadata={"order_id": f"ord_search_{n}", "shop": "s"}) for n in range(3)]
    newest = [intent.id for intent in reversed(made)]
    assert [intent.id for intent in client.v1.payment_intents.list({"limit": 3}).data] == newest
    paged = client.v1.payment_intents.list({"limit": 1, "starting_after": newest[0]})
    assert [intent.id for intent in paged.data] == [newest[1]]
    assert paged.has_more
    query = "metadata['order_id']:'ord_search_1' AND metadata['shop']:'s'"
    found = client.v1.payment_intents.search({"query": query})
    assert [intent.id for intent in found.data] == [made[1].id]
    client.v1.payment_intents.update(made[1].id, {"metadata": {"order_id": "moved"}})
    assert client.v1.payment_intents.search({"query": query}).data == []


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"amount": "12.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": -1}, "parameter_invalid_integer", "amount"),
        ({"amount": ""}, "parameter_invalid_empty", "amount"),
        ({"amount": 29}, "amount_too_small", "amount"),
        ({"amount": 49, "currency": "jpy"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"currency": ""}, "parameter_missing", "currency"),
        ({"currency": "pounds"}, None, "currency"),
        ({"currency": "ugx", "amount": 550}, None, "amount"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"capture_method": "later"}, None, "capture_method"),
        ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
        ({"return_url": "https://shop.example"}, None, "return_url"),
    ],
)
def test_a_wrong_parameter_is_named(
    client: stripe.StripeClient, fields: dict[str, object], code: str | None, param: str
) -> None:
    before = client.v1.payment_intents.list({"limit": 1}).data
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create(client, **fields)
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)
    assert client.v1.payment_intents.list({"limit": 1}).data == before


def test_what_does_not_exist_is_404(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.payment_intents.retrieve("pi_nobody")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    lost = sandbox.http.get("/stripe/v1/pigeons", auth=(KEY, ""))
    assert (lost.status_code, lost.json()["error"]["type"]) == (404, "invalid_request_error")


def test_only_the_right_key_opens(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        create(client_of(sandbox, "sk_test_somebody_else_1234"))
    assert refused.value.http_status == 401
    assert "somebody" not in str(refused.value)
    assert sandbox.http.get("/stripe/v1/payment_intents").status_code == 401
    assert sandbox.http.get("/stripe/v1/payment_intents", auth=(KEY, "")).status_code == 200
    assert (
        sandbox.http.get("/stripe/v1/payment_intents", headers={"authorization": "Basic ?"}).status_code
        == 401
    )


def test_bytes_that_are_no_form_are_refused(sandbox: Sandbox) -> None:
    for body in (b"amount=\xff", b"amount=%FF", b"a" + b"[x]" * 9 + b"=1", b"a=1&a[b]=2", b"[]=1"):
        answer = sandbox.http.post("/stripe/v1/payment_intents", content=body, auth=(KEY, ""))
        assert answer.status_code == 400, body
        assert answer.json()["error"]["type"] == "invalid_request_error"
