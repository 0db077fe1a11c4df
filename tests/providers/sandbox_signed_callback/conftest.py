"""One sandbox and one receiving endpoint for all tests of this folder; every test runs for both banks."""

from collections.abc import Iterator

import pytest

from holdfast.sandbox.config import SandboxConfig
from tests.ports import free_port
from tests.providers.sandbox_server import Receiver, Sandbox, running_sandbox
from tests.providers.sandbox_signed_callback.calls import BRANDS, Merchant, subject


@pytest.fixture(scope="package")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver(subject)
    yield receiver
    receiver.close()


@pytest.fixture(scope="package")
def shared(receiver: Receiver) -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(port=free_port(), shop_url=receiver.url)) as sandbox:
        yield sandbox


@pytest.fixture(params=BRANDS, ids=lambda brand: brand.name)
def merchant(request: pytest.FixtureRequest, shared: Sandbox, receiver: Receiver) -> Iterator[Merchant]:
    receiver.answer = lambda _body, _headers: 200
    merchant = Merchant(shared, request.param)
    yield merchant
    merchant.set_up(**merchant.brand.keys)
    left = shared.control("GET", "/state")[merchant.name]["faults"]
    shared.control("DELETE", "/faults")
    assert left == [], "every armed fault must have struck"
