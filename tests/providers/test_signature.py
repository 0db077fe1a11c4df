"""A webhook is believed only if its own bytes were signed, lately, by somebody who has the secret."""

import base64
import hmac
import json
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import RequestMalformed
from holdfast.payment.providers.stripe.adapter import StripeProvider
from holdfast.payment.providers.stripe.events import check_stripe
from tests.clients import http_client
from tests.providers.stripe_things import adapter, at_once

NOW = 1_795_000_000
AT = datetime.fromtimestamp(NOW, UTC)
SECRET = "whsec_of_these_tests"
BODY = b'{"id":"evt_1", "object":"event"}'
VECTORS = Path(__file__).parents[3] / "shared" / "webhook_vectors.json"

Vector = dict[str, Any]


def stripe_vectors() -> list[Vector]:
    if not VECTORS.exists():
        return []
    return [vector for vector in json.loads(VECTORS.read_text()) if vector["provider"] == "stripe"]


def body_of(vector: Vector) -> bytes:
    text: str = vector["body"]
    return base64.b64decode(text) if vector["body_encoding"] == "base64" else text.encode()


def signed(body: bytes, *, at: int = NOW, secret: str = SECRET) -> str:
    digest = hmac.new(secret.encode(), b"%d." % at + body, sha256).hexdigest()
    return f"t={at},v1={digest}"


def accepts(header: str | None, body: bytes, *secrets: str, at: datetime = AT) -> bool:
    try:
        check_stripe(header, body, secrets=secrets or (SECRET,), at=at)
    except SignatureInvalid:
        return False
    return True


def sdk_accepts(header: str | None, body: bytes, secret: str = SECRET, *, now: int = NOW) -> bool:
    """Stripe's own verdict at ``now``: the tolerance makes up for the clock that it reads."""
    verify = stripe.WebhookSignature.verify_header  # imported on first use, which takes a while
    tolerance = time.time() - now + 300.9  # signed times are whole seconds
    try:
        verify(body, header, secret, tolerance)
    except stripe.SignatureVerificationError:
        return False
    return True


def provider(*secrets: str) -> StripeProvider:
    return adapter(http_client(), secrets=secrets)


def test_the_vectors_are_here() -> None:
    if not VECTORS.exists():
        pytest.skip(f"the recorded vectors are not at {VECTORS}")
    assert {vector["valid"] for vector in stripe_vectors()} == {True, False}


@pytest.mark.parametrize("vector", stripe_vectors(), ids=lambda vector: vector["id"])
def test_a_vector_is_judged_as_recorded(vector: Vector) -> None:
    at = datetime.fromtimestamp(vector["now"], UTC)
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    stripe_provider, body = provider(vector["secret"]), body_of(vector)
    # What was signed ahead of time both official SDKs take, and we do not (gateways.md §2.6).
    valid = vector["valid"] and vector.get("policy") != "sdk_accepts_future"
    if valid:
        assert at_once(stripe_provider.read_event(headers, body, at)).key == json.loads(body)["id"]
        assert sdk_accepts(headers["stripe-signature"], body, vector["secret"], now=vector["now"])
    else:
        with pytest.raises(RequestMalformed if vector["body_encoding"] == "base64" else SignatureInvalid):
            at_once(stripe_provider.read_event(headers, body, at))


def test_the_sample_that_can_be_checked_by_hand() -> None:
    digest = "72c734d12afd8ad76cc934b45f99c9c5ab4584de0d79a5457c49d3d1ac7c56c0"
    body = b'{"id":"evt_1","object":"event"}'
    assert accepts(f"t=1795000000,v1={digest}", body, "whsec_test_secret")


@given(body=st.text(st.characters(codec="utf-8")), age=st.integers(-300, 300))
def test_what_was_signed_in_time_is_accepted_here_and_by_stripes_sdk(body: str, age: int) -> None:
    header = signed(body.encode(), at=NOW - age)
    assert accepts(header, body.encode())
    assert sdk_accepts(header, body.encode())
    made_by_sdk = stripe.WebhookSignature.generate_signature_header(body, SECRET, NOW - age)
    assert accepts(made_by_sdk, body.encode())


