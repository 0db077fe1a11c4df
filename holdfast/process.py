"""What one running process shares among its requests or jobs: the pool, the rules, the doors.

Nothing in it is the only copy of anything: every process builds its own, and is told by
NOTIFY when the merchant's rules changed.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache

import httpx
import structlog

from holdfast import clock
from holdfast.accounts.keys import KeyUses, write_uses
from holdfast.accounts.login.password import Hasher
from holdfast.cart import keep_cart
from holdfast.catalog import browse
from holdfast.catalog.product import Product
from holdfast.checkout import hold_early
from holdfast.checkout.checkout import PlaceOrder
from holdfast.checkout.counter import Counter, keep_answers
from holdfast.checkout.hold_early import HoldEarly
from holdfast.checkout.place_order import Bench, Placed, place_orders
from holdfast.checkout.purchase_limits import Limited, read_limited
from holdfast.db.group_commit import GroupCommit
from holdfast.db.listen import listen
from holdfast.db.queries import Connection, Transaction
from holdfast.db.transaction import connect, follow_clock, read, transaction
from holdfast.errors.problem import Problem
from holdfast.errors.request import NotFound
from holdfast.errors.running import DatabaseAway
from holdfast.idempotency import Done, Unfinished
from holdfast.limits import KEY_USES_SECONDS, PROVIDER_LEASE_GRACE_S
from holdfast.notify.channels.channel import Channel
from holdfast.notify.channels.log import LogChannel
from holdfast.notify.channels.smtp import SmtpChannel
from holdfast.order.read_order import OrderAnswer, read_orders
from holdfast.payment.provider import Provider
from holdfast.payment.providers.offered import wire_up, with_staff
from holdfast.payment.settle import Outcome, Settled, record_outcomes
from holdfast.payment.start_payment import Asking
from holdfast.settings import Settings
from holdfast.shop_settings.keep_settings import read_rules
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock.movements import StockRow, read_available
from holdfast.vault import Vault
from holdfast.webhook.apply import Inbox, Received, apply_events

log = structlog.get_logger()


class Process:
    """Open with ``open_process``."""

    def __init__(self, settings: Settings, database_url: str, client: httpx.AsyncClient) -> None:
        self.settings, self.client = settings, client
        self.database_url = database_url
        self.vault = Vault(settings.encryption_keys)
        self.rules = ShopRules()
        self.hasher = Hasher()
        self.key_uses = KeyUses()
        self.mail: Channel = LogChannel(whole=settings.mode == "development")
        if settings.smtp_url:
            self.mail = SmtpChannel(settings.smtp_url, sender=settings.mail_from)
        self.limited = Limited()
        self.wired = wire_up(settings, client)
        for name, why in self.wired.left_out.items():
            log.warning("process.provider_left_out", provider=name, why=why)
        self.providers: dict[str, Provider] = {}

    async def start(self) -> None:
        """Connect and build the doors; raise DatabaseAway when nobody answers."""
        settings = self.settings
        self.database = await connect(
            self.database_url,
            pool_size=settings.db_pool_size,
            statement_cache=settings.db_statement_cache,
        )
        await self.read_again()
        self.settle = GroupCommit[Outcome, Settled | None](self.database, self._settle, name="settle")
        self.place = GroupCommit[PlaceOrder, Placed | Unfinished](self.database, self._place, name="place")
        self.keep = GroupCommit(self.database, keep_answers, name="keep")
        self.inbox: Inbox = GroupCommit[Received, str](self.database, self._apply, name="webhook")
        self.carts = GroupCommit(self.database, keep_cart.change_once, name="carts")
        self.hold = GroupCommit[HoldEarly, Done](self.database, self._hold, name="hold")
        self.let_go = GroupCommit(self.database, hold_early.let_go, name="let_go")
        self.products = GroupCommit(self.database, _read_products, name="products", looks_only=True)
        self.stock = GroupCommit(self.database, _read_stock, name="stock", looks_only=True)
        self.orders = GroupCommit(self.database, _read_orders, name="orders", looks_only=True)
        self.asking = Asking(
            database=self.database,
            settle=self.settle,
            providers=self.providers,
            timeout_s=settings.provider_timeout_s,
            return_url=f"{settings.base_url}/payments/return",
            rules=lambda: self.rules,
        )
        self.counter = Counter(self.database, self.place, self.keep, self.orders, self.asking)

    async def read_again(self) -> None:
        """Take over the merchant's rules as they are now, and agree about the time."""
        self.rules = await read(self.database, read_rules)
        self.limited = Limited(await read(self.database, read_limited), self.settings.secret_key)
        providers = with_staff(self.wired.providers, self.rules)
        self.providers.clear()
        self.providers.update(providers)
        await follow_clock(self.database)

    async def hear(self) -> None:
        """What the listener does at every change; a database that is away now is read at its return."""
        try:
            await self.read_again()
        except DatabaseAway:
            log.warning("process.database_away")

    async def write_key_uses(self) -> None:
        """Write down when keys were last used; what cannot be written now is written the next time."""
        uses = dict(self.key_uses.noted)
        if not uses:
            return
        try:
            written = await transaction(self.database, lambda tx: write_uses(tx, uses=uses))
        except Problem:
            log.warning("process.key_uses_wait", keys=len(uses))
        else:
            self.key_uses.forget({key_id: uses[key_id] for key_id in written})

    async def close(self) -> None:
        """Finish what was accepted, then disconnect."""
        doors = [door for door in vars(self).values() if isinstance(door, GroupCommit)]
        for door in doors:
            await door.close()
        await self.write_key_uses()
        self.hasher.close()
        await self.database.close()

    async def _settle(self, tx: Transaction, outcomes: list[Outcome]) -> Sequence[Settled | Problem | None]:
        return await record_outcomes(tx, outcomes=outcomes, rules=self.rules, at=clock.now())

    async def _place(
        self, tx: Transaction, requests: list[PlaceOrder]
    ) -> Sequence[Placed | Unfinished | Problem]:
        bench = Bench(
            rules=self.rules,
            providers=self.providers,
            lease=timedelta(seconds=self.settings.provider_timeout_s + PROVIDER_LEASE_GRACE_S),
            return_url=self.asking.return_url,
            limited=self.limited,
        )
        return await place_orders(tx, requests, bench=bench)

    async def _hold(self, tx: Transaction, wishes: list[HoldEarly]) -> Sequence[Done | Problem]:
        return await hold_early.hold_once(tx, wishes, rules=self.rules, limited=self.limited)

    async def _apply(self, tx: Transaction, received: list[Received]) -> Sequence[str | Problem]:
        return await apply_events(tx, received, rules=self.rules)


