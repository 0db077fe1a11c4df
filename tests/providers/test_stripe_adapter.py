"""The adapter and the sandbox in conversation: collecting, closing, giving back, and webhooks."""

from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from msgspec.structs import replace

from holdfast.errors import SignatureInvalid
from holdfast.ids import mint
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Ask, DisputeSaid, ProviderEvent, RefundSaid, Refused, Said, Unknown
from holdfast.payment.providers.stripe import StripeProvider
from holdfast.sandbox.config import SandboxConfig
from tests.providers.sandbox_server import Receiver, Sandbox, free_port, running_sandbox, wait_for

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
    config = SandboxConfig(port=free_port(), webhook_url=shop.url, retry_scale=0.2)
    with running_sandbox(config) as running:
        yield running


@pytest.fixture
async def stripe(sandbox: Sandbox, anyio_backend: str) -> AsyncGenerator[StripeProvider]:  # noqa: ARG001
    async with httpx.AsyncClient(trust_env=False) as client:
        yield adapter(client, sandbox)
    sandbox.control("DELETE", "/faults")


def adapter(client: httpx.AsyncClient, sandbox: Sandbox, key: str = "") -> StripeProvider:
    return StripeProvider(
        client,
        secret_key=key or sandbox.config.secret_key,
        webhook_secrets=(sandbox.config.webhook_secret,),
        api_base=sandbox.url,
        page_url=sandbox.url + "/pay/{id}?client_secret={client_secret}",
        timeout_s=1,
    )


def new_ask(amount_minor: int = 2599, currency: str = "GBP") -> Ask:
    return Ask(mint("att"), mint("ord"), 1001, amount_minor, currency, "http://127.0.0.1:8000/orders/1")


async def created(stripe: StripeProvider, ask: Ask | None = None) -> Said:
    said = await stripe.create(ask or new_ask())
    assert isinstance(said, Said)
    return said


async def paid(stripe: StripeProvider, sandbox: Sandbox, ask: Ask | None = None) -> Said:
    ref = (await created(stripe, ask)).provider_ref
    sandbox.control("POST", f"/payments/{ref}/pay")
    said = await stripe.look_up(ref)
    assert isinstance(said, Said)
    return said


def intents_of(sandbox: Sandbox, ask: Ask) -> int:
    key = (sandbox.config.secret_key, "")
    query = {"query": f"metadata['attempt_id']:'{ask.attempt_id}'"}
    return len(sandbox.http.get("/v1/payment_intents/search", params=query, auth=key).json()["data"])


def heard(stripe: StripeProvider, shop: Receiver, payment: str, kind: str) -> ProviderEvent:
    """The event of this kind as the adapter reads it."""
    received = shop.wait(payment, kind)[-1]
    return stripe.read_event({"stripe-signature": received.signature}, received.body, datetime.now(UTC))


# ── collecting ────────────────────────────────────────────────────────────────────────────────


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


async def test_a_declined_buyer_can_try_again(
    stripe: StripeProvider, sandbox: Sandbox, shop: Receiver
) -> None:
    ref = (await created(stripe)).provider_ref
    sandbox.control("POST", f"/payments/{ref}/decline")
    said = await stripe.look_up(ref)
    assert isinstance(said, Said)
    assert (said.state, said.declined) == (AttemptState.PENDING, "generic_decline")
    assert said.next_action is not None
    assert heard(stripe, shop, ref, "payment_intent.payment_failed").facts == said
    sandbox.control("POST", f"/payments/{ref}/pay")
    again = await stripe.look_up(ref)
    assert isinstance(again, Said)
    assert (again.state, again.declined) == (AttemptState.CAPTURED, None)


async def test_a_buyer_who_must_prove_something_requires_action(
    stripe: StripeProvider, sandbox: Sandbox, shop: Receiver
) -> None:
    ref = (await created(stripe)).provider_ref
    sandbox.control("POST", f"/payments/{ref}/three_d_secure")
    said = await stripe.look_up(ref)
    assert isinstance(said, Said)
    assert said.state is AttemptState.REQUIRES_ACTION
    assert said.next_action is not None
    assert heard(stripe, shop, ref, "payment_intent.requires_action").facts == said


