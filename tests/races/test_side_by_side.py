"""Buyers whose requests are written by one transaction: each gets an own answer, none harms another."""

import asyncio
from uuid import uuid4

import pytest

from holdfast import clock
from holdfast.cart import keep_cart
from holdfast.cart.cart import Cart, CartLine
from holdfast.cart.keep_cart import CartChange
from holdfast.checkout import hold_early
from holdfast.checkout.hold_early import HoldEarly
from holdfast.checkout.merge_carts import Merger, merge_carts
from holdfast.db.transaction import transaction
from holdfast.errors.checkout import CheckoutClosed
from holdfast.errors.problem import Problem
from holdfast.errors.request import NotFound
from holdfast.errors.shelf import OutOfStock, UnknownSku
from holdfast.idempotency import Claim, Done
from holdfast.ids import mint
from holdfast.shop_settings.rules import ShopRules
from tests.house import Shop
from tests.races.carts import units
from tests.stories.money import later
from tests.stories.test_early_holds import checkout

pytestmark = pytest.mark.anyio


async def cart_of(shop: Shop, *lines: CartLine) -> str:
    at = clock.now()
    cart = await transaction(shop.database, lambda tx: keep_cart.create_cart(tx, currency="GBP", at=at))
    await change(shop, keep_cart.adding(cart.id, lines))
    return cart.id


async def change(shop: Shop, *changes: CartChange) -> list[Cart | Problem]:
    at = clock.now()
    return await transaction(shop.database, lambda tx: keep_cart.change_carts(tx, changes=changes, at=at))


def contents(answer: Cart | Problem) -> dict[str, int]:
    assert isinstance(answer, Cart), answer
    return {line.sku: line.quantity for line in answer.lines}


def claim(key: str) -> Claim:
    return Claim("guest", "POST /api/v1/holds", key, b"same")


async def test_changes_of_one_cart_in_one_batch_build_on_each_other(shop: Shop) -> None:
    await shop.stocked({"MUG": 9, "POT": 9})
    cart_id = await cart_of(shop, CartLine("MUG", 1))
    answers = await change(
        shop,
        keep_cart.adding(cart_id, [CartLine("MUG", 2)]),
        keep_cart.setting(cart_id, CartLine("POT", 4)),
        keep_cart.removing(cart_id, "MUG"),
        keep_cart.adding(cart_id, [CartLine("MUG", 5)]),
    )
    assert [contents(answer) for answer in answers] == [
        {"MUG": 3},
        {"MUG": 3, "POT": 4},
        {"POT": 4},
        {"POT": 4, "MUG": 5},
    ]
    assert contents((await change(shop, keep_cart.adding(cart_id, [])))[0]) == {"MUG": 5, "POT": 4}


