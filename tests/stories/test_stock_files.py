"""Files: what one would change, which of its lines are wrong, and all of it or nothing."""

import pytest

from tests.api.answers import refused, rows
from tests.house import Json, Shop
from tests.stories.stock import counters, movements, paid_in_cash, place_named, upload

pytestmark = pytest.mark.anyio

FILE = """sku,location,add,on_hand,backorder_limit,low_stock_at
MUG,main,,7,2,
JUG,main,3,,,4
MUG,shop,,4,,
CUP,,,5,,
"""


async def preview(shop: Shop, text: str) -> Json:
    answer = await upload(shop, "/admin/stock/import?dry_run=true", text)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def test_a_preview_says_what_would_change_and_changes_nothing(shop: Shop) -> None:
    await shop.stocked({"CUP": 5, "JUG": 5, "MUG": 5})
    await place_named(shop, "shop")
    before = await rows(shop)
    found = await preview(shop, FILE)
    assert [(x["line"], x["field"], x["was"], x["becomes"]) for x in found["changes"]] == [
        (2, "on_hand", 5, 7),
        (2, "backorder_limit", 0, 2),
        (3, "on_hand", 5, 8),
        (3, "low_stock_at", None, 4),
        (4, "on_hand", 0, 4),
    ]
    assert found["wrong"] == []
    assert await rows(shop) == before


async def test_the_deed_is_what_the_preview_said(shop: Shop) -> None:
    await shop.stocked({"CUP": 5, "JUG": 5, "MUG": 5})
    await place_named(shop, "shop")
    said = await preview(shop, FILE)
    done = await upload(shop, "/admin/stock/import?reason=new+season", FILE)
    assert done.json() == said
    assert (await movements(shop))[1:] == [("main", "adjusted", 2), ("shop", "received", 4)]
    assert (await movements(shop, "JUG"))[1:] == [("main", "received", 3)]
    assert [await shop.available(sku) for sku in ("MUG", "JUG", "CUP")] == [13, 8, 5]
    assert (await preview(shop, "sku,on_hand\nMUG,7\n"))["changes"] == []


async def test_the_same_file_twice_adds_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    key = {"Idempotency-Key": "the-key-of-this-file"}
    first, again = [await upload(shop, "/admin/stock/import", "sku,add\nMUG,2\n", **key) for _ in range(2)]
    assert (first.content, again.headers["Idempotent-Replayed"]) == (again.content, "true")
    assert await counters(shop) == (3, 0, 0, 0)


async def test_every_bad_line_is_named_and_the_good_ones_are_not_carried_out(shop: Shop) -> None:
    await shop.stocked({"JUG": 5, "MUG": 5, "FEE": None})
    await paid_in_cash(shop, {"MUG": 4})
    text = (
        "sku,location,add,on_hand,backorder_limit\n"
        "JUG,main,1,,\n"
        "MUG,main,,3,\n"
        "FEE,main,1,,\n"
        "MUG,nowhere,1,,\n"
        "JUG,main,2,,\n"
        "CUP,main,x,,\n"
        '"MUG",main,1\n'
    )
    before = await rows(shop)
    wrong = (await preview(shop, text))["wrong"]
    assert [(x["line"], x["column"]) for x in wrong] == [
        (3, "on_hand"),
        (4, "sku"),
        (5, "location"),
        (6, "sku"),
        (7, "add"),
        (8, "sku"),
    ]
    found = refused(await upload(shop, "/admin/stock/import", text), 422, "stock_file_invalid")
    assert [x["line"] for x in found["lines"]] == [4, 5, 6, 7, 8]
    only = "sku,on_hand,add\nJUG,,1\nMUG,3,\n"
    found = refused(await upload(shop, "/admin/stock/import", only), 422, "stock_file_invalid")
    assert found["lines"] == [
        {"line": 3, "column": "on_hand", "reason": "4 are promised; count them, or write them off"}
    ]
    assert await rows(shop) == before


async def test_what_is_no_such_file_is_refused(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    before = await rows(shop)
    for text, status, code in (
        ("", 422, "stock_file_invalid"),
        ("sku,colour\nMUG,red\n", 422, "stock_file_invalid"),
        ("location,add\nmain,1\n", 422, "stock_file_invalid"),
        ("sku,sku,add\nMUG,MUG,1\n", 422, "stock_file_invalid"),
        ('sku,add\n"MUG,1\n', 400, "request_malformed"),
        ("sku,add\nM\0G,1\n", 400, "request_malformed"),
    ):
        for query in ("", "?dry_run=true"):
            refused(await upload(shop, f"/admin/stock/import{query}", text), status, code)
    latin = await shop.client.post(
        "/api/v1/admin/stock/import", content=b"sku,add\nM\xdcG,1\n", headers={**shop.new_key(), **shop.staff}
    )
    refused(latin, 400, "request_malformed")
    as_json = await shop.call("POST", "/admin/stock/import", {"sku": "MUG"}, **shop.staff)
    refused(as_json, 415, "media_type_unsupported")
    keyless = await shop.client.post(
        "/api/v1/admin/stock/import", content=b"sku,add\nMUG,1\n", headers=shop.staff
    )
    refused(keyless, 400, "idempotency_key_missing")
    assert await rows(shop) == before
