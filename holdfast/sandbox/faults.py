"""Misbehaviour on demand: which faults are armed, and for which moment.

Owns the list and its counting down; leaves to each provider what a fault does there, and to `control`
how it is asked for.
"""

from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct
from msgspec.structs import replace

CallFault = Literal["delay", "timeout_after_effect", "error_500", "error_429", "conflict_409", "garbage"]
"""Struck by an API call: answered late, acted on but never answered, refused, or answered with junk."""

PaymentFault = Literal["decline", "processing", "wrong_amount", "late_success"]
"""Struck when a buyer pays, or, for late_success, when a payment was declined or cancelled."""

DisputeFault = Literal["dispute_opened", "dispute_won", "dispute_lost"]
"""Struck when a payment has succeeded."""

RefundFault = Literal["refund_pending", "refund_fails", "refund_fails_after_success"]
"""Struck when a refund is made."""

WebhookFault = Literal[
    "webhook_drop",
    "webhook_duplicate",
    "webhook_delay",
    "webhook_reorder",
    "webhook_before_answer",
    "webhook_tamper",
    "webhook_wrong_secret",
    "webhook_stale",
    "webhook_new_event_id",
]
"""Struck when an event is sent. Tampered, wrongly signed and stale are first tries only."""

FaultKind = CallFault | PaymentFault | DisputeFault | RefundFault | WebhookFault
Operation = Literal["create", "read", "update", "confirm", "capture", "cancel", "refund"]

DISPUTE_FAULTS: tuple[DisputeFault, ...] = get_args(DisputeFault)
COUNT_MAX = 1_000_000
MS_MAX = 3_600_000
FAULTS_MAX = 1_000


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of misbehaviour, for the next `count` moments that fit."""

    kind: FaultKind
    payment: str | None = None
    """The payment that it strikes; none: the next one."""
    count: Annotated[int, Meta(ge=1, le=COUNT_MAX)] = 1
    on: Operation | None = None
    """For faults of API calls: only this operation."""
    event: str | None = None
    """For faults of webhooks: only events of this type."""
    ms: Annotated[int, Meta(ge=0, le=MS_MAX)] | None = None
    """How long a delay lasts, or how much later the late thing happens."""
    amount: Annotated[int, Meta(ge=1)] | None = None
    """For wrong_amount: what is collected, in minor units; none: one unit less than asked."""


class Faults:
    """The armed faults of one provider, struck in the order in which they were armed."""

    def __init__(self) -> None:
        """Nothing is armed."""
        self._armed: list[Fault] = []

    @property
    def armed(self) -> tuple[Fault, ...]:
        """What has not struck yet."""
        return tuple(self._armed)

    def arm(self, fault: Fault) -> None:
        """Add a fault; raises OverflowError beyond FAULTS_MAX."""
        if len(self._armed) >= FAULTS_MAX:
            raise OverflowError(f"at most {FAULTS_MAX} faults can be armed")
        self._armed.append(fault)

    def clear(self) -> None:
        """Disarm everything."""
        self._armed.clear()

    def take(
        self,
        kind: FaultKind,
        payment: str | None,
        *,
        on: Operation | None = None,
        event: str | None = None,
    ) -> Fault | None:
        """The first armed fault that fits this moment, counted down by one."""
        for position, fault in enumerate(self._armed):
            if (
                fault.kind == kind
                and fault.payment in (None, payment)
                and fault.on in (None, on)
                and fault.event in (None, event)
            ):
                if fault.count > 1:
                    self._armed[position] = replace(fault, count=fault.count - 1)
                else:
                    del self._armed[position]
                return fault
        return None
