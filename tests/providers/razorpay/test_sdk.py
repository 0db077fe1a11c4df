"""The official SDK as referee: of the bank that stands in, and of every signature (gateways.md §3.3-3.9)."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import razorpay
import requests
from hypothesis import given
from hypothesis import strategies as st
from razorpay.errors import BadRequestError, SignatureVerificationError

from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import RefundSaid
from holdfast.sandbox.providers.razorpay.account import KEYS
from tests.clients import http_client
from tests.providers.razorpay.things import BANK, adapter, made, press, seen, to_refund
from tests.providers.sandbox_server import Sandbox
from tests.providers.stripe_things import at_once

VECTORS = Path(__file__).parents[4] / "shared" / "webhook_vectors.json"
AT = datetime.fromtimestamp(1_795_000_000, UTC)
LINK_PARAMS = ("payment_link_id", "payment_link_reference_id", "payment_link_status")

Vector = dict[str, Any]


def recorded() -> list[Any]:
    if not VECTORS.exists():
        return []
    vectors = [vector for vector in json.loads(VECTORS.read_text()) if vector["provider"] == "razorpay"]
    return [pytest.param(vector, id=vector["id"]) for vector in vectors]


# ── the bank ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sdk(bank: Sandbox) -> Iterator[Any]:
    session = requests.Session()
    session.trust_env = False
    yield razorpay.Client(session=session, auth=(KEYS["key_id"], KEYS["key_secret"]), base_url=bank.at(BANK))
    session.close()


@pytest.mark.anyio
async def test_what_the_sdk_captures_and_refunds_our_adapter_sees_and_the_other_way(
    sdk: Any, bank: Sandbox, client: httpx.AsyncClient
) -> None:
    ours = adapter(client, bank.at(BANK))
    said = await made(ours, authorise_only=True)
    assert sdk.order.fetch(said.provider_ref)["receipt"] == said.reference
    press(bank, said, "pay")
    (held,) = sdk.order.payments(said.provider_ref)["items"]
    assert (held["status"], (await seen(ours, said)).charge_ref) == ("authorized", held["id"])
    assert sdk.payment.capture(held["id"], 49_900, {"currency": "INR"})["status"] == "captured"
    paid = await seen(ours, said)
    assert (paid.state, paid.amount_minor) == (AttemptState.CAPTURED, 49_900)
    given = await ours.refund(to_refund(paid, 9_900))
    assert isinstance(given, RefundSaid)
    assert sdk.refund.fetch(given.provider_ref)["notes"]["refund_id"] == given.reference
    assert sdk.payment.refund(held["id"], {"amount": 40_000})["status"] == "processed"
    assert sdk.payment.fetch(held["id"])["status"] == "refunded"
    with pytest.raises(BadRequestError):
        sdk.payment.refund(held["id"], {"amount": 100})


@pytest.mark.anyio
async def test_a_link_of_ours_is_read_and_cancelled_by_the_sdk(
    sdk: Any, bank: Sandbox, client: httpx.AsyncClient
) -> None:
    ours = adapter(client, bank.at(BANK), checkout="link")
    said = await made(ours)
    assert sdk.payment_link.fetch(said.provider_ref)["status"] == "created"
    assert sdk.payment_link.cancel(said.provider_ref)["status"] == "cancelled"
    assert (await seen(ours, said)).state is AttemptState.CANCELLED


# ── signatures ────────────────────────────────────────────────────────────────────────────────


def sdk_accepts(vector: Vector) -> bool | None:
    """The SDK's verdict; None where it stumbles over what a stranger sent, as §3.9 names."""
    secret, params = vector["secret"], vector.get("params", {})
    utility = razorpay.Client(auth=("rzp_test_vectors", secret)).utility
    try:
        match vector["kind"]:
            case "webhook":
                given = {name.lower(): text for name, text in vector["headers"].items()}
                signature = given.get("x-razorpay-signature")
                return bool(utility.verify_webhook_signature(body_of(vector).decode(), signature, secret))
            case "payment_signature":
                stored = params | {"razorpay_order_id": vector["stored_order_id"]}
                return bool(utility.verify_payment_signature(stored))
            case _:
                named = {name: params.get(f"razorpay_{name}") for name in LINK_PARAMS}
                return bool(utility.verify_payment_link_signature(params | named))
    except SignatureVerificationError:
        return False
    except (TypeError, KeyError):
        return None


