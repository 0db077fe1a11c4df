"""Every request of the desk, made by those who may not: refused, and nothing has changed."""

from typing import Any

import pytest

from holdfast.accounts.roles import Action
from tests.api.furnished import ACTIONS, API, ONE, Wish, desk_things, guessed, request
from tests.api.known import Who, allowed, ask, digest, documented, expect, people
from tests.house import Shop

pytestmark = pytest.mark.anyio

DESK = "/admin"
MAKES = {("PUT", "/admin/coupons/{coupon}")}
"""Who may do it makes what was not there."""
BECAUSE: dict[str, Any] = {**ONE, "reason": "a test"}

# (method, address): a request that is carried out, in an order in which all of them can be.
VALID: dict[tuple[str, str], Wish] = {
    ("POST", "/catalog/import"): Wish({"categories": [{"slug": "cups", "name": "Cups"}]}),
    ("GET", "/reviews"): Wish(),
    ("POST", "/reviews/{review_id}/decide"): Wish({"decision": "approve", "version": 1}),
    ("GET", "/purchase-limits"): Wish(),
    ("PUT", "/purchase-limits/{sku}"): Wish({"units_max": 9, "hours": 24}),
    ("DELETE", "/purchase-limits/{sku}"): Wish(),
    ("GET", "/coupons"): Wish(),
    ("PUT", "/coupons/{coupon}"): Wish({"kind": "percent", "percent_bp": 1_000}),
    ("GET", "/coupons/{coupon}/uses"): Wish(),
    ("GET", "/settings"): Wish(),
    ("PATCH", "/settings"): Wish({"low_stock_at": 4}),
    ("POST", "/stock/receive"): Wish(BECAUSE),
    ("POST", "/stock/adjust"): Wish(BECAUSE),
    ("POST", "/stock/write-off"): Wish(BECAUSE),
    ("POST", "/stock/counts"): Wish({"lines": [{"sku": "MUG", "counted": 90}], "reason": "a test"}),
    ("POST", "/stock/counts/file"): Wish("sku,location,counted\nMUG,main,90\n", query="?reason=test"),
    ("POST", "/stock/import"): Wish("sku,location,on_hand\nMUG,main,95\n", query="?reason=test"),
    ("POST", "/stock/transfers"): Wish({"from": "main", "to": "shop", **BECAUSE}),
    ("GET", "/stock/transfers"): Wish(),
    ("GET", "/stock/transfers/{transfer_id}"): Wish(),
    ("POST", "/stock/transfers/{transfer_id}/receive"): Wish(BECAUSE),
    ("POST", "/stock/transfers/{transfer_id}/lose"): Wish(BECAUSE),
    ("GET", "/locations"): Wish(),
    ("POST", "/locations"): Wish({"id": "attic", "name": "Attic"}),
    ("PATCH", "/locations/{location_id}"): Wish({"name": "The shop"}),
    ("GET", "/locations/{location_id}/stock"): Wish(),
    ("POST", "/stock/backorders"): Wish({"lines": [{"sku": "MUG", "limit": 3}], "reason": "a test"}),
    ("POST", "/stock/thresholds"): Wish({"lines": [{"sku": "MUG", "low_stock_at": 3}]}),
    ("GET", "/stock/low"): Wish(),
    ("GET", "/stock/{sku}/history"): Wish(),
    ("GET", "/orders"): Wish(),
    ("GET", "/orders/{order_id}"): Wish(),
    ("GET", "/orders/{order_id}/shipments"): Wish(of={"order": "sent"}),
    ("GET", "/orders/{order_id}/packing-slip.pdf"): Wish(of={"order": "sent"}),
    ("POST", "/orders/{order_id}/invoice"): Wish(of={"order": "moved"}),
    ("GET", "/orders/{order_id}/invoice.pdf"): Wish(of={"order": "sent"}),
    ("POST", "/orders/{order_id}/moves"): Wish({"event": "confirmed"}, of={"order": "moved"}),
    ("POST", "/orders/moves"): Wish({"order_ids": ["{moved_with_others}"], "event": "confirmed"}),
    ("POST", "/orders/{order_id}/shipments"): Wish({}, of={"order": "shipped"}),
    ("POST", "/shipments"): Wish({"shipments": [{"order_id": "{shipped_with_others}"}]}),
    ("PUT", "/shipments/{shipment_id}/label"): Wish({"carrier": "Post"}),
    ("POST", "/shipments/{shipment_id}/moves"): Wish({"event": "shipped"}),
    ("POST", "/orders/{order_id}/cancel"): Wish({}, of={"order": "cancelled"}),
    ("POST", "/orders/{order_id}/refund"): Wish({}, of={"order": "refunded"}),
    ("GET", "/orders/{order_id}/refunds"): Wish(of={"order": "refunded"}),
    ("POST", "/refunds/{refund_id}/paid-by-hand"): Wish({"reference": "R-2"}),
    ("POST", "/attention/{matter_id}/resolve"): Wish({"step": "seen"}),
    ("GET", "/orders/{order_id}/transfers"): Wish(),
    ("POST", "/orders/{order_id}/transfers"): Wish(
        {
            "bank_reference": "R-1",
            "received": {"amount": 1, "currency": "GBP"},
            "value_date": "2026-11-01",
        }
    ),
    ("GET", "/transfer-proofs/{proof_id}"): Wish(),
    ("POST", "/orders/{order_id}/confirm-cash"): Wish(of={"order": "cash"}),
    ("POST", "/orders/{order_id}/collect-cash"): Wish(
        {"collected_minor": 3_000}, of={"order": "cash_brought"}
    ),
    ("POST", "/orders/{order_id}/refuse-cash"): Wish({}, of={"order": "cash_refused"}),
    ("POST", "/orders/{order_id}/capture"): Wish(of={"order": "set_aside"}),
    ("GET", "/returns"): Wish(),
    ("GET", "/returns/{return_id}"): Wish(),
    ("POST", "/returns/{return_id}/decide"): Wish({"decision": "approve"}),
    ("POST", "/returns/{return_id}/receive"): Wish({"lines": [{"position": 1, "restocked": 1}]}),
    ("POST", "/returns/{return_id}/settle"): Wish({"by": "refund"}),
    ("GET", "/return-photos/{photo_id}"): Wish(),
    ("GET", "/disputes"): Wish(),
    ("GET", "/attention"): Wish(),
    ("GET", "/differences"): Wish(),
    ("GET", "/events"): Wish(),
    ("GET", "/events/{provider}/{event_key}"): Wish(),
    ("POST", "/events/{provider}/{event_key}/retry"): Wish(),
    ("GET", "/lockouts"): Wish(),
    ("DELETE", "/lockouts/{lockout_id}"): Wish(),
    ("GET", "/audit"): Wish(),
    ("GET", "/people"): Wish(),
    ("PUT", "/people/{user_id}/permissions"): Wish({"permissions": ["stock"]}),
    ("POST", "/vendors"): Wish({"slug": "weaver", "name": "Weaver", "commission_bp": 500}),
    ("GET", "/vendors"): Wish(),
    ("GET", "/vendors/{vendor_id}"): Wish(),
    ("PATCH", "/vendors/{vendor_id}"): Wish({"commission_bp": 700}),
    ("POST", "/vendors/{vendor_id}/people"): Wish({"email": "sells@example.com"}),
    ("DELETE", "/vendors/{vendor_id}/people/{user_id}"): Wish(of={"user": "seller"}),
    ("POST", "/vendors/{vendor_id}/adjustments"): Wish(
        {"amount": {"amount": 5, "currency": "GBP"}, "reason": "a gift"}
    ),
    ("GET", "/vendors/{vendor_id}/ledger"): Wish(),
    ("POST", "/vendors/{vendor_id}/payouts"): Wish(),
    ("GET", "/vendors/{vendor_id}/payouts"): Wish(),
    ("POST", "/payouts/{payout_id}/paid"): Wish({"bank_reference": "OUT-1"}),
    ("GET", "/keys"): Wish(),
    ("DELETE", "/keys/{key_id}"): Wish(),
    ("POST", "/people/data"): Wish({"email": "bob@example.com"}),
    ("POST", "/people/erase"): Wish({"email": "bob@example.com"}),
}


