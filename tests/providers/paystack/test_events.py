"""Webhooks: signed with the API's own key over raw bytes, without an id or a time (gateways.md §4.6)."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import DisputeSaid, Proof, RefundSaid, Said
from tests.clients import http_client
from tests.providers.paystack.things import (
    AT,
    ATTEMPT,
    KEY,
    REFERENCE,
    Json,
    adapter,
    dispute,
    event,
    preauthorization,
    read,
    refund_news,
    signed,
    transaction,
)
from tests.providers.stripe_things import at_once

paystack = adapter(http_client())
PAID = event("charge.success", transaction())

# ── what is signed ────────────────────────────────────────────────────────────────────────────


def accepts(body: bytes, headers: dict[str, str], **changes: Any) -> bool:
    provider = adapter(http_client(), **changes) if changes else paystack
    try:
        at_once(provider.read_event(headers, body, AT))
    except SignatureInvalid:
        return False
    return True


def test_the_signature_is_the_documented_one() -> None:
    body, key = b'{"event":"charge.success"}', "sk_test_abc"
    known = (
        "a64f9d544d65c9aeab4a7f4c13aad05164c31660900845c0a4c210911c8d42b7"
        "3712751edb74535a8abd175678d732d611e8e0c3b497f297df883ea36718747e"
    )
    with pytest.raises(RequestMalformed):  # it is signed, and is no event
        at_once(
            adapter(http_client(), secret_keys=(key,)).read_event({"x-paystack-signature": known}, body, AT)
        )


def test_while_a_key_is_replaced_webhooks_of_both_are_heard() -> None:
    newest = "sk_test_newest"
    assert accepts(PAID, signed(PAID), secret_keys=(newest, KEY))
    assert accepts(PAID, signed(PAID, newest), secret_keys=(newest, KEY))
    assert not accepts(PAID, signed(PAID), secret_keys=(newest,))


@pytest.mark.parametrize(
    "given",
    [
        "",
        "0" * 128,
        "é" * 128,
        "\ud800",
        signed(PAID)["x-paystack-signature"].upper(),
        " ",
        "sha512=" + "0" * 128,
    ],
    ids=ascii,
)
def test_any_other_signature_is_refused(given: str) -> None:
    assert not accepts(PAID, {"x-paystack-signature": given})
    assert not accepts(PAID, {})


def test_only_the_raw_bytes_are_signed() -> None:
    escaped = PAID.replace(b"ama@example.com", b"ama\\u0040example.com")
    assert json.loads(escaped) == json.loads(PAID)
    assert accepts(escaped, signed(escaped))
    assert not accepts(PAID, signed(escaped))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("charge.success", transaction(domain="live")),
        ("preauthorization.reserve.success", preauthorization(domain="live")),
        ("refund.failed", refund_news(domain="live", status="failed")),
        ("charge.dispute.create", dispute(domain="live")),
    ],
)
def test_an_event_of_the_other_mode_is_refused(kind: str, data: Json) -> None:
    with pytest.raises(RequestMalformed):
        read(paystack, kind, data)


# ── what it means ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("metadata", [{"order_id": "ord_1"}, '{"order_id":"ord_1"}', "", None])
def test_a_success_says_what_was_paid(metadata: object) -> None:
    told = read(paystack, "charge.success", transaction(metadata=metadata, amount="2599"))
    assert (told.kind, told.proof) == ("charge.success", Proof.SIGNED)
    assert told.facts == Said(
        provider_ref=REFERENCE,
        state=AttemptState.CAPTURED,
        amount_minor=2599,
        currency="GHS",
        live=False,
        reference=ATTEMPT,
        charge_ref="3090026842001",
    )


def test_a_transaction_of_another_system_is_not_ours() -> None:
    told = read(paystack, "charge.success", transaction(reference="ORD-3001-A1")).facts
    assert isinstance(told, Said)
    assert (told.provider_ref, told.reference) == ("ORD-3001-A1", None)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "open"),
        ({"status": "awaiting-bank-feedback"}, "open"),
        ({"status": "pending", "resolution": "declined"}, "open"),
        ({"status": "archived"}, "open"),
        ({"status": "resolved", "resolution": "declined"}, "won"),
        ({"status": "resolved", "resolution": "merchant-accepted"}, "lost"),
        ({"status": "resolved", "resolution": "auto-accepted"}, "lost"),
        ({"status": "resolved", "resolution": None}, "open"),
        ({"status": "resolved", "resolution": "split"}, "open"),
        ({"refund_amount": None, "currency": None}, "open"),
    ],
    ids=str,
)
def test_a_dispute_is_open_until_it_is_said_who_has_won(fields: Json, state: str) -> None:
    told = read(paystack, "charge.dispute.resolve", dispute(**fields)).facts
    assert told == DisputeSaid("358950", REFERENCE, state, 2599, "GHS", live=False)


def test_a_dispute_may_be_about_a_part() -> None:
    told = read(paystack, "charge.dispute.create", dispute(refund_amount=100)).facts
    assert isinstance(told, DisputeSaid)
    assert told.amount_minor == 100


@pytest.mark.parametrize(
    "kind", ["transfer.success", "invoice.update", "charge.dispute", "x", "paymentrequest.a.b"]
)
@pytest.mark.parametrize("data", [{"status": "success"}, [], None, "text"], ids=str)
def test_what_is_of_no_matter_to_us_has_no_facts(kind: str, data: object) -> None:
    if kind == "charge.dispute":
        with pytest.raises(RequestMalformed):
            read(paystack, kind, data)
        return
    first = read(paystack, kind, data)
    assert (first.kind, first.facts) == (kind, None)
    assert read(paystack, kind, {"another": data}).key != first.key


# ── its key ───────────────────────────────────────────────────────────────────────────────────


def test_a_duplicate_has_the_same_key_and_other_news_another() -> None:
    first = read(paystack, "charge.success", transaction())
    assert read(paystack, "charge.success", transaction(fees=1)).key == first.key
    assert first.key == "charge.success:3090026842001:success"
    for change in ({"id": 2}, {"status": "reversed"}):
        assert read(paystack, "charge.success", transaction(**change)).key != first.key


def test_a_dispute_that_is_reminded_of_or_decided_is_told_apart() -> None:
    told: list[tuple[str, Json]] = [("create", {}), ("remind", {})]
    told += [("resolve", {"status": "resolved", "resolution": end}) for end in ("declined", "auto-accepted")]
    keys = {read(paystack, f"charge.dispute.{kind}", dispute(**fields)).key for kind, fields in told}
    assert len(keys) == 4


# ── what may not be there ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("charge.success", None),
        ("charge.success", []),
        ("charge.success", transaction(reference="a b")),
        ("charge.success", transaction(reference="a\0b")),
        ("charge.success", transaction(reference="x" * 256)),
        ("charge.success", transaction(amount=1e3)),
        ("charge.success", transaction(id=10**21)),
        ("charge.success", transaction(currency="naira")),
        ("refund.processed", refund_news(transaction_reference=None)),
        ("refund.processed", refund_news(amount="5.00")),
        ("charge.dispute.create", dispute(transaction=None)),
        ("preauthorization.capture.success", preauthorization(transaction_id="TRX")),
        ("a\0b", {}),
        ("é", {}),
        ("", {}),
        ("x" * 101, {}),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_signed_body_that_is_no_event_is_malformed(kind: str, data: object) -> None:
    with pytest.raises(RequestMalformed):
        read(paystack, kind, data)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
SHAPES = {
    "charge.success": transaction(),
    "charge.dispute.create": dispute(),
    "refund.processed": refund_news(id=1, merchant_note="x"),
    "preauthorization.capture.success": preauthorization(captured_amount=1, transaction_id=1, message="x"),
}


@settings(max_examples=300)
@given(kind=st.sampled_from([*SHAPES]), data=st.data())
def test_whatever_stands_in_a_stored_body_it_is_read_or_malformed(kind: str, data: st.DataObject) -> None:
    whole = SHAPES[kind]
    changes = data.draw(st.dictionaries(st.sampled_from([*whole]), anything, max_size=3))
    try:
        told = paystack.translate(event(kind, whole | changes))
    except RequestMalformed:
        return
    assert 0 < len(told.key) <= 255
    assert told.facts is None or 0 <= told.facts.amount_minor < 2**63
    if isinstance(told.facts, Said | RefundSaid | DisputeSaid):
        assert told.facts.provider_ref.isprintable()
