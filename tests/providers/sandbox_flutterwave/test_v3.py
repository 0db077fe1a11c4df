"""Links, transactions and refunds as v3 has them (gateways.md §5.1)."""

import hashlib
from decimal import Decimal
from typing import Any

import httpx
import pytest

from holdfast.sandbox.providers.flutterwave.account import KEYS
from tests.providers.sandbox_flutterwave.calls import act, bad, good, id_of, link_of, new_reference, v3_client
from tests.providers.sandbox_server import Sandbox


def test_a_link_is_paid_and_its_transaction_read_by_number_and_by_reference(
    v3: httpx.Client, sandbox: Sandbox
) -> None:
    made = link_of(v3)
    assert made["link"].startswith(f"{sandbox.at('flutterwave')}/v3/hosted/pay/flwlnk-")
    reference = {"tx_ref": made["tx_ref"]}
    missing = bad(v3.get("/transactions/verify_by_reference", params=reference))
    assert missing == {"status": "error", "message": "No transaction was found for this id", "data": None}
    paid = act(sandbox, made["tx_ref"], "pay")
    assert (paid["status"], paid["tx_ref"], paid["currency"]) == ("successful", made["tx_ref"], "NGN")
    assert good(v3.get(f"/transactions/{paid['id']}/verify")) == paid
    assert good(v3.get("/transactions/verify_by_reference", params=reference)) == paid
    assert good(v3.get("/transactions", params=reference)) == [paid]
    assert (paid["meta"], paid["customer"]["email"]) == ({"order_id": "ord_1"}, "ada@example.test")


def test_amounts_are_numbers_of_major_units_and_the_buyers_fee_is_beside_them(
    v3: httpx.Client, sandbox: Sandbox
) -> None:
    made = link_of(v3)
    paid = act(sandbox, made["tx_ref"], "pay")
    text = v3.get(f"/transactions/{paid['id']}/verify").text
    assert '"amount":2500.5,' in text
    assert '"charged_amount":2535.5,' in text
    assert '"app_fee":35,' in text
    whole = act(sandbox, link_of(v3, amount="500", currency="XOF")["tx_ref"], "pay")
    assert whole["amount"] == 500
    for wrong in (0, -1, "nothing", 1.234):
        bad(v3.post("/payments", json=body(amount=wrong)))
    bad(v3.post("/payments", json=body(amount=1.5, currency="XOF")))


def body(**fields: object) -> dict[str, Any]:
    return {
        "tx_ref": new_reference(),
        "amount": 100,
        "redirect_url": "https://shop.example",
        "customer": {"email": "a@b.test"},
    } | fields


def test_a_declined_buyer_tries_again_on_the_same_link(v3: httpx.Client, sandbox: Sandbox) -> None:
    made = link_of(v3)
    first = act(sandbox, made["tx_ref"], "decline", code="insufficient_funds")
    assert (first["status"], first["processor_response"]) == ("failed", "Insufficient Funds")
    second = act(sandbox, made["tx_ref"], "pay")
    assert second["id"] != first["id"]
    rows = good(v3.get("/transactions", params={"tx_ref": made["tx_ref"]}))
    assert [row["status"] for row in rows] == ["successful", "failed"]
    only = good(v3.get("/transactions", params={"tx_ref": made["tx_ref"], "status": "failed"}))
    assert [row["id"] for row in only] == [first["id"]]
    sandbox.control("POST", f"/payments/{made['tx_ref']}/pay", status=409)


def test_nobody_minds_a_second_link_with_the_same_reference(v3: httpx.Client, sandbox: Sandbox) -> None:
    reference = new_reference()
    links = [link_of(v3, tx_ref=reference) for _ in range(2)]
    assert links[0]["link"] != links[1]["link"]
    for link in links:
        act(sandbox, id_of(link), "pay")
    rows = good(v3.get("/transactions", params={"tx_ref": reference}))
    assert [row["status"] for row in rows] == ["successful", "successful"], "the buyer has paid twice"


@pytest.mark.parametrize("place", [{}, {"inside": True}])
def test_a_link_closes_after_as_many_failures_as_it_allows(
    v3: httpx.Client, sandbox: Sandbox, place: dict[str, bool]
) -> None:
    most = {"max_retry_attempt": 2, "session_duration": 30}
    made = link_of(v3, **({"configurations": most} if place else most))
    for _ in range(2):
        act(sandbox, made["tx_ref"], "decline")
    sandbox.control("POST", f"/payments/{made['tx_ref']}/pay", status=409)
    bad(v3.post("/payments", json=body(session_duration=1441)))


def test_a_link_that_is_disabled_cannot_be_paid_and_not_be_disabled_again(
    v3: httpx.Client, sandbox: Sandbox
) -> None:
    made = link_of(v3)
    assert good(v3.post("/payments/link/disable", json={"link": made["link"]})) is True
    sandbox.control("POST", f"/payments/{made['tx_ref']}/pay", status=409)
    assert (
        "currently inactive" in bad(v3.post("/payments/link/disable", json={"link": made["link"]}))["message"]
    )
    bad(v3.post("/payments/link/disable", json={"link": "https://nobody.example/x"}))
    assert act(sandbox, made["tx_ref"], "late_success")["status"] == "successful"


def test_a_session_that_ends_fails_the_try_that_was_under_way(v3: httpx.Client, sandbox: Sandbox) -> None:
    made = link_of(v3)
    assert act(sandbox, made["tx_ref"], "three_d_secure")["status"] == "pending"
    act(sandbox, made["tx_ref"], "expire")
    seen = good(v3.get("/transactions/verify_by_reference", params={"tx_ref": made["tx_ref"]}))
    assert (seen["status"], seen["processor_response"]) == ("failed", "Transaction timed out")


