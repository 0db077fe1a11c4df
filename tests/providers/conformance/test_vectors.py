"""Every recorded signature of a provider that there is, and what strangers make of the good ones."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import RequestMalformed
from holdfast.errors.running import SettingsInvalid
from holdfast.payment.provider import Proof, Provider, ProviderEvent
from holdfast.payment.providers.offered import wire_up
from holdfast.settings import Settings
from tests.clients import http_client
from tests.providers.conformance.subjects import SUBJECTS, Subject
from tests.providers.conformance.talk import build
from tests.providers.stripe_things import at_once

VECTORS = Path(__file__).parents[4] / "shared" / "webhook_vectors.json"
NOW = 1_795_000_000
OF = {
    subject.vector_provider or subject.name: subject for subject in SUBJECTS if subject.of_vector is not None
}
WEBHOOKS, RETURNS = ("webhook", "webhook_timestamped"), ("payment_signature", "payment_link_signature")

Vector = dict[str, Any]


def recorded() -> list[Vector]:
    if not VECTORS.exists():
        return []
    return [vector for vector in json.loads(VECTORS.read_text()) if vector["provider"] in OF]


def of_kind(*kinds: str, valid: bool | None = None) -> list[Any]:
    return [
        pytest.param(vector, id=vector["id"])
        for vector in recorded()
        if vector["kind"] in kinds and valid in (None, vector["valid"])
    ]


def adapter(vector: Vector) -> Provider:
    """The vector's own secrets; SettingsInvalid where they are none that a shop may have."""
    subject: Subject = OF[vector["provider"]]
    assert subject.of_vector is not None
    section = subject.of_vector(vector)
    given = {f"{subject.name.upper()}_{name}": value for name, value in section.items()}
    client = http_client()
    wired = wire_up(Settings(providers=given), client)
    if wired.left_out:
        raise SettingsInvalid(settings=wired.left_out)
    return build(subject, section, client)


def body_of(vector: Vector) -> bytes:
    text: str = vector["body"]
    return base64.b64decode(text) if vector["body_encoding"] == "base64" else text.encode()


def judge(provider: Provider, vector: Vector, headers: dict[str, str], body: bytes) -> ProviderEvent | None:
    """The event, or None where the route would answer 401 or 400; anything else is an error of ours."""
    at = datetime.fromtimestamp(vector.get("now", NOW), UTC)
    try:
        return at_once(provider.read_event({name.lower(): text for name, text in headers.items()}, body, at))
    except (SignatureInvalid, RequestMalformed):
        return None


def is_good(vector: Vector) -> bool:
    """What is signed ahead of time official SDKs take, and we do not (gateways.md §2.6)."""
    return vector["valid"] and vector.get("policy") != "sdk_accepts_future"


def refuses(vector: Vector, forged: bytes) -> None:
    """Another body; of one whose fields alone are signed, the same fields may be written otherwise."""
    event = judge(adapter(vector), vector, vector["headers"], forged)
    if event is not None:
        assert OF[vector["provider"]].signs == "fields"
        first = judge(adapter(vector), vector, vector["headers"], body_of(vector))
        assert first is not None
        assert event.facts == first.facts


def test_the_vectors_are_here() -> None:
    if not VECTORS.exists():
        pytest.skip(f"the recorded vectors are not at {VECTORS}")
    assert {vector["provider"] for vector in recorded()} == set(OF)
    assert {vector["valid"] for vector in recorded()} == {True, False}


@pytest.mark.parametrize("vector", of_kind(*WEBHOOKS))
def test_a_webhook_is_judged_as_recorded(vector: Vector) -> None:
    try:
        provider = adapter(vector)
    except SettingsInvalid:
        assert not is_good(vector), "a shop could not be set up with a good vector's secret"
        return
    event = judge(provider, vector, vector["headers"], body_of(vector))
    assert (event is not None) is is_good(vector), vector["why"]
    if event is not None and vector.get("requires_api_verification"):
        assert event.proof is Proof.ASK


@pytest.mark.parametrize("vector", of_kind(*RETURNS))
def test_a_buyers_return_is_judged_as_recorded(vector: Vector) -> None:
    params: dict[str, str] = vector["params"]
    ours = vector.get("stored_order_id") or params.get("razorpay_payment_link_id", "")
    try:
        adapter(vector).check_return(params, ours)
        accepted = True
    except (SignatureInvalid, SettingsInvalid):
        accepted = False
    assert accepted is vector["valid"], vector["why"]


@pytest.mark.parametrize("vector", of_kind(*WEBHOOKS, valid=True))
@settings(max_examples=60)
@given(data=st.data())
def test_a_good_webhook_with_one_changed_byte_is_refused(vector: Vector, data: st.DataObject) -> None:
    if not is_good(vector) or OF[vector["provider"]].signs == "nothing":
        return
    body = body_of(vector)
    place = data.draw(st.integers(0, len(body) - 1))
    flipped = body[place] ^ data.draw(st.integers(1, 255))
    forged = body[:place] + bytes([flipped]) + body[place + 1 :]
    refuses(vector, forged)


@pytest.mark.parametrize("vector", of_kind(*WEBHOOKS, valid=True))
@settings(max_examples=60)
@given(data=st.data())
def test_a_good_webhook_with_another_header_is_refused(vector: Vector, data: st.DataObject) -> None:
    """A stranger's text in place of any header that is asked for; the adapter may ignore one that is not."""
    if not is_good(vector) or not vector["headers"]:
        return
    name = data.draw(st.sampled_from(sorted(vector["headers"])))
    text = data.draw(st.text(max_size=80) | st.sampled_from(["", "é", "\ud800", "0" * 64]))
    without = {key: value for key, value in vector["headers"].items() if key != name}
    if judge(adapter(vector), vector, without, body_of(vector)) is not None:
        return
    assert judge(adapter(vector), vector, without | {name: text}, body_of(vector)) is None


@pytest.mark.parametrize("vector", of_kind(*WEBHOOKS, valid=True))
def test_a_good_webhook_that_was_read_and_written_again_is_refused(vector: Vector) -> None:
    body = body_of(vector)
    again = json.dumps(json.loads(body), indent=1).encode()
    if not is_good(vector) or OF[vector["provider"]].signs == "nothing" or again == body:
        return
    assert json.loads(again) == json.loads(body)
    refuses(vector, again)


@pytest.mark.parametrize("vector", of_kind(*WEBHOOKS, valid=True))
def test_an_old_or_an_early_webhook_is_refused_where_the_time_is_signed(vector: Vector) -> None:
    if not is_good(vector) or "now" not in vector:
        return
    for off in (-86_400, 86_400):
        moved = vector | {"now": vector["now"] + off}
        assert judge(adapter(vector), moved, vector["headers"], body_of(vector)) is None


@pytest.mark.parametrize("vector", of_kind(*WEBHOOKS, valid=True))
@pytest.mark.parametrize("empty", ["", " ", "\t"])
def test_nobody_is_set_up_with_an_empty_secret(vector: Vector, empty: str) -> None:
    if not vector["secret"]:
        return
    with pytest.raises(SettingsInvalid):
        adapter(vector | {"secret": empty})
