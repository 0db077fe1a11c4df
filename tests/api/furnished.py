"""One world for the walks through all routes: things of buyers and of the desk, and requests about them."""

import base64
import io
import json
import re
from typing import Any

import httpx
import msgspec
from PIL import Image

from holdfast import clock
from holdfast.accounts.roles import Role
from holdfast.accounts.sessions import Visitor, open_session
from holdfast.db.transaction import transaction
from tests.api.events import delivered, event, intent_of
from tests.api.known import Who, ask, routes
from tests.house import ADDRESS, Json, Shop
from tests.stories.market import selling

API = "/api/v1"
ONE = {"lines": [{"sku": "MUG", "quantity": 1}]}
REVIEW: Json = {"author": "A buyer", "stars": 4, "title": "A mug"}
ACTIONS = {(method, address.removeprefix(API)): action for method, address, action in routes()}
_NAMED = re.compile(r"{(\w+?)(?:_id)?}")

Things = dict[str, str]


class Wish(msgspec.Struct, frozen=True):
    """A request that is carried out: ``{name}`` in its body is a thing, ``{name_id}`` in its address too.

    ``of`` says which thing a parameter of the address is, where it is not the one of its own name.
    """

    body: Any = None
    of: Things = {}
    query: str = ""


def things_in(address: str, wish: Wish) -> set[str]:
    """The names of the things that a request is about."""
    in_address = {wish.of.get(name, name) for name in _NAMED.findall(address)}
    return in_address | set(_NAMED.findall(json.dumps(wish.body)))


async def request(shop: Shop, who: Who, key: tuple[str, str], wish: Wish, things: Things) -> httpx.Response:
    """Somebody's request about these things."""
    method, address = key
    path = _NAMED.sub(lambda found: things[wish.of.get(found[1], found[1])], address) + wish.query
    body = wish.body
    if not isinstance(body, str | None):
        body = json.loads(_NAMED.sub(lambda found: things[found[1]], json.dumps(body)))
    return await ask(shop, who, method, API + path, body)


def guessed(things: Things) -> Things:
    """Ids that look like these and are nobody's."""
    return {name: thing[:-4] + "0000" if "_" in thing else f"{thing}0" for name, thing in things.items()}


def picture() -> str:
    """A small PNG, in base64."""
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


async def own_things(shop: Shop, who: Who) -> Things:
    """One of everything that a customer can have, and a second one where a walk uses it up."""
    (user,) = await shop.fetch(
        "UPDATE users SET email_verified_at = now() WHERE email = $1 RETURNING id", f"{who.name}@example.com"
    )
    await desk(shop, "PUT", "/coupons/SPRING", {"kind": "percent", "percent_bp": 1_000})
    carts = [await done(shop, who, "POST", "/carts") for _ in range(2)]
    for cart in carts:
        await done(shop, who, "POST", f"/carts/{cart['id']}/lines", ONE)
    checkouts = [(await done(shop, who, "POST", "/checkouts", ONE))["checkout"] for _ in range(2)]
    hold = await done(shop, who, "POST", "/holds", {"checkout_id": checkouts[1]["id"]})
    placed = await bought(shop, who)
    sent = (await paid(shop, who))["order"]["id"]
    await desk(shop, "POST", f"/orders/{sent}/shipments", {})
    wanted = {"lines": [{"position": 1, "quantity": 1, "reason": "damaged"}]}
    returns = await done(shop, who, "POST", f"/orders/{sent}/returns", wanted)
    await done(shop, who, "PUT", "/account/wishlist/MUG")
    review = await done(shop, who, "PUT", "/account/reviews/p-mug", REVIEW)
    await done(shop, who, "POST", "/stock/GONE/alerts", {"email": f"{who.name}@example.com"})
    (alert,) = (await done(shop, who, "GET", "/account/alerts"))["data"]
    session = await transaction(
        shop.database,
        lambda tx: open_session(
            tx,
            user_id=user["id"],
            role=Role.CUSTOMER,
            visitor=Visitor("203.0.113.9", "Another"),
            at=clock.now(),
        ),
    )
    return {
        "cart": carts[0]["id"],
        "other_cart": carts[1]["id"],
        "checkout": checkouts[0]["id"],
        "other_checkout": checkouts[1]["id"],
        "hold": hold["id"],
        "order": placed["order"]["id"],
        "payment": placed["payment"]["id"],
        "sent": sent,
        "return": returns["returns"][0]["id"],
        "address": (await done(shop, who, "POST", "/account/addresses", {"address": ADDRESS}))["id"],
        "alert": alert["id"],
        "key": (await done(shop, who, "POST", "/account/keys", {"name": "till", "scopes": ["shop"]}))["id"],
        "session": session.id,
        "review": review["id"],
        "sku": "MUG",
        "coupon": "SPRING",
        "slug": "p-mug",
    }


