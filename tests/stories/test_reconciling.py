"""Settlement files against the books: what agrees, what differs, and the step that resolves it."""

from datetime import timedelta
from pathlib import Path

import pytest

from holdfast import clock
from holdfast.cli.books.reconcile import reconcile
from holdfast.payment.reconcile.match import Reconciled
from holdfast.payment.reconcile.statement import Columns
from tests.house import Json, Shop
from tests.stories.money import control, id_of, later, matters, refunds, resolve, rest, sums

pytestmark = pytest.mark.anyio

COLUMNS = Columns(id="id", kind="kind", fee="fee")
TODAY = clock.now().date()
WEEK = (TODAY - timedelta(days=3), TODAY + timedelta(days=3))


async def brought(shop: Shop, tmp_path: Path, *rows: str, stretch: object = None) -> Reconciled:
    file = tmp_path / "settlement.csv"
    file.write_text("id,kind,reference,amount,fee,currency\n" + "\n".join(rows) + "\n", "utf-8")
    return await reconcile(
        shop.database,
        provider="stripe",
        file=file,
        columns=COLUMNS,
        stretch=WEEK if stretch else None,
    )


async def ref_of(shop: Shop, placed: Json) -> str:
    (row,) = await shop.fetch("SELECT provider_ref FROM payment_attempts WHERE order_id = $1", id_of(placed))
    found: str = row["provider_ref"]
    return found


async def paid(shop: Shop) -> Json:
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    return placed


async def differing(shop: Shop) -> list[str]:
    found = (await shop.as_staff("GET", "/admin/differences"))["data"]
    return sorted(row["matter"]["kind"] for row in found)


async def test_a_file_that_agrees_leaves_nothing_to_do_however_often_it_is_brought(
    shop: Shop, tmp_path: Path
) -> None:
    await shop.stocked({"MUG": 5})
    placed = await paid(shop)
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund")
    await rest(shop)
    (refund,) = await shop.fetch("SELECT provider_ref FROM refunds")
    rows = (
        f"t1,charge,{await ref_of(shop, placed)},20.00,0.50,GBP",
        f"t2,refund,{refund['provider_ref']},-20.00,,GBP",
        "t3,payout,po_1,-19.50,,GBP",
    )
    first = await brought(shop, tmp_path, *rows, stretch=True)
    assert (first.lines, first.new, first.matched, first.differences) == (3, 3, 2, {})
    again = await brought(shop, tmp_path, *rows)
    assert (again.lines, again.new, again.matched, again.differences) == (3, 0, 0, {})
    assert (await differing(shop), await shop.count("settlement_lines")) == ([], 3)


async def test_every_kind_of_difference_is_on_the_list(shop: Shop, tmp_path: Path) -> None:
    await shop.stocked({"MUG": 20})
    await shop.rules(fees={"stripe": {"rate_bp": 150, "fixed_minor": 20}})
    orders = [await paid(shop) for _ in range(5)]
    less, other, dear, twice, _ = [await ref_of(shop, placed) for placed in orders]
    unpaid = await ref_of(shop, await shop.placed({"MUG": 1}))
    found = await brought(
        shop,
        tmp_path,
        f"t1,charge,{less},19.00,0.49,GBP",
        f"t2,charge,{other},20.00,0.50,USD",
        f"t3,charge,{dear},20.00,0.90,GBP",
        f"t4,charge,{twice},20.00,0.50,GBP",
        f"t5,charge,{twice},20.00,0.50,GBP",
        "t6,charge,pi_of_somebody_else,20.00,0.50,GBP",
        f"t7,charge,{unpaid},10.00,0.35,GBP",
        stretch=True,
    )
    assert found.differences == {
        "settled_amount": 1,
        "settled_currency": 1,
        "settled_fee": 1,
        "settled_twice": 2,
        "settled_unknown": 1,
        "settled_unrecorded": 1,
        "unsettled": 1,
    }
    assert await differing(shop) == sorted(
        kind for kind, count in found.differences.items() for _ in range(count)
    )


