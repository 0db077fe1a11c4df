"""One sandbox and one receiving endpoint for all tests of this folder."""

from collections.abc import Iterator

import pytest

from holdfast.sandbox.config import SandboxConfig
from tests.ports import free_port
from tests.providers.sandbox_server import Receiver, Sandbox, running_sandbox
from tests.providers.sandbox_telebirr.calls import BANK, subject


@pytest.fixture(scope="package")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver(subject)
    yield receiver
    receiver.close()


@pytest.fixture(scope="package")
def shared(receiver: Receiver) -> Iterator[Sandbox]:
    config = SandboxConfig(port=free_port(), shop_url=receiver.url, retry_scale=0.001)
    with running_sandbox(config) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox, receiver: Receiver) -> Iterator[Sandbox]:
    receiver.answer = lambda _body, _headers: 200
    yield shared
    left = shared.control("GET", "/state")[BANK]["faults"]
    shared.control("DELETE", "/faults")
    assert left == [], "every armed fault must have struck"
