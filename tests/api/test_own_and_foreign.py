"""All routes of buyers, all roles, one's own things and those of others: foreign is as good as missing."""

import json

import msgspec
import pytest

from holdfast.accounts.roles import Action
from tests.api.answers import refused
from tests.api.furnished import (
    ACTIONS,
    API,
    ONE,
    REVIEW,
    Things,
    Wish,
    guessed,
    own_things,
    picture,
    request,
    things_in,
)
from tests.api.known import Who, allowed, digest, documented, expect, people
from tests.house import ADDRESS, Shop

pytestmark = pytest.mark.anyio

# (method, address): a request about a thing of one's own, in an order in which all can be carried out.
OWN: dict[tuple[str, str], Wish] = {
    ("GET", "/carts/{cart_id}"): Wish(),
    ("POST", "/carts/{cart_id}/lines"): Wish(ONE),
    ("PUT", "/carts/{cart_id}/lines/{sku}"): Wish({"quantity": 2}),
    ("PUT", "/carts/{cart_id}/coupons/{coupon}"): Wish(),
    ("DELETE", "/carts/{cart_id}/coupons/{coupon}"): Wish(),
    ("POST", "/carts/{cart_id}/merge"): Wish({"from": "{other_cart}"}),
    ("POST", "/checkouts"): Wish({"cart_id": "{cart}"}),
    ("POST", "/orders"): Wish(
        {
            "cart_id": "{cart}", "email": "ada@example.com", "shipping_address": ADDRESS,
            "shipping_option": "collect", "payment_method": "bank_transfer",
        }
    ),
    ("DELETE", "/carts/{cart_id}/lines/{sku}"): Wish(),
    ("DELETE", "/carts/{cart_id}/lines"): Wish(),
    ("GET", "/checkouts/{checkout_id}"): Wish(),
    ("PATCH", "/checkouts/{checkout_id}"): Wish(
        {
            "email": "ada@example.com", "shipping_address_id": "{address}",
            "shipping_option": "collect", "payment_method": "bank_transfer",
        }
    ),
    ("POST", "/holds"): Wish({"checkout_id": "{checkout}"}),
    ("POST", "/checkouts/{checkout_id}/complete"): Wish({}),
    ("DELETE", "/holds/{hold_id}"): Wish(),
    ("POST", "/checkouts/{checkout_id}/cancel"): Wish(of={"checkout": "other_checkout"}),
    ("GET", "/orders/{order_id}"): Wish(),
    ("GET", "/payments/{payment_id}"): Wish(),
    ("POST", "/payments/{payment_id}/return"): Wish({}),
    ("POST", "/orders/{order_id}/transfer-proofs"): Wish({"bank_reference": "R-1"}),
    ("POST", "/orders/{order_id}/pay"): Wish({}),
    ("POST", "/orders/{order_id}/cancel"): Wish(),
    ("GET", "/orders/{order_id}/invoice.pdf"): Wish(of={"order": "sent"}),
    ("GET", "/orders/{order_id}/returns"): Wish(of={"order": "sent"}),
    ("POST", "/orders/{order_id}/returns"): Wish(
        {"lines": [{"position": 1, "quantity": 1, "reason": "other"}]}, of={"order": "sent"}
    ),
    ("POST", "/orders/{order_id}/returns/{return_id}/photos"): Wish(
        {"file": picture()}, of={"order": "sent"}
    ),
    ("POST", "/orders/{order_id}/returns/{return_id}/withdraw"): Wish(of={"order": "sent"}),
    ("PUT", "/account/addresses/{address_id}"): Wish({"address": ADDRESS}),
    ("DELETE", "/account/addresses/{address_id}"): Wish(),
    ("DELETE", "/account/alerts/{alert_id}"): Wish(),
    ("DELETE", "/account/keys/{key_id}"): Wish(),
    ("DELETE", "/account/sessions/{session_id}"): Wish(),
}  # fmt: skip

# Names no thing, and is about oneself: others are neither shown nor touched. The last one ends the log-in.
OF_ONESELF: dict[tuple[str, str], Wish] = {
    ("GET", "/orders"): Wish(),
    ("GET", "/account"): Wish(),
    ("GET", "/account/data"): Wish(),
    ("GET", "/account/addresses"): Wish(),
    ("GET", "/account/alerts"): Wish(),
    ("GET", "/account/keys"): Wish(),
    ("GET", "/account/sessions"): Wish(),
    ("GET", "/account/reviews"): Wish(),
    ("PUT", "/account/reviews/{slug}"): Wish({**REVIEW, "stars": 2}),
    ("DELETE", "/account/reviews/{slug}"): Wish(),
    ("GET", "/account/wishlist"): Wish(),
    ("PUT", "/account/wishlist/{sku}"): Wish(),
    ("DELETE", "/account/wishlist/{sku}"): Wish(),
    ("DELETE", "/account/sessions"): Wish(),
}

