"""A whole shop in the test's own process: HTTP and sandbox on real ports, a stopped clock where wanted."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar import Litestar

from holdfast import clock, work
from holdfast.accounts.roles import Role
from holdfast.cli.people import make_key
from holdfast.db import roles
from holdfast.db.transaction import Database, transaction
from holdfast.limits import HEAD_READ_S
from holdfast.process import Process
from holdfast.sandbox.app import create_app as create_sandbox
from holdfast.sandbox.config import SandboxConfig, SettingsChange
from holdfast.settings import Door, Settings
from holdfast.shop_settings.keep_settings import change_rules
from holdfast.web.app import create_app
from holdfast.web.guard.server import http1
from tests.clients import http_client
from tests.ports import free_port

WEBHOOK_SECRET = "whsec_test_shop"
STRIPE_KEY = "sk_test_shop"
STRIPE_KEYS = {"secret_key": STRIPE_KEY, "webhook_secret": WEBHOOK_SECRET}
APPLICATION_LOGIN = "holdfast_test_shop"
ADDRESS = {
    "name": "Ada Byron",
    "line1": "1 High Street",
    "city": "Leeds",
    "postal_code": "LS1 1AA",
    "country": "GB",
}

UNCOUNTED = Door(rate_limits=False)

Json = dict[str, Any]


class Shop:
    """What stories need: a buyer's and a staff's client, the bank, and the hands of the clock."""

    def __init__(
        self,
        url: str,
        bank_url: str,
        process: Process,
        key: str,
        client: httpx.AsyncClient,
        *,
        owner_url: str,
    ) -> None:
        self.url, self.bank_url, self.process, self.key, self.client = url, bank_url, process, key, client
        self.owner_url = owner_url
        self._keys = count(1)

    @property
    def database(self) -> Database:
        return self.process.database

    async def as_owner(self, statement: str, *arguments: object) -> None:
        """Set something up that no process of the shop may do."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    @property
    def staff(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def new_key(self) -> dict[str, str]:
        return {"Idempotency-Key": f"key-of-a-test-{next(self._keys):06}"}

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """One request to the API; every POST has a fresh idempotency key unless one is given."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "POST" and not any(name.lower() == "idempotency-key" for name in named):
            named |= self.new_key()
        url = path if path.startswith("/webhooks") else f"/api/v1{path}"
        return await self.client.request(method, url, json=body, headers=named)

    async def as_staff(self, method: str, path: str, body: object = None, **headers: str) -> Json:
        """The same as a member of the staff, who is not refused."""
        answer = await self.call(method, path, body, Authorization=f"Bearer {self.key}", **headers)
        assert answer.status_code < 300, answer.text
        found: Json = answer.json()
        return found

    async def stocked(
        self,
        units: dict[str, int | None],
        price: int = 1_000,
        *,
        currency: str = "GBP",
        vendor: str | None = None,
    ) -> None:
        """Products with these SKUs, at this price, with these units (None: not tracked), of this vendor."""
        products = [
            {
                "slug": f"p-{sku.lower()}",
                "name": f"The {sku}",
                "vendor": vendor,
                "variants": [
                    {
                        "sku": sku,
                        "name": f"The {sku}",
                        "price": {"amount": price, "currency": currency},
                        "tracked": quantity is not None,
                    }
                ],
            }
            for sku, quantity in units.items()
        ]
        await self.as_staff("POST", "/admin/catalog/import", {"products": products})
        lines = [{"sku": sku, "quantity": quantity} for sku, quantity in units.items() if quantity]
        if lines:
            await self.as_staff("POST", "/admin/stock/receive", {"lines": lines, "reason": "opening"})

    async def place(self, lines: dict[str, int], method: str = "stripe", **more: object) -> httpx.Response:
        """A guest's order in one call, shipping at no cost."""
        return await self.call("POST", "/orders", self.order_body(lines, method, **more))

    def order_body(self, lines: dict[str, int], method: str = "stripe", **more: object) -> Json:
        return {
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()],
            "email": "ada@example.com",
            "shipping_address": ADDRESS,
            "shipping_option": "collect",
            "payment_method": method,
            **more,
        }

    async def placed(self, lines: dict[str, int], method: str = "stripe", **more: object) -> Json:
        """The same, of one that is not refused."""
        answer = await self.place(lines, method, **more)
        assert answer.status_code == 201, answer.text
        found: Json = answer.json()
        return found

    async def order(self, order_id: str) -> Json:
        """An order as staff see it, with its timeline."""
        return await self.as_staff("GET", f"/admin/orders/{order_id}")

    async def state(self, order_id: str) -> str:
        found: str = (await self.order(order_id))["answer"]["order"]["state"]
        return found

    async def at_bank(self, placed: Json, action: str) -> None:
        """The buyer presses a button on the bank's page."""
        answer = await self.client.post(placed["payment"]["next_action"]["url"], data={"action": action})
        assert answer.status_code < 400, answer.text

    async def pay(self, placed: Json) -> None:
        """The buyer pays at the bank, and its webhook has arrived."""
        await self.at_bank(placed, "pay")
        await self.until_state(placed["order"]["id"], "paid")

    async def until_state(self, order_id: str, *states: str) -> None:
        await until(lambda: self._is_in(order_id, states))

    async def _is_in(self, order_id: str, states: tuple[str, ...]) -> bool:
        return await self.state(order_id) in states

    async def available(self, sku: str) -> int:
        found: int = (await self.call("GET", f"/stock?sku={sku}")).json()["data"][0]["available"]
        return found

    async def fault(self, kind: str, **more: object) -> None:
        """Have the bank misbehave."""
        answer = await self.client.post(
            f"{self.bank_url}/_sandbox/faults", json={"bank": "stripe", "kind": kind, **more}
        )
        assert answer.status_code < 300, answer.text

    async def rules(self, **changes: object) -> None:
        """Change the merchant's rules, in force at once."""
        await transaction(
            self.database, lambda tx: change_rules(tx, changes=changes, actor="test", at=clock.now())
        )
        await self.process.read_again()

    async def drain(self) -> None:
        """Do all jobs that are due."""
        await work.drain(self.process)

    async def send_letters(self) -> None:
        """What the timetable does every minute about letters."""
        await work.send_letters(self.process)

    async def try_again(self) -> None:
        """Do the jobs that wait for their next try, as if its moment had come."""
        await self.database.pool.execute("UPDATE pgqueuer SET execute_after = now() WHERE status = 'queued'")
        await self.drain()

    async def sweep(self) -> None:
        """What the timetable does every minute."""
        await work.sweep(self.process)
        await self.drain()

    async def fetch(self, sql: str, *arguments: object) -> list[Any]:
        return await self.database.pool.fetch(sql, *arguments)

    async def count(self, table: str) -> int:
        found: int = await self.database.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
        return found