async def test_a_refused_change_leaves_its_cart_and_its_neighbours_alone(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    one, other = await cart_of(shop, CartLine("MUG", 1)), await cart_of(shop)
    answers = await change(
        shop,
        keep_cart.adding(one, [CartLine("NOTHING", 1), CartLine("MUG", 1)]),
        keep_cart.adding("crt_none", [CartLine("MUG", 1)]),
        keep_cart.adding(other, [CartLine("MUG", 2)]),
        keep_cart.adding(one, [CartLine("MUG", 3)]),
    )
    assert isinstance(answers[0], UnknownSku)
    assert isinstance(answers[1], NotFound)
    assert [contents(answer) for answer in answers[2:]] == [{"MUG": 2}, {"MUG": 4}]


async def test_a_cart_that_is_asked_for_by_its_old_and_its_new_id_is_one_cart(shop: Shop) -> None:
    await shop.stocked({"MUG": 9, "POT": 9})
    old, new = await cart_of(shop, CartLine("MUG", 1)), await cart_of(shop)
    at = clock.now()
    await transaction(
        shop.database, lambda tx: merge_carts(tx, cart_id=new, source_id=old, by=Merger(ShopRules()), at=at)
    )
    answers = await change(
        shop,
        keep_cart.adding(old, [CartLine("POT", 1)]),
        keep_cart.adding(new, [CartLine("POT", 1)]),
    )
    assert [contents(answer) for answer in answers] == [{"MUG": 1, "POT": 1}, {"MUG": 1, "POT": 2}]


async def test_the_same_key_twice_adds_once_and_is_answered_the_same(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    cart_id = await cart_of(shop)
    wish = keep_cart.adding(cart_id, [CartLine("MUG", 2)], claim=claim("a-key-of-one-change"))
    first = await shop.process.carts.submit(wish)
    again = await shop.process.carts.submit(wish)
    assert (first.body, first.replayed, again.body, again.replayed) == (first.body, False, first.body, True)
    assert contents((await change(shop, keep_cart.adding(cart_id, [])))[0]) == {"MUG": 2}


async def test_of_many_who_hold_one_item_early_as_many_get_it_as_there_are_units(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    started = [await checkout(shop, {"MUG": 1}) for _ in range(8)]
    wishes = [HoldEarly(s["checkout"]["id"], claim(f"hold-{uuid4()}")) for s in started]
    answers = await asyncio.gather(*(shop.process.hold.submit(w) for w in wishes), return_exceptions=True)
    kinds = [type(answer) for answer in answers]
    assert (kinds.count(Done), kinds.count(OutOfStock)) == (3, 5)
    assert await units(shop, "MUG") == (3, 3, 0)
    refused = [wish for wish, answer in zip(wishes, answers, strict=True) if isinstance(answer, OutOfStock)]
    await shop.stocked({"MUG": 5})
    again = await asyncio.gather(*(shop.process.hold.submit(wish) for wish in refused))
    assert [done.replayed for done in again] == [False] * 5, "the keys of refused ones are free again"


async def test_two_tabs_of_one_cart_in_one_batch_hold_its_units_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    first = await checkout(shop, {"MUG": 2})
    token = {"X_Holdfast_Token": first["cart_token"]}
    second = (await shop.call("POST", "/checkouts", {"cart_id": first["cart"]}, **token)).json()
    asked = [first["checkout"]["id"], second["checkout"]["id"], first["checkout"]["id"], "chk_none"]
    tabs = [HoldEarly(checkout_id) for checkout_id in asked]
    at, rules = clock.now(), shop.process.rules
    answers = await transaction(shop.database, lambda tx: hold_early.hold_early(tx, tabs, rules=rules, at=at))
    assert isinstance(answers[3], NotFound)
    assert answers[0] == answers[2]
    assert answers[0] != answers[1]
    assert await units(shop, "MUG") == (2, 2, 0)


async def test_a_dead_checkout_among_living_ones_is_refused_alone(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    dead = await checkout(shop, {"MUG": 1})
    later(minutes=31)
    living = await checkout(shop, {"MUG": 1})
    wishes = [HoldEarly(started["checkout"]["id"]) for started in (dead, living)]
    at, rules = clock.now(), shop.process.rules
    refused, held = await transaction(
        shop.database, lambda tx: hold_early.hold_early(tx, wishes, rules=rules, at=at)
    )
    assert isinstance(refused, CheckoutClosed)
    assert not isinstance(held, Problem)
    assert await units(shop, "MUG") == (5, 1, 0)


async def test_letting_go_of_many_early_holds_at_once_brings_all_units_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 4})
    started = [await checkout(shop, {"MUG": 1}) for _ in range(4)]
    found = [await shop.process.hold.submit(HoldEarly(s["checkout"]["id"])) for s in started]
    assert len({done.body for done in found}) == 4
    assert await units(shop, "MUG") == (4, 4, 0)
    ids = [s["checkout"]["id"] for s in started]
    await asyncio.gather(*(shop.process.let_go.submit(checkout_id) for checkout_id in [*ids, mint("chk")]))
    assert await units(shop, "MUG") == (4, 0, 0)