async def desk_things(shop: Shop, owner: Who) -> Things:
    """A thing for every request of the desk; some of them are the owner's."""
    await shop.rules(capture="on_shipment")
    await desk(shop, "POST", "/locations", {"id": "shop", "name": "Shop"})
    mine = await own_things(shop, owner)
    file = {"file": picture()}
    await done(shop, owner, "POST", f"/orders/{mine['order']}/transfer-proofs", file)
    photo = await done(shop, owner, "POST", f"/orders/{mine['sent']}/returns/{mine['return']}/photos", file)
    matters = (await desk(shop, "GET", "/attention"))["data"]
    sending = {"from": "main", "to": "shop", "lines": [{"sku": "MUG", "quantity": 5}], "reason": "wanted"}
    packed = (await paid(shop, owner))["order"]["id"]
    parcel = await desk(shop, "POST", f"/orders/{packed}/shipments", {"packed_only": True})
    (user,) = await shop.fetch("SELECT id FROM users WHERE role = 'staff' LIMIT 1")
    await shop.database.pool.execute(
        "INSERT INTO login_failures VALUES ('lck_1', 'place', '203.0.113.1', NULL, 9, now(), now())"
    )
    orders = ("moved", "moved_with_others", "shipped", "shipped_with_others", "cancelled", "refunded")
    return (
        mine
        | {name: (await paid(shop, owner))["order"]["id"] for name in orders}
        | await things_of_money(shop, owner)
        | await things_of_a_vendor(shop)
        | {
            "location": "shop",
            "photo": photo["id"],
            "proof": (await desk(shop, "GET", f"/orders/{mine['order']}/transfers"))["proofs"][0]["id"],
            "matter": next(x["matter"]["id"] for x in matters if x["matter"]["kind"] == "transfer_announced"),
            "transfer": (await desk(shop, "POST", "/stock/transfers", sending))["transfer"]["id"],
            "shipment": parcel["shipments"][0]["id"],
            "lockout": "lck_1",
            "user": user["id"],
        }
    )


async def things_of_money(shop: Shop, owner: Who) -> Things:
    """Orders whose money waits for a person, and what a provider has said."""
    accepted = [(await bought(shop, owner, "cash_on_delivery"))["order"]["id"] for _ in range(3)]
    for order_id in accepted[1:]:
        await desk(shop, "POST", f"/orders/{order_id}/confirm-cash")
        await desk(shop, "POST", f"/orders/{order_id}/shipments", {})
    set_aside = await bought(shop, owner, "stripe")
    await shop.at_bank(set_aside, "pay")
    await shop.until_state(set_aside["order"]["id"], "confirmed")
    given_back = (await paid(shop, owner))["order"]["id"]
    await desk(shop, "POST", f"/orders/{given_back}/refund", {})
    await shop.drain()
    (refund,) = await shop.fetch("SELECT id FROM refunds WHERE order_id = $1", given_back)
    unknown = await intent_of(shop, set_aside, "succeeded", id="pi_unknown", metadata={})
    assert await delivered(shop, event("payment_intent.succeeded", unknown)) == "unmatched"
    (waiting,) = await shop.fetch("SELECT provider, event_key FROM provider_events WHERE state = 'unmatched'")
    return {
        "cash": accepted[0],
        "cash_brought": accepted[1],
        "cash_refused": accepted[2],
        "set_aside": set_aside["order"]["id"],
        "refund": refund["id"],
        "provider": waiting["provider"],
        "event_key": waiting["event_key"],
    }


async def things_of_a_vendor(shop: Shop) -> Things:
    """A vendor, somebody who sells for it, and a payout that the bank has not sent yet."""
    vendor, _ = await selling(shop, "potter")
    owed = {"amount": {"amount": 500, "currency": "GBP"}, "reason": "a gift"}
    await desk(shop, "POST", f"/vendors/{vendor}/adjustments", owed)
    payout = await desk(shop, "POST", f"/vendors/{vendor}/payouts")
    (seller,) = (await desk(shop, "GET", f"/vendors/{vendor}"))["people"]
    return {"vendor": vendor, "seller": seller["id"], "payout": payout["id"]}


async def bought(shop: Shop, who: Who, method: str = "bank_transfer") -> Json:
    """An order of three mugs, unpaid."""
    email = f"{who.name}@example.com"
    return await done(shop, who, "POST", "/orders", shop.order_body({"MUG": 3}, method, email=email))


async def paid(shop: Shop, who: Who) -> Json:
    """The same, paid by a transfer."""
    placed = await bought(shop, who)
    order_id = placed["order"]["id"]
    money = {"received": {"amount": 3_000, "currency": "GBP"}, "value_date": "2026-11-20"}
    await desk(shop, "POST", f"/orders/{order_id}/transfers", {"bank_reference": f"OF {order_id}", **money})
    return placed


async def done(shop: Shop, who: Who, method: str, path: str, body: object = None) -> Json:
    """Somebody's request that is not refused."""
    answer = await ask(shop, who, method, API + path, body)
    assert answer.status_code in (200, 201), answer.text
    found: Json = answer.json()
    return found


async def desk(shop: Shop, method: str, path: str, body: object = None) -> Json:
    return await shop.as_staff(method, f"/admin{path}", body)
