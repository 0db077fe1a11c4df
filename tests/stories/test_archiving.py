"""What age does to data: orders at rest are archived, and what nobody needs is dropped, night by night."""

from datetime import timedelta

import pytest

from holdfast import clock, work
from holdfast.db.transaction import transaction
from holdfast.errors.problem import Problem
from holdfast.retention import papers
from tests.api.events import deliver, event, intent_of, succeeded
from tests.api.events import delivered as told
from tests.house import Json, Shop
from tests.stories.money import cancel, events, id_of, later, refunds, resolve, rest, sums
from tests.stories.test_moves import COD, bulk
from tests.stories.test_returns import asked

pytestmark = pytest.mark.anyio


async def delivered(shop: Shop, quantity: int = 1) -> Json:
    placed = await shop.placed({"MUG": quantity})
    await shop.pay(placed)
    for event_ in ("confirmed", "shipped", "delivered"):
        await bulk(shop, [id_of(placed)], event_)
    return placed


async def invoices(shop: Shop) -> dict[str, Json]:
    found = await shop.fetch("SELECT order_id, document FROM invoices")
    return {row["order_id"]: row["document"] for row in found}


async def states(shop: Shop, *placed: Json) -> list[str]:
    return [await shop.state(id_of(one)) for one in placed]


async def test_orders_at_rest_are_archived_once_and_those_with_something_open_wait(shop: Shop) -> None:
    await shop.stocked({"MUG": 50})
    gone, wants_back = await delivered(shop), await delivered(shop, 2)
    ended = await shop.placed({"MUG": 1})
    await cancel(shop, ended)
    return_id = await asked(shop, wants_back, 1)
    unpaid = await shop.placed({"MUG": 1}, "bank_transfer")
    await rest(shop)
    everything = (gone, wants_back, ended, unpaid)
    await work.forget(shop.process)
    assert await states(shop, *everything) == ["delivered", "delivered", "cancelled", "pending_payment"]

    later(days=91)
    young = await shop.placed({"MUG": 1}, COD)
    await cancel(shop, young)
    await work.forget(shop.process)
    await work.forget(shop.process)
    assert await states(shop, *everything, young) == [
        "archived", "delivered", "archived", "pending_payment", "cancelled",
    ]  # fmt: skip
    assert (await events(shop, gone))[-2:] == ["delivered", "archived"]
    assert (await shop.order(id_of(gone)))["timeline"][-1]["actor"] == "shop"
    assert (await events(shop, ended)).count("archived") == 1
    listed = await shop.as_staff("GET", "/admin/orders?status=archived")
    assert {row["id"] for row in listed["data"]} == {id_of(gone), id_of(ended)}

    await resolve(shop, "return_requested", "refuse")
    assert (await shop.fetch("SELECT state FROM returns WHERE id = $1", return_id))[0]["state"] == "refused"
    await work.forget(shop.process)
    assert await states(shop, wants_back, young) == ["archived", "cancelled"]
    later(days=182)
    await shop.rules(archive_after_days=100)
    await work.forget(shop.process)
    assert await states(shop, young) == ["cancelled"]
    await shop.rules(archive_after_days=90)
    await work.forget(shop.process)
    assert await states(shop, young) == ["archived"]


async def test_an_archived_order_remembers_whether_it_wants_money(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    kept = await delivered(shop)
    ended = await shop.placed({"MUG": 2})
    await rest(shop)
    late = await succeeded(shop, ended)
    await cancel(shop, ended)
    await rest(shop)
    later(days=91)
    await work.forget(shop.process)
    assert await states(shop, kept, ended) == ["archived", "archived"]

    assert (await deliver(shop, late)).status_code == 200
    await rest(shop)
    assert (await sums(shop, ended))[0] == 2_000
    assert [amount for _, amount in await refunds(shop)] == [2_000], "the cancelled one's, and nobody else's"
    assert await states(shop, kept, ended) == ["archived", "archived"]


async def test_bodies_of_events_are_dropped_and_their_keys_still_know_a_redelivery(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await rest(shop)
    paid = await succeeded(shop, placed)
    thing = await intent_of(shop, placed, "succeeded", id="pi_nobodys", metadata={})
    nobodys = event("payment_intent.succeeded", thing)
    assert [await told(shop, body) for body in (paid, nobodys)] == ["applied", "unmatched"]
    keys = await shop.count("provider_events")
    later(days=29)
    await work.forget(shop.process)
    assert await shop.count("provider_event_bodies") == keys

    later(days=31)
    await work.forget(shop.process)
    assert await shop.fetch(
        "SELECT state FROM provider_events JOIN provider_event_bodies USING (provider, event_key)"
    ) == [("unmatched",)], "what has not been carried out is kept whole"
    assert await shop.count("provider_events") == keys
    assert await told(shop, paid) == "duplicate"
    assert await sums(shop, placed) == (1_000, 0)
    assert await shop.count("provider_event_bodies") == 1
    (key,) = (row["event_key"] for row in await shop.fetch("SELECT event_key FROM provider_event_bodies"))
    dropped = await shop.fetch("SELECT drop_event_bodies('{stripe}', ARRAY[$1])", key)
    assert dropped == [(0,)], "nor does the function drop it for whoever asks for it by name"


async def test_the_log_of_jobs_is_kept_for_some_days(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.pay(await shop.placed({"MUG": 1}))
    await shop.as_owner(
        "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, created)"
        " SELECT n, 'successful', 0, 'unpack', now() - n * interval '1 day' - interval '1 hour'"
        " FROM generate_series(0, 40) n"
    )
    await work.forget(shop.process)
    (kept,) = await shop.fetch(
        "SELECT count(*), min(created) AS oldest FROM pgqueuer_log WHERE entrypoint = 'unpack'"
    )
    assert kept["count"] == 30
    assert clock.now() - kept["oldest"] < timedelta(days=30)


async def test_buyers_leave_their_invoices_after_the_years_the_law_wants(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    clock.stop(clock.now() - timedelta(days=365 * 11))
    old = await shop.placed({"MUG": 1}, COD)
    await bulk(shop, [id_of(old)], "confirmed")
    await bulk(shop, [id_of(old)], "shipped")
    clock.go()
    young = await shop.placed({"MUG": 1}, COD)
    await bulk(shop, [id_of(young)], "confirmed")
    await bulk(shop, [id_of(young)], "shipped")
    before = await invoices(shop)
    await work.forget(shop.process)
    after = await invoices(shop)
    assert after[id_of(young)] == before[id_of(young)]
    assert after[id_of(old)] == before[id_of(old)] | {"buyer": {"email": None, "address": None}}
    paper = await shop.call("GET", f"/admin/orders/{id_of(old)}/invoice.pdf", **shop.staff)
    assert paper.content.startswith(b"%PDF")
    with pytest.raises(Problem, match="History"):
        await transaction(shop.database, lambda tx: papers.forget_buyers(tx, before=clock.now()))
    assert await invoices(shop) == after
