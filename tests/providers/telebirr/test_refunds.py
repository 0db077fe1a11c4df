"""Refunds, each under its own number, by API or by hand (gateways.md §7.5)."""

import httpx
import pytest

from holdfast.ids import mint
from holdfast.payment.provider import RefundAsk, RefundSaid, Refused, Unknown
from tests.providers.sandbox_server import Sandbox
from tests.providers.telebirr.things import BANK, YES, adapter, new_ask, order, paid, refund_of
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("refunds", ["not_allowed", "absent"])
async def test_an_account_without_refunds_leaves_them_to_a_person(
    bank: Sandbox, client: httpx.AsyncClient, refunds: str
) -> None:
    telebirr = adapter(client, bank.at(BANK))
    said = await paid(telebirr, bank)
    bank.control("PUT", "/settings", {"bank": BANK, "keys": {"refunds": refunds}})
    refund = refund_of(said, 100)
    answer = await telebirr.refund(refund)
    assert isinstance(answer, Refused)
    assert answer.by_hand
    assert await telebirr.find_refund(refund) is None


async def test_asking_about_a_refund_that_was_never_made_makes_none(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    telebirr = adapter(client, bank.at(BANK))
    said = await paid(telebirr, bank)
    assert await telebirr.find_refund(refund_of(said, 100)) is None
    assert await telebirr.look_up(said.provider_ref) == said
    assert bank.control("GET", "/state")[BANK]["payments_by_status"].get("PAY_SUCCESS")


async def test_of_two_refunds_each_is_asked_about_by_its_own_number(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    telebirr = adapter(client, bank.at(BANK))
    said = await paid(telebirr, bank)
    first, lost = refund_of(said, 100), refund_of(said, 200)
    assert isinstance(await telebirr.refund(first), RefundSaid)
    found = await telebirr.find_refund(lost)
    assert isinstance(found, RefundSaid), "that the order was refunded says nothing of this one"
    assert (found.amount_minor, found.reference) == (200, lost.refund_id)
    rest = refund_of(said, 125_000 - 300)
    assert isinstance(await telebirr.refund(rest), RefundSaid)
    assert isinstance(await telebirr.refund(refund_of(said, 1)), Refused), "each was made once"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("REFUND_SUCCESS", "succeeded"),
        ("REFUNDING", "pending"),
        ("REFUND_FAILED", "failed"),
        ("REFUND_DUPLICATED", "pending"),
        ("REFUND_LOST", None),
        ("", None),
    ],
)
async def test_a_refunds_status_is_read_and_of_a_duplicate_the_orders(
    script: Told, client: httpx.AsyncClient, status: str, state: str | None
) -> None:
    ask = new_ask()
    content = order(ask, order_status="REFUNDING") | {"refund_status": status, "refund_order_id": "9"}
    script.answer(200, YES | {"biz_content": content})
    refund = RefundAsk(mint("rfd"), content["merch_order_id"], None, 100, "ETB")
    said = await adapter(client, script.url).refund(refund)
    if state is None:
        assert isinstance(said, Unknown)
        return
    number = refund.refund_id.replace("_", "")
    assert said == RefundSaid(
        number, content["merch_order_id"], state, 100, "ETB", live=False, reference=refund.refund_id
    )
    asked = script.asked[1][3]["biz_content"]
    assert (asked["refund_request_no"], asked["actual_amount"]) == (number, "1.00")


async def test_a_duplicate_whose_order_was_never_refunded_is_unknown(
    script: Told, client: httpx.AsyncClient
) -> None:
    ask = new_ask()
    content = order(ask, order_status="PAY_SUCCESS") | {"refund_status": "REFUND_DUPLICATED"}
    script.answer(200, YES | {"biz_content": content})
    refund = RefundAsk(mint("rfd"), content["merch_order_id"], None, 100, "ETB")
    assert isinstance(await adapter(client, script.url).refund(refund), Unknown)
