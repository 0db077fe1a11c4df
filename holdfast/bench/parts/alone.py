"""One order with nobody else about: how long it takes over HTTP, and how many statements it is."""

import asyncio

import httpx
from asyncpg.connection import LoggedQuery

from holdfast.bench.figures import Fact, Figure, Run
from holdfast.bench.parts import loads
from holdfast.bench.rig import Load, Rig, Stand
from holdfast.bench.wrong import WrongAnswers
from holdfast.process import Process
from holdfast.settings import Door, Settings
from holdfast.web.app import create_app

CONNECTIONS = 2  # more than one order alone needs
ORDER = {
    "lines": [{"sku": "B000001", "quantity": 1}],
    "email": "buyer@example.com",
    "shipping_address": {
        "name": "Ann Buyer",
        "line1": "1 High Street",
        "city": "London",
        "postal_code": "N1 1AA",
        "country": "GB",
    },
    "shipping_option": "standard",
    "payment_method": "cash_on_delivery",
}


def measure(rig: Rig) -> list[Figure | Fact]:
    with rig.fresh_shop(rig.plan.processes[0]) as stand:
        figures = stand.in_turns([_alone(stand)])
        told = asyncio.run(_statements(stand.database_url))
    count = Fact(
        key="alone.statements",
        what="statements of one order alone, besides BEGIN and COMMIT",
        value=len(told),
        unit="",
        detail=tuple(_first_line(text) for text in told),
    )
    return [*figures, count]


def _alone(stand: Stand) -> Load:
    def run(connections: int, seconds: int) -> Run:
        return loads.place(stand, connections, seconds)

    return Load("alone.order", "orders, one after the other", stand.processes, (1,), run)


async def _statements(database_url: str) -> list[str]:
    """What an application in this process asks the database for a second order, after a first one."""
    told: list[str] = []

    def tell(query: LoggedQuery) -> None:
        told.append(query.query)

    app = create_app(
        Settings(db_pool_size=CONNECTIONS, log_level="error", door=Door(rate_limits=False)), database_url
    )
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # both are ASGI; Litestar's types are finer
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://alone") as client:
        process: Process = app.state.process
        pool = process.database.pool
        every = [await pool.acquire() for _ in range(CONNECTIONS)]
        for connection in every:
            connection.add_query_logger(tell)
            await pool.release(connection)
        for number in range(2):
            told.clear()
            key = {"Idempotency-Key": f"alone-in-one-process-{number}"}
            answer = await client.post("/api/v1/orders", json=ORDER, headers=key)
            if answer.status_code != httpx.codes.CREATED:
                raise WrongAnswers(f"an order alone: {answer.status_code} {answer.text}")
        return [text for text in told if not text.upper().startswith(("BEGIN", "COMMIT"))]


def _first_line(text: str) -> str:
    """Enough to know a statement by, without the sentence above it."""
    return next(line for line in text.splitlines() if not line.startswith("--"))
