"""Callbacks: only what the bank has signed is read, and it is a hint where the bank can be asked (§10)."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Proof, ProviderEvent, Said
from holdfast.payment.providers.signed_callback.account import AWASH
from holdfast.payment.providers.signed_callback.adapter import SignedCallbackProvider
from tests.clients import http_client
from tests.providers.signed_callback.things import (
    AT,
    OURS,
    REFERENCE,
    SECRET,
    Json,
    adapter,
    callback,
    digest,
    plainly,
    sent,
    signed,
)
from tests.providers.stripe_things import at_once

PAID = Said(REFERENCE, AttemptState.CAPTURED, 125_000, "ETB", live=False, reference=OURS, charge_ref="FT1")
BODY = sent(callback())
strong = adapter(http_client())
plain = adapter(http_client(), signature="plain")


def read(headers: Mapping[str, str], body: bytes, bank: SignedCallbackProvider = strong) -> ProviderEvent:
    return at_once(bank.read_event(headers, body, AT))


def refused(headers: Mapping[str, str], body: bytes, bank: SignedCallbackProvider = strong) -> None:
    with pytest.raises(SignatureInvalid):
        read(headers, body, bank)


# ── what is signed ────────────────────────────────────────────────────────────────────────────


def test_each_form_is_accepted_where_it_is_set_and_nowhere_else() -> None:
    assert read(signed(BODY), BODY).facts == PAID
    assert read(plainly(BODY), BODY, plain).facts == PAID
    refused(plainly(BODY), BODY)
    refused({**signed(BODY), **plainly(BODY)}, BODY)
    refused(signed(BODY), BODY, plain)


@pytest.mark.parametrize(("off", "good"), [(-300, True), (-301, False), (300, True), (301, False)])
def test_a_time_is_good_for_five_minutes_in_either_direction(off: int, good: bool) -> None:
    if good:
        assert read(signed(BODY, at=off), BODY).facts == PAID
    else:
        refused(signed(BODY, at=off), BODY)


@pytest.mark.parametrize("time", ["", " 1795000000", "1795000000.0", "١٧٩٥٠٠٠٠٠٠", "-1", "\ud800", "9" * 40])
def test_a_time_that_is_none_is_refused_however_well_it_is_signed(time: str) -> None:
    message = time.encode("utf-8", "surrogatepass") + b"." + BODY
    refused({"x-cbebirr-timestamp": time, "x-cbebirr-signature": digest(message)}, BODY)


@pytest.mark.parametrize("given", ["", "0" * 64, "é" * 64, "\ud800", "abc", digest(BODY).upper()])
def test_another_signature_is_refused(given: str) -> None:
    refused({"x-cbebirr-signature": given}, BODY, plain)
    refused({**signed(BODY), "x-cbebirr-signature": given}, BODY)
    refused({}, BODY, plain)


def test_while_a_secret_is_replaced_both_are_valid() -> None:
    bank = adapter(http_client(), webhook_secrets=("the_new_one", SECRET))
    for secret in ("the_new_one", SECRET):
        assert read(signed(BODY, secret=secret), BODY, bank).facts == PAID
    refused(signed(BODY, secret="another_one"), BODY, bank)


def test_the_names_of_the_headers_are_the_banks_or_those_that_are_set() -> None:
    awash = adapter(http_client(), brand=AWASH)
    assert read(signed(BODY, stem="x-awash"), BODY, awash).facts == PAID
    refused(signed(BODY), BODY, awash)
    bank = adapter(http_client(), signature_header="X-Sign", timestamp_header="X-Sent-At")
    time, signature = signed(BODY).values()
    assert read({"x-sent-at": time, "x-sign": signature}, BODY, bank).facts == PAID
    refused(signed(BODY), BODY, bank)


# ── what is said ──────────────────────────────────────────────────────────────────────────────


def test_a_callback_is_a_hint_where_the_bank_can_be_asked_and_else_all_that_there_is() -> None:
    assert strong.translate(BODY).proof is Proof.ASK
    assert adapter(http_client(), status_query="no").translate(BODY).proof is Proof.UNCHECKED


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", AttemptState.PENDING),
        ("succeeded", AttemptState.CAPTURED),
        ("failed", AttemptState.FAILED),
        ("cancelled", AttemptState.CANCELLED),
        ("expired", AttemptState.EXPIRED),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_a_status_is_told_with_its_kind_or_alone(status: str, state: AttemptState, named: bool) -> None:
    kind = f"payment.{status}"
    event = strong.translate(sent(callback(status=status, event=kind if named else None)))
    assert isinstance(event.facts, Said)
    assert (event.kind, event.facts.state, event.key) == (kind, state, "evt_1")


def test_what_nobody_knows_is_kept_without_facts() -> None:
    for other in (callback(event="refund.succeeded"), {"event_id": "evt_2", "event": "ping"}):
        event = strong.translate(sent(other))
        assert (event.kind, event.facts) == (other["event"], None)
    assert strong.translate(sent(callback(event=None, status="frozen"))).facts is None


def test_an_event_without_an_id_is_known_by_its_transaction_and_status() -> None:
    first = strong.translate(sent(callback(event_id=None)))
    assert first.key == strong.translate(sent(callback(event_id="", paid_at="later"))).key
    other = strong.translate(sent(callback(event_id=None, transaction_id="FT2")))
    failed = strong.translate(sent(callback(event_id=None, status="failed", event="payment.failed")))
    assert len({first.key, other.key, failed.key}) == 3


def test_a_long_or_strange_id_still_makes_a_key() -> None:
    keys = {strong.translate(sent(callback(event_id=text))).key for text in ("x" * 400, "é", "\0", "a b")}
    assert len(keys) == 4
    assert all(key.isprintable() and 0 < len(key) <= 255 for key in keys)


def test_a_payment_of_another_system_is_not_ours() -> None:
    said = strong.translate(sent(callback(reference="ORD-7001"))).facts
    assert isinstance(said, Said)
    assert (said.provider_ref, said.reference) == ("ORD-7001", None)


def test_numbers_are_read_as_they_are_written() -> None:
    said = strong.translate(BODY.replace(b'"1250.00"', b"1250.10")).facts
    assert isinstance(said, Said)
    assert said.amount_minor == 125_010


@pytest.mark.parametrize(
    "change",
    [
        {"event": "payment.failed"},
        {"status": "failed"},
        {"status": None},
        {"event": None, "status": None},
        {"event": "a\0b"},
        {"event_id": None, "transaction_id": None},
        {"reference": ""},
        {"reference": "a b"},
        {"reference": "r" * 256},
        {"transaction_id": "a\0b"},
        {"transaction_id": ""},
        {"amount": ""},
        {"amount": "-1"},
        {"amount": "9" * 16},
        {"amount": "1250.001"},
        {"currency": "birr"},
    ],
    ids=lambda change: ascii(change)[:60],
)
def test_a_signed_body_that_is_no_callback_is_malformed(change: Json) -> None:
    body = sent(callback(**change))
    with pytest.raises(RequestMalformed):
        read(signed(body), body)


anything: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(max_examples=200)
@given(changes=st.dictionaries(st.sampled_from([*callback(), "reason", "paid_at"]), anything))
def test_whatever_stands_in_a_stored_body_it_is_read_or_malformed(changes: Json) -> None:
    try:
        event = strong.translate(sent(callback() | changes))
    except RequestMalformed:
        return
    assert 0 < len(event.key) <= 255
    assert "\0" not in event.kind
    assert event.facts is None or isinstance(event.facts, Said)


def test_nothing_in_the_buyers_way_back_is_believed_or_refused() -> None:
    strong.check_return({"status": "succeeded", "reference": "another"}, REFERENCE)
