"""Webhooks of v4: signed over their raw body, or carrying the secret where that is set (gateways.md §5.2)."""

import base64
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import (
    DisputeSaid,
    Proof,
    Provider,
    ProviderEvent,
    RefundSaid,
    Said,
    Unknown,
)
from tests.clients import http_client
from tests.providers.flutterwave.things import (
    BANK,
    HASH,
    OURS,
    Json,
    charge,
    paid,
    refund_of,
    signed,
    v4,
    v4_event,
    yes,
)
from tests.providers.sandbox_server import Sandbox
from tests.providers.stripe_things import at_once
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio

AT = datetime.fromtimestamp(1_795_000_000, UTC)
PAID = Said(
    provider_ref="chg_1",
    state=AttemptState.CAPTURED,
    amount_minor=250_050,
    currency="NGN",
    live=False,
    reference=OURS,
)
flutterwave = v4(http_client())
echoing = v4(http_client(), signature="echo")


def read(body: bytes, headers: Json | None = None, *, provider: Provider = flutterwave) -> ProviderEvent:
    return at_once(provider.read_event(signed(body) if headers is None else headers, body, AT))


# ── what is signed ────────────────────────────────────────────────────────────────────────────


def test_a_signed_event_is_so() -> None:
    event = read(v4_event(charge()))
    assert event == ProviderEvent("wbk_1", "charge.completed", PAID, Proof.SIGNED)


def test_the_short_sample_fits() -> None:
    body = b'{"type":"charge.completed"}'
    header = {"flutterwave-signature": "iLel0JaUSYTpz1ixGsnxn9t3Bfg2v8blrK9FWAAmZ28="}
    provider = v4(http_client(), secret_hashes=("flw_hash",))
    with pytest.raises(RequestMalformed):  # the signature fits, and there is no event in it
        read(body, header, provider=provider)


def test_while_a_hash_is_replaced_both_are_valid() -> None:
    body = v4_event(charge())
    both = v4(http_client(), secret_hashes=("new_hash", HASH))
    for secret in ("new_hash", HASH):
        assert read(body, signed(body, secret), provider=both).facts == PAID
    with pytest.raises(SignatureInvalid):
        read(body, signed(body, "new_hash"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"flutterwave-signature": ""},
        {"flutterwave-signature": HASH},
        {"flutterwave-signature": "\ud800"},
        {"verif-hash": HASH},
        {"flw-signature": "right, under a name that is not read"},
        {"flutterwave-signature": hmac.new(HASH.encode(), v4_event(charge()), "sha256").hexdigest()},
        {"flutterwave-signature": base64.b64encode(hmac.digest(b"", v4_event(charge()), "sha256")).decode()},
    ],
    ids=ascii,
)
def test_early_schemes_and_strangers_are_refused(headers: Json) -> None:
    with pytest.raises(SignatureInvalid):
        read(v4_event(charge()), headers)


def test_where_the_secret_itself_is_sent_it_is_only_a_hint() -> None:
    body = v4_event(charge())
    event = read(body, {"flutterwave-signature": HASH}, provider=echoing)
    assert (event.key, event.proof, event.facts) == ("wbk_1", Proof.ASK, PAID)
    for headers in (signed(body), {}, {"flutterwave-signature": f"{HASH} "}):
        with pytest.raises(SignatureInvalid):
            read(body, headers, provider=echoing)


# ── what it means ─────────────────────────────────────────────────────────────────────────────


def test_an_event_may_call_its_id_otherwise() -> None:
    body = json.loads(v4_event(charge()))
    body["id"] = body.pop("webhook_id")
    assert read(json.dumps(body).encode()).key == "wbk_1"
    del body["id"]
    with pytest.raises(RequestMalformed):
        read(json.dumps(body).encode())


def test_a_charge_completed_may_have_failed() -> None:
    facts = read(v4_event(charge(status="failed", processor_response={"type": "expired_card"}))).facts
    assert isinstance(facts, Said)
    assert (facts.state, facts.declined) == (AttemptState.FAILED, "expired_card")


def test_a_charge_of_another_system_is_not_ours() -> None:
    facts = read(v4_event(charge(reference="ord4002a1"))).facts
    assert isinstance(facts, Said)
    assert facts.reference is None


@pytest.mark.parametrize("kind", ["transfer.completed", "customer.created", "charge", "charge.updated"])
def test_what_means_nothing_to_us_has_no_facts(kind: str) -> None:
    event = read(v4_event({"id": "x"}, type=kind))
    assert (event.kind, event.facts) == (kind, None)


