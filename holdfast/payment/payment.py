"""The payment as a value: what attempts can become, and what a payment is from its sums."""

from enum import StrEnum

import msgspec


class AttemptState(StrEnum):
    """Where one object of ours stands at one provider (gateways.md §1.1)."""

    INTENDED = "intended"
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN = frozenset(
    {AttemptState.INTENDED, AttemptState.PENDING, AttemptState.REQUIRES_ACTION, AttemptState.AUTHORIZED}
)
"""The provider may still say something new."""

ENDED = frozenset({AttemptState.FAILED, AttemptState.CANCELLED, AttemptState.EXPIRED})
"""Nothing more is expected; money may come all the same."""

_RANK = {
    AttemptState.INTENDED: 0,
    AttemptState.PENDING: 1,
    AttemptState.REQUIRES_ACTION: 1,
    AttemptState.AUTHORIZED: 2,
    AttemptState.FAILED: 3,
    AttemptState.CANCELLED: 3,
    AttemptState.EXPIRED: 3,
    AttemptState.CAPTURED: 4,
}


def forward(now: AttemptState, said: AttemptState, *, fresh: bool) -> AttemptState:
    """The later of two states: nothing moves backwards, but money that arrived beats an earlier failure.

    Failed, cancelled and expired do not replace each other (gateways.md §12.7). An authorisation
    after one of them is either a late one or an old word that came late: only one that was read
    at the provider just now (``fresh``) counts.
    """
    if now in ENDED and said is AttemptState.AUTHORIZED:
        return said if fresh else now
    if _RANK[said] < _RANK[now] or (_RANK[now] == _RANK[AttemptState.FAILED] == _RANK[said]):
        return now
    return said


class PaymentSums(msgspec.Struct, frozen=True):
    """What a payment's state is derived from, in minor units."""

    due_minor: int
    captured_minor: int


def payment_state(sums: PaymentSums, newest: AttemptState | None, *, declined: bool) -> str:
    """A payment's state from its sums and its newest attempt; ``declined``: the last try inside it failed."""
    if sums.captured_minor >= sums.due_minor:
        return "paid"
    match newest:
        case None:
            return "not_paid"
        case AttemptState.INTENDED:
            return "pending"
        case AttemptState.PENDING | AttemptState.REQUIRES_ACTION if declined:
            return "failed"
        case AttemptState.CAPTURED:
            return "pending"  # something came, but less than is due
        case AttemptState.PENDING | AttemptState.REQUIRES_ACTION | AttemptState.AUTHORIZED:
            return newest.value
        case AttemptState.FAILED | AttemptState.CANCELLED | AttemptState.EXPIRED:
            return newest.value