async def test_what_was_received_is_said_also_when_it_is_not_what_was_asked(
    stripe: StripeProvider, sandbox: Sandbox
) -> None:
    ref = (await created(stripe)).provider_ref
    sandbox.fault("wrong_amount", payment=ref, amount=2000)
    sandbox.control("POST", f"/payments/{ref}/pay")
    said = await stripe.look_up(ref)
    assert isinstance(said, Said)
    assert (said.state, said.amount_minor) == (AttemptState.CAPTURED, 2000)


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 500), ("UGX", 5000), ("KWD", 1230), ("USD", 99)])
async def test_units_agree_with_the_other_side(
    stripe: StripeProvider, sandbox: Sandbox, currency: str, minor: int
) -> None:
    said = await paid(stripe, sandbox, new_ask(minor, currency))
    assert (said.state, said.amount_minor, said.currency) == (AttemptState.CAPTURED, minor, currency)
    refunded = await stripe.refund(mint("rfd"), said.provider_ref, minor, currency)
    assert isinstance(refunded, RefundSaid)
    assert (refunded.amount_minor, refunded.currency) == (minor, currency)


# ── closing ───────────────────────────────────────────────────────────────────────────────────


async def test_a_closed_intent_cannot_be_paid_and_closing_again_says_so(
    stripe: StripeProvider, sandbox: Sandbox, shop: Receiver
) -> None:
    ref = (await created(stripe)).provider_ref
    closed = await stripe.close(ref)
    assert isinstance(closed, Said)
    assert (closed.state, closed.next_action) == (AttemptState.CANCELLED, None)
    assert await stripe.close(ref) == closed
    assert heard(stripe, shop, ref, "payment_intent.canceled").facts == closed
    sandbox.control("POST", f"/payments/{ref}/pay", status=409)
    assert await stripe.look_up(ref) == closed


async def test_closing_what_was_paid_says_that_it_was_paid(stripe: StripeProvider, sandbox: Sandbox) -> None:
    said = await paid(stripe, sandbox)
    assert said.state is AttemptState.CAPTURED
    assert await stripe.close(said.provider_ref) == said


async def test_what_stripe_does_not_know_is_refused(stripe: StripeProvider) -> None:
    for answer in (await stripe.look_up("pi_nobodys"), await stripe.close("pi_nobodys")):
        assert isinstance(answer, Refused)
        assert answer.code == "resource_missing"


async def test_a_wrong_key_is_refused(sandbox: Sandbox) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await adapter(client, sandbox, "sk_test_of_somebody_else").create(new_ask())
    assert isinstance(answer, Refused)


# ── giving back ───────────────────────────────────────────────────────────────────────────────


async def test_the_same_refund_twice_gives_back_once(
    stripe: StripeProvider, sandbox: Sandbox, shop: Receiver
) -> None:
    ref = (await paid(stripe, sandbox)).provider_ref
    refund_id = mint("rfd")
    said = await stripe.refund(refund_id, ref, 600, "GBP")
    assert isinstance(said, RefundSaid)
    assert said == RefundSaid(
        said.provider_ref, ref, "succeeded", 600, "GBP", live=False, reference=refund_id
    )
    assert await stripe.refund(refund_id, ref, 600, "GBP") == said
    assert heard(stripe, shop, ref, "refund.created").facts == said
    assert heard(stripe, shop, ref, "charge.refunded").facts is None
    rest = await stripe.refund(mint("rfd"), ref, 1999, "GBP")
    assert isinstance(rest, RefundSaid)
    assert isinstance(await stripe.refund(mint("rfd"), ref, 1, "GBP"), Refused)


async def test_more_than_was_captured_or_what_was_never_captured_is_refused(
    stripe: StripeProvider, sandbox: Sandbox
) -> None:
    captured, unpaid = await paid(stripe, sandbox), await created(stripe)
    assert isinstance(await stripe.refund(mint("rfd"), captured.provider_ref, 2600, "GBP"), Refused)
    assert isinstance(await stripe.refund(mint("rfd"), unpaid.provider_ref, 100, "GBP"), Refused)


