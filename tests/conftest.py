"""One embedded PostgreSQL for the run, a fresh copy of the migrated database for each test that asks.

After every test that had a database, every truth must hold, and no card number is in it or in a log.
"""

import asyncio
import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from holdfast import clock
from holdfast.accounts.roles import Role
from holdfast.cli.books.prove import audit_database, with_database
from holdfast.cli.crew import UNCOUNTED, Crew, crew
from holdfast.cli.people import make_key
from holdfast.cli.play import throw_away
from holdfast.db import embedded, migrate
from holdfast.db.transaction import Database, connect
from holdfast.watch.truths import check_truths
from tests.house import Shop, let_in, open_shop
from tests.ports import free_port
from tests.written import cards_in, stored_cards

# A machine that is busy with something else is no failure.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

DATA = Path(__file__).parents[1] / ".holdfast" / "tests"


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": True}


class Server(Protocol):
    """Where databases for tests are made."""

    def url(self, database: str) -> str: ...

    def ensure_database(self, name: str, template: str | None = None) -> None: ...


class GivenServer:
    """A server of one's own (``HOLDFAST_TEST_URL``), for running the tests on another PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._server = url.rstrip("/")

    def url(self, database: str) -> str:
        return f"{self._server}/{database}"

    def ensure_database(self, name: str, template: str | None = None) -> None:
        copy = [f"--template={template}"] if template else []
        command = [
            "createdb",
            f"--maintenance-db={self.url('postgres')}",
            *copy,
            name,
        ]  # by libpq's own rules
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or "already exists" in done.stderr, done.stderr


@pytest.fixture(scope="session")
def postgres() -> Server:
    """The server of this run; the last process to end stops it."""
    given = os.environ.get("HOLDFAST_TEST_URL")
    return GivenServer(given) if given else embedded.start(DATA, durable=False)


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    """A migrated database to copy, made once for each state of the migrations."""
    digest = hashlib.sha256()
    for file in sorted(migrate.MIGRATIONS.glob("*.sql")):
        digest.update(file.read_bytes())
    name = f"template_{digest.hexdigest()[:12]}"
    postgres.ensure_database(name)
    migrate.migrate(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def granted(postgres: Server, template: str) -> str:
    """The same with the roles of the shop, and a login for its processes."""
    name = f"{template}_granted"
    postgres.ensure_database(name, template=template)
    with_database(postgres.url(name), let_in)
    return name


@pytest.fixture
async def database_url(postgres: Server, granted: str) -> AsyncIterator[str]:
    """A fresh, migrated database, dropped afterwards; this is its owner's address.

    Whatever a test did to it, no card number is in it at the end. It has the same name for all tests of a
    process, so that an application which was made for it serves them all.
    """
    name = f"test_{os.getpid()}"
    admin = await asyncpg.connect(postgres.url("postgres"))
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {granted} STRATEGY file_copy")
        yield postgres.url(name)
        await assert_no_cards(postgres.url(name))
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A connected pool on a fresh database."""
    database = await connect(database_url, pool_size=8)
    try:
        yield database
        await assert_truths(database)
    finally:
        await database.close()


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    """A whole shop in this process: HTTP and sandbox on real ports, jobs done when the test says so."""
    async with open_shop(database_url) as opened:
        yield opened
        await opened.drain()
        await assert_truths(opened.database)


@pytest.fixture
def running() -> Iterator[Crew]:
    """A whole shop of real processes, as ``holdfast demo`` runs it: two HTTP processes, no goods."""
    folder = DATA.parent / f"crew-{uuid4().hex[:12]}"
    try:
        with crew(
            folder,
            host="127.0.0.1",
            port=free_port(),
            sandbox_port=free_port(),
            workers=2,
            settings={"HOLDFAST_LOG_LEVEL": "error", **UNCOUNTED},
        ) as people:
            yield people
            assert with_database(people.database_url, audit_database) == []
            asyncio.run(assert_no_cards(people.database_url))
    finally:
        throw_away(folder)


@pytest.fixture
def shop_url(running: Crew) -> str:
    return running.url


@pytest.fixture
def staff_key(running: Crew) -> str:
    return with_database(
        running.database_url,
        lambda database: make_key(database, email="staff@example.com", role=Role.ADMIN, label="test"),
    ).key


@pytest.fixture(autouse=True)
def clock_runs() -> Iterator[None]:
    """Whoever stopped the clock, the next test finds it running."""
    yield
    clock.go()


async def assert_truths(database: Database) -> None:
    async with database.pool.acquire() as connection:
        assert await check_truths(connection) == []


async def assert_no_cards(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        assert await stored_cards(connection) == []
    finally:
        await connection.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001 - as pytest calls it
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Whatever a test made anything log, and whatever its processes said, no card number is in it."""
    report = yield
    cards = cards_in("\n".join(said for _, said in report.sections))
    if report.passed and cards:
        report.outcome, report.longrepr = "failed", f"card numbers were written to a log: {cards}"
    return report


def pytest_sessionstart(session: pytest.Session) -> None:
    """What a killed run left behind is stopped: its processes end by themselves, its databases do not."""
    if not hasattr(session.config, "workerinput"):
        for folder in DATA.parent.glob("crew-*"):
            throw_away(folder)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The run's server goes with the run; the workers of xdist end before their controller does."""
    if not hasattr(session.config, "workerinput") and embedded.is_running(DATA):
        server = embedded.start(DATA, durable=False)
        server.stop()
        with contextlib.suppress(OSError):
            shutil.rmtree(server.home)


FULL = bool(os.environ.get("HOLDFAST_FULL"))
