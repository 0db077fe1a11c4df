"""For every provider: from the cart to a paid order to the refund, however its webhook comes, or never."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from holdfast import clock
from holdfast.cli.books.reconcile import reconcile
from holdfast.payment.provider import Deed
from holdfast.payment.reconcile.statement import Columns
from tests.conftest import Server, assert_truths
from tests.house import Json, until
from tests.providers.conformance.subjects import SUBJECTS
from tests.stories.at_any_bank import Till, open_till
from tests.stories.money import id_of, resolve, sums

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]


@pytest.fixture(scope="module", params=SUBJECTS, ids=lambda subject: subject.id)
async def house(request: pytest.FixtureRequest, postgres: Server, granted: str) -> AsyncIterator[Till]:
    """One shop for all stories of a provider."""
    name = f"test_{uuid4().hex}"
    postgres.ensure_database(name, template=granted)
    async with open_till(postgres.url(name), request.param) as opened:
        yield opened


@pytest.fixture
async def till(house: Till) -> AsyncIterator[Till]:
    yield house
    clock.go()
    await house.control("DELETE", "/faults")
    await house.settings(auto=False)
    await house.quiet()
    await assert_truths(house.shop.database)


async def is_paid_once(till: Till, placed: Json) -> None:
    """The order is paid, by one line in the books, and its units are sold."""
    await till.comes_to(placed, "paid")
    await till.quiet()
    assert await till.shop.state(id_of(placed)) == "paid"
    assert await sums(till.shop, placed) == (till.subject.amount_minor, 0)
    rows = await till.shop.fetch(
        "SELECT l.kind FROM ledger l JOIN payments p ON p.id = l.payment_id WHERE p.order_id = $1",
        id_of(placed),
    )
    assert [row["kind"] for row in rows] == ["captured"]


async def test_from_the_cart_to_a_paid_order_to_the_refund(till: Till) -> None:
    placed = await till.placed_from_cart()
    assert (placed["order"]["state"], placed["payment"]["method"]) == ("pending_payment", till.subject.name)
    assert placed["payment"]["next_action"]["type"] in ("client_secret", "redirect", "form")
    await till.press(placed, "pay")
    await is_paid_once(till, placed)
    await till.gives_back(placed)
    assert await sums(till.shop, placed) == (till.subject.amount_minor, till.subject.amount_minor)


async def test_the_webhook_may_come_before_the_providers_answer(till: Till) -> None:
    await till.settings(auto=True)
    await till.fault("timeout_after_effect", on="create", ms=500)
    placed = await till.placed()
    await is_paid_once(till, placed)


async def test_the_webhook_may_come_after_the_buyers_return(till: Till) -> None:
    placed = await till.placed()
    await till.fault("webhook_delay", ms=700, count=5)
    await till.press(placed, "pay")
    await till.back(placed)
    if Deed.LOOK_UP in till.deeds:
        assert await till.shop.state(id_of(placed)) == "paid"
    await is_paid_once(till, placed)


async def test_the_webhook_may_come_twice(till: Till) -> None:
    placed = await till.placed()
    await till.fault("webhook_duplicate", count=10)
    await till.press(placed, "pay")
    await is_paid_once(till, placed)


async def test_the_webhook_may_never_come(till: Till, tmp_path: Path) -> None:
    placed = await till.placed()
    await till.fault("webhook_drop", count=20)
    await till.press(placed, "pay")
    await till.quiet()
    assert await till.shop.state(id_of(placed)) == "pending_payment"
    clock.stop(clock.now() + timedelta(minutes=1, seconds=1))
    await till.shop.sweep()
    clock.go()
    if Deed.LOOK_UP not in till.deeds:  # the bank's statement is all that tells
        await till.shop.rules(currency=till.subject.currency)
        file = tmp_path / "statement.csv"
        major = f"{till.subject.amount_minor // 100}.{till.subject.amount_minor % 100:02}"
        row = f"{await till.ref_of(placed)},{major},{till.subject.currency}"
        file.write_text(f"reference,amount,currency\n{row}\n", "utf-8")
        await reconcile(till.shop.database, provider=till.subject.name, file=file, columns=Columns())
        await resolve(till.shop, "settled_unrecorded", "record")
    await is_paid_once(till, placed)


async def test_a_declined_buyer_has_the_units_and_may_pay_all_the_same(till: Till) -> None:
    placed = await till.placed()
    await till.press(placed, "decline")
    await till.quiet()
    again = await till.shop.call(
        "POST",
        f"/orders/{id_of(placed)}/pay",
        {"payment_method": till.subject.name},
        X_Holdfast_Token=placed["token"],
    )
    assert again.status_code == 200, again.text
    await till.press(placed, "pay")
    await is_paid_once(till, placed)


@pytest.mark.parametrize("verdict", ["won", "lost"])
async def test_a_dispute_stands_in_the_books_until_the_bank_decides_and_after_it(
    till: Till, verdict: str
) -> None:
    if Deed.DISPUTE not in till.deeds:
        pytest.skip("it does not tell of disputes")
    placed = await till.placed()
    await till.press(placed, "pay")
    await till.comes_to(placed, "paid")
    await till.press(placed, "dispute_opened")
    await until(lambda: till.is_seen_as(placed, "disputed"))
    path = f"/admin/orders/{id_of(placed)}/refund"
    refused = await till.shop.call("POST", path, {}, **till.shop.staff)
    assert (refused.status_code, refused.json()["code"]) == (409, "dispute_open")
    await till.press(placed, f"dispute_{verdict}")
    status = "paid" if verdict == "won" else "refunded"
    await until(lambda: till.is_seen_as(placed, status))
    assert await sums(till.shop, placed) == (till.subject.amount_minor, 0)


async def test_money_that_is_set_aside_is_taken_once_the_order_is_confirmed(till: Till) -> None:
    if Deed.AUTHORISE not in till.deeds:
        pytest.skip("it takes at once")
    await till.shop.rules(capture="on_confirmation")
    try:
        placed = await till.placed()
        await till.press(placed, "pay")
        await till.comes_to(placed, "confirmed")
        await till.quiet()
        await till.shop.sweep()
        await till.quiet()
        assert await sums(till.shop, placed) == (till.subject.amount_minor, 0)
    finally:
        await till.shop.rules(capture="at_once")
