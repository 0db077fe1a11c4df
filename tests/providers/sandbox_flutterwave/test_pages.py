"""The hosted link, the page of a charge, and what a browser brings back unsigned (gateways.md §5)."""

from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.providers.sandbox_flutterwave.calls import BANK, act, charge_of, good, link_of, press
from tests.providers.sandbox_server import Sandbox


def told(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    home = urlsplit(answer.headers["location"])
    assert home.hostname == "shop.example"
    return dict(parse_qsl(home.query))


def test_a_buyer_pays_on_the_link_and_comes_back_with_a_number(v3: httpx.Client, sandbox: Sandbox) -> None:
    made = link_of(v3, customizations={"title": "Mugs & more"})
    shown = sandbox.http.get(made["link"])
    assert "NGN 2,500.50" in shown.text
    assert "Mugs &amp; more" in shown.text
    back = told(press(sandbox, made["link"], "pay"))
    number = back.pop("transaction_id")
    assert back == {"a": "1", "status": "successful", "tx_ref": made["tx_ref"]}
    assert good(v3.get(f"/transactions/{number}/verify"))["status"] == "successful"
    assert press(sandbox, made["link"], "pay").status_code == 303, "a second click changes nothing"
    assert len(good(v3.get("/transactions", params={"tx_ref": made["tx_ref"]}))) == 1


def test_a_declined_buyer_stays_on_the_page(v3: httpx.Client, sandbox: Sandbox) -> None:
    made = link_of(v3)
    failed = press(sandbox, made["link"], "decline")
    assert failed.status_code == 200
    assert "You can try again" in failed.text
    assert told(press(sandbox, made["link"], "pay"))["status"] == "successful"


def test_a_buyer_who_leaves_comes_back_without_a_number_and_may_return(
    v3: httpx.Client, sandbox: Sandbox
) -> None:
    made = link_of(v3)
    assert told(press(sandbox, made["link"], "cancel")) == {
        "a": "1",
        "status": "cancelled",
        "tx_ref": made["tx_ref"],
    }
    assert told(press(sandbox, made["link"], "pay"))["status"] == "successful"
    tried = link_of(v3)
    press(sandbox, tried["link"], "decline")
    assert told(press(sandbox, tried["link"], "cancel"))["status"] == "failed"


def test_a_challenge_is_passed_or_failed(v3: httpx.Client, sandbox: Sandbox) -> None:
    made = link_of(v3)
    assert "Is this payment yours?" in press(sandbox, made["link"], "three_d_secure").text
    assert "Authentication Failed" in press(sandbox, made["link"], "three_d_secure_fail").text
    press(sandbox, made["link"], "three_d_secure")
    assert told(press(sandbox, made["link"], "three_d_secure_ok"))["status"] == "successful"
    sandbox.control("POST", f"/payments/{made['tx_ref']}/three_d_secure_ok", status=409)


def test_a_link_that_is_over_can_be_looked_at_and_not_paid(v3: httpx.Client, sandbox: Sandbox) -> None:
    made = link_of(v3)
    act(sandbox, made["tx_ref"], "expire")
    assert "Nothing was paid" in sandbox.http.get(made["link"]).text
    press(sandbox, made["link"], "pay")
    assert good(v3.get("/transactions", params={"tx_ref": made["tx_ref"]})) == []


def test_a_charge_is_approved_on_its_own_page(v4: httpx.Client, sandbox: Sandbox) -> None:
    made = charge_of(v4)
    page = made["next_action"]["redirect_url"]["url"]
    assert "NGN 2,500.50" in sandbox.http.get(page).text
    assert press(sandbox, page, "pay").headers["location"] == "https://shop.example/back"
    assert good(v4.get(f"/charges/{made['id']}"))["status"] == "succeeded"


def test_a_charge_that_was_declined_leads_back_too(v4: httpx.Client, sandbox: Sandbox) -> None:
    made = charge_of(v4)
    page = made["next_action"]["redirect_url"]["url"]
    assert press(sandbox, page, "decline").headers["location"] == "https://shop.example/back"


def test_pages_that_do_not_exist_say_so(v3: httpx.Client, v4: httpx.Client, sandbox: Sandbox) -> None:
    link, charge = link_of(v3), charge_of(v4)
    base = sandbox.at(BANK)
    for address in ("/v3/hosted/pay/flwlnk-nobody", f"/v3/hosted/pay/{charge['id']}", "/redirects?token=x"):
        assert sandbox.http.get(base + address).status_code == 404
    stolen = sandbox.http.post(link["link"], data={"action": "steal"})
    assert stolen.status_code == 400
    seen = sandbox.http.get(link["link"], headers={"accept": "application/json"}).json()
    assert seen == {"link": link["link"]}