def test_a_checksum_must_fit_where_one_is_sent(v3: httpx.Client) -> None:
    secret = hashlib.sha256(KEYS["secret_key"].encode()).hexdigest()
    asked = body(amount=2500.50, currency="NGN")
    text = f"2500.5NGNa@b.test{asked['tx_ref']}{secret}"
    fitting = hashlib.sha256(text.encode()).hexdigest()
    good(v3.post("/payments", json=asked | {"payload_hash": fitting}))
    assert (
        "payload_hash"
        in bad(v3.post("/payments", json=asked | {"amount": 1, "payload_hash": fitting}))["message"]
    )


def test_a_refund_is_made_read_and_listed_and_never_too_large(v3: httpx.Client, sandbox: Sandbox) -> None:
    paid = act(sandbox, link_of(v3)["tx_ref"], "pay")
    address = f"/transactions/{paid['id']}/refund"
    made = good(v3.post(address, json={"amount": 1000.25, "comments": "rfd_1"}))
    assert (made["tx_id"], made["amount_refunded"], made["status"]) == (paid["id"], 1000.25, "completed")
    listed = good(v3.get("/refunds", params={"id": paid["id"]}))
    assert [(row["id"], row["comment"], row["transaction_id"]) for row in listed] == [
        (made["id"], "rfd_1", paid["id"])
    ]
    assert good(v3.get(f"/refunds/{made['id']}")) == listed[0]
    bad(v3.post(address, json={"amount": 1500.26}))
    rest = good(v3.post(address, json={}))
    assert Decimal(str(rest["amount_refunded"])) == Decimal("1500.25")
    assert good(v3.get("/refunds", params={"id": "1"})) == []


def test_the_same_refund_asked_twice_is_made_twice(v3: httpx.Client, sandbox: Sandbox) -> None:
    paid = act(sandbox, link_of(v3)["tx_ref"], "pay")
    asked = {"amount": 100, "comments": "rfd_2"}
    twice = [good(v3.post(f"/transactions/{paid['id']}/refund", json=asked))["id"] for _ in range(2)]
    assert len(set(twice)) == 2


def test_a_refund_takes_its_time_or_fails_after_all(v3: httpx.Client, sandbox: Sandbox) -> None:
    made = link_of(v3)
    paid = act(sandbox, made["tx_ref"], "pay")
    sandbox.fault("refund_pending", payment=made["tx_ref"])
    slow = good(v3.post(f"/transactions/{paid['id']}/refund", json={"amount": 100}))
    assert slow["status"] == "processing"
    assert sandbox.control("POST", f"/refunds/{slow['id']}/succeed")["status"] == "completed-mpgs"
    assert sandbox.control("POST", f"/refunds/{slow['id']}/fail")["status"] == "failed"
    whole = good(v3.post(f"/transactions/{paid['id']}/refund", json={}))
    assert whole["amount_refunded"] == 2500.5, "what failed can be refunded again"


def test_what_was_not_paid_cannot_be_refunded(v3: httpx.Client, sandbox: Sandbox) -> None:
    failed = act(sandbox, link_of(v3)["tx_ref"], "decline")
    bad(v3.post(f"/transactions/{failed['id']}/refund", json={}))
    assert bad(v3.post("/transactions/1/refund", json={}))["message"].startswith("No transaction")


def test_a_chargeback_is_found_by_asking_and_decided(v3: httpx.Client, sandbox: Sandbox) -> None:
    made = link_of(v3)
    paid = act(sandbox, made["tx_ref"], "pay")
    act(sandbox, made["tx_ref"], "dispute_opened")
    (case,) = good(v3.get("/chargebacks", params={"id": paid["id"]}))
    assert (case["status"], case["transaction_id"], case["tx_ref"]) == (
        "initiated",
        paid["id"],
        made["tx_ref"],
    )
    good(v3.put(f"/chargebacks/{case['id']}", json={"action": "decline"}))
    assert act(sandbox, made["tx_ref"], "dispute_won")["status"] == "won"
    bad(v3.put(f"/chargebacks/{case['id']}", json={"action": "accept"}))


def test_refusals_say_a_sentence_and_no_more(v3: httpx.Client, sandbox: Sandbox) -> None:
    with v3_client(sandbox, key="FLWSECK_TEST-wrong-X") as stranger:
        refused = bad(stranger.get("/transactions"), 401)
    assert refused == {"status": "error", "message": "Invalid authorization key", "data": None}
    needed = {"tx_ref": "tx_ref is required", "customer": "customer is required"}
    for field, message in needed.items():
        asked = body()
        del asked[field]
        assert bad(v3.post("/payments", json=asked))["message"] == message
    bad(v3.post("/payments", content=b"{"))
    bad(v3.post("/payments", json=body(surprise=1)))
    bad(v3.get("/nothing"), 404)


def test_lists_have_pages(v3: httpx.Client, sandbox: Sandbox) -> None:
    reference = link_of(v3)["tx_ref"]
    for _ in range(11):
        act(sandbox, reference, "decline")
    first = v3.get("/transactions", params={"tx_ref": reference}).json()
    assert first["meta"]["page_info"] == {"total": 11, "current_page": 1, "total_pages": 2}
    second = v3.get("/transactions", params={"tx_ref": reference, "page": 2}).json()["data"]
    assert len(first["data"]) == 10
    assert len({row["id"] for row in first["data"] + second}) == 11