async def test_money_that_only_the_file_knows_is_found_by_asking(shop: Shop, tmp_path: Path) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.fault("webhook_drop", count=10)
    await shop.at_bank(placed, "pay")
    await rest(shop)
    await brought(shop, tmp_path, f"t1,charge,{await ref_of(shop, placed)},20.00,,GBP")
    assert await shop.state(id_of(placed)) == "pending_payment"
    await resolve(shop, "settled_unrecorded", "ask_provider")
    await rest(shop)
    assert (await shop.state(id_of(placed)), await sums(shop, placed)) == ("paid", (2_000, 0))
    assert await differing(shop) == []


async def test_money_that_only_the_file_knows_can_be_recorded_and_comes_once(
    shop: Shop, tmp_path: Path
) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.fault("webhook_drop", count=10)
    await shop.at_bank(placed, "pay")
    await brought(shop, tmp_path, f"t1,charge,{await ref_of(shop, placed)},20.00,,GBP")
    await resolve(shop, "settled_unrecorded", "record")
    assert (await shop.state(id_of(placed)), await sums(shop, placed)) == ("paid", (2_000, 0))
    await shop.call("POST", f"/payments/{placed['payment']['id']}/return", {}, **shop.staff)
    await rest(shop)
    assert (await sums(shop, placed), await shop.count("ledger"), await refunds(shop)) == ((2_000, 0), 1, [])


async def test_money_that_no_file_had_is_settled_by_the_next_one(shop: Shop, tmp_path: Path) -> None:
    await shop.stocked({"MUG": 5})
    placed = await paid(shop)
    await brought(shop, tmp_path, stretch=True)
    assert await differing(shop) == ["unsettled"]
    await brought(shop, tmp_path, f"t1,charge,{await ref_of(shop, placed)},20.00,,GBP", stretch=True)
    assert (await differing(shop), await matters(shop)) == ([], {})


async def test_a_refund_that_only_the_file_knows_is_asked_about_or_recorded_as_a_refund(
    shop: Shop, tmp_path: Path
) -> None:
    await shop.stocked({"MUG": 5})
    for step in ("ask_provider", "record"):
        placed = await paid(shop)
        await shop.fault("refund_pending")
        await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund")
        await rest(shop)
        (refund,) = await shop.fetch("SELECT provider_ref FROM refunds WHERE order_id = $1", id_of(placed))
        await shop.fault("webhook_drop", count=10)
        await control(shop, f"refunds/{refund['provider_ref']}/succeed")
        await brought(shop, tmp_path, f"of_{step},refund,{refund['provider_ref']},-20.00,,GBP")
        assert await sums(shop, placed) == (2_000, 0)
        later(minutes=1)
        await resolve(shop, "settled_unrecorded", step)
        await shop.drain()
        clock.go()
        assert await sums(shop, placed) == (2_000, 2_000)
        await shop.client.delete(f"{shop.bank_url}/_sandbox/faults")
    assert await differing(shop) == []


async def test_a_refund_in_the_file_does_not_settle_its_payment(shop: Shop, tmp_path: Path) -> None:
    await shop.stocked({"MUG": 5})
    placed = await paid(shop)
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund")
    await rest(shop)
    await brought(shop, tmp_path, stretch=True)
    assert await differing(shop) == ["unsettled"]
    (refund,) = await shop.fetch("SELECT provider_ref FROM refunds")
    await brought(shop, tmp_path, f"t2,refund,{refund['provider_ref']},-20.00,,GBP")
    assert await differing(shop) == ["unsettled"]


async def test_a_payment_that_the_file_has_in_parts_is_recorded_whole(shop: Shop, tmp_path: Path) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    ref = await ref_of(shop, placed)
    await brought(shop, tmp_path, f"t1,charge,{ref},15.00,,GBP", f"t2,charge,{ref},5.00,,GBP")
    assert await differing(shop) == ["settled_unrecorded"] * 2
    for _ in range(2):
        await resolve(shop, "settled_unrecorded", "record")
    assert (await sums(shop, placed), await shop.state(id_of(placed))) == ((2_000, 0), "paid")
