"""Webhooks: what one of a single payment tells is asked about, the rest is so (gateways.md §3.7)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import DisputeSaid, Proof, ProviderEvent, RefundSaid, Said
from tests.clients import http_client
from tests.providers.razorpay.things import (
    OURS,
    Json,
    adapter,
    event,
    link,
    order,
    payment,
    refund,
    signed,
)
from tests.providers.stripe_things import at_once

AT = datetime.fromtimestamp(1_795_000_000, UTC)
PAID = Said(
    provider_ref="order_1",
    state=AttemptState.CAPTURED,
    amount_minor=49_900,
    currency="INR",
    live=False,
    reference=OURS,
    charge_ref="pay_1",
)
DISPUTE: Json = {
    "id": "disp_1", "entity": "dispute", "payment_id": "pay_1", "amount": 49_900, "currency": "INR",
    "status": "open", "amount_deducted": 0,
}  # fmt: skip
razorpay = adapter(http_client())


def read(body: bytes, **headers: str) -> ProviderEvent:
    return at_once(razorpay.read_event({**signed(body), **headers}, body, AT))


def told(kind: str, **parts: Json) -> ProviderEvent:
    return read(event(kind, **parts))


@pytest.mark.parametrize(
    ("kind", "status", "state"),
    [
        ("payment.authorized", "authorized", AttemptState.AUTHORIZED),
        ("payment.captured", "captured", AttemptState.CAPTURED),
        ("payment.captured", "refunded", AttemptState.CAPTURED),
        ("payment.failed", "failed", AttemptState.PENDING),
    ],
)
def test_a_payment_is_one_try_of_perhaps_several_and_is_asked_about(
    kind: str, status: str, state: AttemptState
) -> None:
    said = told(kind, payment=payment(status=status))
    assert isinstance(said.facts, Said)
    assert (said.facts.state, said.facts.provider_ref, said.facts.charge_ref) == (state, "order_1", "pay_1")
    assert (said.proof, said.kind) == (Proof.ASK, kind)


def test_a_paid_order_tells_its_own_sum() -> None:
    both = {"payment": payment(), "order": order(status="paid", amount_paid=49_900)}
    assert (told("order.paid", **both).facts, told("order.paid", **both).proof) == (PAID, Proof.SIGNED)
    twice = told("order.paid", payment=payment(id="pay_2"), order=order(status="paid", amount_paid=99_800))
    assert isinstance(twice.facts, Said)
    assert (twice.facts.amount_minor, twice.facts.charge_ref) == (99_800, "pay_2")


@pytest.mark.parametrize(
    "parts",
    [
        {"payment": payment(), "order": order(status="paid", amount_paid=49_900, receipt="ORD-2001")},
        {"payment": payment(), "order": order(status="paid", amount_paid=49_900, receipt=None)},
        {"payment": payment(currency="USD"), "order": order(status="paid", amount_paid=49_900)},
        {"payment": payment(), "order": {"id": "QflczVVaNJciLq", "amount": 49_900, "amount_paid": 49_900}},
    ],
    ids=["another's", "a link's", "another currency", "a link's in another shape"],
)
def test_an_order_that_we_did_not_make_or_that_does_not_add_up_is_asked_about(parts: Json) -> None:
    said = told("order.paid", **parts)
    assert isinstance(said.facts, Said)
    assert (said.facts.charge_ref, said.proof) == ("pay_1", Proof.ASK)


@pytest.mark.parametrize(
    ("kind", "fields", "state", "charge"),
    [
        ("payment_link.paid", {"status": "paid", "amount_paid": 49_900}, AttemptState.CAPTURED, "pay_1"),
        ("payment_link.cancelled", {"status": "cancelled"}, AttemptState.CANCELLED, None),
        ("payment_link.expired", {"status": "expired"}, AttemptState.EXPIRED, None),
    ],
)
def test_a_link_tells_of_itself(kind: str, fields: Json, state: AttemptState, charge: str | None) -> None:
    parts = {"payment_link": link(**fields)} | ({"payment": payment()} if charge else {})
    said = told(kind, **parts)
    assert isinstance(said.facts, Said)
    assert (said.facts.state, said.facts.provider_ref, said.facts.charge_ref) == (state, "plink_1", charge)
    assert (said.facts.reference, said.facts.amount_minor, said.proof) == (OURS, 49_900, Proof.SIGNED)
    parts["payment_link"] = link(**fields, reference_id="TS1989")
    assert told(kind, **parts).facts is None, "one that we did not make"


def test_a_refund_of_ours_names_our_object_and_one_from_elsewhere_is_asked_about() -> None:
    ours = told("refund.processed", refund=refund(), payment=payment())
    assert ours.facts == RefundSaid(
        "rfnd_1", "order_1", "succeeded", 49_900, "INR", live=False, reference="rfd_1"
    )
    assert ours.proof is Proof.SIGNED
    strange: list[Any] = [[], {"reason": "त्रुटि"}, {"refund_id": "a b"}, {"refund_id": 1, "refund_of": []}]
    for notes in strange:
        other = told("refund.processed", refund=refund(notes=notes), payment=payment())
        assert isinstance(other.facts, RefundSaid)
        assert (other.facts.payment_ref, other.facts.reference) == ("pay_1", None)
        assert other.proof is Proof.ASK


def test_what_lapses_is_no_refund_of_money_that_was_taken() -> None:
    lapsed = payment(status="refunded", captured=False)
    said = told("refund.processed", refund=refund(notes=[]), payment=lapsed)
    assert isinstance(said.facts, Said)
    assert (said.facts.state, said.proof) == (AttemptState.EXPIRED, Proof.ASK)


def test_a_dispute_names_its_payment() -> None:
    said = told("payment.dispute.created", payment=payment(), dispute=DISPUTE)
    assert said.facts == DisputeSaid("disp_1", "pay_1", "open", 49_900, "INR", live=False)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("payment.captured", {"payment": payment(order_id=None)}),
        ("payment.captured", {"payment": payment(status="frozen")}),
        ("payment.downtime.started", {"payment.downtime": {"id": "down_1"}}),
        ("refund.speed_changed", {"refund": refund(), "payment": payment()}),
        ("refund.processed", {"refund": refund(status="frozen"), "payment": payment()}),
        ("invoice.paid", {"payment": payment(), "invoice": {"id": "inv_1"}}),
        ("order.notification.delivered", {"order": order()}),
        ("nothing", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_means_nothing_to_us_has_no_facts(kind: str, parts: Json) -> None:
    assert told(kind, **parts).facts is None


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("payment.captured", {}),
        ("payment.captured", {"payment": payment(id="a b")}),
        ("payment.captured", {"payment": payment(amount=-1)}),
        ("payment.captured", {"payment": payment(amount="499.00")}),
        ("payment.captured", {"payment": payment(currency="inr")}),
        ("order.paid", {"order": order()}),
        ("order.paid", {"payment": payment(), "order": order(status="paid", amount_paid=0)}),
        ("payment_link.paid", {"payment_link": link(id="order_1")}),
        ("payment.dispute.lost", {"payment": payment()}),
        ("refund.created", {"payment": payment()}),
    ],
    ids=str,
)
def test_a_signed_event_without_what_it_is_about_is_malformed(kind: str, parts: Json) -> None:
    with pytest.raises(RequestMalformed):
        told(kind, **parts)


def test_the_header_with_the_id_is_not_signed_so_the_content_is_the_key() -> None:
    body = event("payment.captured", payment=payment())
    first = read(body)
    assert read(body, **{"x-razorpay-event-id": "evt_2"}) == first
    assert razorpay.translate(body) == first
    assert told("payment.captured", payment=payment(id="pay_2")).key != first.key
    assert told("payment.failed", payment=payment()).key != first.key


def test_while_a_secret_is_changed_both_are_valid() -> None:
    body = event("payment.captured", payment=payment())
    both = adapter(http_client(), webhook_secrets=("new_secret", "old_secret"))
    for secret in ("new_secret", "old_secret"):
        assert at_once(both.read_event(signed(body, secret), body, AT)).facts
    for secret in ("older_secret", "", "new_secret,old_secret"):
        with pytest.raises(SignatureInvalid):
            at_once(both.read_event(signed(body, secret), body, AT))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
KINDS = ["payment.captured", "order.paid", "payment_link.paid", "refund.processed", "payment.dispute.lost"]


@settings(max_examples=300)
@given(kind=st.sampled_from(KINDS), part=st.sampled_from(["payment", "order", "refund"]), data=st.data())
def test_whatever_stands_in_a_stored_body_it_is_read_or_malformed(
    kind: str, part: str, data: st.DataObject
) -> None:
    parts: dict[str, Any] = {
        "payment": payment(), "order": order(status="paid", amount_paid=1), "refund": refund(),
        "payment_link": link(status="paid", amount_paid=1), "dispute": DISPUTE,
    }  # fmt: skip
    changes = data.draw(st.dictionaries(st.sampled_from([*parts[part]]), anything))
    parts[part] |= changes
    try:
        said = razorpay.translate(event(kind, **parts))
    except RequestMalformed:
        return
    assert 0 < len(said.key) <= 255
    if isinstance(said.facts, Said):
        assert "\0" not in (said.facts.declined or "")
