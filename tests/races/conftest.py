"""A shop of several processes: two children answer HTTP; the bank and the test's hands are in this one."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from uuid import uuid4

import httpx
import pytest

from holdfast.accounts.roles import Role
from holdfast.cli.crew import UNCOUNTED
from holdfast.cli.people import make_key
from holdfast.process import open_process
from holdfast.sandbox.app import create_app as create_sandbox
from holdfast.sandbox.config import SandboxConfig, SettingsChange
from holdfast.settings import Settings
from tests.clients import http_client
from tests.conftest import Server
from tests.house import STRIPE_KEY, WEBHOOK_SECRET, Shop, as_application, serving, stripe_at, until
from tests.ports import free_port

CONNECTIONS = 64


@pytest.fixture(scope="module")
async def two_doors(postgres: Server, granted: str) -> AsyncIterator[Shop]:
    """``holdfast serve --workers 2``, shared by a module; at its end PostgreSQL has seen no deadlock."""
    name = f"test_{uuid4().hex}"
    postgres.ensure_database(name, template=granted)
    owner_url = postgres.url(name)
    database_url = as_application(owner_url)
    port, bank_port = free_port(), free_port()
    url, bank_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{bank_port}"
    stripe = stripe_at(bank_url + "/stripe")
    settings = Settings(log_level="error", providers=stripe)
    bank = SandboxConfig(
        port=bank_port,
        shop_url=url,
        retry_scale=0.0001,
        banks={"stripe": SettingsChange(keys={"secret_key": STRIPE_KEY, "webhook_secret": WEBHOOK_SECRET})},
    )
    environment = {
        "HOLDFAST_DATABASE_URL": database_url,
        "HOLDFAST_LOG_LEVEL": "error",
        **UNCOUNTED,
        **{f"HOLDFAST_{name}": value for name, value in stripe.items()},
    }
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with (
        open_process(settings, database_url) as process,
        serving(create_sandbox(bank), bank_port),
        http_client(base_url=url, timeout=60, limits=limits) as client,
    ):
        server = serve(port, environment)
        try:
            await until(lambda: _is_ready(client), within_s=30)
            key = (
                await make_key(process.database, email="staff@example.com", role=Role.ADMIN, label="test")
            ).key
            yield Shop(url, bank_url, process, key, client, owner_url=owner_url)
        finally:
            server.terminate()
            await asyncio.to_thread(server.wait, 20)
        # Who is gone has told all it counted.
        assert (
            await process.database.pool.fetchval(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            )
            == 0
        )


def serve(port: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Two HTTP processes on one port."""
    return subprocess.Popen(
        [sys.executable, "-m", "holdfast", "serve", "--port", str(port), "--workers", "2"],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/ready")).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