async def _read_products(connection: Connection, slugs: list[str]) -> Sequence[Product | Problem]:
    found = await browse.read_products(connection, slugs=sorted(set(slugs)), at=clock.now())
    return [found.get(slug) or NotFound(kind="product", id=slug) for slug in slugs]


async def _read_stock(connection: Connection, asked: list[list[str]]) -> Sequence[list[StockRow] | Problem]:
    skus = sorted({sku for wanted in asked for sku in wanted})
    rows = {row.sku: row for row in await read_available(connection, skus=skus, at=clock.now())}
    return [[rows[sku] for sku in sorted(set(wanted)) if sku in rows] for wanted in asked]


async def _read_orders(connection: Connection, order_ids: list[str]) -> Sequence[OrderAnswer | Problem]:
    found = await read_orders(connection, order_ids=sorted(set(order_ids)))
    by_id = {answer.order.id: answer for answer in found}
    return [by_id.get(order_id) or NotFound(kind="order", id=order_id) for order_id in order_ids]


@cache
def _authorities() -> ssl.SSLContext:
    """Whom a provider's certificate may be from; takes 20 ms to read."""
    return httpx.create_ssl_context()


@asynccontextmanager
async def open_process(settings: Settings, database_url: str) -> AsyncIterator[Process]:
    """A process from its settings, listening for changes until it is closed."""
    # httpx looks at every idle connection on every request, so a few are faster than many.
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=8)
    async with httpx.AsyncClient(
        timeout=settings.provider_timeout_s, limits=limits, verify=_authorities()
    ) as client:
        process = Process(settings, database_url, client)
        await process.start()
        beside = [
            asyncio.create_task(listen(database_url, process.hear)),
            asyncio.create_task(_write_key_uses(process)),
        ]
        try:
            yield process
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await process.close()


async def _write_key_uses(process: Process) -> None:
    while True:
        await asyncio.sleep(KEY_USES_SECONDS)
        await process.write_key_uses()
