"""Notifications and returns: only what TeleBirr has signed for this merchant is read (§7.4-7.6)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Proof, ProviderEvent, Said
from holdfast.payment.providers.telebirr.signing import check, read_public_key, signed_text
from holdfast.sandbox.providers.telebirr.keys import MERCHANT, public_half
from tests.clients import http_client
from tests.providers.stripe_things import at_once
from tests.providers.telebirr.things import NUMBER, Json, adapter, notice, private, sent, signed

VECTORS = Path(__file__).parents[4] / "shared" / "webhook_vectors.json"
AT = datetime.fromtimestamp(1_795_000_000, UTC)
OURS = "att_01JD0000000000000000000001"
PAID = Said(
    provider_ref=NUMBER,
    state=AttemptState.CAPTURED,
    amount_minor=125_000,
    currency="ETB",
    live=False,
    reference=OURS,
    charge_ref="CKV0VEC001",
)
telebirr = adapter(http_client())


def read(body: bytes, **changes: Any) -> ProviderEvent:
    provider = adapter(http_client(), **changes) if changes else telebirr
    return at_once(provider.read_event({}, body, AT))


def refused(body: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        read(body)


def recorded_requests() -> list[Any]:
    if not VECTORS.exists():
        return []
    vectors = json.loads(VECTORS.read_text())
    return [v for v in vectors if (v["provider"], v["kind"]) == ("telebirr", "request_signature")]


# ── what is signed ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("vector", recorded_requests(), ids=lambda vector: vector["id"])
def test_a_recorded_request_is_judged_as_recorded(vector: Json) -> None:
    fields: Json = vector["params"] | vector["params"].get("biz_content", {})
    fields = {name: text for name, text in fields.items() if isinstance(text, str)}
    assert signed_text(fields) == vector["signed_message"]
    key = read_public_key(vector["public_key_pem"])
    assert key is not None
    if vector["valid"]:
        check(fields, keys=[key])
    else:
        with pytest.raises(SignatureInvalid):
            check(fields, keys=[key])


def test_the_receipts_number_is_signed_under_one_name_and_sent_under_another() -> None:
    fields = notice()
    named = signed(fields)
    renamed = {name: text for name, text in named.items() if name != "trans_id"} | {"transId": "CKV0VEC001"}
    other = {name: text for name, text in fields.items() if name != "trans_id"} | {"transId": "CKV0VEC001"}
    for body in (named, renamed, signed(other)):
        assert read(sent(body)).facts == PAID


def test_two_names_with_two_numbers_are_signed_as_they_are() -> None:
    refused(sent(signed(notice()) | {"transId": "another"}))
    both = notice(transId="another")
    assert read(sent(signed(both))).facts == PAID


def test_a_notification_may_be_wrapped() -> None:
    body = signed(notice())
    assert read(sent({"data": body})) == read(sent(body))
    refused(sent({"data": body, "sign": body["sign"]}))
    refused(sent({"data": {"data": body}}))


def test_numbers_are_signed_as_they_are_written() -> None:
    text = json.dumps(signed(notice(total_amount="1250.00", notify_time="1795000000000")))
    body = text.replace('"1250.00"', "1250.00").replace('"1795000000000"', "1795000000000")
    assert body != text
    assert read(body.encode()).facts == PAID
    refused(body.replace("1250.00", "1250.0").encode())


def test_empty_fields_are_not_signed() -> None:
    body = signed(notice(callback_info=""))
    assert read(sent(body | {"callback_info": None})).facts == PAID


def test_nothing_is_encoded_in_the_signed_text() -> None:
    assert read(sent(signed(notice(callback_info="a b&c=d+አ%20")))).facts == PAID


@pytest.mark.parametrize(
    "pad",
    [
        padding.PSS(padding.MGF1(hashes.SHA256()), 32),
        padding.PSS(padding.MGF1(hashes.SHA256()), 0),
        padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH),
        padding.PKCS1v15(),
    ],
    ids=["pss", "pss without salt", "pss with all the salt", "pkcs1v15"],
)
def test_every_padding_that_was_ever_seen_is_accepted_under_the_same_key(pad: Any) -> None:
    assert read(sent(signed(notice(), pad=pad))).facts == PAID
    refused(sent(signed(notice(), pad=pad, key=MERCHANT)))


def test_while_a_key_is_replaced_both_are_valid() -> None:
    pem = (
        private(MERCHANT)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    both = (public_half(MERCHANT), pem.decode())
    assert read(sent(signed(notice(), key=MERCHANT)), public_keys=both).facts == PAID
    with pytest.raises(SignatureInvalid):
        read(sent(signed(notice())), public_keys=both)


@pytest.mark.parametrize("change", [{"merch_code": "200002"}, {"appid": "2"}, {"appid": ""}], ids=str)
def test_what_was_signed_for_another_merchant_is_refused(change: Json) -> None:
    """TeleBirr's key signs for all of them, and the number of an order is no secret (§12.5)."""
    body = signed(notice(**change))
    refused(sent(body))
    without = {name: text for name, text in body.items() if text}
    refused(sent(without))