# The shop window; what is new to everybody; what asks for a password, or for the secret of a letter.
OF_NOBODY = {
    ("GET", "/categories"), ("GET", "/products"), ("GET", "/products/{slug}"),
    ("GET", "/products/{slug}/reviews"), ("GET", "/stock"),
    ("POST", "/stock/check"), ("POST", "/stock/{sku}/alerts"), ("POST", "/alerts/stop"),
    ("GET", "/payment-methods"),
    ("POST", "/carts"), ("POST", "/account/addresses"), ("POST", "/account/keys"),
    ("POST", "/account/login"), ("POST", "/account/logout"), ("POST", "/account/erase"),
    ("POST", "/account/register"), ("POST", "/account/register/confirm"), ("POST", "/account/password"),
    ("POST", "/account/password/forgot"), ("POST", "/account/password/reset"),
    ("POST", "/account/email"), ("POST", "/account/email/confirm"),
    ("POST", "/account/totp"), ("POST", "/account/totp/confirm"), ("POST", "/account/totp/disable"),
    ("GET", "/health/live"), ("GET", "/health/ready"), ("POST", "/webhooks/{provider}"),
}  # fmt: skip


async def test_what_is_ones_own_is_found_and_what_is_not_looks_as_if_it_were_missing(shop: Shop) -> None:
    described = {(method, address.removeprefix(API)) for method, address in await documented(shop)}
    of_buyers = {key for key in described if not key[1].startswith(("/admin/", "/vendor/"))}
    assert of_buyers == OWN.keys() | OF_ONESELF.keys() | OF_NOBODY, "say whose things a route is about"
    await shop.stocked({"MUG": 100, "GONE": 0})
    everybody = await people(shop)
    ada, bob = everybody["ada"], everybody.pop("bob")
    mine, theirs = await own_things(shop, ada), await own_things(shop, bob)
    secret = {"X-Holdfast-Token": (await shop.call("POST", "/carts")).json()["token"]}
    strangers = [*told_apart(everybody), msgspec.structs.replace(everybody["guest"], headers=secret)]
    before = await digest(shop)
    for key, wish in OWN.items():
        for who in strangers:
            await a_stranger_asks(shop, who, key, theirs)
        for name in things_in(key[1], wish) - {"sku", "coupon"}:
            await one_thing_is_foreign(shop, ada, key, name, mine | {name: theirs[name]})
    assert await digest(shop) == before
    seen, shown = await view(shop, bob, theirs), ""
    for key, wish in (OWN | OF_ONESELF).items():
        answer = await request(shop, ada, key, wish, mine)
        assert answer.status_code in (200, 201, 204), (key, answer.text)
        shown += answer.text
    foreign = {"bob@example.com", *theirs.values()} - set(mine.values())
    assert {thing for thing in foreign if thing in shown} == set()
    assert await view(shop, bob, theirs) == seen


def told_apart(everybody: dict[str, Who]) -> list[Who]:
    """Of those who find the same things, the one who holds most."""
    found = {
        (who.role, who.by_login, allowed(who, Action.SHOP), allowed(who, Action.ACT_FOR_BUYERS)): who
        for who in sorted(everybody.values(), key=lambda who: len(who.held))
    }
    return list(found.values())


async def a_stranger_asks(shop: Shop, who: Who, key: tuple[str, str], theirs: Things) -> None:
    """Only staff that may act for buyers find a buyer's cart, order or payment; the account nobody."""
    action = ACTIONS[key]
    acts = action is Action.SHOP and allowed(who, action) and allowed(who, Action.ACT_FOR_BUYERS)
    if acts and key[0] != "GET":
        return
    answer = await request(shop, who, key, OWN[key], theirs)
    if acts:
        assert answer.status_code == 200, (who.name, key, answer.text)
    elif expect(answer, who, action):
        refused(answer, 404, "not_found")


async def one_thing_is_foreign(shop: Shop, who: Who, key: tuple[str, str], name: str, things: Things) -> None:
    """All else in the request is one's own."""
    foreign, missing = things[name], guessed(things)[name]
    answers = [await request(shop, who, key, OWN[key], things | {name: each}) for each in (foreign, missing)]
    found = refused(answers[0], 404, "not_found")
    assert found == json.loads(answers[1].text.replace(missing, foreign)), (key, name)


async def view(shop: Shop, who: Who, things: Things) -> list[str]:
    """All that somebody can read of their own; papers bear the moment at which they were made."""
    own = OWN | OF_ONESELF
    looks = {key: wish for key, wish in own.items() if key[0] == "GET" and not key[1].endswith(".pdf")}
    answers = [await request(shop, who, key, wish, things) for key, wish in looks.items()]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.text for answer in answers]
