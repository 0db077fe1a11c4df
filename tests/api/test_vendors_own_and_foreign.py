"""All routes of vendors: one's own lines, parcels and money; what is another's is as good as missing."""

import json

import pytest

from tests.api.answers import refused
from tests.api.furnished import ACTIONS, API, Things, Wish, guessed, request, things_in
from tests.api.known import Who, digest, documented, expect, people
from tests.house import Shop
from tests.stories.market import selling
from tests.stories.money import id_of

pytestmark = pytest.mark.anyio

# (method, address): a request about a thing of one's own, in an order in which all can be carried out.
OWN: dict[tuple[str, str], Wish] = {
    ("GET", "/vendor/orders/{order_id}"): Wish(),
    ("GET", "/vendor/orders/{order_id}/packing-slip.pdf"): Wish(),
    ("PUT", "/vendor/shipments/{shipment_id}/label"): Wish({"carrier": "Post"}),
    ("POST", "/vendor/shipments/{shipment_id}/moves"): Wish({"event": "shipped"}),
    ("POST", "/vendor/orders/{order_id}/shipments"): Wish({}),
}

# Names no thing: the vendor's own are shown, and nothing of others.
OF_ONESELF: dict[tuple[str, str], Wish] = {
    ("GET", "/vendor/orders"): Wish(),
    ("GET", "/vendor/balance"): Wish(),
    ("GET", "/vendor/ledger"): Wish(),
    ("GET", "/vendor/payouts"): Wish(),
}


async def vendor_things(shop: Shop, who: Who, sku: str) -> Things:
    """A paid order of which nobody else sells anything, of two units, one of which is packed."""
    placed = await shop.placed({sku: 2})
    await shop.pay(placed)
    parcel = {"lines": [{"position": 1, "quantity": 1}], "packed_only": True}
    path = f"/vendor/orders/{id_of(placed)}/shipments"
    packed = (await shop.call("POST", path, parcel, **who.headers)).json()
    return {"order": id_of(placed), "shipment": packed["shipments"][0]["id"]}


async def test_a_vendor_finds_its_own_and_of_others_nothing(shop: Shop) -> None:
    described = {(method, address.removeprefix(API)) for method, address in await documented(shop)}
    of_vendors = {key for key in described if key[1].startswith("/vendor/")}
    assert of_vendors == OWN.keys() | OF_ONESELF.keys(), "say whose things a route is about"
    everybody = await people(shop)
    of_nobody = everybody["vendor"]  # has the role, and sells for nobody
    sellers = {}
    for slug, sku in (("potter", "VASE"), ("weaver", "SHAWL")):
        vendor_id, headers = await selling(shop, slug)
        await shop.stocked({sku: 9}, vendor=slug)
        sellers[slug] = Who(slug, of_nobody.role, of_nobody.held, by_login=False, headers=headers)
        gift = {"amount": {"amount": 700, "currency": "GBP"}, "reason": f"for the {slug}"}
        await shop.as_staff("POST", f"/admin/vendors/{vendor_id}/adjustments", gift)
        await shop.as_staff("POST", f"/admin/vendors/{vendor_id}/payouts")
    potter, weaver = sellers["potter"], sellers["weaver"]
    mine, theirs = await vendor_things(shop, potter, "VASE"), await vendor_things(shop, weaver, "SHAWL")
    both = await shop.placed({"SHAWL": 1, "VASE": 1})
    await shop.pay(both)
    before = await digest(shop)
    for key, wish in OWN.items():
        for who in (*everybody.values(), potter):
            if expect(answer := await request(shop, who, key, wish, theirs), who, ACTIONS[key]):
                refused(answer, 404, "not_found")
        for name in things_in(key[1], wish):
            foreign, missing = theirs[name], guessed(theirs)[name]
            answers = [await request(shop, potter, key, wish, mine | {name: x}) for x in (foreign, missing)]
            found = refused(answers[0], 404, "not_found")
            assert found == json.loads(answers[1].text.replace(missing, foreign)), (key, name)
    line = {"lines": [{"position": 1, "quantity": 1}]}  # of an order in which both have a part
    path = f"{API}/vendor/orders/{id_of(both)}/shipments"
    answer = await shop.client.post(path, json=line, headers=shop.new_key() | potter.headers)
    assert refused(answer, 409, "nothing_to_ship")["lines"][0]["available"] == 0
    assert await digest(shop) == before

    shown = ""
    for key, wish in (OF_ONESELF | OWN | OF_ONESELF).items():
        answer = await request(shop, potter, key, wish, mine)
        assert answer.status_code in (200, 201), (key, answer.text)
        shown += answer.text
        nothing = await request(shop, of_nobody, key, wish, mine)
        refused(nothing, 404, "not_found")
    assert [word for word in (*theirs.values(), "SHAWL", "weaver", "example.com") if word in shown] == []
    assert "VASE" in shown
    assert "for the potter" in shown
