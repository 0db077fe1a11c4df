"""Which settings set Paystack up, and which leave it out (gateways.md §4.1)."""

import httpx
import pytest

from holdfast.payment.providers.offered import wire_up
from holdfast.settings import Settings

pytestmark = pytest.mark.anyio


def variables(**changes: str) -> dict[str, str]:
    return {f"PAYSTACK_{name}": text for name, text in ({"SECRET_KEYS": "sk_test_one"} | changes).items()}


@pytest.mark.parametrize(
    ("keys", "live"),
    [("sk_test_one", False), ("sk_live_one", True), ("sk_live_two, sk_live_one", True)],
)
async def test_the_keys_say_whether_money_is_real(client: httpx.AsyncClient, keys: str, live: bool) -> None:
    wired = wire_up(Settings(providers=variables(SECRET_KEYS=keys)), client)
    assert (wired.left_out, wired.providers["paystack"].live) == ({}, live)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SECRET_KEYS", ""),
        ("SECRET_KEYS", " , "),
        ("SECRET_KEYS", "pk_test_one"),
        ("SECRET_KEYS", "sk_test_"),
        ("SECRET_KEYS", "sk_test_one,sk_live_two"),
        ("SECRET_KEYS", "sk_test_one,hook"),
        ("CURRENCIES", "ngn"),
        ("CURRENCIES", "NGN,NAIRA"),
        ("CURRENCIES", ","),
        ("PREAUTHORISE_DAYS", "31"),
        ("PREAUTHORISE_DAYS", "-1"),
        ("PREAUTHORISE_DAYS", "on"),
        ("API_BASE", "api.paystack.co"),
    ],
)
async def test_a_wrong_setting_leaves_paystack_out_and_is_not_repeated(
    client: httpx.AsyncClient, name: str, text: str
) -> None:
    wired = wire_up(
        Settings(providers=variables(API_BASE="https://a.example") | variables(**{name: text})), client
    )
    assert wired.providers == {}
    assert f"HOLDFAST_PAYSTACK_{name} " in wired.left_out["paystack"]
    assert len(text) < 4 or text not in wired.left_out["paystack"]


async def test_currencies_are_those_of_the_account(client: httpx.AsyncClient) -> None:
    wired = wire_up(Settings(providers=variables(CURRENCIES="XOF, KES")), client)
    can = wired.providers["paystack"].can
    assert can.currencies == frozenset({"XOF", "KES"})
    assert can.fits(1, "XOF", None)
    assert not can.fits(299, "KES", None)
    assert not can.fits(100_00, "NGN", None)
