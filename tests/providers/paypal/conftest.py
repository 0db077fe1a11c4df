"""A server that answers as it is told, and PayPal's bank of the sandbox."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from holdfast.sandbox.config import SandboxConfig
from tests.clients import http_client
from tests.ports import free_port
from tests.providers.sandbox_server import Sandbox, running_sandbox
from tests.providers.told_server import Told, told


@pytest.fixture(scope="package")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def script() -> AsyncIterator[Told]:
    async with told() as script:
        yield script


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with http_client() as client:
        yield client


@pytest.fixture(scope="package")
def running() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(port=free_port(), shop_url="")) as sandbox:
        yield sandbox


@pytest.fixture
def bank(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.control("DELETE", "/faults")