@pytest.mark.parametrize(
    "change",
    [
        {"type": ""},
        {"type": None},
        {"webhook_id": "a\0b"},
        {"webhook_id": "x" * 300},
        {"data": None},
        {"data": charge(amount=2500.505)},
        {"data": charge(amount=1e300)},
        {"data": charge(currency="naira")},
        {"data": charge(id="é")},
        {"data": charge(reference="a\0b")},
        {"type": "refund.completed"},
        {"type": "chargeback.created"},
    ],
    ids=str,
)
def test_a_signed_body_that_is_no_event_is_malformed(change: Json) -> None:
    with pytest.raises(RequestMalformed):
        read(json.dumps(json.loads(v4_event(charge())) | change).encode())


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(max_examples=200)
@given(
    inside=st.dictionaries(st.sampled_from([*charge(), "next_action", "charge_id"]), anything),
    outside=st.dictionaries(st.sampled_from(["webhook_id", "id", "data"]), anything),
    kind=st.sampled_from(["charge.completed", "refund.completed", "chargeback.created"]),
)
def test_whatever_stands_in_a_stored_body_it_is_read_or_malformed(
    inside: Json, outside: Json, kind: str
) -> None:
    try:
        event = flutterwave.translate(v4_event(charge(**inside), type=kind, **outside))
    except RequestMalformed:
        return
    assert 0 < len(event.key) <= 255
    assert event.facts is not None
    assert not isinstance(event.facts, Said) or event.facts.amount_minor >= 0


# ── confirming ────────────────────────────────────────────────────────────────────────────────


async def test_a_refunds_event_is_confirmed_with_the_currency_of_its_charge(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    provider = v4(client, bank.at(BANK))
    said = await paid(provider, bank)
    refund = refund_of(said, 60_050)
    given = await provider.refund(refund)
    assert isinstance(given, RefundSaid)
    event = read(
        v4_event({"id": given.provider_ref, "charge_id": said.provider_ref}, type="refund.completed")
    )
    assert event.proof is Proof.ASK
    assert await provider.confirm(event) == given


@pytest.mark.parametrize(("verb", "state"), [("opened", "open"), ("won", "won"), ("lost", "lost")])
async def test_a_chargeback_is_read_as_it_stands(
    bank: Sandbox, client: httpx.AsyncClient, verb: str, state: str
) -> None:
    provider = v4(client, bank.at(BANK))
    said = await paid(provider, bank)
    case = bank.control("POST", f"/payments/{said.provider_ref}/dispute_{verb}")
    event = read(v4_event({"id": case["id"], "charge_id": said.provider_ref}, type="chargeback.created"))
    assert event.proof is Proof.ASK
    assert await provider.confirm(event) == DisputeSaid(
        case["id"], said.provider_ref, state, 250_050, "NGN", live=False
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("initiated", "open"),
        ("pending", "open"),
        ("declined", "open"),
        ("accepted", "lost"),
        ("reversed", "open"),
    ],
)
async def test_only_a_chargeback_that_was_decided_is_won_or_lost(
    script: Told, client: httpx.AsyncClient, status: str, state: str
) -> None:
    both: Json = charge(status=status, charge_id="cbk_1", id="cbk_1")
    script.answer(200, {"access_token": "abc", "expires_in": 600} | yes(both))
    event = read(v4_event({"id": "cbk_1", "charge_id": "cbk_1"}, type="chargeback.updated"))
    facts = await v4(client, script.url).confirm(event)
    assert isinstance(facts, DisputeSaid)
    assert facts.state == state


async def test_a_hint_about_a_charge_is_confirmed_by_the_charge(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    provider = v4(client, bank.at(BANK), signature="echo")
    said = await paid(provider, bank)
    forged = charge(id=said.provider_ref, amount=1, status="failed")
    assert await provider.confirm(provider.translate(v4_event(forged))) == said


@pytest.mark.parametrize("kind", ["charge.completed", "refund.completed", "chargeback.created"])
@pytest.mark.parametrize(
    ("status", "body"), [(404, None), (503, b""), (200, yes(None)), (200, b"[]")], ids=str
)
async def test_what_cannot_be_read_is_unknown(
    script: Told, client: httpx.AsyncClient, kind: str, status: int, body: Any
) -> None:
    provider = v4(client, script.url, signature="echo")
    script.answer(200, {"access_token": "abc", "expires_in": 600} | yes(charge()))
    assert isinstance(await provider.look_up("chg_1"), Said), "it has a token now"
    refused = {"status": "failed", "error": {"type": "RESOURCE_NOT_FOUND", "code": "10404"}}
    script.answer(status, refused if body is None else body)
    event = provider.translate(v4_event(charge(charge_id="chg_1"), type=kind))
    assert isinstance(await provider.confirm(event), Unknown)
