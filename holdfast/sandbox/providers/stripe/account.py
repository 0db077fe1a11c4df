"""One Stripe account: every object it keeps, and the one way to change one.

Owns tables, the journal's lines and the clock; leaves what may become what to `intents`, `charges` and
`refunds`, and what is told of it to `events`.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct, UnsetType

from holdfast.sandbox.config import SandboxConfig
from holdfast.sandbox.deliver import Deliverer
from holdfast.sandbox.faults import Faults
from holdfast.sandbox.journal import Journal, Line
from holdfast.sandbox.providers.stripe.objects import (
    Charge,
    Dispute,
    Event,
    EventFate,
    EventRequest,
    KeptAnswer,
    PaymentIntent,
    Refund,
    ReturnUrl,
    Saved,
)

BANK = "stripe"
EVENTS_KEPT_MAX = 200_000
ANSWERS_KEPT_MAX = 200_000
ANSWER_KEPT_SECONDS = 24 * 3_600  # §2.7

_KINDS: dict[str, type[Saved]] = {
    kind.__name__: kind
    for kind in (PaymentIntent, Charge, Refund, Dispute, Event, EventFate, ReturnUrl, KeptAnswer)
}
Kept = TypeVar("Kept", bound=Saved)
Thing = TypeVar("Thing")


class StripeSettings(Struct):
    """What can be changed while the sandbox runs."""

    webhook_url: str
    webhook_secret: str
    enabled_events: tuple[str, ...]
    auto: bool
    retry_scale: float


class SettingsChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings to change; what is absent stays."""

    webhook_url: str | UnsetType = msgspec.UNSET
    webhook_secret: str | UnsetType = msgspec.UNSET
    enabled_events: tuple[str, ...] | UnsetType = msgspec.UNSET
    auto: bool | UnsetType = msgspec.UNSET
    retry_scale: Annotated[float, Meta(gt=0)] | UnsetType = msgspec.UNSET


class Account:
    """The state of one account, restored from the journal; all changes happen on one event loop."""

    def __init__(self, config: SandboxConfig, *, journal: Journal, deliverer: Deliverer) -> None:
        """Start empty; `restore` brings back what the journal holds."""
        self.secret_key = config.secret_key
        self.base_url = config.base_url
        self.settings = StripeSettings(
            webhook_url=config.webhook_url,
            webhook_secret=config.webhook_secret,
            enabled_events=config.enabled_events,
            auto=config.auto,
            retry_scale=config.retry_scale,
        )
        self.faults = Faults()
        self.deliverer = deliverer
        self.intents: dict[str, PaymentIntent] = {}
        self.charges: dict[str, Charge] = {}
        self.refunds: dict[str, Refund] = {}
        self.disputes: dict[str, Dispute] = {}
        self.events: dict[str, Event] = {}
        self.fates: dict[str, str] = {}
        self.return_urls: dict[str, str] = {}
        self.answers: dict[str, KeptAnswer] = {}
        self.running_keys: set[str] = set()
        self.cause = EventRequest()
        self.held_answer: list[asyncio.Event] = []
        """What the API answer in the making must wait for."""
        self._journal = journal
        self._refunds_of: dict[str, dict[str, None]] = {}  # dicts as sets that keep their order
        self._intents_with: dict[tuple[str, str], dict[str, None]] = {}
        self._timers: set[asyncio.TimerHandle] = set()

    def restore(self, line: Line) -> None:
        """Put back one object of the journal."""
        self._place(msgspec.json.decode(line.value, type=_KINDS[line.kind]))

    def save(self, thing: Kept) -> Kept:
        """Keep an object, in place of an older one with its id."""
        self._place(thing)
        self._journal.write(BANK, type(thing).__name__, thing)
        return thing

    def _place(self, thing: Saved) -> None:
        match thing:
            case PaymentIntent():
                self.intents[thing.id] = thing
                for pair in thing.metadata.items():
                    self._intents_with.setdefault(pair, {})[thing.id] = None
            case Charge():
                self.charges[thing.id] = thing
            case Refund():
                self.refunds[thing.id] = thing
                self._refunds_of.setdefault(thing.payment_intent, {})[thing.id] = None
            case Dispute():
                self.disputes[thing.id] = thing
            case Event():
                self.events[thing.id] = thing
                self.fates[thing.id] = "pending" if thing.pending_webhooks else "not_sent"
                _forget_oldest(self.events, EVENTS_KEPT_MAX)
                _forget_oldest(self.fates, EVENTS_KEPT_MAX)
            case EventFate():
                self.fates |= {thing.id: thing.fate} if thing.id in self.events else {}
            case ReturnUrl():
                self.return_urls[thing.id] = thing.url
            case KeptAnswer():
                self.answers[thing.id] = thing
                _forget_oldest(self.answers, ANSWERS_KEPT_MAX)

    def refunds_of(self, payment: str) -> list[Refund]:
        """The refunds of one intent, oldest first."""
        return [self.refunds[refund] for refund in self._refunds_of.get(payment, ())]

    def dispute_of(self, charge: str) -> Dispute | None:
        """The dispute about a charge."""
        return next((dispute for dispute in self.disputes.values() if dispute.charge == charge), None)

    def intents_with(self, key: str, value: str) -> list[PaymentIntent]:
        """The intents whose metadata has this pair now, newest first."""
        bearers = [self.intents[intent] for intent in self._intents_with.get((key, value), ())]
        return [intent for intent in reversed(bearers) if intent.metadata.get(key) == value]

    def recall(self, key: str, now: int) -> KeptAnswer | None:
        """The first answer to an idempotency key, if it is not too old."""
        kept = self.answers.get(key)
        return kept if kept is not None and kept.created > now - ANSWER_KEPT_SECONDS else None

    def later(self, milliseconds: int, act: Callable[[], object]) -> None:
        """Let something happen by itself; forgotten when the process ends, as all plans are."""

        def happen() -> None:
            self._timers.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(milliseconds / 1000, happen)
        self._timers.add(timer)

    def stop(self) -> None:
        """Forget what was to happen later."""
        for timer in self._timers:
            timer.cancel()

    def change_settings(self, change: SettingsChange) -> StripeSettings:
        """Take over what is set in `change`."""
        for name in change.__struct_fields__:
            value = getattr(change, name)
            if value is not msgspec.UNSET:
                setattr(self.settings, name, value)
        self.deliverer.retry_scale = self.settings.retry_scale
        return self.settings


def _forget_oldest(table: dict[str, Any], kept: int) -> None:
    if len(table) > kept:
        del table[next(iter(table))]


def newest(things: Iterable[Thing], *, limit: int) -> list[Thing]:
    """The first few of what is given newest first."""
    return list(islice(things, limit))


def new_id(prefix: str) -> str:
    """An id that nobody can guess."""
    return f"{prefix}_{secrets.token_hex(12)}"


def seconds() -> int:
    """Stripe's time: whole Unix seconds."""
    return int(time.time())
