"""Webhooks: kept, signed, sent by the provider's own timetable, and what can go wrong with one.

Owns an event's way to the shop; leaves what it says and how it is signed to each provider.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Container, Mapping
from functools import partial
from typing import Literal

from msgspec import Raw, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import Books, Fate, Notice, new_id
from holdfast.sandbox.bank.deliver import Delivery, Post

DELAY_MS = 1_000
REPLAY_MS = 2_000
STALE_SECONDS = 3_600

Forgery = Literal["webhook_tamper", "webhook_wrong_secret", "webhook_stale"]
_FORGERIES: tuple[Forgery, ...] = ("webhook_tamper", "webhook_wrong_secret", "webhook_stale")


class Habits(Struct, frozen=True, kw_only=True):
    """How a provider sends its webhooks."""

    gaps_seconds: tuple[float, ...]
    """Between one try and the next, in real time; after the last one it gives up."""
    patience_seconds: float
    """How long it waits for an answer."""
    accepts: Container[int] = range(200, 300)
    """The answers that it takes for a yes."""
    sign: Callable[[Notice, Forgery | None], Mapping[str, str]]
    """The headers of one try, its signature among them; `webhook_wrong_secret` and `webhook_stale` are
    signed so, `webhook_tamper` is signed well and changed afterwards."""
    write: Callable[[Notice, Forgery | None], bytes] = lambda notice, _: bytes(notice.body)
    """The body of one try, for a provider that signs inside it."""
    tampered: tuple[bytes, bytes] = (b'"amount":', b'"amount":9')
    """What is replaced in a body that was tampered with."""


def doubling(first_seconds: float, *, within_seconds: float) -> tuple[float, ...]:
    """Gaps that double, as many as fit into a time."""
    gaps = [first_seconds]
    while sum(gaps) + 2 * gaps[-1] <= within_seconds:
        gaps.append(2 * gaps[-1])
    return tuple(gaps)


class Hooks:
    """The way of one bank's events to the shop."""

    def __init__(self, books: Books, habits: Habits) -> None:
        """Send what is put into these books."""
        self._books = books
        self._habits = habits
        self.waiting = 0
        """Deliveries under way."""

    def tell(self, notice: Notice) -> None:
        """Keep an event, and send it if the endpoint wants it and no fault keeps it back."""
        self._books.save(notice)
        if not notice.wanted:
            return
        take = partial(self._books.faults.take, payment=notice.payment, event=notice.kind)
        if take("webhook_drop"):
            self._books.save(Fate(notice.id, "dropped"))
            return
        forgery = next((kind for kind in _FORGERIES if take(kind)), None)
        arrived: Callable[[], None] | None = None
        if take("webhook_before_answer"):
            waited = asyncio.Event()
            self._books.held_answers.append(waited)
            arrived = waited.set
        first = self._delivery(notice, forgery=forgery, arrived=arrived)
        if delay := take("webhook_delay"):
            self._send(first, after_ms=delay.delay_ms(DELAY_MS))
        elif take("webhook_reorder"):
            self.waiting += 1
            self._books.deliverer.send_after_next(first)
        else:
            self._send(first)
        if take("webhook_duplicate"):
            self._send(self._delivery(notice))
        if replay := take("webhook_replay"):
            self._send(self._delivery(notice), after_ms=replay.delay_ms(REPLAY_MS))
        if take("webhook_new_event_id"):
            self._send(self._delivery(_renamed(notice)))

    def wants(self, kind: str, url: str = "") -> bool:
        """Whether there is an endpoint, and it is subscribed to a type of event."""
        settings = self._books.settings
        return bool(url or settings.webhook_url) and (
            not settings.enabled_events or kind in settings.enabled_events
        )

    def resend(self, notice: Notice) -> None:
        """Send an event once more, as the dashboard's button does."""
        self._send(self._delivery(notice))

    def resume(self) -> None:
        """Send again what had not arrived when the process ended."""
        for notice in [*self._books.notices.values()]:
            if self.fate(notice) == "pending":
                self.resend(notice)

    def fate(self, notice: Notice) -> str:
        """`not_sent`, `pending`, `delivered`, `dropped` or `given_up`."""
        fate = self._books.fates.get(notice.id)
        return fate.fate if fate is not None else "pending" if notice.wanted else "not_sent"

    def fates(self) -> Counter[str]:
        """How many events have which fate."""
        return Counter(self.fate(notice) for notice in self._books.notices.values())

    def _send(self, delivery: Delivery, *, after_ms: int = 0) -> None:
        self.waiting += 1
        self._books.deliverer.send(delivery, after_ms=after_ms)

    def _delivery(
        self,
        notice: Notice,
        *,
        forgery: Forgery | None = None,
        arrived: Callable[[], None] | None = None,
    ) -> Delivery:
        def prepare(tries: int) -> Post | None:
            return self._post(notice, forgery if tries == 0 else None)

        def settle(accepted: bool) -> None:
            self.waiting -= 1
            if self._books.notices.get(notice.id) and self.fate(notice) != "delivered":
                self._books.save(Fate(notice.id, "delivered" if accepted else "given_up"))
            if arrived is not None:
                arrived()

        habits = self._habits
        return Delivery(
            prepare=prepare,
            settle=settle,
            accepts=habits.accepts,
            patience_seconds=habits.patience_seconds,
            gap_seconds=self._gap,
        )

    def _gap(self, tries: int) -> float | None:
        gaps = self._habits.gaps_seconds
        return gaps[tries - 1] * self._books.settings.retry_scale if tries <= len(gaps) else None

    def _post(self, notice: Notice, forgery: Forgery | None) -> Post | None:
        url = notice.url or self._books.settings.webhook_url
        if not url:
            return None
        headers = {"Content-Type": "application/json", **self._habits.sign(notice, forgery)}
        body = self._habits.write(notice, forgery)
        if forgery == "webhook_tamper":
            body = body.replace(*self._habits.tampered, 1)
        return Post(url=url, headers=headers, body=body)


def _renamed(notice: Notice) -> Notice:
    """The same event under another id, inside its body too, for providers that write it there."""
    other = new_id(notice.id.partition("_")[0])
    body = bytes(notice.body).replace(notice.id.encode(), other.encode())
    return replace(notice, id=other, body=Raw(body))
