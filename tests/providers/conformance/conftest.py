"""One sandbox and one ear for the whole suite; every test with a ``talk`` runs for every subject."""

from collections.abc import AsyncIterator, Iterator

import pytest

from holdfast.sandbox.config import SandboxConfig, SettingsChange
from tests.clients import http_client
from tests.ports import free_port
from tests.providers.conformance.subjects import SUBJECTS, Subject
from tests.providers.conformance.talk import Ear, Talk
from tests.providers.sandbox_server import Sandbox, running_sandbox


@pytest.fixture(scope="package")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="package")
def ear() -> Iterator[Ear]:
    ear = Ear()
    yield ear
    ear.close()


@pytest.fixture(scope="package")
def sandbox(ear: Ear) -> Iterator[Sandbox]:
    banks = {subject.name: SettingsChange(keys=dict(subject.bank_keys)) for subject in SUBJECTS}
    with running_sandbox(SandboxConfig(port=free_port(), shop_url=ear.url, banks=banks)) as running:
        yield running


@pytest.fixture(params=SUBJECTS, ids=lambda subject: subject.id)
async def talk(
    request: pytest.FixtureRequest,
    sandbox: Sandbox,
    ear: Ear,
    anyio_backend: str,  # noqa: ARG001 - the client lives in its loop
) -> AsyncIterator[Talk]:
    subject: Subject = request.param
    ear.answer = lambda _: 200
    async with http_client() as client:
        talk = Talk(subject, sandbox, ear, client)
        yield talk
        left = talk.armed()
        talk.settings(auto=False)
    sandbox.control("DELETE", "/faults")
    assert left == [], "every armed fault must have struck"