async def until(happened: Callable[[], Any], *, within_s: float = 60) -> None:
    """Wait for something that another task does; fails when it does not come."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not await happened():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def serving(app: Litestar, port: int, *, head_read_s: int = HEAD_READ_S) -> AsyncIterator[None]:
    """The application on a real port, in this loop."""
    server = Server(
        app,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=http1(head_read_s=head_read_s),
        websockets=False,
        log_enabled=False,
        log_level=LogLevels.error,
    )
    task = asyncio.create_task(server.serve())
    try:
        await until(lambda: _answers(port))
        yield
    finally:
        server.stop()  # type: ignore[no-untyped-call]  # granian leaves it untyped
        await task


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def stripe_at(api_base: str) -> dict[str, str]:
    """The variables of a shop whose Stripe is at this address of a sandbox, without their common prefix."""
    return {
        "STRIPE_SECRET_KEY": STRIPE_KEY,
        "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        "STRIPE_API_BASE": api_base,
        "STRIPE_PAGE_URL": api_base + "/pay/{id}?client_secret={client_secret}",
    }


async def let_in(database: Database) -> None:
    """Grant the roles, and make the login of the shop's processes."""
    async with database.pool.acquire() as connection:
        await roles.grant(connection)
        with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
            await connection.execute(
                f"CREATE ROLE {APPLICATION_LOGIN} LOGIN PASSWORD 'test' IN ROLE {roles.APPLICATION}"
            )


def as_application(owner_url: str) -> str:
    """The same database as the shop's processes enter it: without the right to change schema or history."""
    parts = urlsplit(owner_url)
    here = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{APPLICATION_LOGIN}:test@{here}").geturl()


class _Place:
    """Two ports, and the applications that were made for the first: making one takes longer than a test."""

    def __init__(self) -> None:
        self.port, self.bank_port = free_port(), free_port()
        self._apps: dict[str, Litestar] = {}

    def app(self, settings: Settings, database_url: str) -> Litestar:
        """The application of these settings; it opens a process of its own each time that it is served."""
        wanted = f"{settings!r} {database_url}"
        if wanted not in self._apps:
            self._apps[wanted] = create_app(settings, database_url)
        return self._apps[wanted]


_idle: list[_Place] = []
_BANK_NAMED = re.compile(r"\{bank\}/(\w+)")


@contextmanager
def _place() -> Iterator[_Place]:
    """A place where no other shop is now."""
    place = _idle.pop() if _idle else _Place()
    yield place
    _idle.append(place)  # not after a failure: who knows what still runs there


@asynccontextmanager
async def open_shop(
    database_url: str,
    journal: Path | None = None,
    providers: Json | None = None,
    banks: Mapping[str, SettingsChange] | None = None,
    *,
    door: Door = UNCOUNTED,
    public_url: str = "",
    **more: Any,
) -> AsyncIterator[Shop]:
    """A shop and its bank on free ports, until the block ends; ``database_url`` is the owner's.

    ``providers`` are variables of theirs, in which ``{bank}`` is the address of the sandbox; ``banks``: how
    these are set up there; ``more``: other settings of the shop's.
    """
    with _place() as place:
        url, bank_url = f"http://127.0.0.1:{place.port}", f"http://127.0.0.1:{place.bank_port}"
        settings = Settings(
            port=place.port,
            log_level="critical",
            provider_timeout_s=2,
            providers=stripe_at(bank_url + "/stripe")
            | {name: text.replace("{bank}", bank_url) for name, text in (providers or {}).items()},
            door=door,
            public_url=public_url,
            **more,
        )
        named = {name for text in (providers or {}).values() for name in _BANK_NAMED.findall(text)}
        bank = SandboxConfig(
            port=place.bank_port,
            journal=journal,
            shop_url=url,
            retry_scale=0.0001,
            offered=tuple({"stripe", *named, *(banks or {})}),
            banks={"stripe": SettingsChange(keys=STRIPE_KEYS), **(banks or {})},
        )
        app = place.app(settings, as_application(database_url))
        async with (
            serving(create_sandbox(bank), place.bank_port),
            serving(app, place.port),
            http_client(base_url=url, timeout=30) as client,
        ):
            process: Process = app.state.process
            made = await make_key(process.database, email="staff@example.com", role=Role.ADMIN, label="test")
            yield Shop(url, bank_url, process, made.key, client, owner_url=database_url)