@given(position=st.integers(0, len(BODY) - 1), flip=st.integers(1, 255))
def test_a_body_with_one_changed_byte_is_refused(position: int, flip: int) -> None:
    forged = BODY[:position] + bytes([BODY[position] ^ flip]) + BODY[position + 1 :]
    assert not accepts(signed(BODY), forged)


@given(position=st.integers(0, len(signed(BODY)) - 1), character=st.characters())
def test_a_header_with_one_changed_character_is_refused(position: int, character: str) -> None:
    header = signed(BODY)
    forged = header[:position] + character + header[position + 1 :]
    assert accepts(forged, BODY) is (forged == header)


@given(header=st.text() | st.from_regex(r"(t=[0-9]{1,20}|v1=[0-9a-f]{0,64}|v0=|,){0,6}", fullmatch=True))
def test_no_header_of_a_stranger_is_accepted_or_raises_anything_else(header: str) -> None:
    assert not accepts(header, BODY)


PARTS = st.sampled_from(["t=", "v1=", "v0=", ",", "=", " ", f"{NOW}", signed(BODY)[16:], signed(BODY), "x"])


@settings(max_examples=300)
@given(parts=st.lists(PARTS, max_size=8))
def test_what_we_accept_stripes_sdk_accepts_too(parts: list[str]) -> None:
    header = "".join(parts)
    assert not accepts(header, BODY) or sdk_accepts(header, BODY)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "t=",
        f"t={NOW}",
        "v1=" + "0" * 64,
        f"t={NOW},v1=é",
        f"t={NOW},v1=\ud800",
        "t=١٢,v1=a",
        "t=" + "9" * 9999,
    ],
    ids=ascii,
)
def test_a_missing_or_maimed_header_is_refused(header: str | None) -> None:
    assert not accepts(header, BODY)
    with pytest.raises(SignatureInvalid):
        at_once(provider(SECRET).read_event({} if header is None else {"stripe-signature": header}, BODY, AT))


@pytest.mark.parametrize("junk", [",v1", ",t", ",", ",junk"])
def test_a_header_with_a_nameless_part_is_refused_also_beside_a_good_signature(junk: str) -> None:
    assert accepts(signed(BODY), BODY)
    assert not accepts(signed(BODY) + junk, BODY)


def test_json_that_was_read_and_written_again_is_refused() -> None:
    again = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
    assert json.loads(again) == json.loads(BODY)
    assert not accepts(signed(BODY), again)


@pytest.mark.parametrize("empty", ["", " ", "\t\n"])
def test_an_empty_secret_signs_nothing(empty: str) -> None:
    assert not accepts(signed(BODY, secret=empty), BODY, empty)
    assert not accepts(signed(BODY, secret=empty), BODY, SECRET, empty)
    with pytest.raises(SignatureInvalid):
        at_once(provider().read_event({"stripe-signature": signed(BODY, secret="")}, BODY, AT))


def test_while_a_secret_is_rolled_both_are_valid() -> None:
    assert accepts(signed(BODY, secret="whsec_old"), BODY, "whsec_new", "whsec_old")
    assert accepts(signed(BODY, secret="whsec_new"), BODY, "whsec_new", "whsec_old")
    assert not accepts(signed(BODY, secret="whsec_older"), BODY, "whsec_new", "whsec_old")
    both = signed(BODY, secret="whsec_old") + "," + signed(BODY).partition(",")[2]
    assert accepts(both, BODY)


@pytest.mark.parametrize(("age", "fits"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_a_signed_time_may_be_five_minutes_off_in_either_direction(age: int, fits: bool) -> None:
    assert accepts(signed(BODY, at=NOW - age), BODY) is fits
    if age > 0:
        assert sdk_accepts(signed(BODY, at=NOW - age), BODY) is fits


def test_a_time_far_ahead_is_refused_although_stripes_sdk_would_take_it() -> None:
    ahead = signed(BODY, at=NOW + 86_400)  # whoever signs ahead can replay for a day
    assert sdk_accepts(ahead, BODY)
    assert not accepts(ahead, BODY)
