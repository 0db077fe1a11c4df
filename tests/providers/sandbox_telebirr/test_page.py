"""The checkout's address, and what a browser brings back signed (gateways.md §7.3, §7.6)."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.providers.sandbox_server import Sandbox
from tests.providers.sandbox_telebirr.calls import BANK, act, order, page_of, query, verified

PAGE = f"/{BANK}/payment/web/paygate"


def press(sandbox: Sandbox, made: dict[str, Any], verb: str) -> Any:
    """A browser presses a button of the page."""
    return sandbox.http.post(PAGE, params=page_of(made), data={"action": verb})


def test_a_buyer_pays_and_is_led_back_with_a_signature(sandbox: Sandbox) -> None:
    made = order(sandbox)
    assert "ETB 1,250.00" in sandbox.http.get(PAGE, params=page_of(made)).text
    home = urlsplit(press(sandbox, made, "pay").headers["location"])
    assert (home.hostname, home.path) == ("shop.example", "/return")
    assert "+" not in dict(parse_qsl(home.query))["sign"], "a plus sign arrives as a space"
    back = {name: text.replace(" ", "+") if name == "sign" else text for name, text in parse_qsl(home.query)}
    assert back.pop("order") == "1"
    assert (back["trade_status"], back["merch_order_id"]) == ("PAY_SUCCESS", made["merch_order_id"])
    assert "-" in back["trans_end_time"], "its times are text here"
    assert verified(back)
    assert not verified(back | {"trade_status": "PAY_FAILED"})


def test_a_buyer_is_led_back_from_a_failure_too(sandbox: Sandbox) -> None:
    made = order(sandbox)
    home = urlsplit(press(sandbox, made, "decline").headers["location"])
    assert dict(parse_qsl(home.query))["trade_status"] == "PAY_FAILED"
    assert "Nothing was paid" in sandbox.http.get(PAGE, params=page_of(made)).text


def test_a_buyer_who_leaves_may_come_back(sandbox: Sandbox) -> None:
    made = order(sandbox)
    left = press(sandbox, made, "cancel")
    assert (left.status_code, left.headers["location"]) == (303, "https://shop.example/return?order=1")
    press(sandbox, made, "pay")
    assert query(sandbox, made["merch_order_id"])["order_status"] == "PAY_SUCCESS"


def test_the_pin_is_asked_for_on_the_page(sandbox: Sandbox) -> None:
    made = order(sandbox)
    assert "Is this payment yours?" in press(sandbox, made, "three_d_secure").text
    assert press(sandbox, made, "three_d_secure_ok").status_code == 303
    assert query(sandbox, made["merch_order_id"])["order_status"] == "PAY_SUCCESS"


@pytest.mark.parametrize("name", ["appid", "merch_code", "nonce_str", "prepay_id", "timestamp", "sign"])
def test_each_of_the_five_fields_is_signed(sandbox: Sandbox, name: str) -> None:
    query_of = page_of(order(sandbox))
    for change in ({name: query_of[name][::-1]}, {name: ""}):
        assert sandbox.http.get(PAGE, params=query_of | change).status_code == 400


def test_the_other_two_are_not_signed_and_needed(sandbox: Sandbox) -> None:
    made = order(sandbox)
    for name in ("version", "trade_type"):
        assert sandbox.http.get(PAGE, params=page_of(made, **{name: ""})).status_code == 400


def test_a_signature_with_a_raw_plus_sign_is_spoiled(sandbox: Sandbox) -> None:
    made = order(sandbox)
    fields = page_of(made)
    while "+" not in fields["sign"]:
        fields = page_of(made)
    raw = "&".join(f"{name}={text}" for name, text in fields.items())
    assert sandbox.http.get(f"{PAGE}?{raw}").status_code == 400
    assert sandbox.http.get(f"{PAGE}?{raw.replace('+', '%2B')}").status_code == 200


def test_an_order_that_does_not_exist_has_no_page(sandbox: Sandbox) -> None:
    assert sandbox.http.get(PAGE, params=page_of({"prepay_id": "nobodys"})).status_code == 404


def test_the_first_page_leads_to_the_checkout(sandbox: Sandbox) -> None:
    made = order(sandbox)
    page = sandbox.control("GET", f"/payments/{made['merch_order_id']}")["page"]
    assert sandbox.http.get(page).status_code == 200
    act(sandbox, made, "expire")
    assert "Nothing was paid" in sandbox.http.get(page).text
