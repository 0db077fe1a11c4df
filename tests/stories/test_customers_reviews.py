"""Reviews: written by who was sent the product, read by staff before anybody else, counted on the product."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from holdfast.accounts.roles import GRANTED, Permission, Role
from tests.api.answers import refused
from tests.api.known import digest, person
from tests.house import Json, Shop
from tests.races.gates import closed
from tests.stories.people import ADA, EVE, Town

pytestmark = pytest.mark.anyio

MINE = "/account/reviews/p-mug"
SCRIPT = "<script>alert('{{7*7}}')</script>"
ROW = "SELECT FROM reviews WHERE id = $1 FOR UPDATE"
MEETINGS = [
    ("approve", "approve", None, ["approved"]),
    ("approve", "rewrite", None, ["pending"]),
    ("rewrite", "approve", "review_changed", ["pending"]),
    ("approve", "withdraw", None, []),
    ("withdraw", "approve", "not_found", []),
]
"""Two deeds at once, the code of the second's refusal, and the states of what is left."""


def words(stars: int = 5, **more: object) -> Json:
    return {"author": "Ada B.", "stars": stars, "title": "A good mug", "body": "It holds tea.", **more}


async def sent(shop: Shop, who: dict[str, str] | None = None, email: str = ADA, sku: str = "MUG") -> str:
    """An order whose parcel has left; answers the parcel's id."""
    body = shop.order_body({sku: 1}, "cash_on_delivery", email=email)
    answer = await shop.call("POST", "/orders", body, **(who or {}))
    assert answer.status_code == 201, answer.text
    order_id = answer.json()["order"]["id"]
    await shop.as_staff("POST", f"/admin/orders/{order_id}/confirm-cash")
    shipped = await shop.as_staff("POST", f"/admin/orders/{order_id}/shipments", {})
    found: str = shipped["shipments"][0]["id"]
    return found


async def wrote(shop: Shop, who: dict[str, str], stars: int = 5, **more: object) -> Json:
    answer = await shop.call("PUT", MINE, words(stars, **more), **who)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def decided(shop: Shop, review: Json, decision: str = "approve", **more: object) -> httpx.Response:
    body = {"decision": decision, "version": review["version"], **more}
    return await shop.call("POST", f"/admin/reviews/{review['id']}/decide", body, **shop.staff)


async def rating(shop: Shop) -> tuple[int, str | None]:
    """As the list and the product itself show it, which must agree."""
    one = (await shop.call("GET", "/products/p-mug")).json()
    (listed,) = [p for p in (await shop.call("GET", "/products")).json()["data"] if p["slug"] == "p-mug"]
    assert (one["reviews"], one["rating"]) == (listed["reviews"], listed["rating"])
    return one["reviews"], one["rating"]


async def shown(shop: Shop, query: str = "") -> Json:
    answer = await shop.call("GET", f"/products/p-mug/reviews{query}")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


@pytest.fixture
async def ada(town: Town) -> dict[str, str]:
    """A customer who was sent a mug."""
    await town.shop.stocked({"MUG": 9, "JUG": 9})
    await town.register(ADA)
    who = await town.bearer(ADA)
    await sent(town.shop, who, email="somebody@example.com")
    return who


async def test_a_review_is_shown_and_counted_once_staff_have_read_it_and_no_longer_than_its_author_wants(
    town: Town, ada: dict[str, str]
) -> None:
    shop = town.shop
    first = await wrote(shop, ada, 4, author="A. <b>", title=SCRIPT, body=SCRIPT)
    assert (first["state"], first["version"]) == ("pending", 1)
    assert (await rating(shop), (await shown(shop))["data"]) == ((0, None), [])
    (waiting,) = (await shop.as_staff("GET", "/admin/reviews"))["data"]
    assert waiting == first
    approved = (await decided(shop, first)).json()
    assert (approved["state"], await rating(shop)) == ("approved", (1, "4.00"))
    answer = await shop.call("GET", "/products/p-mug/reviews")
    (seen,) = answer.json()["data"]
    assert (seen["author"], seen["title"], seen["body"]) == ("A. <b>", SCRIPT, SCRIPT)
    assert seen.keys() == {"id", "author", "stars", "title", "body", "written_at"}
    assert ADA not in answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await wrote(shop, ada, 4, author="A. <b>", title=SCRIPT, body=SCRIPT)) == approved
    changed = await wrote(shop, ada, 2)
    assert (changed["id"], changed["state"], changed["version"]) == (first["id"], "pending", 2)
    assert (await rating(shop), (await shown(shop))["data"]) == ((0, None), [])
    before = await digest(shop)
    assert refused(await decided(shop, first), 409, "review_changed")["version"] == 2
    refused(await decided(shop, changed, "reject"), 422, "field_invalid", "reason")
    refused(await decided(shop, changed, reason="why"), 422, "field_invalid", "reason")
    refused(await decided(shop, {"id": first["id"][:-4] + "0000", "version": 1}), 404, "not_found")
    assert await digest(shop) == before
    assert (await decided(shop, changed)).json()["state"] == "approved"
    for _ in range(2):
        gone = (await decided(shop, changed, "reject", reason="It names others")).json()
        assert (gone["state"], await rating(shop)) == ("rejected", (0, None))
    (own,) = (await shop.call("GET", "/account/reviews", **ada)).json()["data"]
    assert (own["product"], own["state"], own["reason"]) == ("p-mug", "rejected", "It names others")
    assert (await decided(shop, changed)).json()["reason"] is None
    assert await rating(shop) == (1, "2.00")
    assert (await shop.call("DELETE", MINE, **ada)).status_code == 204
    assert (await rating(shop), await shop.count("reviews")) == ((0, None), 0)
    refused(await shop.call("DELETE", MINE, **ada), 404, "not_found")
    deeds = [
        row["action"] for row in await shop.fetch("SELECT action FROM audit WHERE subject = $1", own["id"])
    ]
    assert sorted(set(deeds)) == ["review_approve", "review_reject"]