async def test_a_refund_can_be_pending_and_can_fail_after_it_succeeded(
    stripe: StripeProvider, sandbox: Sandbox, shop: Receiver
) -> None:
    ref = (await paid(stripe, sandbox)).provider_ref
    sandbox.fault("refund_pending", payment=ref)
    pending = await stripe.refund(mint("rfd"), ref, 600, "GBP")
    assert isinstance(pending, RefundSaid)
    assert pending.state == "pending"
    sandbox.control("POST", f"/refunds/{pending.provider_ref}/succeed")
    sandbox.control("POST", f"/refunds/{pending.provider_ref}/fail")
    assert heard(stripe, shop, ref, "refund.failed").facts == replace(pending, state="failed")


@pytest.mark.parametrize(("fault", "state"), [("opened", "open"), ("won", "won"), ("lost", "lost")])
async def test_a_dispute_is_told_by_webhook(
    stripe: StripeProvider, sandbox: Sandbox, shop: Receiver, fault: str, state: str
) -> None:
    ref = (await paid(stripe, sandbox)).provider_ref
    sandbox.control("POST", f"/payments/{ref}/dispute_{fault}")
    kind = "charge.dispute.created" if state == "open" else "charge.dispute.closed"
    said = heard(stripe, shop, ref, kind).facts
    assert isinstance(said, DisputeSaid)
    assert (said.payment_ref, said.state, said.amount_minor, said.currency) == (ref, state, 2599, "GBP")


# ── misbehaviour ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["error_429", "conflict_409", "garbage", "timeout_after_effect", "delay"])
async def test_after_no_clear_answer_the_same_ask_finds_the_same_intent(
    stripe: StripeProvider, sandbox: Sandbox, fault: str
) -> None:
    ask = new_ask()
    sandbox.fault(fault, on="create", ms=1_500)
    assert isinstance(await stripe.create(ask), Unknown)
    wait_for(lambda: sandbox.control("GET", "/state")["stripe"]["faults"] == [])
    said: Said | Unknown | Refused = Unknown("not asked yet")
    while isinstance(said, Unknown):  # the first call may still be running over there: 409
        said = await stripe.create(ask)
    assert isinstance(said, Said)
    assert intents_of(sandbox, ask) == 1


async def test_a_500_is_replayed_for_its_key_and_stays_unknown(
    stripe: StripeProvider, sandbox: Sandbox
) -> None:
    ask = new_ask()
    sandbox.fault("error_500", on="create")
    assert isinstance(await stripe.create(ask), Unknown)
    assert isinstance(await stripe.create(ask), Unknown)
    assert isinstance(await stripe.create(new_ask()), Said)


async def test_a_refund_without_a_clear_answer_is_given_once(
    stripe: StripeProvider, sandbox: Sandbox
) -> None:
    ref = (await paid(stripe, sandbox)).provider_ref
    refund_id = mint("rfd")
    sandbox.fault("timeout_after_effect", on="refund", payment=ref, ms=1_500)
    assert isinstance(await stripe.refund(refund_id, ref, 2599, "GBP"), Unknown)
    said = await stripe.refund(refund_id, ref, 2599, "GBP")
    assert isinstance(said, RefundSaid)
    assert (said.state, said.amount_minor) == ("succeeded", 2599)


@pytest.mark.parametrize("fault", ["webhook_tamper", "webhook_wrong_secret", "webhook_stale"])
async def test_a_forged_webhook_is_not_believed_and_the_true_one_is(
    stripe: StripeProvider, sandbox: Sandbox, shop: Receiver, fault: str
) -> None:
    def believed(body: bytes, signature: str) -> int:
        try:
            stripe.read_event({"stripe-signature": signature}, body, datetime.now(UTC))
        except SignatureInvalid:
            return 401
        return 200

    ref = (await created(stripe)).provider_ref
    shop.answer = believed
    sandbox.fault(fault, payment=ref, event="payment_intent.succeeded")
    sandbox.control("POST", f"/payments/{ref}/pay")
    wait_for(lambda: any(x.answered == 200 for x in shop.of(ref, "payment_intent.succeeded")))
    assert [x.answered for x in shop.of(ref, "payment_intent.succeeded")] == [401, 200]
