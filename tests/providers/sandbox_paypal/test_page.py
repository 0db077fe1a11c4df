"""The page where a buyer approves, and the unsigned way back (gateways.md §6.2)."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.providers.sandbox_paypal.calls import BANK, authorised, captured, finish, order, read, yes
from tests.providers.sandbox_server import Sandbox

PAGE = f"/{BANK}/checkoutnow"


def press(sandbox: Sandbox, made: dict[str, Any], verb: str) -> Any:
    return sandbox.http.post(PAGE, params={"token": made["id"]}, data={"action": verb})


def shown(sandbox: Sandbox, made: dict[str, Any]) -> str:
    return sandbox.http.get(PAGE, params={"token": made["id"]}).text


def test_a_buyer_approves_and_is_led_back_with_the_order_and_the_payer(sandbox: Sandbox) -> None:
    made = order(sandbox)
    assert "£25.99" in shown(sandbox, made)
    home = urlsplit(press(sandbox, made, "pay").headers["location"])
    assert (home.hostname, home.path) == ("shop.example", "/back")
    assert dict(parse_qsl(home.query)) == {"order": "1", "token": made["id"], "PayerID": "QYR5Z8XDVJNXQ"}
    assert "On its way" in shown(sandbox, made)
    yes(finish(sandbox, made, "capture"), 201)
    assert "Paid" in shown(sandbox, made)


def test_a_buyer_who_leaves_may_come_back(sandbox: Sandbox) -> None:
    made = order(sandbox)
    left = urlsplit(press(sandbox, made, "cancel").headers["location"])
    assert dict(parse_qsl(left.query)) == {"order": "1", "token": made["id"]}
    press(sandbox, made, "pay")
    assert read(sandbox, made)["status"] == "APPROVED"


def test_proof_is_asked_for_on_the_page(sandbox: Sandbox) -> None:
    made = order(sandbox)
    assert "Is this payment yours?" in press(sandbox, made, "three_d_secure").text
    assert press(sandbox, made, "three_d_secure_ok").status_code == 303
    assert read(sandbox, made)["status"] == "APPROVED"


def test_a_declined_buyer_sees_why_and_chooses_anew(sandbox: Sandbox) -> None:
    made = order(sandbox)
    press(sandbox, made, "decline")
    finish(sandbox, made, "capture")
    assert "declined" in shown(sandbox, made)
    press(sandbox, made, "pay")
    yes(finish(sandbox, made, "capture"), 201)


def test_the_page_knows_what_has_become_of_the_money(sandbox: Sandbox) -> None:
    assert "set aside" in shown(sandbox, authorised(sandbox))
    paid = captured(sandbox)
    assert press(sandbox, paid, "pay").status_code in (200, 303)
    assert read(sandbox, paid) == paid, "a second click changes nothing"
    assert sandbox.http.get(PAGE, params={"token": "ANOTHER"}).status_code == 404
