"""Stripe's signed events in our words; what cannot be read is malformed, and never our own error."""

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import DisputeSaid, Proof, ProviderEvent, RefundSaid, Said
from tests.clients import http_client
from tests.providers.stripe_things import WEBHOOK_SECRET, adapter, at_once, intent, refund, session

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
STRIPE = adapter(http_client())
STATUSES = [
    ({"status": "requires_payment_method"}, AttemptState.PENDING),
    ({"status": "requires_action"}, AttemptState.REQUIRES_ACTION),
    ({"status": "processing"}, AttemptState.PENDING),
    ({"status": "requires_capture", "amount_capturable": 2599}, AttemptState.AUTHORIZED),
    ({"status": "succeeded", "amount_received": 2599}, AttemptState.CAPTURED),
    ({"status": "canceled", "cancellation_reason": "abandoned"}, AttemptState.CANCELLED),
    ({"status": "canceled", "cancellation_reason": "automatic"}, AttemptState.EXPIRED),
]


def read(kind: str, thing: object, **changes: object) -> ProviderEvent:
    event = {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "livemode": False,
        "data": {"object": thing},
    }
    return read_bytes(json.dumps(event | changes).encode())


def read_bytes(body: bytes) -> ProviderEvent:
    moment = int(AT.timestamp())
    digest = hmac.new(WEBHOOK_SECRET.encode(), b"%d." % moment + body, sha256).hexdigest()
    return at_once(STRIPE.read_event({"stripe-signature": f"t={moment},v1={digest}"}, body, AT))


@pytest.mark.parametrize(("changes", "state"), STATUSES)
def test_an_intents_event_says_where_it_stands(changes: dict[str, object], state: AttemptState) -> None:
    event = read("payment_intent.anything", intent(**changes))
    assert isinstance(event.facts, Said)
    assert (event.key, event.kind) == ("evt_1", "payment_intent.anything")
    assert (event.facts.provider_ref, event.facts.reference, event.facts.state) == (
        "pi_1",
        "att_1",
        state,
    )


def test_of_a_captured_payment_the_amount_is_what_was_received() -> None:
    said = read("payment_intent.succeeded", intent(status="succeeded", amount_received=2598)).facts
    assert isinstance(said, Said)
    assert (said.amount_minor, said.currency) == (2598, "GBP")


@pytest.mark.parametrize(
    ("error", "declined"),
    [
        ({"type": "card_error", "code": "card_declined", "decline_code": "lost_card"}, "lost_card"),
        ({"type": "card_error", "code": "expired_card"}, "expired_card"),
        ({"type": "api_error", "code": None}, "declined"),
    ],
)
def test_a_declined_try_leaves_the_intent_open(error: dict[str, object], declined: str) -> None:
    said = read("payment_intent.payment_failed", intent(last_payment_error=error)).facts
    assert isinstance(said, Said)
    assert (said.state, said.declined) == (AttemptState.PENDING, declined)
    assert said.next_action is not None


def test_an_older_decline_says_nothing_of_an_intent_that_went_on() -> None:
    error = {"type": "card_error", "code": "expired_card"}
    paid = intent(status="succeeded", amount_received=2599, last_payment_error=error)
    said = read("payment_intent.succeeded", paid).facts
    assert isinstance(said, Said)
    assert (said.state, said.declined) == (AttemptState.CAPTURED, None)


@pytest.mark.parametrize("metadata", [{}, {"attempt_id": ""}, {"attempt_id": "a\0b"}, {"attempt_id": "é"}])
def test_a_reference_that_cannot_be_ours_is_none(metadata: dict[str, str]) -> None:
    said = read("payment_intent.created", intent(metadata=metadata)).facts
    assert isinstance(said, Said)
    assert said.reference is None


@pytest.mark.parametrize("live", [True, False])
def test_the_mode_is_stripes_word_not_the_keys(live: bool) -> None:
    said = read("payment_intent.created", intent(livemode=live)).facts
    assert isinstance(said, Said)
    assert said.live is live


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", "pending"),
        ("requires_action", "pending"),
        ("succeeded", "succeeded"),
        ("failed", "failed"),
        ("canceled", "failed"),
    ],
)
@pytest.mark.parametrize(
    "kind", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]
)
def test_a_refund_event_says_how_the_refund_stands(kind: str, status: str, state: str) -> None:
    event = read(kind, refund(status=status), livemode=True)
    said = RefundSaid("re_1", "pi_1", state, 600, "GBP", live=True, reference="rfd_1")
    assert event == ProviderEvent("evt_1", kind, said)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *[(status, "open") for status in ("needs_response", "under_review", "prevented", "a_new_one")],
        *[(status, "open") for status in ("warning_needs_response", "appeal_under_review")],
        ("won", "won"),
        ("warning_closed", "won"),
        ("lost", "lost"),
    ],
)
def test_a_dispute_is_open_won_or_lost(status: str, state: str) -> None:
    thing = {
        "id": "dp_1",
        "object": "dispute",
        "amount": 2599,
        "currency": "gbp",
        "payment_intent": "pi_1",
    }
    for verb in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated"):
        event = read(f"charge.dispute.{verb}", thing | {"status": status})
        assert event.facts == DisputeSaid("dp_1", "pi_1", state, 2599, "GBP", live=False)


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("charge.refunded", {"object": "charge"}),
        ("charge.succeeded", {"object": "charge"}),
        ("checkout.session.completed", session(status="a_new_one")),
        ("invoice.paid", None),
        ("payment_intent", intent()),
        ("payment_intent.created", intent(status="a_new_one")),
        ("refund.updated", refund(status="a_new_one")),
        ("refund.updated", refund(payment_intent=None)),
    ],
)
def test_what_means_nothing_to_us_is_kept_without_facts(kind: str, thing: object) -> None:
    assert read(kind, thing) == ProviderEvent("evt_1", kind, None)


