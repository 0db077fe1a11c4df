"""Which settings set a bank up, and which leave it out (gateways.md §8, §10)."""

from typing import Any

import httpx
import pytest

from holdfast.payment.provider import Deed
from holdfast.payment.providers.offered import wire_up
from holdfast.settings import Settings

pytestmark = pytest.mark.anyio

GIVEN = {
    "API_BASE": "https://bank.example/v1",
    "API_KEY": "key_1",
    "WEBHOOK_SECRETS": "secret_of_1,secret_of_2",
    "MODE": "live",
}


def variables(name: str, **changes: str) -> dict[str, str]:
    return {f"{name.upper()}_{field}": text for field, text in (GIVEN | changes).items()}


def left_out(client: httpx.AsyncClient, **changes: str) -> str:
    wired = wire_up(Settings(providers=variables("awash", **changes)), client)
    assert wired.providers == {}
    return wired.left_out["awash"]


async def test_two_banks_are_set_up_side_by_side(client: httpx.AsyncClient) -> None:
    given = variables("cbe_birr") | variables("awash", MODE="test", STATUS_QUERY="no")
    wired = wire_up(Settings(providers=given), client)
    assert wired.left_out == {}
    cbe_birr, awash = wired.providers["cbe_birr"], wired.providers["awash"]
    assert ((cbe_birr.name, cbe_birr.live), (awash.name, awash.live)) == (
        ("cbe_birr", True),
        ("awash", False),
    )
    assert (cbe_birr.can.deeds, awash.can.deeds) == (frozenset({Deed.LOOK_UP}), frozenset[Deed]())
    assert cbe_birr.can.currencies == awash.can.currencies == frozenset({"ETB"})


@pytest.mark.parametrize("name", [*GIVEN])
async def test_what_nobody_has_published_is_needed(client: httpx.AsyncClient, name: str) -> None:
    assert f"HOLDFAST_AWASH_{name} is needed" in left_out(client, **{name: ""})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("API_BASE", "bank.example"),
        ("WEBHOOK_SECRETS", " , "),
        ("MODE", "real"),
        ("STATUS_QUERY", "maybe"),
        ("SIGNATURE", "none"),
        ("SIGNATURE_HEADER", "X Sign"),
        ("TIMESTAMP_HEADER", "X-Größe"),
        ("FIELDS", "reference"),
        ("FIELDS", "colour=color"),
        ("FIELDS", "reference=a=b"),
        ("FIELDS", "reference=amount"),
        ("FIELDS", "reference=x,amount=x"),
        ("FIELDS", "reference=x,reference=y"),
    ],
)
async def test_a_wrong_setting_leaves_the_bank_out(client: httpx.AsyncClient, name: str, text: str) -> None:
    assert f"HOLDFAST_AWASH_{name} is wrong" in left_out(client, **{name: text})


async def test_names_may_be_exchanged(client: httpx.AsyncClient) -> None:
    given: dict[str, Any] = variables("awash", FIELDS="reference=transaction_id,transaction_id=reference")
    assert wire_up(Settings(providers=given), client).left_out == {}
