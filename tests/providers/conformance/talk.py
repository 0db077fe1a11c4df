"""An adapter and its sandbox in conversation: what every test of the suite does through it."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import msgspec
import pytest

from holdfast.errors.provider import SignatureInvalid
from holdfast.ids import mint
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import (
    Ask,
    Attempted,
    Deed,
    Facts,
    Proof,
    Provider,
    ProviderEvent,
    RefundAsk,
    RefundSaid,
    Refused,
    Said,
    Unknown,
)
from holdfast.payment.providers.offered import wire_up
from holdfast.payment.start_payment import expired
from holdfast.settings import Settings
from tests.providers.conformance.subjects import Section, Subject
from tests.providers.sandbox_server import Sandbox

TIMEOUT_S = 1
LONGER_MS = 1_500
"""What a fault makes the sandbox wait so that the adapter gives up first."""
WAIT_S = 60


class Delivery(msgspec.Struct, frozen=True):
    """One webhook as it came, and what was answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    answered: int


class Ear:
    """The shop's endpoints: writes down what comes, and answers what it is told to."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.answer: Callable[[Delivery], int] = lambda _: 200
        ear = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                came = Delivery(self.path, headers, body, 0)
                status = ear.answer(came)
                ear.deliveries.append(msgspec.structs.replace(came, answered=status))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def build(subject: Subject, section: Section, client: httpx.AsyncClient, *, shop_url: str = "") -> Provider:
    """The adapter as a process builds it from its variables, for a shop at this address."""
    given = {f"{subject.name.upper()}_{name}": value for name, value in section.items()}
    settings = Settings(providers=given, provider_timeout_s=TIMEOUT_S, public_url=shop_url)
    wired = wire_up(settings, client)
    assert wired.left_out == {}
    return wired.providers[subject.name]


class Talk:
    """One subject's adapter, its sandbox, and the ear that hears its webhooks."""

    def __init__(self, subject: Subject, sandbox: Sandbox, ear: Ear, client: httpx.AsyncClient) -> None:
        self.subject, self.sandbox, self.ear, self.client = subject, sandbox, ear, client
        self.keys = sandbox.keys(subject.name)
        self.provider = self.another(client)
        self._first = len(ear.deliveries)
        self._asked: dict[str, Ask] = {}

    def another(self, client: httpx.AsyncClient) -> Provider:
        """The same adapter in another process, say."""
        section = self.subject.section(self.sandbox.at(self.subject.name), self.keys)
        return build(self.subject, section, client, shop_url=self.ear.url)

    @property
    def can_look_up(self) -> bool:
        return Deed.LOOK_UP in self.provider.can.deeds

    # ── asking ────────────────────────────────────────────────────────────────────────────────

    def ask(self, **changes: Any) -> Ask:
        """A wish to collect, of an attempt of its own."""
        wish = Ask(
            attempt_id=mint("att"),
            order_id=mint("ord"),
            order_number=1001,
            amount_minor=self.subject.amount_minor,
            currency=self.subject.currency,
            return_url="http://127.0.0.1:8000/payments/return?order=1001",
            email="ada@example.com",
        )
        return msgspec.structs.replace(wish, **changes)

    async def created(self, ask: Ask | None = None) -> Said:
        wish = ask or self.ask()
        answer = await self.provider.create(wish)
        assert isinstance(answer, Said), answer
        self._asked[answer.provider_ref] = wish
        return answer

    async def seen(self, provider_ref: str) -> Said:
        """How it stands; what the buyer has approved is finished, as the shop does.

        Where nobody can be asked that is all that is to be tested of it, and the test ends.
        """
        answer = await self.provider.look_up(provider_ref)
        if not self.can_look_up:
            assert isinstance(answer, Unknown)
            pytest.skip("nobody can be asked how it stands")
        """How it stands; what is gone has expired, what is approved is finished, as the shop does."""
        answer = await self.provider.look_up(provider_ref)
        if isinstance(answer, Refused) and answer.gone:
            ask = self._asked[provider_ref]
            wanted = Attempted(ask.attempt_id, provider_ref, None, ask.amount_minor, ask.currency)
            return expired(wanted, live=self.provider.live)
        assert isinstance(answer, Said), answer
        return await self.finished(answer)

    async def finished(self, said: Said) -> Said:
        """What became of the buyer's approval, if that is what was said."""
        if not said.approved:
            return said
        answer = await self.provider.finish(self.attempted(said))
        assert isinstance(answer, Said), answer
        return answer

    async def paid(self, ask: Ask | None = None) -> Said:
        return await self.pays(await self.created(ask))

    async def pays(self, said: Said) -> Said:
        """The buyer pays; how it stands then, or what an event says where nobody can be asked."""
        self.press(said.provider_ref, "pay")
        if self.can_look_up:
            return await self.seen(said.provider_ref)
        return await self.hears_state(said, AttemptState.CAPTURED)

    def attempted(self, said: Said, amount_minor: int | None = None) -> Attempted:
        assert said.reference is not None
        amount = said.amount_minor if amount_minor is None else amount_minor
        return Attempted(said.reference, said.provider_ref, said.charge_ref, amount, said.currency)

    def to_refund(self, said: Said, amount_minor: int | None = None) -> RefundAsk:
        amount = said.amount_minor if amount_minor is None else amount_minor
        return RefundAsk(mint("rfd"), said.provider_ref, said.charge_ref, amount, said.currency)

    # ── the buyer and the bank ────────────────────────────────────────────────────────────────

    def press(self, provider_ref: str, verb: str, *, status: int | None = None) -> None:
        """What a buyer or a bank does to a payment."""
        self.sandbox.control("POST", f"/payments/{provider_ref}/{verb}", status=status)

    def decide(self, refund: RefundSaid, verb: str) -> None:
        """What a bank makes of a refund: ``succeed`` or ``fail``."""
        self.sandbox.control("POST", f"/refunds/{refund.provider_ref}/{verb}")

    def fault(self, kind: str, **options: object) -> None:
        self.sandbox.fault(kind, bank=self.subject.name, **options)

    def settings(self, **changes: object) -> None:
        """Have the bank do otherwise until the test ends."""
        self.sandbox.control("PUT", "/settings", {"bank": self.subject.name, **changes})

    def clear(self) -> None:
        """Disarm what was armed for more moments than there were."""
        self.sandbox.control("DELETE", "/faults")

    def armed(self) -> list[Any]:
        found: list[Any] = self.sandbox.control("GET", "/state")[self.subject.name]["faults"]
        return found

    # ── hearing ───────────────────────────────────────────────────────────────────────────────

    def heard(self) -> list[Delivery]:
        """What came for this provider since the test began."""
        since = self.ear.deliveries[self._first :]
        return [came for came in since if came.path.endswith(f"/{self.subject.name}")]

    async def events(self) -> list[ProviderEvent]:
        """Every event that was signed well since the test began, as the adapter reads it."""
        found = []
        for came in self.heard():
            try:
                found.append(await self.provider.read_event(came.headers, came.body, datetime.now(UTC)))
            except SignatureInvalid:
                continue
        return found

    async def facts(self, event: ProviderEvent) -> Facts | Unknown | None:
        """What is to be believed of an event, or what asking about it says; an approval is finished."""
        asks = event.proof is Proof.ASK and event.facts is not None
        facts = await self.provider.confirm(event) if asks else event.facts
        return await self.finished(facts) if isinstance(facts, Said) else facts

    async def hears(self, about: Said | RefundSaid, wanted: Callable[[Any], bool]) -> Facts:
        """Wait for an event about this whose facts are as wanted."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            for event in reversed(await self.events()):
                if not _is_about(event.facts, about):
                    continue
                facts = await self.facts(event)
                if isinstance(facts, Unknown) or not _is_about(facts, about):
                    continue
                if facts is not None and wanted(facts):
                    return facts
        raise AssertionError(f"nothing of the kind was heard about {about.provider_ref}")

    async def hears_state(self, about: Said, state: AttemptState) -> Said:
        facts = await self.hears(about, lambda facts: isinstance(facts, Said) and facts.state is state)
        assert isinstance(facts, Said)
        return facts


def _is_about(facts: Facts | None, about: Said | RefundSaid) -> bool:
    """By the object, the charge or our reference, as the shop finds an attempt."""
    match facts, about:
        case Said(), Said():
            return (
                (bool(facts.provider_ref) and facts.provider_ref == about.provider_ref)
                or (facts.charge_ref is not None and facts.charge_ref == about.charge_ref)
                or (facts.reference is not None and facts.reference == about.reference)
            )
        case None, _:
            return False
        case _, Said():
            assert not isinstance(facts, Said)
            return facts.payment_ref in (about.provider_ref, about.charge_ref)
        case RefundSaid(provider_ref=""), RefundSaid():  # a hint: what is confirmed tells which one it is
            return facts.payment_ref == about.payment_ref
        case RefundSaid(), RefundSaid():
            return facts.provider_ref == about.provider_ref
        case _:
            return False