async def test_only_who_was_sent_it_may_write_and_only_marketing_may_decide(
    town: Town, ada: dict[str, str]
) -> None:
    shop = town.shop
    await town.register(EVE)
    eve = await town.bearer(EVE)
    bought = shop.order_body({"MUG": 1}, "bank_transfer", email=EVE)
    assert (await shop.call("POST", "/orders", bought, **eve)).status_code == 201
    review = await wrote(shop, ada)
    before = await digest(shop)
    assert refused(await shop.call("PUT", MINE, words(), **eve), 403, "not_bought")["product"] == "p-mug"
    refused(await shop.call("PUT", "/account/reviews/p-jug", words(), **ada), 403, "not_bought")
    refused(await shop.call("PUT", "/account/reviews/p-none", words(), **ada), 404, "not_found")
    refused(await shop.call("GET", "/products/p-none/reviews"), 404, "not_found")
    refused(await shop.call("PUT", MINE, words(), **shop.staff), 401, "unauthenticated")
    refused(await shop.call("DELETE", MINE, **eve), 404, "not_found")
    assert (await shop.call("GET", "/account/reviews", **eve)).json()["data"] == []
    wrong: list[tuple[str, object]] = [
        ("author", "ada@example.com"),
        ("author", "x" * 61),
        ("author", ""),
        ("stars", 0),
        ("stars", 6),
        ("stars", 4.5),
        ("title", ""),
        ("title", "x" * 201),
        ("body", "x" * 5_001),
        ("body", "\0"),
        ("state", "approved"),
    ]
    for field, value in wrong:
        answer = await shop.call("PUT", MINE, words() | {field: value}, **ada)
        refused(answer, 422, "field_invalid", field)
    path, yes = f"/admin/reviews/{review['id']}/decide", {"decision": "approve", "version": 1}
    refused(await shop.call("POST", path, yes, **ada), 403, "forbidden")
    assert await digest(shop) == before
    without = await person(shop, "clerk", Role.STAFF, list(GRANTED - {Permission.MARKETING}))
    lacking = refused(await shop.call("POST", path, yes, **without.headers), 403, "permission_missing")
    assert lacking["permission"] == "marketing"
    guests = await sent(shop, email=EVE.upper())  # before that she was no buyer; her address is proved
    moved = f"/admin/shipments/{guests}/moves"
    await shop.as_staff("POST", moved, {"event": "lost"})
    refused(await shop.call("PUT", MINE, words(), **eve), 403, "not_bought")
    await sent(shop, email=EVE.upper())
    later = await wrote(shop, eve, 3)
    editor = await person(shop, "editor", Role.STAFF, [Permission.MARKETING])
    for each in (review, later):
        body = {"decision": "approve", "version": 1}
        decide = f"/admin/reviews/{each['id']}/decide"
        assert (await shop.call("POST", decide, body, **editor.headers)).status_code == 200
    assert await rating(shop) == (2, "4.00")
    one = await shown(shop, "?limit=1")
    assert ([x["id"] for x in one["data"]], one["next_cursor"]) == ([later["id"]], later["id"])
    two = await shown(shop, f"?limit=1&cursor={one['next_cursor']}")
    assert ([x["id"] for x in two["data"]], two["next_cursor"]) == ([review["id"]], None)
    await town.register("bob@example.com")
    bob = await town.bearer("bob@example.com")
    await sent(shop, bob)
    await decided(shop, await wrote(shop, bob, 5))
    assert await rating(shop) == (3, "4.33")


async def test_an_approval_counts_once_and_never_shows_a_text_that_changes_meanwhile(
    town: Town, ada: dict[str, str]
) -> None:
    shop = town.shop
    deeds: dict[str, Callable[[Json], Awaitable[httpx.Response]]] = {
        "approve": lambda review: decided(shop, review),
        "rewrite": lambda _: shop.call("PUT", MINE, words(1, body="Buy elsewhere"), **ada),
        "withdraw": lambda _: shop.call("DELETE", MINE, **ada),
    }
    for first, second, code, left in MEETINGS:
        review = await wrote(shop, ada, 4, title=f"{first}, {second}")
        async with closed(shop.database, ROW, review["id"]) as gate:
            one = asyncio.ensure_future(deeds[first](review))
            await gate.stopped(1)
            two = asyncio.ensure_future(deeds[second](review))
            await gate.stopped(2)
            await gate.open()
            done, then = await one, await two
        assert done.status_code < 300, done.text
        if code:
            refused(then, 404 if code == "not_found" else 409, code)
        else:
            assert then.status_code < 300, then.text
        assert [row["state"] for row in await shop.fetch("SELECT state FROM reviews")] == left
        counted = (1, "4.00") if left == ["approved"] else (0, None)
        assert (await rating(shop), len((await shown(shop))["data"])) == (counted, counted[0])
