"""A server that answers as it is told."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.clients import http_client
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
