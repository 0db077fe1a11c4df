"""Way B: PayPal itself is asked about a webhook, whose body goes there as it came (gateways.md §6.6)."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from holdfast.errors.provider import ProviderAway, SignatureInvalid
from holdfast.payment.provider import ProviderEvent
from holdfast.sandbox.providers.paypal.account import KEYS
from holdfast.sandbox.providers.paypal.certificates import CERTIFICATE_ID
from tests.providers.paypal.things import BANK, TIME, TOKEN, adapter, at_bank, event, headers, moved, refusal
from tests.providers.sandbox_server import Sandbox
from tests.providers.told_server import HANG, Told

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
BODY = event("PAYMENT.CAPTURE.COMPLETED", moved("COMPLETED"))
VERIFY = "/v1/notifications/verify-webhook-signature"


async def judged(script: Told, client: httpx.AsyncClient, body: bytes = BODY) -> ProviderEvent:
    return await adapter(client, script.url).read_event(headers(body, script.url), body, AT)


async def test_paypals_yes_is_a_yes(script: Told, client: httpx.AsyncClient) -> None:
    script.answer(200, TOKEN | {"verification_status": "SUCCESS"})
    assert (await judged(script, client)).key == "WH-1-1"
    _, path, sent, asked = script.asked[-1]
    signature = asked.pop("transmission_sig")
    assert (path, sent["authorization"]) == (VERIFY, "Bearer A21AA")
    assert asked == {
        "auth_algo": "SHA256withRSA",
        "cert_url": f"{script.url}/v1/notifications/certs/CERT-1",
        "transmission_id": "tr-1",
        "transmission_time": TIME,
        "webhook_id": KEYS["webhook_id"],
        "webhook_event": json.loads(BODY),
    }
    assert signature == headers(BODY, script.url)["paypal-transmission-sig"]


@pytest.mark.parametrize(
    ("status", "answer", "problem"),
    [
        (200, {"verification_status": "FAILURE"}, SignatureInvalid),
        (400, refusal("", "VALIDATION_ERROR"), SignatureInvalid),
        (200, {"verification_status": "success"}, ProviderAway),
        (200, {}, ProviderAway),
        (401, {"error": "invalid_token"}, ProviderAway),
        (403, refusal("", "NOT_AUTHORIZED"), ProviderAway),
        (404, {}, ProviderAway),
        (429, refusal("", "RATE_LIMIT_REACHED"), ProviderAway),
        (500, {}, ProviderAway),
    ],
    ids=str,
)
async def test_only_paypals_no_is_a_no(
    script: Told, client: httpx.AsyncClient, *, status: int, answer: dict[str, str], problem: type[Exception]
) -> None:
    paypal = adapter(client, script.url)
    script.answer(200, TOKEN | {"verification_status": "SUCCESS"})
    await paypal.read_event(headers(BODY, script.url), BODY, AT)
    script.answer(status, answer)
    with pytest.raises(problem):
        await paypal.read_event(headers(BODY, script.url), BODY, AT)


async def test_silence_is_not_a_no(script: Told, client: httpx.AsyncClient) -> None:
    script.answer(200, HANG)
    with pytest.raises(ProviderAway):
        await judged(script, client)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"id":1} ,"webhook_id":"another"',
        b'{},"webhook_id":"another","x":{}',
        b"\xef\xbb\xbf{}",
        b'{"a":"\xff"}',
        b"[" * 100_000,
    ],
    ids=lambda value: ascii(value)[:24],
)
async def test_what_is_not_one_json_object_is_never_spliced_in(
    script: Told, client: httpx.AsyncClient, body: bytes
) -> None:
    script.answer(200, TOKEN | {"verification_status": "SUCCESS"})
    with pytest.raises(SignatureInvalid):
        await judged(script, client, body)
    assert script.asked == []


async def test_headers_of_a_stranger_make_nobody_ask(script: Told, client: httpx.AsyncClient) -> None:
    script.answer(200, TOKEN | {"verification_status": "SUCCESS"})
    paypal = adapter(client, script.url)
    good = headers(BODY, script.url)
    for name in good:
        if name != "paypal-auth-version":
            for text in ("", "é", "a b", "x" * 2001, "\ud800"):
                with pytest.raises(SignatureInvalid):
                    await paypal.read_event(good | {name: text}, BODY, AT)
    assert script.asked == []


async def test_the_bytes_are_what_is_verified_however_they_are_written(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    paypal, host = at_bank(client, bank), bank.at(BANK)
    cert = f"{host}/v1/notifications/certs/{CERTIFICATE_ID}"
    odd = BODY.replace(b'"id":', b'"\\u0069d" :\t', 1)
    assert json.loads(odd) == json.loads(BODY)
    assert (await paypal.read_event(headers(odd, host, cert_url=cert), odd, AT)).key == "WH-1-1"
    with pytest.raises(SignatureInvalid):
        await paypal.read_event(headers(odd, host, cert_url=cert), BODY, AT)
