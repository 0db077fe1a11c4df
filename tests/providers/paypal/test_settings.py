"""Which settings set PayPal up, and which leave it out (gateways.md §6.1, §6.6)."""

from datetime import UTC, datetime

import httpx
import pytest

from holdfast.errors.provider import SignatureInvalid
from holdfast.payment.providers.offered import wire_up
from holdfast.sandbox.providers.paypal.account import KEYS
from holdfast.sandbox.providers.paypal.certificates import AUTHORITY, CERTIFICATE
from holdfast.settings import Settings
from tests.providers.paypal.issued import NAME, Issued
from tests.providers.paypal.things import adapter, event, headers, moved

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
PAYPAL = "https://api.paypal.com"
BODY = event("PAYMENT.CAPTURE.COMPLETED", moved("COMPLETED"))


def variables(**changes: str) -> dict[str, str]:
    given = {name.upper(): KEYS[name] for name in ("client_id", "client_secret", "webhook_id")}
    return {f"PAYPAL_{name}": text for name, text in (given | {"MODE": "live"} | changes).items()}


async def test_four_variables_are_enough(client: httpx.AsyncClient) -> None:
    wired = wire_up(Settings(providers=variables()), client)
    assert (wired.left_out, wired.providers["paypal"].live) == ({}, True)
    assert wire_up(Settings(providers=variables(MODE="test")), client).providers["paypal"].live is False


@pytest.mark.parametrize("name", ["CLIENT_ID", "CLIENT_SECRET", "WEBHOOK_ID", "MODE"])
async def test_each_of_them_is_needed(client: httpx.AsyncClient, name: str) -> None:
    wired = wire_up(Settings(providers=variables(**{name: ""})), client)
    assert wired.providers == {}
    assert f"HOLDFAST_PAYPAL_{name} is needed" in wired.left_out["paypal"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MODE", "sandbox"),
        ("VERIFY", "never"),
        ("API_BASE", "paypal"),
        ("CA_CERTIFICATES", "-----BEGIN CERTIFICATE-----"),
        ("CA_CERTIFICATES", KEYS["client_secret"]),
        ("CERTIFICATES", "nothing"),
        ("CERTIFICATES", Issued(NAME, bits=1024).pem.decode()),
        ("CERTIFICATES", CERTIFICATE + Issued(NAME, bits=1024).pem.decode()),
    ],
    ids=lambda text: text[:16],
)
async def test_a_wrong_one_leaves_paypal_out_and_is_not_repeated(
    client: httpx.AsyncClient, name: str, text: str
) -> None:
    given = variables(VERIFY="certificate") | variables(**{"VERIFY": "certificate", name: text})
    wired = wire_up(Settings(providers=given), client)
    assert wired.providers == {}
    assert f"HOLDFAST_PAYPAL_{name} " in wired.left_out["paypal"]
    assert KEYS["client_secret"] not in wired.left_out["paypal"]


@pytest.mark.parametrize("written", [AUTHORITY, AUTHORITY.replace("\n", "\\n"), AUTHORITY + AUTHORITY])
async def test_authorities_come_as_pem_with_line_ends_or_without(
    client: httpx.AsyncClient, written: str
) -> None:
    given = variables(VERIFY="certificate", CA_CERTIFICATES=written)
    assert wire_up(Settings(providers=given), client).left_out == {}


async def test_the_well_known_authorities_are_trusted_if_nothing_is_said(client: httpx.AsyncClient) -> None:
    assert wire_up(Settings(providers=variables(VERIFY="certificate")), client).left_out == {}


async def test_a_certificate_that_is_given_is_not_fetched_and_its_dates_count(
    client: httpx.AsyncClient,
) -> None:
    both = Issued(NAME).pem.decode() + CERTIFICATE
    paypal = adapter(client, mode="live", api_base="", verify="certificate", certificates=both)
    assert (await paypal.read_event(headers(BODY, PAYPAL), BODY, AT)).key == "WH-1-1"
    with pytest.raises(SignatureInvalid):
        await paypal.read_event(headers(BODY, PAYPAL), BODY, datetime(2070, 1, 1, tzinfo=UTC))
    only = adapter(client, verify="certificate", certificates=Issued(NAME).pem.decode())
    with pytest.raises(SignatureInvalid):
        await only.read_event(headers(BODY, PAYPAL), BODY, AT)
