"""What happens to a cart: lines come and go, two become one, bought things leave."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from holdfast import clock
from holdfast.cart import keep_cart
from holdfast.cart.cart import Cart, CartLine, Note, StockProblem
from holdfast.cart.keep_cart import CartChange
from holdfast.catalog.edit import import_products
from holdfast.catalog.product import NewProduct, NewVariant
from holdfast.checkout.merge_carts import Merger, merge_carts
from holdfast.db.queries import Transaction
from holdfast.db.together import together
from holdfast.db.transaction import Database, read, transaction
from holdfast.errors.checkout import CurrencyMismatch
from holdfast.errors.problem import Problem
from holdfast.errors.request import FieldInvalid, NotFound
from holdfast.errors.shelf import UnknownSku
from holdfast.ids import OrderId, mint
from holdfast.limits import QUANTITY_MAX
from holdfast.money import Money
from holdfast.order.move_order import NewLine, NewOrder, creating
from holdfast.payment import attempts
from holdfast.payment.attempts import NewPayment
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock.movements import StockLine, move_stock
from tests.house import Json, Shop

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def open_shop(db: Database) -> None:
    """A mug in two colours (10 red, 3 blue), untracked wrapping, and a pot that is no longer sold."""
    mug = (NewVariant("RED", "Red", Money(1250, "GBP")), NewVariant("BLUE", "Blue", Money(1300, "GBP")))
    products = [
        NewProduct("mug", "Mug", mug),
        NewProduct("wrap", "Wrapping", (NewVariant("WRAP", "Wrapping", Money(300, "GBP"), tracked=False),)),
        NewProduct("pot", "Pot", (NewVariant("POT", "Pot", Money(900, "GBP")),), published=False),
    ]
    stock = [StockLine("RED", "main", 10), StockLine("BLUE", "main", 3)]
    await transaction(db, lambda tx: import_products(tx, products=products, at=AT))
    await transaction(
        db, lambda tx: move_stock(tx, lines=stock, kind="received", reason="", actor="test", at=AT)
    )


async def changed(tx: Transaction, change: CartChange) -> Cart:
    (answer,) = await keep_cart.change_carts(tx, changes=[change], at=clock.now())
    if isinstance(answer, Problem):
        raise answer
    return answer


async def new_cart(db: Database, **quantities: int) -> str:
    cart = await transaction(db, lambda tx: keep_cart.create_cart(tx, currency="GBP", at=clock.now()))
    if quantities:
        await add(db, cart.id, **quantities)
    return cart.id


async def add(db: Database, cart_id: str, **quantities: int) -> Cart:
    lines = [CartLine(sku, quantity) for sku, quantity in quantities.items()]
    return await transaction(db, lambda tx: changed(tx, keep_cart.adding(cart_id, lines)))


async def merge(db: Database, cart_id: str, source_id: str) -> Cart:
    return await transaction(
        db,
        lambda tx: merge_carts(
            tx, cart_id=cart_id, source_id=source_id, by=Merger(ShopRules()), at=clock.now()
        ),
    )


async def see(db: Database, cart_id: str) -> Cart:
    return await read(db, lambda c: keep_cart.read_cart(c, cart_id=cart_id, at=clock.now()))


async def contents(db: Database, cart_id: str) -> dict[str, int]:
    return {line.sku: line.quantity for line in (await see(db, cart_id)).lines}


async def buy(db: Database, cart_id: str | None, *lines: tuple[str, int]) -> OrderId:
    """An unpaid order of this cart, as placing writes it."""
    order = NewOrder(
        id=OrderId(mint("ord")),
        checkout_id=None,
        cart_id=cart_id,
        email=None,
        shipping_address=None,
        billing_address=None,
        shipping_option="collect",
        payment_method="stripe",
        reference=None,
        currency="GBP",
        subtotal_minor=sum(quantity for _, quantity in lines),
        discount_minor=0,
        shipping_minor=0,
        tax_minor=0,
        tax_inclusive=True,
        total_minor=sum(quantity for _, quantity in lines),
        placed_at=AT,
        unpaid_until=AT + timedelta(days=1),
        actor="test",
        lines=tuple(NewLine(sku, sku, True, quantity, 1, quantity, 0, 0) for sku, quantity in lines),
    )
    payment = NewPayment(mint("pay"), order.id, "pending", "GBP", order.total_minor)

    async def work(tx: Transaction) -> None:
        await together(
            tx, creating([order], at=AT), attempts.creating(payments=[payment], attempts=[], at=AT)
        )

    await transaction(db, work)
    return order.id


async def secure(db: Database, *order_ids: str, carts: tuple[str, ...]) -> None:
    async def work(tx: Transaction) -> None:
        await keep_cart.lock_carts(tx, cart_ids=carts)
        await keep_cart.clear_bought(tx, order_ids=order_ids, at=clock.now())

    await transaction(db, work)


async def test_a_new_cart_is_empty(db: Database) -> None:
    cart_id = await new_cart(db)
    assert await see(db, cart_id) == Cart(cart_id, "GBP", (), Money(0, "GBP"))


async def test_every_answer_is_the_whole_cart(db: Database) -> None:
    await open_shop(db)
    cart_id = await new_cart(db)
    await add(db, cart_id, WRAP=1)
    cart = await add(db, cart_id, RED=2, BLUE=1)
    assert cart == await see(db, cart_id)
    assert [(line.sku, line.quantity, line.available) for line in cart.lines] == [
        ("WRAP", 1, None),
        ("BLUE", 1, 3),
        ("RED", 2, 10),
    ]
    assert cart.subtotal == Money(1300 + 2 * 1250 + 300, "GBP")
    assert (cart.problems, cart.notes) == ((), ())


async def test_lines_are_added_set_removed_and_cleared(db: Database) -> None:
    await open_shop(db)
    cart_id = await new_cart(db, RED=2)
    await add(db, cart_id, RED=3, BLUE=1)
    assert await contents(db, cart_id) == {"RED": 5, "BLUE": 1}
    await transaction(db, lambda tx: changed(tx, keep_cart.setting(cart_id, CartLine("RED", 4))))
    assert await contents(db, cart_id) == {"RED": 4, "BLUE": 1}
    for _ in range(2):
        await transaction(db, lambda tx: changed(tx, keep_cart.removing(cart_id, "RED")))
    assert await contents(db, cart_id) == {"BLUE": 1}
    await transaction(db, lambda tx: changed(tx, keep_cart.clearing(cart_id)))
    assert await contents(db, cart_id) == {}


async def test_the_same_sku_twice_in_one_request_is_summed(db: Database) -> None:
    await open_shop(db)
    cart_id = await new_cart(db)
    lines = [CartLine("RED", 2), CartLine("RED", 3)]
    await transaction(db, lambda tx: changed(tx, keep_cart.adding(cart_id, lines)))
    assert await contents(db, cart_id) == {"RED": 5}


async def test_more_than_there_is_may_lie_in_a_cart_and_is_shown(db: Database) -> None:
    await open_shop(db)
    cart = await add(db, await new_cart(db), BLUE=4)
    assert cart.problems == (StockProblem("BLUE", 4, 3),)


async def test_what_is_not_for_sale_is_refused_and_nothing_is_added(db: Database) -> None:
    await open_shop(db)
    cart_id = await new_cart(db, RED=1)
    with pytest.raises(UnknownSku) as refused:
        await add(db, cart_id, BLUE=1, POT=1, NOTHING=1)
    assert refused.value.skus == ["NOTHING", "POT"]
    assert await contents(db, cart_id) == {"RED": 1}


async def test_a_line_has_a_bound_and_nothing_is_added_beyond_it(db: Database) -> None:
    await open_shop(db)
    cart_id = await new_cart(db, RED=QUANTITY_MAX)
    with pytest.raises(FieldInvalid):
        await add(db, cart_id, RED=1, BLUE=1)
    assert await contents(db, cart_id) == {"RED": QUANTITY_MAX}


async def test_a_cart_sells_in_its_own_currency(db: Database) -> None:
    await open_shop(db)
    cart = await transaction(db, lambda tx: keep_cart.create_cart(tx, currency="EUR", at=clock.now()))
    with pytest.raises(CurrencyMismatch):
        await add(db, cart.id, RED=1)


async def test_an_unknown_cart_is_not_found(db: Database) -> None:
    with pytest.raises(NotFound):
        await see(db, "crt_none")
    with pytest.raises(NotFound):
        await add(db, "crt_none", RED=1)
    with pytest.raises(NotFound):
        await merge(db, await new_cart(db), "crt_none")


async def test_two_carts_become_one_and_the_old_id_leads_to_it(db: Database) -> None:
    await open_shop(db)
    mine, guests = await new_cart(db, RED=1), await new_cart(db, RED=2, BLUE=1)
    cart = await merge(db, mine, guests)
    assert (cart.id, cart.notes) == (mine, ())
    assert await see(db, guests) == await see(db, mine) == cart
    await add(db, guests, WRAP=1)
    assert await contents(db, mine) == {"RED": 3, "BLUE": 1, "WRAP": 1}


async def test_merging_again_changes_nothing(db: Database) -> None:
    await open_shop(db)
    mine, guests = await new_cart(db, RED=1), await new_cart(db, RED=2)
    cart = await merge(db, mine, guests)
    assert await merge(db, mine, guests) == cart
    assert await merge(db, guests, mine) == cart


async def test_a_cart_is_not_merged_with_itself(db: Database) -> None:
    cart_id = await new_cart(db)
    with pytest.raises(FieldInvalid):
        await merge(db, cart_id, cart_id)


async def test_what_merging_cannot_keep_is_told(db: Database) -> None:
    await open_shop(db)
    mine, guests = await new_cart(db, WRAP=QUANTITY_MAX), await new_cart(db, WRAP=2)
    cart = await merge(db, mine, guests)
    assert cart.notes == (Note("WRAP", QUANTITY_MAX + 2, QUANTITY_MAX, "line_limit"),)


async def test_a_trail_of_merges_leads_to_its_end(db: Database) -> None:
    await open_shop(db)
    first, second, third = [await new_cart(db, RED=1) for _ in range(3)]
    await merge(db, second, first)
    await merge(db, third, second)
    assert (await add(db, first, RED=1)).id == third
    assert await contents(db, first) == {"RED": 4}


async def test_merges_crossing_each_other_lose_nothing(db: Database) -> None:
    await open_shop(db)
    for _ in range(10):
        one, other = await new_cart(db, RED=1), await new_cart(db, BLUE=2)
        await asyncio.gather(merge(db, one, other), merge(db, other, one), add(db, one, WRAP=1))
        assert await contents(db, one) == await contents(db, other) == {"RED": 1, "BLUE": 2, "WRAP": 1}


async def test_additions_at_once_are_all_counted(db: Database) -> None:
    await open_shop(db)
    cart_id = await new_cart(db)
    await asyncio.gather(*(add(db, cart_id, RED=1, BLUE=2) for _ in range(20)))
    assert await contents(db, cart_id) == {"RED": 20, "BLUE": 40}


async def test_what_was_bought_leaves_the_cart_and_what_came_since_stays(db: Database) -> None:
    await open_shop(db)
    cart_id = await new_cart(db, RED=3, BLUE=1)
    order_id = await buy(db, cart_id, ("RED", 2), ("BLUE", 1), ("RED", 1))
    await add(db, cart_id, RED=4, WRAP=1)
    await secure(db, order_id, carts=(cart_id,))
    assert await contents(db, cart_id) == {"RED": 4, "WRAP": 1}


async def test_orders_without_a_cart_and_foreign_carts_are_left_alone(db: Database) -> None:
    await open_shop(db)
    bought, other = await new_cart(db, RED=1), await new_cart(db, RED=1)
    orders = [await buy(db, bought, ("RED", 1)), await buy(db, None, ("RED", 1))]
    await secure(db, *orders, carts=(bought,))
    assert await contents(db, bought) == {}
    assert await contents(db, other) == {"RED": 1}


async def test_what_was_bought_leaves_the_cart_into_which_it_was_merged(db: Database) -> None:
    await open_shop(db)
    guests, mine = await new_cart(db, RED=2), await new_cart(db, RED=1, BLUE=1)
    order_id = await buy(db, guests, ("RED", 2))
    await merge(db, mine, guests)
    await secure(db, order_id, carts=(guests,))
    assert await contents(db, mine) == {"RED": 1, "BLUE": 1}


# ── over HTTP, with what is bought ────────────────────────────────────────────────────────────


async def filled(shop: Shop, **quantities: int) -> tuple[str, dict[str, str]]:
    """A cart over HTTP, and the headers of its owner."""
    cart = (await shop.call("POST", "/carts")).json()
    owner = {"X_Holdfast_Token": cart["token"]}
    await fill(shop, cart["id"], owner, **quantities)
    return cart["id"], owner


async def fill(shop: Shop, cart_id: str, owner: dict[str, str], **quantities: int) -> None:
    body = {"lines": [{"sku": sku, "quantity": quantity} for sku, quantity in quantities.items()]}
    assert (await shop.call("POST", f"/carts/{cart_id}/lines", body, **owner)).status_code == 200


async def bought(shop: Shop, cart_id: str, owner: dict[str, str]) -> Json:
    body = shop.order_body({}, cart_id=cart_id)
    del body["lines"]
    answer = await shop.call("POST", "/orders", body, **owner)
    assert answer.status_code == 201, answer.text
    placed: Json = answer.json()
    return placed


async def shown(shop: Shop, cart_id: str, owner: dict[str, str]) -> dict[str, int]:
    cart = (await shop.call("GET", f"/carts/{cart_id}", **owner)).json()
    return {line["sku"]: line["quantity"] for line in cart["lines"]}


async def test_a_cart_keeps_its_lines_until_the_order_is_secured(shop: Shop) -> None:
    await shop.stocked({"RED": 9, "BLUE": 9})
    cart_id, owner = await filled(shop, RED=2)
    placed = await bought(shop, cart_id, owner)
    assert await shown(shop, cart_id, owner) == {"RED": 2}
    await shop.at_bank(placed, "decline")
    await shop.until_state(placed["order"]["id"], "payment_failed")
    assert await shown(shop, cart_id, owner) == {"RED": 2}
    await fill(shop, cart_id, owner, RED=1, BLUE=4)
    await shop.pay(placed)
    assert await shown(shop, cart_id, owner) == {"RED": 1, "BLUE": 4}


async def test_a_cart_whose_late_money_went_back_keeps_its_lines(shop: Shop) -> None:
    await shop.stocked({"RED": 2})
    clock.stop(datetime.now(UTC) - timedelta(minutes=20))
    cart_id, owner = await filled(shop, RED=2)
    placed = await bought(shop, cart_id, owner)
    clock.go()
    await shop.pay(await shop.placed({"RED": 1}))
    await shop.at_bank(placed, "pay")
    await shop.until_state(placed["order"]["id"], "cancelled")
    assert await shown(shop, cart_id, owner) == {"RED": 2}


async def test_a_checkout_follows_its_cart_through_every_merge(shop: Shop) -> None:
    await shop.stocked({"RED": 9, "BLUE": 9})
    first, owner = await filled(shop, RED=1)
    started = (await shop.call("POST", "/checkouts", {"cart_id": first}, **owner)).json()
    second, third = (await filled(shop, BLUE=1))[0], (await filled(shop, BLUE=2))[0]
    await merge(shop.database, second, first)
    await merge(shop.database, third, second)
    path = f"/checkouts/{started['checkout']['id']}"
    quoted = (await shop.call("GET", path, X_Holdfast_Token=started["token"])).json()
    assert {line["sku"]: line["quantity"] for line in quoted["lines"]} == {"RED": 1, "BLUE": 3}
