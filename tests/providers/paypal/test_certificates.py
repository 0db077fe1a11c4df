"""Way A: the certificate that a webhook names, fetched from PayPal alone, trusted by its chain (§6.6)."""

from datetime import UTC, datetime

import httpx
import pytest
from cryptography.x509.verification import Store

from holdfast.errors.provider import ProviderAway, SignatureInvalid
from holdfast.payment.providers.paypal.certificates import verified, well_known
from holdfast.payment.providers.paypal.transmission import is_certificate
from holdfast.sandbox.providers.paypal.certificates import AUTHORITY, CERTIFICATE
from tests.providers.paypal.issued import NAME, Issued
from tests.providers.paypal.things import adapter, event, headers, moved
from tests.providers.told_server import HANG, HANG_UP, TRICKLE, Told

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
LATER = datetime(2070, 1, 1, tzinfo=UTC)
BODY = event("PAYMENT.CAPTURE.COMPLETED", moved("COMPLETED"))
HOST = "http://127.0.0.1:8002/paypal"
ROOT = Issued("A root", issues=True)
BETWEEN = Issued("Between", ROOT, issues=True)


# ── where it may lie ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "address",
    [
        "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270",
        "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-vec-0001",
        "https://api-m.paypal.com/v1/notifications/certs/CERT-1",
    ],
)
def test_paypals_certificates_may_be_fetched(address: str) -> None:
    assert is_certificate(address, own_base=None)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "ftp://api.paypal.com/v1/notifications/certs/CERT-1",
        "//api.paypal.com/v1/notifications/certs/CERT-1",
        "https://paypal.com/v1/notifications/certs/CERT-1",
        "https://evilpaypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://evil.example/.paypal.com/v1/notifications/certs/CERT-1",
        "https://evil.example#.paypal.com/v1/notifications/certs/CERT-1",
        "https://evil.example?.paypal.com/v1/notifications/certs/CERT-1",
        "https://evil.example\\.paypal.com/v1/notifications/certs/CERT-1",
        "https://evil.example:443@api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:22/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:443/v1/notifications/certs/CERT-1",
        "https://API.PAYPAL.COM/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../oauth2/token",
        "https://api.paypal.com/v1/notifications/certs/%2e%2e",
        "https://api.paypal.com/v1/notifications/certs/",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?x=1",
        "https://api.paypal.com/v1/notifications/certs/CERT-1#x",
        "https://api.paypal.com/v1/notifications/certs/CERT-1 ",
        "https://api.paypal.com/cert.pem",
        "https://[::1].paypal.com/v1/notifications/certs/CERT-1",
        "https://[/v1/notifications/certs/CERT-1",
        "http://127.0.0.1:8002/paypal/v1/notifications/certs/CERT-1",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
    ],
)
def test_nothing_else_is_ever_fetched(address: str) -> None:
    assert not is_certificate(address, own_base=None)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        (f"{HOST}/v1/notifications/certs/CERT-1", True),
        ("https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1", True),
        (f"{HOST}/v1/notifications/certs/../../../_sandbox/state", False),
        (f"{HOST}/v1/notifications/certs/CERT-1?x", False),
        ("http://127.0.0.1:8002/stripe/v1/notifications/certs/CERT-1", False),
        ("http://127.0.0.1:80023/paypal/v1/notifications/certs/CERT-1", False),
        ("http://127.0.0.1:8002.evil.example/v1/notifications/certs/CERT-1", False),
    ],
)
def test_a_sandboxs_own_may_be_fetched_from_where_it_is_set_up(address: str, good: bool) -> None:
    assert is_certificate(address, own_base=HOST) is good


async def test_where_money_is_real_the_api_base_opens_no_door(
    script: Told, client: httpx.AsyncClient
) -> None:
    script.answer(200, CERTIFICATE.encode())
    paypal = adapter(client, script.url, mode="live", verify="certificate", ca_certificates=AUTHORITY)
    with pytest.raises(SignatureInvalid):
        await paypal.read_event(headers(BODY, script.url), BODY, AT)
    assert script.asked == []


# ── how it is fetched ─────────────────────────────────────────────────────────────────────────


