"""An order's life from placing to its return; the connection dies before any statement of it, in turn."""

import pytest

from holdfast import clock, ids
from holdfast.db.queries import Transaction
from holdfast.db.transaction import transaction
from holdfast.fulfilment.ship import Deed, Parcel, ship
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import ProviderEvent, Said
from holdfast.refund import returns
from holdfast.refund.refund import Wish
from holdfast.refund.rma import ArrivedLine, Event, WantedLine
from holdfast.webhook.apply import Received, apply_events
from tests.faults.dying import happens_once
from tests.house import Json, Shop
from tests.races.wishes import place, wanted
from tests.stories.coupons import couponed, uses
from tests.stories.market import selling
from tests.stories.money import control, intents, later, refunds, rest, sums

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

TOTAL, BACK = 2_700, 900


async def test_whatever_dies_on_its_way_each_step_has_the_effect_of_once(shop: Shop) -> None:
    potter, _ = await selling(shop, "potter")
    await shop.stocked({"MUG": 5}, vendor="potter")
    await shop.stocked({"CUP": 5})
    await couponed(shop, uses_max=1)
    placed = await is_placed(shop)
    await is_paid(shop, placed)
    await is_shipped(shop, placed, vendor_id=potter)
    assert await shop.state(placed["order"]["id"]) == "shipped"
    await is_returned(shop, placed)
    assert (await sums(shop, placed), await refunds(shop)) == ((TOTAL, BACK), [("succeeded", BACK)])
    assert (await shop.available("MUG"), await shop.available("CUP")) == (4, 4)
    assert await uses(shop) == (1, ["counted"])


async def is_placed(shop: Shop) -> Json:
    """Asked for again under the same key while nothing is known of it, and after it was done."""
    wish = wanted({"MUG": 2, "CUP": 1}, key="one-order-of-one-buyer", method="stripe", coupons=("SPRING",))
    await happens_once(shop, lambda tx: place(tx, shop.process, [wish]))
    await transaction(shop.database, lambda tx: place(tx, shop.process, [wish]))
    later(minutes=5)
    await shop.sweep()
    clock.go()
    await rest(shop)
    assert await shop.count("orders") == await shop.count("payment_attempts") == 1
    return {"order": {"id": wish.order_id}, "payment": {"id": wish.payment_id}}


async def is_paid(shop: Shop, placed: Json) -> None:
    """By an event that is delivered again each time, and once more afterwards."""
    (intent,) = await intents(shop, placed)
    await shop.fault("webhook_drop", count=1)
    await control(shop, f"payments/{intent['id']}/late_success")
    await rest(shop)
    said = Said(intent["id"], AttemptState.CAPTURED, TOTAL, "GBP", live=False)
    told = [Received("stripe", ProviderEvent("evt_paid", "payment_intent.succeeded", said), b"{}")]
    await happens_once(shop, lambda tx: apply_events(tx, told, rules=shop.process.rules))
    await transaction(shop.database, lambda tx: apply_events(tx, told, rules=shop.process.rules))
    await rest(shop)
    assert await sums(shop, placed) == (TOTAL, 0)


async def is_shipped(shop: Shop, placed: Json, *, vendor_id: str) -> None:
    """What the shop sells, and what its vendor does."""
    senders = (None, vendor_id)
    parcels = [Parcel(ids.mint("shp"), placed["order"]["id"], vendor_id=sender) for sender in senders]

    async def deed(tx: Transaction) -> None:
        by = Deed("staff", clock.now())
        problems, _ = await ship(tx, parcels=parcels, deed=by, rules=shop.process.rules)
        assert problems == [None, None]

    await happens_once(shop, deed)
    await rest(shop)
    assert (await shop.count("shipments"), await shop.count("invoices")) == (2, 1)


async def is_returned(shop: Shop, placed: Json) -> None:
    """One mug, asked for, approved, taken in and refunded."""
    order_id, rules = placed["order"]["id"], shop.process.rules
    units = [WantedLine(1, 1, "damaged")]

    async def ask(tx: Transaction) -> None:
        await returns.request_return(
            tx, order_id=order_id, wanted=units, comment="", rules=rules, actor="guest", at=clock.now()
        )

    await happens_once(shop, ask)
    ((return_id,),) = await shop.fetch("SELECT id FROM returns")
    arrived = [ArrivedLine(1, 1, 0, "main")]
    about = {"return_id": return_id, "actor": "staff"}
    await happens_once(
        shop, lambda tx: returns.decide_return(tx, event=Event.APPROVED, at=clock.now(), **about)
    )
    await happens_once(shop, lambda tx: returns.receive_return(tx, arrived=arrived, at=clock.now(), **about))
    await happens_once(
        shop,
        lambda tx: returns.settle_return(tx, by="refund", wish=Wish(), rules=rules, at=clock.now(), **about),
    )
    await rest(shop)
