"""Random buyers, staff and a vendor, and a bank that misbehaves, against a small shop in plain Python.

After each step stock, states and sums agree, and every truth holds. A failing run prints the steps that
lead to it; with HOLDFAST_FULL=1 the fewest that do, which takes long to find.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from itertools import count
from typing import Any, ClassVar, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from holdfast import clock
from tests.conftest import assert_truths
from tests.house import Json, Shop
from tests.models.reference import COMMISSION_BP, COUPON_BP, COUPON_USES, UNPAID, Order, Reference
from tests.stories.coupons import couponed
from tests.stories.market import owed, selling
from tests.stories.money import cancel, id_of, later, mine, pay_again, rest

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1_800)]

FULL = "HOLDFAST_FULL" in os.environ
PARTS, RUNS = (40, 50) if FULL else (1, 25)
"""Each part in a shop of its own: after every step all of its truths are asked, of all orders there are."""
STEPS = 30
FAULTS = ["none", "webhook_drop", "webhook_duplicate", "webhook_reorder", "error_500"]
"""What the bank does wrong in the next step: an error meets the first call of any kind."""

DEEDS = (
    "paid", "declined", "expired", "tried_again", "paid_cancelled", "shipped", "refunded", "returned",
    "sent_a_part", "paid_out", "owes", "coupon_used", "coupon_refused",
)  # fmt: skip

Answer = TypeVar("Answer")
Deed = TypeVar("Deed", bound=Callable[..., None])
few = st.integers(1, 3)
which = st.integers(0, 99)
wrong = st.sampled_from(FAULTS)


def where(*states: str) -> Callable[[Deed], Deed]:
    """The deed is done only while there is an order in such a state."""

    def bound(deed: Deed) -> Deed:
        checked: Deed = precondition(lambda machine: machine.pick(0, states) is not None)(deed)
        return checked

    return bound


class Shopping(RuleBasedStateMachine):
    """The real shop and the reference, told the same."""

    shop: ClassVar[Shop]
    loop: ClassVar[asyncio.AbstractEventLoop]
    numbers: ClassVar[Iterator[int]]
    done: ClassVar[Counter[str]]
    """What really happened, over all runs."""

    def wait(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=60)

    @initialize(units=st.tuples(st.integers(4, 8), st.integers(2, 6)))
    def open(self, units: tuple[int, int]) -> None:
        """Three orders: one is shipped, one paid, one neither, for most of what can happen needs one.

        Mugs are the shop's own, cups a vendor's.
        """
        run = next(self.numbers)
        self.skus, self.coupon = [f"MUG{run}", f"CUP{run}"], f"HALF{run}"
        self.reference = Reference(dict(zip(self.skus, units, strict=True)))
        self.placed: dict[str, Json] = {}
        slug = f"potter-{run}"
        self.vendor_id, self.potter = self.wait(selling(self.shop, slug, COMMISSION_BP))
        mug, cup = self.skus
        self.wait(self.shop.stocked({mug: units[0]}))
        self.wait(self.shop.stocked({cup: units[1]}, vendor=slug))
        self.wait(couponed(self.shop, self.coupon, percent_bp=COUPON_BP, uses_max=COUPON_USES))
        for lines in ((2, 1), (1, 1), (1, 0)):
            self.place(*lines)
        self.pay(0, "none")
        self.ship(0, by_vendor=False)
        self.ship(0, by_vendor=True)
        self.pay(0, "none")

    # ── buyers ────────────────────────────────────────────────────────────────────────────────

    @rule(mugs=st.integers(0, 4), cups=st.integers(0, 4), with_coupon=st.booleans())
    def order(self, mugs: int, cups: int, with_coupon: bool) -> None:
        self.place(mugs, cups, with_coupon=with_coupon)

    def place(self, mugs: int, cups: int, *, with_coupon: bool = False) -> None:
        lines = {sku: units for sku, units in zip(self.skus, (mugs, cups), strict=True) if units}
        if not lines:
            return
        codes = [self.coupon] if with_coupon else []
        answer = self.wait(self.shop.place(lines, coupons=codes))
        if self.reference.lacks(lines):
            assert (answer.status_code, answer.json()["code"]) == (409, "out_of_stock")
            return
        if with_coupon:
            is_left = self.reference.uses() < COUPON_USES
            self.done["coupon_used" if is_left else "coupon_refused"] += 1
            if not is_left:
                assert (answer.status_code, answer.json()["reason"]) == (409, "used_up")
                return
        assert answer.status_code == 201, answer.text
        placed = answer.json()
        self.placed[id_of(placed)] = placed
        self.reference.orders.append(Order(id_of(placed), lines, with_coupon))

    @where(*UNPAID)
    @rule(n=which, fault=wrong)
    def pay(self, n: int, fault: str) -> None:
        order = self.one(n, UNPAID)
        self.wait(self.at_bank(order, "pay", fault))
        self.reference.pay(order)
        self.done["paid"] += 1

    @where(*UNPAID)
    @rule(n=which)
    def try_a_card_that_is_declined(self, n: int) -> None:
        order = self.one(n, UNPAID)
        self.wait(self.at_bank(order, "decline", "none"))
        order.state = "payment_failed"
        self.done["declined"] += 1

    @where("expired")
    @rule(n=which)
    def pay_again_after_all(self, n: int) -> None:
        order = self.one(n, ("expired",))
        answer = self.wait(pay_again(self.shop, self.placed[order.id]))
        if self.reference.lacks(order.lines):
            assert answer.status_code == 409, answer.text
            return
        assert answer.status_code == 200, answer.text
        self.placed[order.id] = self.placed[order.id] | {"payment": answer.json()["payment"]}
        order.state = "pending_payment"
        self.done["tried_again"] += 1

    @where("paid", "shipped", "expired", "cancelled", *UNPAID)
    @rule(n=which, fault=wrong)
    def give_up(self, n: int, fault: str) -> None:
        order = self.one(n, ("paid", "shipped", "expired", "cancelled", *UNPAID))
        self.wait(self.arm(fault))
        answer = self.wait(cancel(self.shop, self.placed[order.id]))
        self.wait(self.calm())
        if order.sent or order.state == "cancelled":
            assert (answer.status_code, answer.json()["code"]) == (409, "move_refused")
        else:
            assert answer.status_code == 200, answer.text
            self.done[f"{order.state}_cancelled"] += 1
            self.reference.cancel(order)

    # ── staff ─────────────────────────────────────────────────────────────────────────────────

    @where("paid")
    @rule(n=which, by_vendor=st.booleans())
    def ship(self, n: int, by_vendor: bool) -> None:
        order = self.one(n, ("paid",))
        answer = self.wait(self.send(order, by_vendor=by_vendor))
        sku = self.skus[by_vendor]
        if sku not in order.lines or sku in order.sent or not order.left:
            missing = 404 if by_vendor and sku not in order.lines else 409
            assert answer.status_code == missing, answer.text
            return
        assert answer.status_code == 201, answer.text
        self.reference.send(order, sku)
        self.done["shipped" if order.state == "shipped" else "sent_a_part"] += 1

    @where("shipped", "expired", "cancelled", *UNPAID)
    @rule(n=which, by_vendor=st.booleans())
    def ship_what_cannot_go(self, n: int, by_vendor: bool) -> None:
        order = self.one(n, ("shipped", "expired", "cancelled", *UNPAID))
        answer = self.wait(self.send(order, by_vendor=by_vendor))
        assert answer.status_code in (404, 409), answer.text

    @rule()
    def pay_the_vendor_out(self) -> None:
        payable = self.reference.open_of(self.skus[1])
        path = f"/admin/vendors/{self.vendor_id}/payouts"
        answer = self.wait(self.shop.call("POST", path, **self.shop.staff))
        self.done["paid_out" if payable > 0 else "owes" if payable < 0 else "even"] += 1
        if payable <= 0:
            assert answer.json()["payable_minor"] == payable, answer.text
            return
        assert answer.json()["amount"]["amount"] == payable, answer.text
        self.reference.paid_out += payable

    @where("paid", "shipped")
    @rule(n=which, amount=st.integers(1, 4_500), fault=wrong)
    def refund(self, n: int, amount: int, fault: str) -> None:
        order = self.one(n, ("paid", "shipped"))
        self.wait(self.arm(fault))
        path, body = f"/admin/orders/{order.id}/refund", {"amount": {"amount": amount, "currency": "GBP"}}
        answer = self.wait(self.shop.call("POST", path, body, **self.shop.staff))
        self.wait(self.calm())
        if amount > order.left:
            assert answer.status_code == 409, answer.text
            return
        assert answer.status_code == 200, answer.text
        order.refunded += amount
        self.done["refunded"] += 1

    @where("shipped", "paid")
    @rule(n=which, fit=st.integers(0, 2), broken=st.integers(0, 2), fault=wrong)
    def send_back(self, n: int, fit: int, broken: int, fault: str) -> None:
        order = self.one(n, ("shipped", "paid"))
        if not fit + broken:
            return
        sku = sorted(order.lines)[n % len(order.lines)]
        answer = self.wait(self.ask_back(order, sku, fit + broken))
        if fit + broken > order.out(sku):
            assert answer.status_code == 409, answer.text
            return
        assert answer.status_code == 201, answer.text
        return_id = answer.json()["returns"][-1]["id"]
        self.wait(self.arm(fault))
        pays = (fit + broken) * order.price <= order.left
        settled = self.wait(self.take_in(order, return_id, sku, fit=fit, broken=broken))
        assert settled.status_code == (200 if pays else 409), settled.text
        self.wait(self.calm())
        self.reference.come_back(order, sku, fit=fit, broken=broken)
        self.done["returned"] += 1
        if pays:
            order.refunded += (fit + broken) * order.price
            order.repaid[sku] = order.repaid.get(sku, 0) + fit + broken

    @rule(n=which, units=few)
    def receive(self, n: int, units: int) -> None:
        sku = self.skus[n % 2]
        body = {"lines": [{"sku": sku, "quantity": units}], "reason": "more"}
        self.wait(self.shop.as_staff("POST", "/admin/stock/receive", body))
        self.reference.on_hand[sku] += units

    @where(*UNPAID)
    @rule()
    def let_time_pass(self) -> None:
        self.wait(self.pass_time())
        self.reference.let_time_pass()
        self.done["expired"] += 1

    # ── what has to be the same ───────────────────────────────────────────────────────────────

    @invariant()
    def stock_states_and_sums_agree(self) -> None:
        shelves, books, uses = self.wait(self.read())
        assert shelves == self.reference.shelves()
        assert uses == self.reference.uses()
        assert books == self.reference.books()
        assert self.wait(owed(self.shop, self.potter))[0] == self.reference.open_of(self.skus[1])

    async def read(self) -> tuple[dict[str, Any], dict[str, Any], int]:
        stock = await self.shop.fetch(
            "SELECT sku, on_hand, held, committed FROM stock WHERE sku = ANY($1)", self.skus
        )
        orders = await self.shop.fetch(
            "SELECT o.id, o.state, p.captured_minor, p.refunded_minor FROM orders o"
            " JOIN payments p ON p.order_id = o.id WHERE o.id = ANY($1)",
            list(self.placed),
        )
        ((uses,),) = await self.shop.fetch("SELECT uses FROM coupons WHERE code = $1", self.coupon)
        await assert_truths(self.shop.database)
        return {row[0]: tuple(row)[1:] for row in stock}, {row[0]: tuple(row)[1:] for row in orders}, uses

    # ── how it is done ────────────────────────────────────────────────────────────────────────

    def one(self, n: int, states: tuple[str, ...]) -> Order:
        order = self.pick(n, states)
        assert order is not None, "the precondition was checked"
        return order

    def pick(self, n: int, states: tuple[str, ...]) -> Order | None:
        fitting = [order for order in self.reference.orders if order.state in states]
        return fitting[n % len(fitting)] if fitting else None

    async def arm(self, fault: str) -> None:
        if fault != "none":
            await self.shop.fault(fault)

    async def send(self, order: Order, *, by_vendor: bool) -> Any:
        """All that is left of what the sender sells."""
        where, who = ("vendor", self.potter) if by_vendor else ("admin", self.shop.staff)
        return await self.shop.call("POST", f"/{where}/orders/{order.id}/shipments", {}, **who)

    async def at_bank(self, order: Order, action: str, fault: str) -> None:
        await self.arm(fault if fault != "error_500" else "none")  # it would meet the buyer's own page
        await self.shop.at_bank(self.placed[order.id], action)
        await self.calm()

    async def calm(self) -> None:
        """All that was told has arrived; what was not is found by asking, a little later."""
        await rest(self.shop)
        await self.shop.client.delete(f"{self.shop.bank_url}/_sandbox/faults")
        later(minutes=5)
        await self.shop.try_again()
        await self.shop.sweep()
        clock.go()
        await rest(self.shop)

    async def pass_time(self) -> None:
        later(minutes=25)
        for _ in range(2):
            await self.shop.sweep()
        clock.go()
        await rest(self.shop)

    async def ask_back(self, order: Order, sku: str, units: int) -> Any:
        lines = [{"position": self.position(order, sku), "quantity": units, "reason": "damaged"}]
        placed = self.placed[order.id]
        return await self.shop.call("POST", f"/orders/{order.id}/returns", {"lines": lines}, **mine(placed))

    async def take_in(
        self, order: Order, return_id: str, sku: str, *, fit: int, broken: int
    ) -> httpx.Response:
        """Approve it, take it in, and refund it; nothing is given where too little of the money is left."""
        path = f"/admin/returns/{return_id}"
        await self.shop.as_staff("POST", f"{path}/decide", {"decision": "approve"})
        line = {"position": self.position(order, sku), "restocked": fit, "written_off": broken}
        await self.shop.as_staff("POST", f"{path}/receive", {"lines": [line]})
        settled = await self.shop.call("POST", f"{path}/settle", {"by": "refund"}, **self.shop.staff)
        if settled.status_code != 200:
            await self.shop.as_staff("POST", f"{path}/settle", {"by": "close"})
        return settled

    def position(self, order: Order, sku: str) -> int:
        lines = self.placed[order.id]["order"]["lines"]
        return next(int(line["position"]) for line in lines if line["sku"] == sku)


@pytest.fixture(scope="module")
def done() -> Iterator[Counter[str]]:
    """What came to anything in all parts; steps that never did prove nothing."""
    counted: Counter[str] = Counter()
    yield counted
    assert set(DEEDS) <= counted.keys(), counted


@pytest.mark.parametrize("part", range(PARTS))
async def test_whatever_happens_in_whatever_order_the_shop_is_the_reference(
    shop: Shop, done: Counter[str], part: int
) -> None:
    bound = {"shop": shop, "loop": asyncio.get_running_loop(), "numbers": count(1), "done": done}
    machine = type("ShoppingHere", (Shopping,), bound)
    bounds = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        database=None,
        derandomize=not FULL,
        print_blob=True,
        phases=[Phase.generate, *([Phase.shrink] if FULL else [])],
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=bounds)
    sys.stdout.write(f"part {part}: {dict(done)}\n")
