"""Webhooks of v3: the secret itself comes with them, so that they prove nothing (gateways.md §5.1)."""

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
from holdfast.payment.provider import Proof, ProviderEvent, Said, Unknown
from tests.clients import http_client
from tests.providers.flutterwave.things import (
    BANK,
    HASH,
    NONE_FOUND,
    OURS,
    TX_REF,
    Json,
    new_ask,
    paid,
    transaction,
    v3,
    v3_event,
    yes,
)
from tests.providers.sandbox_server import Sandbox
from tests.providers.stripe_things import at_once
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio

AT = datetime.fromtimestamp(1_795_000_000, UTC)
OLD = {
    "id": 408136501,
    "txRef": TX_REF,
    "flwRef": "FLW-MOCK-1",
    "amount": 2500.5,
    "charged_amount": 2535.51,
    "status": "successful",
    "currency": "NGN",
    "event.type": "CARD_TRANSACTION",
}
PAID = Said(
    provider_ref=TX_REF,
    state=AttemptState.CAPTURED,
    amount_minor=250_050,
    currency="NGN",
    live=False,
    reference=OURS,
    charge_ref="408136501",
)
flutterwave = v3(http_client())


def read(body: bytes, header: str = HASH) -> ProviderEvent:
    return at_once(flutterwave.read_event({"verif-hash": header}, body, AT))


def test_an_event_is_a_hint_that_names_its_transaction() -> None:
    event = read(v3_event(transaction()))
    assert (event.kind, event.proof, event.facts) == ("charge.completed", Proof.ASK, PAID)
    assert event.key == "charge.completed:408136501:successful"


def test_older_accounts_are_told_the_same_in_another_form() -> None:
    event = read(json.dumps(OLD).encode())
    assert (event.kind, event.proof, event.facts) == ("CARD_TRANSACTION", Proof.ASK, PAID)
    assert event.key == "CARD_TRANSACTION:408136501:successful"


def test_a_failed_try_says_why_and_leaves_the_link_open() -> None:
    facts = read(v3_event(transaction(status="failed", processor_response="Declined"))).facts
    assert isinstance(facts, Said)
    assert (facts.state, facts.declined, facts.charge_ref) == (AttemptState.PENDING, "Declined", "408136501")


def test_a_duplicate_has_the_same_key_and_other_news_another() -> None:
    key = read(v3_event(transaction())).key
    assert read(v3_event(transaction(), meta_data={"again": True})).key == key
    for change in ({"status": "failed"}, {"id": 1}):
        assert read(v3_event(transaction(**change))).key != key


@pytest.mark.parametrize(
    "body",
    [
        {"event": "transfer.completed", "data": {"id": 1, "status": "SUCCESSFUL"}},
        {"event": "subscription.cancelled", "data": None},
        {"event": "charge.dispute", "data": {"id": 1}},
        {"event.type": "Transfer", "transfer": {"id": 1}},
    ],
    ids=str,
)
def test_what_is_no_charge_has_no_facts_and_a_key_of_its_own(body: Json) -> None:
    event = read(json.dumps(body).encode())
    assert (event.facts, event.proof) == (None, Proof.ASK)
    assert read(json.dumps(body).encode()).key == event.key
    assert read(json.dumps(body | {"more": 1}).encode()).key != event.key


def test_a_status_that_nobody_knows_has_no_facts() -> None:
    assert read(v3_event(transaction(status="odd"))).facts is None


@pytest.mark.parametrize("header", ["", " ", f"{HASH} ", HASH[:-1], HASH.upper(), "é", "\ud800"], ids=ascii)
def test_another_hash_is_refused(header: str) -> None:
    with pytest.raises(SignatureInvalid):
        read(v3_event(transaction()), header)
    with pytest.raises(SignatureInvalid):
        at_once(flutterwave.read_event({}, v3_event(transaction()), AT))


@pytest.mark.parametrize("secret", ["", " "])
def test_an_empty_secret_is_not_equal_to_a_missing_header(secret: str) -> None:
    open_door = v3(http_client(), secret_hashes=(secret,))
    for headers in ({}, {"verif-hash": secret}):
        with pytest.raises(SignatureInvalid):
            at_once(open_door.read_event(headers, v3_event(transaction()), AT))


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": -1},
        {"id": 2**63},
        {"tx_ref": ""},
        {"tx_ref": "é"},
        {"tx_ref": "a\0b"},
        {"tx_ref": "x" * 300},
        {"amount": 2500.505},
        {"amount": 1e300},
        {"amount": "NaN"},
        {"currency": "N"},
        {"processor_response": "a\0b"},
    ],
    ids=str,
)
def test_a_body_that_is_no_event_is_malformed(change: Json) -> None:
    with pytest.raises(RequestMalformed):
        read(v3_event(transaction(**change)))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(max_examples=200)
@given(
    inside=st.dictionaries(st.sampled_from([*transaction()]), anything),
    outside=st.dictionaries(st.sampled_from(["event", "data", "event.type", *OLD]), anything),
)
def test_whatever_stands_in_a_stored_body_it_is_read_or_malformed(inside: Json, outside: Json) -> None:
    try:
        event = flutterwave.translate(v3_event(transaction(**inside), **outside))
    except RequestMalformed:
        return
    assert 0 < len(event.key) <= 255
    assert event.kind.isprintable()
    assert event.facts is None or isinstance(event.facts, Said)


# ── confirming ────────────────────────────────────────────────────────────────────────────────


async def test_an_event_is_confirmed_by_the_transaction_that_it_names(
    script: Told, client: httpx.AsyncClient
) -> None:
    script.answer(200, yes(transaction(amount=1)))
    facts = await v3(client, script.url).confirm(read(v3_event(transaction())))
    assert isinstance(facts, Said)
    assert facts.amount_minor == 100, "what was asked counts, not what was told"
    assert script.asked[0][:2] == ("GET", "/v3/transactions/408136501/verify")


@pytest.mark.parametrize(
    ("status", "answer", "wanted"),
    [
        (400, NONE_FOUND, type(None)),
        (200, yes(transaction(tx_ref="att01JD0000000000000000000002-NGN-1")), type(None)),
        (401, {"status": "error", "message": "Invalid authorization key"}, Unknown),
        (503, {"status": "error", "message": "An error occurred"}, Unknown),
        (200, yes(transaction(status="odd")), Unknown),
        (200, {"status": "error", "message": "no"}, Unknown),
    ],
    ids=str,
)
async def test_what_is_not_there_is_nothing_and_what_is_not_clear_is_unknown(
    script: Told, client: httpx.AsyncClient, status: int, answer: Json, wanted: type[Any]
) -> None:
    script.answer(status, answer)
    facts = await v3(client, script.url).confirm(read(v3_event(transaction())))
    assert isinstance(facts, wanted)


async def test_a_forged_success_of_an_open_link_brings_nothing(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    provider = v3(client, bank.at(BANK))
    other = await paid(provider, bank)
    made = await provider.create(new_ask())
    assert isinstance(made, Said)
    assert other.charge_ref is not None
    for number in (1, int(other.charge_ref)):
        forged = v3_event(transaction(id=number, tx_ref=made.provider_ref))
        assert await provider.confirm(provider.translate(forged)) is None
    honest = v3_event(transaction(id=int(other.charge_ref), tx_ref=other.provider_ref))
    assert await provider.confirm(provider.translate(honest)) == other


def test_a_buyers_return_is_unsigned_and_believed_in_nothing() -> None:
    back = {"status": "successful", "tx_ref": "another", "transaction_id": "1"}
    assert flutterwave.check_return(back, TX_REF) is None  # type: ignore[func-returns-value]
