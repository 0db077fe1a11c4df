"""Which settings set TeleBirr up, and which leave it out (gateways.md §7.1)."""

from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from holdfast.payment.providers.offered import wire_up
from holdfast.sandbox.providers.telebirr.account import KEYS
from holdfast.sandbox.providers.telebirr.keys import MERCHANT
from holdfast.settings import Settings
from tests.providers.telebirr.things import private

pytestmark = pytest.mark.anyio


def variables(**changes: str) -> dict[str, str]:
    given = {
        "FABRIC_APP_ID": KEYS["fabric_app_id"],
        "APP_SECRET": KEYS["app_secret"],
        "MERCHANT_APP_ID": KEYS["merchant_app_id"],
        "MERCHANT_CODE": KEYS["merchant_code"],
        "PRIVATE_KEY": KEYS["private_key"],
        "PUBLIC_KEYS": KEYS["public_key"],
        "MODE": "live",
    } | changes
    return {f"TELEBIRR_{name}": text for name, text in given.items()}


def pem(key: Any, *, bare_lines: bool = False) -> str:
    """A private key as it comes from a file, or with its line ends written out as in many an environment."""
    text: str = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return text.replace("\n", "\\n") if bare_lines else text


@pytest.mark.parametrize("bare_lines", [False, True])
async def test_keys_come_as_pem_or_bare_base64(client: httpx.AsyncClient, bare_lines: bool) -> None:
    given = variables(PRIVATE_KEY=pem(private(MERCHANT), bare_lines=bare_lines))
    wired = wire_up(Settings(providers=given), client)
    assert (wired.left_out, wired.providers["telebirr"].live) == ({}, True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PRIVATE_KEY", KEYS["public_key"]),
        ("PRIVATE_KEY", "x" * 200),
        ("PRIVATE_KEY", pem(rsa.generate_private_key(65537, 1024))),  # noqa: S505 - that is the point
        ("PRIVATE_KEY", pem(ec.generate_private_key(ec.SECP256R1()))),
        ("PUBLIC_KEYS", MERCHANT),
        ("PUBLIC_KEYS", f"{KEYS['public_key']},{'y' * 120}"),
    ],
    ids=["public", "junk", "short", "elliptic", "private", "one of two"],
)
async def test_a_wrong_key_leaves_telebirr_out_and_is_not_repeated(
    client: httpx.AsyncClient, name: str, text: str
) -> None:
    wired = wire_up(Settings(providers=variables(**{name: text})), client)
    assert wired.providers == {}
    assert f"HOLDFAST_TELEBIRR_{name} is" in wired.left_out["telebirr"]
    assert text not in wired.left_out["telebirr"]


@pytest.mark.parametrize("name", ["MODE", "PADDING", "QUERY_CALL", "REFUND_AMOUNT_FIELD", "API_BASE"])
async def test_a_choice_that_there_is_not_leaves_telebirr_out(client: httpx.AsyncClient, name: str) -> None:
    wired = wire_up(Settings(providers=variables(**{name: "another"})), client)
    assert wired.providers == {}
    assert f"HOLDFAST_TELEBIRR_{name} is wrong" in wired.left_out["telebirr"]


async def test_whether_money_is_real_is_said_by_nobody_but_the_merchant(client: httpx.AsyncClient) -> None:
    wired = wire_up(Settings(providers=variables(MODE="")), client)
    assert "HOLDFAST_TELEBIRR_MODE is needed" in wired.left_out["telebirr"]
    assert wire_up(Settings(providers=variables(MODE="test")), client).providers["telebirr"].live is False