def without(thing: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if name != field}


@pytest.mark.parametrize("field", ["id", "object", "status", "amount", "currency", "livemode"])
def test_a_known_kind_with_a_missing_field_is_malformed(field: str) -> None:
    with pytest.raises(RequestMalformed):
        read("payment_intent.created", without(intent(), field))
    if field != "livemode":
        with pytest.raises(RequestMalformed):
            read("refund.updated", without(refund(), field))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"\xef\xbb\xbf{}",
        b'{"id":"evt_1\xff"}',
        b'{"id":"evt_1","object":"event","type":"a","livemode":false,"data":{"object":1},"x":"\xff"}',
        b"[" * 100_000,
        b'{"data":' * 100_000,
        b'{"id":"evt_1","object":"event","type":"a","livemode":false,"data":{"object":' + b"[" * 100_000,
        json.dumps({"id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter"}).encode(),
        json.dumps({"id": "evt_1", "object": "event", "type": "payment_intent.created"}).encode(),
        json.dumps(
            {"id": "", "object": "event", "type": "a", "livemode": False, "data": {"object": 1}}
        ).encode(),
    ],
    ids=lambda body: ascii(body[:30]),
)
def test_a_signed_body_that_is_no_event_is_malformed(body: bytes) -> None:
    with pytest.raises(RequestMalformed):
        read_bytes(body)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["gbp", "won"])
anything = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)
fields = st.sampled_from([*intent(), *refund(), "last_payment_error", "cancellation_reason"])
kinds = st.sampled_from(["payment_intent.succeeded", "refund.updated", "charge.dispute.created", "a.b"])


@settings(max_examples=300)
@given(
    kind=kinds,
    object_name=st.sampled_from([intent(), refund()]),
    changes=st.dictionaries(fields, anything),
)
def test_a_signed_event_is_read_or_malformed_and_nothing_else(
    kind: str, object_name: dict[str, Any], changes: dict[str, Any]
) -> None:
    try:
        event = read(kind, object_name | changes)
    except RequestMalformed:
        return
    assert event.key == "evt_1"


@given(body=st.binary())
def test_signed_bytes_are_never_an_error_of_ours(body: bytes) -> None:
    with pytest.raises(RequestMalformed):
        read_bytes(body)


SESSIONS: list[tuple[dict[str, object], AttemptState]] = [
    ({}, AttemptState.PENDING),
    ({"payment_intent": intent(status="requires_action")}, AttemptState.REQUIRES_ACTION),
    ({"status": "expired", "url": None}, AttemptState.EXPIRED),
    ({"status": "complete", "payment_status": "paid"}, AttemptState.CAPTURED),
    ({"status": "complete", "payment_status": "no_payment_required"}, AttemptState.CAPTURED),
    ({"status": "complete", "payment_intent": "pi_1"}, AttemptState.PENDING),
    ({"status": "complete", "payment_intent": intent(status="processing")}, AttemptState.PENDING),
    (
        {
            "status": "complete",
            "payment_intent": intent(status="requires_capture", amount_capturable=2599),
        },
        AttemptState.AUTHORIZED,
    ),
    (
        {"status": "complete", "payment_intent": intent(status="canceled", cancellation_reason=None)},
        AttemptState.CANCELLED,
    ),
    (
        {
            "status": "complete",
            "payment_status": "paid",
            "payment_intent": intent(status="succeeded", amount_received=2599),
        },
        AttemptState.CAPTURED,
    ),
]


@pytest.mark.parametrize(("changes", "state"), SESSIONS)
def test_a_sessions_event_says_where_it_stands_and_is_confirmed_unless_it_only_ended(
    changes: dict[str, object], state: AttemptState
) -> None:
    event = read("checkout.session.anything", session(**changes))
    assert isinstance(event.facts, Said)
    assert (event.facts.provider_ref, event.facts.reference, event.facts.state) == ("cs_1", "att_1", state)
    assert event.facts.charge_ref == (None if "payment_intent" not in changes else "pi_1")
    assert event.proof is (Proof.SIGNED if state is AttemptState.EXPIRED else Proof.ASK)
    assert (event.facts.next_action is None) is (changes.get("status", "open") != "open")


def test_an_intent_inside_a_session_is_named_by_its_charge() -> None:
    inside = intent(metadata={"attempt_id": "att_1", "in_session": "yes"})
    said = read("payment_intent.created", inside).facts
    assert isinstance(said, Said)
    assert (said.provider_ref, said.charge_ref, said.reference) == ("", "pi_1", "att_1")
    assert said.next_action is None
