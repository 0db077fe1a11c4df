"""Which settings set Flutterwave up, in which of its APIs, and which leave it out (gateways.md §5)."""

import httpx
import pytest

from holdfast.payment.providers.flutterwave.v3 import FlutterwaveV3
from holdfast.payment.providers.flutterwave.v4 import FlutterwaveV4
from holdfast.payment.providers.offered import Wired, wire_up
from holdfast.settings import Settings

pytestmark = pytest.mark.anyio

V3 = {"SECRET_KEY": "FLWSECK-live-X", "SECRET_HASHES": "hash_1"}
V4 = {
    "API": "v4",
    "CLIENT_ID": "client_1",
    "CLIENT_SECRET": "secret_1",
    "MODE": "live",
    "SECRET_HASHES": "hash_1,hash_2",
}


def wired(client: httpx.AsyncClient, given: dict[str, str], **changes: str) -> Wired:
    variables = {f"FLUTTERWAVE_{name}": text for name, text in (given | changes).items()}
    return wire_up(Settings(providers=variables), client)


async def test_v3_is_spoken_unless_v4_is_asked_for(client: httpx.AsyncClient) -> None:
    assert isinstance(wired(client, V3).providers["flutterwave"], FlutterwaveV3)
    assert isinstance(wired(client, V4).providers["flutterwave"], FlutterwaveV4)
    assert isinstance(wired(client, V3 | V4).providers["flutterwave"], FlutterwaveV4)


@pytest.mark.parametrize(
    ("given", "name"),
    [(V3, "SECRET_KEY"), (V4, "CLIENT_ID"), (V4, "CLIENT_SECRET"), (V4, "MODE"), (V3, "SECRET_HASHES")],
)
async def test_what_an_api_needs_is_named_where_it_is_missing(
    client: httpx.AsyncClient, given: dict[str, str], name: str
) -> None:
    found = wired(client, given, **{name: ""})
    assert found.providers == {}
    assert f"HOLDFAST_FLUTTERWAVE_{name} is needed" in found.left_out["flutterwave"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("API", "v2"),
        ("SECRET_KEY", "sk_test_of_another_provider"),
        ("SECRET_HASHES", " "),
        ("SECRET_HASHES", "abc"),
        ("MODE", "sandbox"),
        ("SIGNATURE", "hex"),
        ("METHOD", "card"),
        ("CURRENCIES", "NGN,naira"),
        ("PAYLOAD_HASH", "perhaps"),
        ("API_BASE", "file:///etc/passwd"),
    ],
)
async def test_a_wrong_setting_leaves_it_out_and_is_not_repeated(
    client: httpx.AsyncClient, name: str, text: str
) -> None:
    found = wired(client, V3, **{name: text})
    assert found.providers == {}
    assert f"HOLDFAST_FLUTTERWAVE_{name} " in found.left_out["flutterwave"]
    assert name != "SECRET_KEY" or text not in found.left_out["flutterwave"]


@pytest.mark.parametrize(
    ("given", "changes", "live"),
    [
        (V3, {}, True),
        (V3, {"SECRET_KEY": "FLWSECK_TEST-1-X"}, False),
        (V4, {}, True),
        (V4, {"MODE": "test"}, False),
    ],
)
async def test_real_money_is_told_from_test_money(
    client: httpx.AsyncClient, given: dict[str, str], changes: dict[str, str], live: bool
) -> None:
    assert wired(client, given, **changes).providers["flutterwave"].live is live


async def test_currencies_are_the_apis_or_the_merchants(client: httpx.AsyncClient) -> None:
    of = {}
    for api, given in (("v3", V3), ("v4", V4)):
        can = wired(client, given).providers["flutterwave"].can
        fewer = wired(client, given, CURRENCIES="KES, GHS").providers["flutterwave"].can
        assert fewer.currencies == frozenset({"KES", "GHS"})
        of[api] = can.currencies
    assert of["v4"] == frozenset({"NGN"})
    assert of["v3"] is not None
    assert {"NGN", "KES", "XOF", "USD"} <= of["v3"]
