"""A shop that is paid by one provider, whichever: what every story about all of them does through it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec

from holdfast import clock
from holdfast.payment.provider import Deed
from holdfast.sandbox.app import BANKS
from holdfast.sandbox.bank.books import House
from holdfast.sandbox.bank.deliver import Deliverer
from holdfast.sandbox.bank.journal import Journal
from holdfast.sandbox.config import SandboxConfig, SettingsChange
from tests.house import ADDRESS, Json, Shop, open_shop, until
from tests.providers.conformance.subjects import Subject
from tests.stories.money import id_of, mine

UNITS = 1_000_000
LEASE = timedelta(seconds=10)


class Till(msgspec.Struct, frozen=True):
    """The shop, and who is paid."""

    shop: Shop
    subject: Subject

    @property
    def deeds(self) -> frozenset[Deed]:
        return self.shop.process.providers[self.subject.name].can.deeds

    # ── the buyer ─────────────────────────────────────────────────────────────────────────────

    async def placed_from_cart(self) -> Json:
        """A guest fills a cart, checks out, and completes."""
        shop = self.shop
        cart = (await shop.call("POST", "/carts")).json()
        headers = {"X_Holdfast_Token": cart["token"]}
        line = {"lines": [{"sku": "MUG", "quantity": 1}]}
        assert (await shop.call("POST", f"/carts/{cart['id']}/lines", line, **headers)).status_code == 200
        started = (await shop.call("POST", "/checkouts", {"cart_id": cart["id"]}, **headers)).json()
        path, headers = f"/checkouts/{started['checkout']['id']}", {"X_Holdfast_Token": started["token"]}
        wish = {
            "email": "ada@example.com",
            "shipping_address": ADDRESS,
            "shipping_option": "collect",
            "payment_method": self.subject.name,
        }
        assert (await shop.call("PATCH", path, wish, **headers)).status_code == 200
        answer = await shop.call("POST", f"{path}/complete", {}, **headers)
        assert answer.status_code == 201, answer.text
        found: Json = answer.json()
        return found

    async def placed(self) -> Json:
        return await self.shop.placed({"MUG": 1}, self.subject.name)

    async def back(self, placed: Json) -> None:
        """The buyer's browser is back at the shop."""
        path = f"/payments/{placed['payment']['id']}/return"
        answer = await self.shop.call("POST", path, {}, **mine(placed))
        assert answer.status_code == 200, answer.text

    # ── the bank ──────────────────────────────────────────────────────────────────────────────

    async def control(self, method: str, path: str, body: object = None) -> Any:
        answer = await self.shop.client.request(method, f"{self.shop.bank_url}/_sandbox{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def press(self, placed: Json, verb: str) -> None:
        await self.control("POST", f"/payments/{await self.ref_of(placed)}/{verb}")

    async def fault(self, kind: str, **more: object) -> None:
        await self.control("POST", "/faults", {"bank": self.subject.name, "kind": kind, **more})

    async def settings(self, **changes: object) -> None:
        await self.control("PUT", "/settings", {"bank": self.subject.name, **changes})

    async def ref_of(self, placed: Json) -> str:
        rows = await self.shop.fetch(
            "SELECT provider_ref FROM payment_attempts WHERE order_id = $1", id_of(placed)
        )
        found: str = rows[-1]["provider_ref"]
        return found

    # ── time ──────────────────────────────────────────────────────────────────────────────────

    async def comes_to(self, placed: Json, *states: str) -> None:
        """Wait for webhooks and do jobs until the order is in one of these states."""

        async def is_there() -> bool:
            await self.shop.drain()
            return await self.shop.state(id_of(placed)) in states

        await until(is_there)

    async def gives_back(self, placed: Json) -> None:
        """All of it, by the provider or, where it cannot, by a person."""
        shop = self.shop
        await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund")
        await shop.drain()
        if Deed.REFUND not in self.deeds:
            (refund,) = (await shop.order(id_of(placed)))["answer"]["payment"]["refunds"]
            path = f"/admin/refunds/{refund['id']}/paid-by-hand"
            await shop.as_staff("POST", path, {"reference": f"OUT{refund['id'][-8:]}"})
        for hours in (1, 2, 3):  # who works on it is asked now and then
            if await self.status(placed) == "refunded":
                break
            clock.stop(clock.now() + timedelta(hours=hours))
            await shop.sweep()
        clock.go()
        await until(lambda: self.is_seen_as(placed, "refunded"))

    async def status(self, placed: Json) -> str:
        found: str = (await self.shop.order(id_of(placed)))["answer"]["order"]["status"]
        return found

    async def is_seen_as(self, placed: Json, status: str) -> bool:
        """Whether the order has this status once what waits is done."""
        await self.shop.drain()
        return await self.status(placed) == status

    async def quiet(self) -> None:
        """Every webhook has arrived, and every consequence was drawn."""

        async def all_told() -> bool:
            await self.shop.drain()
            state = await self.control("GET", "/state")
            return bool(state[self.subject.name]["deliveries_waiting"] == 0)

        await until(all_told)
        await self.shop.drain()


class Tills(msgspec.Struct, frozen=True):
    """One shop, and several who are paid."""

    shop: Shop
    subjects: list[Subject]

    async def control(self, method: str, path: str, body: object = None) -> Any:
        answer = await self.shop.client.request(method, f"{self.shop.bank_url}/_sandbox{path}", json=body)
        return answer.json() if answer.is_success else None

    async def state(self) -> Any:
        return await self.control("GET", "/state")

    async def refs_of(self, placed: Json) -> list[str]:
        rows = await self.shop.fetch(
            "SELECT provider_ref FROM payment_attempts WHERE order_id = $1 AND provider_ref IS NOT NULL",
            id_of(placed),
        )
        return [row["provider_ref"] for row in rows]

    async def press(self, placed: Json, verb: str) -> None:
        """What a buyer does on the page of the last attempt, if there is one, as far as it lets them."""
        for ref in (await self.refs_of(placed))[-1:]:
            await self.press_ref(ref, verb)

    async def press_ref(self, ref: str, verb: str) -> None:
        await self.control("POST", f"/payments/{ref}/{verb}")

    async def bank_row(self, ref: str) -> Any:
        """A payment as its bank has it; None for one that it never made."""
        return await self.control("GET", f"/payments/{ref}")

    async def fault(self, bank: str, kind: str, **more: object) -> None:
        await self.control("POST", "/faults", {"bank": bank, "kind": kind, **more})

    async def clear_faults(self) -> None:
        await self.control("DELETE", "/faults")

    async def quiet(self) -> None:
        """Every webhook has arrived and every job is done, also those that would wait for their next try."""

        async def is_still() -> bool:
            clock.stop(clock.now() + LEASE)  # whoever asked and was not answered may be followed by another
            await self.shop.try_again()
            state = await self.state()
            waiting = sum(bank["deliveries_waiting"] for bank in state.values())
            return bool(waiting == 0 and await self.shop.count("pgqueuer") == 0)

        try:
            await until(is_still, within_s=120)
        except AssertionError as error:
            raise AssertionError(f"never at rest: {await self.unrest()}") from error

    async def unrest(self) -> object:
        """What still moves: jobs as (name, subject, state, tries), deliveries by bank."""
        jobs = await self.shop.fetch(
            """SELECT entrypoint, convert_from(payload, 'UTF8') AS subject, status::text, attempts
               FROM pgqueuer LIMIT 5"""
        )
        waiting = {name: bank["deliveries_waiting"] for name, bank in (await self.state()).items()}
        return [tuple(job) for job in jobs], waiting


@asynccontextmanager
async def open_tills(database_url: str, subjects: list[Subject], *, currency: str) -> AsyncIterator[Tills]:
    """A shop in this currency that is paid by all of these, until the block ends."""
    changes = {subject.name: SettingsChange(keys=dict(subject.bank_keys)) for subject in subjects}
    variables: dict[str, str] = {}
    for subject in subjects:
        keys = keys_of(subject.name, changes[subject.name])
        section = subject.section(f"{{bank}}/{subject.name}", keys)
        variables |= {f"{subject.name.upper()}_{name}": value for name, value in section.items()}
    async with open_shop(database_url, providers=variables, banks=changes) as shop:
        await shop.rules(currency=currency, payment_methods=[subject.name for subject in subjects])
        await shop.stocked({"MUG": UNITS}, 250_000, currency=currency)
        yield Tills(shop, subjects)


@asynccontextmanager
async def open_till(database_url: str, subject: Subject) -> AsyncIterator[Till]:
    """A shop in this provider's currency, until the block ends."""
    change = SettingsChange(keys=dict(subject.bank_keys))
    section = subject.section(f"{{bank}}/{subject.name}", keys_of(subject.name, change))
    variables = {f"{subject.name.upper()}_{name}": value for name, value in section.items()}
    async with open_shop(database_url, providers=variables, banks={subject.name: change}) as shop:
        await shop.rules(currency=subject.currency, payment_methods=[subject.name])
        await shop.stocked({"MUG": UNITS}, subject.amount_minor, currency=subject.currency)
        yield Till(shop, subject)


def keys_of(bank: str, change: SettingsChange) -> dict[str, str]:
    """The credentials of a bank of the sandbox, before it runs."""
    config = SandboxConfig(banks={bank: change})
    house = House(config, Journal(None), Deliverer(in_flight=1))
    return BANKS[bank](house).books.settings.keys
