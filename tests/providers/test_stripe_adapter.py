"""What is Stripe's alone in the adapter and its sandbox; the rest is the conformance suite's."""

from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from msgspec.structs import replace

from holdfast.ids import mint
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Ask, ProviderEvent, Said, Unknown
from holdfast.payment.providers.stripe.adapter import StripeProvider
from holdfast.sandbox.config import SandboxConfig
from holdfast.sandbox.providers.stripe.account import KEYS
from tests.clients import http_client
from tests.ports import free_port
from tests.providers.sandbox_server import Receiver, Sandbox, running_sandbox
from tests.providers.stripe_things import adapter as stripe_adapter
from tests.providers.stripe_things import at_once

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def shop() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def sandbox(shop: Receiver) -> Iterator[Sandbox]:
    config = SandboxConfig(port=free_port(), shop_url=shop.url, retry_scale=0.001)
    with running_sandbox(config) as running:
        yield running


@pytest.fixture
async def stripe(sandbox: Sandbox, anyio_backend: str) -> AsyncGenerator[StripeProvider]:  # noqa: ARG001
    async with http_client() as client:
        yield adapter(client, sandbox)
    sandbox.control("DELETE", "/faults")


def adapter(client: httpx.AsyncClient, sandbox: Sandbox, key: str = "") -> StripeProvider:
    return stripe_adapter(
        client,
        sandbox.at("stripe"),
        sandbox.at("stripe") + "/pay/{id}?client_secret={client_secret}",
        key=key or KEYS["secret_key"],
        secrets=(KEYS["webhook_secret"],),
    )


def new_ask(amount_minor: int = 2599, currency: str = "GBP") -> Ask:
    return Ask(mint("att"), mint("ord"), 1001, amount_minor, currency, "http://127.0.0.1:8000/orders/1")


async def created(stripe: StripeProvider, ask: Ask | None = None) -> Said:
    said = await stripe.create(ask or new_ask())
    assert isinstance(said, Said)
    return said


def intents_of(sandbox: Sandbox, ask: Ask) -> int:
    key = (KEYS["secret_key"], "")
    query = {"query": f"metadata['attempt_id']:'{ask.attempt_id}'"}
    return len(sandbox.http.get("/stripe/v1/payment_intents/search", params=query, auth=key).json()["data"])


def heard(stripe: StripeProvider, shop: Receiver, payment: str, kind: str) -> ProviderEvent:
    """The event of this kind as the adapter reads it."""
    received = shop.wait(payment, kind)[-1]
    return at_once(stripe.read_event(received.headers, received.body, datetime.now(UTC)))


async def test_a_buyer_pays_on_the_page_and_reply_and_webhook_say_the_same(
    stripe: StripeProvider, sandbox: Sandbox, shop: Receiver
) -> None:
    ask = new_ask()
    said = await created(stripe, ask)
    assert (said.state, said.amount_minor, said.currency) == (AttemptState.PENDING, 2599, "GBP")
    assert (said.reference, said.live, said.declined) == (ask.attempt_id, False, None)
    assert said.next_action is not None
    assert heard(stripe, shop, said.provider_ref, "payment_intent.created").facts == said

    page = sandbox.http.post(said.next_action["url"], data={"action": "pay"})
    assert page.is_success
    captured = await stripe.look_up(said.provider_ref)
    assert captured == replace(said, state=AttemptState.CAPTURED, next_action=None)
    event = heard(stripe, shop, said.provider_ref, "payment_intent.succeeded")
    assert (event.kind, event.facts) == ("payment_intent.succeeded", captured)
    assert heard(stripe, shop, said.provider_ref, "charge.succeeded").facts is None


async def test_the_same_ask_twice_collects_once(stripe: StripeProvider, sandbox: Sandbox) -> None:
    ask = new_ask()
    assert await stripe.create(ask) == await stripe.create(ask)
    assert intents_of(sandbox, ask) == 1


async def test_another_amount_under_the_same_key_is_no_clear_no(
    stripe: StripeProvider, sandbox: Sandbox
) -> None:
    ask = new_ask()
    await created(stripe, ask)
    assert isinstance(await stripe.create(replace(ask, amount_minor=2600)), Unknown)
    assert intents_of(sandbox, ask) == 1


async def test_a_500_is_replayed_for_its_key_and_stays_unknown(
    stripe: StripeProvider, sandbox: Sandbox
) -> None:
    ask = new_ask()
    sandbox.fault("error_500", on="create")
    assert isinstance(await stripe.create(ask), Unknown)
    assert isinstance(await stripe.create(ask), Unknown)
    assert isinstance(await stripe.create(new_ask()), Said)
