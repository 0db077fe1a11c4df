"""Webhooks: what each kind tells, and that all of it is only a hint (gateways.md §6.6)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import DisputeSaid, Proof, RefundSaid, Said
from tests.clients import http_client
from tests.providers.paypal.things import ATTEMPT, REFUND, Json, adapter, dispute, event, moved, order, refund

S = AttemptState
paypal = adapter(http_client())
UP = [{"rel": "up", "href": "https://api.paypal.test/v2/checkout/orders/ORDER1"}]
CAPTURE = "PAYMENT.CAPTURE.COMPLETED"


@pytest.mark.parametrize(
    ("kind", "resource", "state", "charge"),
    [
        ("CHECKOUT.ORDER.APPROVED", order("APPROVED"), S.REQUIRES_ACTION, None),
        ("CHECKOUT.ORDER.COMPLETED", order("COMPLETED", captures=[moved("COMPLETED")]), S.CAPTURED, "MONEY1"),
        ("CHECKOUT.PAYMENT-APPROVAL.REVERSED", {"order_id": "ORDER1"}, S.CANCELLED, None),
        ("PAYMENT.CAPTURE.COMPLETED", moved("COMPLETED"), S.CAPTURED, "MONEY1"),
        (
            "PAYMENT.CAPTURE.COMPLETED",
            moved("COMPLETED", supplementary_data={}, links=UP),
            S.CAPTURED,
            "MONEY1",
        ),
        ("PAYMENT.CAPTURE.PENDING", moved("PENDING"), S.PENDING, "MONEY1"),
        ("PAYMENT.CAPTURE.DECLINED", moved("DECLINED"), S.FAILED, None),
        ("PAYMENT.CAPTURE.DENIED", moved("DECLINED"), S.FAILED, None),
        ("PAYMENT.AUTHORIZATION.CREATED", moved("CREATED"), S.AUTHORIZED, None),
        ("PAYMENT.AUTHORIZATION.VOIDED", moved("VOIDED"), S.CANCELLED, None),
    ],
    ids=str,
)
def test_a_payment_is_told_of_by_its_order(
    kind: str, resource: Json, state: AttemptState, charge: str | None
) -> None:
    told = paypal.translate(event(kind, resource))
    assert (told.key, told.kind, told.proof) == ("WH-1-1", kind, Proof.ASK)
    assert isinstance(told.facts, Said)
    assert (told.facts.provider_ref, told.facts.state, told.facts.charge_ref) == ("ORDER1", state, charge)
    assert told.facts.reference == (None if "REVERSED" in kind else ATTEMPT)
    assert told.facts.approved is (kind == "CHECKOUT.ORDER.APPROVED")


@pytest.mark.parametrize(
    ("kind", "status", "state"),
    [
        ("PAYMENT.CAPTURE.REFUNDED", "COMPLETED", "succeeded"),
        ("PAYMENT.CAPTURE.REVERSED", "COMPLETED", "succeeded"),
        ("PAYMENT.REFUND.PENDING", "PENDING", "pending"),
        ("PAYMENT.REFUND.FAILED", "FAILED", "failed"),
    ],
)
def test_a_refund_is_told_of_by_its_capture(kind: str, status: str, state: str) -> None:
    told = paypal.translate(event(kind, refund(status)))
    assert told.facts == RefundSaid("REFUND1", "MONEY1", state, 500, "GBP", live=False, reference=REFUND)


@pytest.mark.parametrize(
    ("status", "outcome", "state"),
    [
        ("OPEN", "", "open"),
        ("WAITING_FOR_SELLER_RESPONSE", "", "open"),
        ("UNDER_REVIEW", "RESOLVED_SELLER_FAVOUR", "open"),
        ("RESOLVED", "RESOLVED_SELLER_FAVOUR", "won"),
        ("RESOLVED", "CANCELED_BY_BUYER", "won"),
        ("RESOLVED", "RESOLVED_BUYER_FAVOUR", "lost"),
        ("RESOLVED", "RESOLVED_WITH_PAYOUT", "open"),
        ("RESOLVED", "", "open"),
    ],
)
def test_a_dispute_is_open_until_its_outcome_is_known(status: str, outcome: str, state: str) -> None:
    told = paypal.translate(event("CUSTOMER.DISPUTE.UPDATED", dispute(status, outcome)))
    assert told.facts == DisputeSaid("PP-R-1", "MONEY1", state, 2599, "GBP", live=False)


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("BILLING.SUBSCRIPTION.CREATED", {"id": "I-1"}),
        ("PAYMENT.CAPTURE", moved("COMPLETED")),
        ("PAYMENT.CAPTURE.COMPLETED", moved("FROZEN")),
        ("PAYMENT.AUTHORIZATION.CREATED", moved("CAPTURED")),
        ("CHECKOUT.ORDER.COMPLETED", order("COMPLETED")),
        ("CHECKOUT.ORDER.APPROVED", order() | {"purchase_units": order()["purchase_units"] * 2}),
        ("PAYMENT.CAPTURE.REFUNDED", refund(links=[])),
        ("CUSTOMER.DISPUTE.CREATED", dispute(disputed_transactions=[])),
    ],
    ids=str,
)
def test_what_means_nothing_to_us_has_no_facts(kind: str, resource: Json) -> None:
    assert paypal.translate(event(kind, resource)).facts is None


def test_an_order_of_another_system_is_not_ours() -> None:
    facts = paypal.translate(event(CAPTURE, moved("COMPLETED", custom_id="ORD-5001"))).facts
    assert isinstance(facts, Said)
    assert (facts.provider_ref, facts.reference) == ("ORDER1", None)


@pytest.mark.parametrize(
    "resource",
    [
        moved("COMPLETED", id="a\0b"),
        moved("COMPLETED", id="x" * 101),
        moved("COMPLETED", id=""),
        moved("COMPLETED", "-1.00"),
        moved("COMPLETED", "1.005"),
        moved("COMPLETED", "1e3"),
        moved("COMPLETED", "9" * 16),
        moved("COMPLETED", amount={"currency_code": "pounds", "value": "1.00"}),
        moved("COMPLETED", amount={"currency_code": "JPY", "value": "1.50"}),
        moved("COMPLETED", supplementary_data={"related_ids": {"order_id": "é"}}),
        None,
        [],
    ],
    ids=str,
)
def test_a_body_that_is_no_event_is_malformed(resource: Any) -> None:
    with pytest.raises(RequestMalformed):
        paypal.translate(event(CAPTURE, resource))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
KINDS = [CAPTURE, "CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.REFUNDED", "CUSTOMER.DISPUTE.CREATED"]


@settings(max_examples=200)
@given(
    kind=st.sampled_from(KINDS),
    changes=st.dictionaries(st.sampled_from([*order(), *moved(""), *refund(), *dispute()]), anything),
)
def test_whatever_stands_in_a_stored_body_it_is_read_or_malformed(kind: str, changes: Json) -> None:
    whole = order("APPROVED") | moved("COMPLETED") | refund() | dispute() | changes
    try:
        told = paypal.translate(event(kind, whole))
    except RequestMalformed:
        return
    assert told.key == "WH-1-1"
    assert told.proof is Proof.ASK