def we_accept(vector: Vector) -> bool:
    params = vector.get("params", {})
    client = http_client()
    try:
        if vector["kind"] == "webhook":
            ours = adapter(client, webhook_secrets=(vector["secret"],))
            headers = {name.lower(): text for name, text in vector["headers"].items()}
            at_once(ours.read_event(headers, body_of(vector), AT))
        else:
            stored = vector.get("stored_order_id", params.get("razorpay_payment_link_id", ""))
            adapter(client, key_secret=vector["secret"]).check_return(params, stored)
    except (SignatureInvalid, RequestMalformed):
        return False
    return True


def body_of(vector: Vector) -> bytes:
    text: str = vector["body"]
    return base64.b64decode(text) if vector["body_encoding"] == "base64" else text.encode()


def test_the_vectors_are_here() -> None:
    if not VECTORS.exists():
        pytest.skip(f"the recorded vectors are not at {VECTORS}")
    assert {param.values[0]["kind"] for param in recorded()} == {
        "webhook", "payment_signature", "payment_link_signature",
    }  # fmt: skip


@pytest.mark.parametrize("vector", recorded())
def test_we_and_the_sdk_agree_save_where_it_is_known_to_be_wrong(vector: Vector) -> None:
    ours, theirs = we_accept(vector), sdk_accepts(vector)
    assert ours is vector["valid"]
    if not vector["secret"]:
        assert (ours, theirs) == (False, True), "an empty secret signs nothing"
    elif theirs is None:
        assert not ours, "what makes the SDK stumble we refuse"
    else:
        assert ours is theirs


def test_what_makes_the_sdk_stumble_we_refuse() -> None:
    body = '{"entity":"event"}'
    for headers in ({}, {"x-razorpay-signature": "é"}, {"x-razorpay-signature": "\ud800"}):
        vector: Vector = {"kind": "webhook", "secret": "secret", "headers": headers, "body": body}
        vector |= {"body_encoding": "utf-8"}
        assert (we_accept(vector), sdk_accepts(vector)) == (False, None)


def test_the_sample_that_can_be_checked_by_hand() -> None:
    digest = "3a882308c87ede8fe662f602117630a32ed9f347e5fe1d2adf84ff2ec7038b24"
    params = {"razorpay_payment_id": "pay_B2", "razorpay_signature": digest}
    ours = adapter(http_client(), key_secret="rzp_key_secret")
    ours.check_return(params, "order_A1")
    with pytest.raises(SignatureInvalid):
        ours.check_return(params | {"razorpay_order_id": "order_A1"}, "order_A2")


WORDS = st.text(st.characters(codec="utf-8"), max_size=12)


@given(order=WORDS, payment=WORDS, anything=WORDS)
def test_we_and_the_sdk_agree_about_whatever_a_browser_brings(
    order: str, payment: str, anything: str
) -> None:
    good = hmac.new(b"key_secret", f"{order}|{payment}".encode(), sha256).hexdigest()
    for signature in (good, anything, good.upper(), good[:-1]):
        params = {"razorpay_payment_id": payment, "razorpay_signature": signature}
        vector: Vector = {"kind": "payment_signature", "secret": "key_secret", "stored_order_id": order}
        vector |= {"params": params}
        assert we_accept(vector) is (sdk_accepts(vector) or False) is (signature == good)


@pytest.mark.parametrize("params", [{}, {"order": "ord_1"}, {"error[code]": "BAD_REQUEST_ERROR"}], ids=str)
def test_a_buyer_who_just_comes_back_brings_nothing_to_verify(params: dict[str, str]) -> None:
    for ref in ("order_1", "plink_1"):
        adapter(http_client()).check_return(params, ref)


@pytest.mark.parametrize(
    "change",
    [
        {"razorpay_payment_link_status": "cancelled"},
        {"razorpay_payment_link_reference_id": "another"},
        {"razorpay_payment_id": "pay_2"},
        {"razorpay_signature": ""},
        {},
    ],
    ids=str,
)
@pytest.mark.anyio
async def test_what_a_link_brings_back_is_signed_in_all_its_parts(
    bank: Sandbox, client: httpx.AsyncClient, change: dict[str, str]
) -> None:
    ours = adapter(client, bank.at(BANK), checkout="link")
    said, other = await made(ours), await made(ours)
    press(bank, said, "pay")
    assert said.next_action is not None
    page = bank.http.get(said.next_action["url"], headers={"accept": "application/json"})
    handed = page.json()["handed_back"]
    ours.check_return(handed, said.provider_ref)
    ref = said.provider_ref if change else other.provider_ref
    with pytest.raises(SignatureInvalid):
        ours.check_return(handed | change, ref)