@pytest.mark.parametrize(
    "junk",
    [
        {"biz_content": {"total_amount": "1.00", "merch_order_id": "another"}},
        {"header": "trade_status=Failure"},
        {"sign_type": "none"},
        {"raw_request": "x", "openType": "y"},
    ],
    ids=str,
)
def test_what_is_not_signed_changes_nothing(junk: Json) -> None:
    assert read(sent(signed(notice()) | junk)) == read(sent(signed(notice())))


@pytest.mark.parametrize(
    "change",
    [
        {"total_amount": "12500.00"},
        {"merch_order_id": "att01JD0000000000000000000002"},
        {"trade_status": "Pending"},
        {"sign": ""},
        {"sign": "***"},
        {"sign": "QUJD"},
        {"sign": "é" * 344},
        {"callback_info": "new"},
    ],
    ids=str,
)
def test_a_changed_notification_is_refused(change: Json) -> None:
    refused(sent(signed(notice()) | change))
    refused(sent(notice() | change))


def test_a_stranger_gets_a_refusal_and_no_error() -> None:
    for body in (b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"data":' * 100_000, b'{"sign":"a"}'):
        refused(body)


# ── what it means ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Pending", AttemptState.PENDING),
        ("Paying", AttemptState.PENDING),
        ("Completed", AttemptState.CAPTURED),
        ("Failure", AttemptState.FAILED),
        ("Expired", AttemptState.EXPIRED),
        ("PAY_SUCCESS", AttemptState.CAPTURED),
    ],
)
def test_a_notification_says_where_the_order_stands(status: str, state: AttemptState) -> None:
    event = read(sent(signed(notice(trade_status=status))))
    assert isinstance(event.facts, Said)
    assert (event.kind, event.facts.state, event.proof) == (status, state, Proof.SIGNED)
    assert (event.facts.declined is not None) is (state is AttemptState.FAILED)


def test_a_status_that_nobody_knows_has_no_facts() -> None:
    assert read(sent(signed(notice(trade_status="Frozen")))).facts is None


def test_an_order_of_another_system_is_not_ours() -> None:
    said = read(sent(signed(notice(merch_order_id="ord6001a1")))).facts
    assert isinstance(said, Said)
    assert (said.provider_ref, said.reference) == ("ord6001a1", None)


def test_a_duplicate_has_the_same_key_and_other_news_another() -> None:
    first = read(sent(signed(notice())))
    assert read(sent(signed(notice(notify_time="1795000009999")))).key == first.key
    for change in ({"trade_status": "Failure"}, {"payment_order_id": "2"}, {"trans_id": "2"}):
        assert read(sent(signed(notice(**change)))).key != first.key


@pytest.mark.parametrize(
    "change",
    [
        {"merch_order_id": ""},
        {"merch_order_id": "a b"},
        {"total_amount": ""},
        {"total_amount": "-1250.00"},
        {"total_amount": "1250.005"},
        {"total_amount": "1e3"},
        {"total_amount": "9" * 16},
        {"trans_currency": "birr"},
        {"trans_id": "a\0b"},
        {"payment_order_id": "é"},
    ],
    ids=str,
)
def test_a_signed_body_that_is_no_notification_is_malformed(change: Json) -> None:
    with pytest.raises(RequestMalformed):
        read(sent(signed(notice(**change))))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(max_examples=200)
@given(changes=st.dictionaries(st.sampled_from([*notice(), "transId", "callback_info"]), anything))
def test_whatever_stands_in_a_stored_body_it_is_read_or_malformed(changes: Json) -> None:
    try:
        event = telebirr.translate(sent(notice() | changes))
    except RequestMalformed:
        return
    assert 0 < len(event.key) <= 255
    assert event.facts is None or isinstance(event.facts, Said)


# ── the buyer's way back ──────────────────────────────────────────────────────────────────────


def back(**changes: str) -> dict[str, str]:
    """In the words of a query, with its times as text."""
    fields = notice(trade_status="PAY_SUCCESS", trans_end_time="2026-11-21 10:00:00", **changes)
    return {name: text for name, text in fields.items() if name not in ("notify_url", "notify_time")}


def returns(params: dict[str, str], ref: str = NUMBER) -> bool:
    try:
        telebirr.check_return(params, ref)
    except SignatureInvalid:
        return False
    return True


def test_a_signed_return_is_accepted_also_with_spaces_for_plus_signs() -> None:
    params = signed(back())
    while "+" not in params["sign"]:
        params = signed(back())
    assert returns(params)
    assert returns(params | {"sign": params["sign"].replace("+", " ")})


def test_our_own_parameters_may_be_signed_with_the_others_or_not() -> None:
    assert returns(signed(back()) | {"order": "ord_1"})
    assert returns(signed(back() | {"order": "ord_1"}))


@pytest.mark.parametrize(
    "change",
    [{"trade_status": "PAY_FAILED"}, {"total_amount": "1.00"}, {"sign": "QUJD"}, {"sign": ""}],
    ids=str,
)
def test_a_forged_return_is_refused(change: Json) -> None:
    assert not returns(signed(back()) | change)


def test_the_return_of_another_order_or_merchant_is_refused() -> None:
    assert not returns(signed(back()), ref="att01JD0000000000000000000002")
    assert not returns(signed(back(merch_code="200002")))


def test_a_buyer_who_just_comes_back_brings_nothing_to_verify() -> None:
    assert returns({})
    assert returns({"order": "ord_1"})