async def test_a_certificate_is_fetched_once_and_again_when_it_has_ended(
    script: Told, client: httpx.AsyncClient
) -> None:
    script.answer(200, CERTIFICATE.encode())
    paypal = adapter(client, script.url, verify="certificate", ca_certificates=AUTHORITY)
    for _ in range(3):
        assert await paypal.read_event(headers(BODY, script.url), BODY, AT) == paypal.translate(BODY)
    assert [(method, path) for method, path, *_ in script.asked] == [
        ("GET", "/v1/notifications/certs/CERT-1")
    ]
    with pytest.raises(SignatureInvalid):
        await paypal.read_event(headers(BODY, script.url), BODY, LATER)
    assert len(script.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (404, b"", SignatureInvalid),
        (200, b"", SignatureInvalid),
        (200, b"<html>", SignatureInvalid),
        (200, b"\xff\xfe", SignatureInvalid),
        (200, CERTIFICATE.encode() * 60, SignatureInvalid),
        (200, AUTHORITY.encode(), SignatureInvalid),
        (302, b"", ProviderAway),
        (403, b"", ProviderAway),
        (429, b"", ProviderAway),
        (500, CERTIFICATE.encode(), ProviderAway),
        (200, HANG_UP, ProviderAway),
        (200, HANG, ProviderAway),
        (200, TRICKLE, ProviderAway),
    ],
    ids=lambda value: ascii(value)[:24],
)
async def test_what_is_no_certificate_proves_nothing_and_silence_is_not_a_no(
    script: Told, client: httpx.AsyncClient, *, status: int, body: bytes, problem: type[Exception]
) -> None:
    script.answer(status, body)
    paypal = adapter(client, script.url, verify="certificate", ca_certificates=AUTHORITY)
    with pytest.raises(problem):
        await paypal.read_event(headers(BODY, script.url), BODY, AT)
    assert len(script.asked) == 1, "no redirect is followed, and nobody tries again"


async def test_nobody_listening_is_not_a_no(client: httpx.AsyncClient) -> None:
    paypal = adapter(client, verify="certificate", ca_certificates=AUTHORITY)
    with pytest.raises(ProviderAway):
        await paypal.read_event(headers(BODY, "http://127.0.0.1:1"), BODY, AT)


@pytest.mark.parametrize(
    "change",
    [
        {"transmission_sig": ""},
        {"transmission_sig": "é"},
        {"transmission_sig": "QUJD"},
        {"transmission_id": "another"},
        {"transmission_time": "2026-11-20T10:00:01Z"},
        {"transmission_id": "tr-1|2026-11-20T10:00:00Z"},
        {"auth_algo": "SHA1withRSA"},
        {"cert_url": "https://evil.example/cert.pem"},
        {"transmission_id": "\ud800"},
    ],
    ids=ascii,
)
async def test_a_signature_is_over_every_part(
    script: Told, client: httpx.AsyncClient, change: dict[str, str]
) -> None:
    script.answer(200, CERTIFICATE.encode())
    paypal = adapter(client, script.url, verify="certificate", ca_certificates=AUTHORITY)
    with pytest.raises(SignatureInvalid):
        await paypal.read_event(headers(BODY, script.url, **change), BODY, AT)


async def test_a_signature_for_another_webhook_of_the_same_paypal_is_refused(
    script: Told, client: httpx.AsyncClient
) -> None:
    script.answer(200, CERTIFICATE.encode())
    given = {"verify": "certificate", "ca_certificates": AUTHORITY, "webhook_id": "ANOTHER"}
    with pytest.raises(SignatureInvalid):
        await adapter(client, script.url, **given).read_event(headers(BODY, script.url), BODY, AT)


# ── whether it is trusted ─────────────────────────────────────────────────────────────────────


def trusted(pem: bytes, *anchors: Issued, at: datetime = AT) -> bool:
    try:
        verified(pem, Store([anchor.certificate for anchor in anchors]), at)
    except SignatureInvalid:
        return False
    return True


def test_a_chain_leads_to_an_authority() -> None:
    direct, through = Issued(NAME, ROOT), Issued(NAME, BETWEEN)
    assert trusted(direct.pem, ROOT)
    assert trusted(through.pem + BETWEEN.pem, ROOT)
    assert not trusted(through.pem, ROOT), "the one between is missing"
    assert trusted(through.pem, BETWEEN), "unless it is trusted itself"
    assert not trusted(direct.pem, Issued("A root", issues=True))
    assert not trusted(direct.pem, ROOT, at=LATER)


@pytest.mark.parametrize(
    "name",
    ["www.example.com", "paypal.com", "messageverificationcerts.paypal.com.evil.example", "www.paypal.com"],
)
def test_a_trusted_authority_is_not_enough_without_paypals_name(name: str) -> None:
    assert not trusted(Issued(name, ROOT).pem, ROOT)


def test_a_strangers_own_certificate_in_paypals_name_is_not_trusted() -> None:
    own = Issued(NAME)
    assert not trusted(own.pem, ROOT)
    assert not trusted(own.pem + ROOT.pem, ROOT)
    assert not trusted(Issued(NAME, Issued(NAME, ROOT)).pem + Issued(NAME, ROOT).pem, ROOT), (
        "it may not issue"
    )


def test_a_short_key_is_not_trusted() -> None:
    assert not trusted(Issued(NAME, ROOT, bits=1024).pem, ROOT)


def test_the_well_known_authorities_do_not_know_the_sandbox() -> None:
    with pytest.raises(SignatureInvalid):
        verified(CERTIFICATE.encode(), well_known(), AT)