async def test_no_request_of_the_desk_is_carried_out_for_who_may_not_make_it(shop: Shop) -> None:
    described = {(method, address.removeprefix(API)) for method, address in await documented(shop)}
    of_the_desk = {(method, DESK + address): wish for (method, address), wish in VALID.items()}
    assert {key for key in described if key[1].startswith(f"{DESK}/")} == of_the_desk.keys(), (
        "give a new route of the desk a valid request in VALID"
    )
    await shop.stocked({"MUG": 100, "GONE": 0})
    everybody = await people(shop)
    things = await desk_things(shop, everybody["ada"])
    strange = guessed(things)
    before = await digest(shop)
    for key, wish in of_the_desk.items():
        action = ACTIONS[key]
        for who in lesser(everybody, action):
            for each in (things, strange):
                assert not expect(await request(shop, who, key, wish, each), who, action), (who.name, key)
        if "{" in key[1] and key not in MAKES:
            answer = await request(shop, everybody["admin"], key, wish, strange)
            assert answer.status_code in (404, 422), (key, answer.text)
    facts = shop.order_body({"MUG": 1}, "bank_transfer", reference="of mine")
    for who in lesser(everybody, Action.SET_ORDER_FACTS):
        assert (await ask(shop, who, "POST", f"{API}/orders", facts)).status_code == 403, who.name
    assert await digest(shop) == before
    untold = set()
    for key, wish in of_the_desk.items():
        deeds = await shop.count("audit")
        answer = await request(shop, everybody["admin"], key, wish, things)
        assert answer.status_code in (200, 201), (key, answer.text)
        if key[0] != "GET" and await shop.count("audit") == deeds:
            untold.add(key)
    assert untold == set(), "the audit does not tell who did it"


def lesser(everybody: dict[str, Who], action: Action) -> list[Who]:
    """Of every role, by log-in and by key, the one who holds most of those that may not do it."""
    by_what_they_hold = sorted(everybody.values(), key=lambda who: len(who.held))
    found = {(who.role, who.by_login): who for who in by_what_they_hold if not allowed(who, action)}
    return list(found.values())
