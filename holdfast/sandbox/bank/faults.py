"""Misbehaviour on demand: which faults are armed, for which moment, and which amounts arm one.

Owns the list, its counting down and its dice; leaves to each provider what a fault does there, and to
`control` how it is asked for.
"""

from random import Random
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct
from msgspec.structs import replace

CallFault = Literal[
    "delay",
    "timeout_before_effect",
    "timeout_after_effect",
    "error_500",
    "error_503",
    "error_429",
    "conflict_409",
    "garbage",
]
"""Struck by an API call: answered late, never answered, refused, or answered with junk."""

PaymentFault = Literal[
    "decline", "three_d_secure", "processing", "wrong_amount", "wrong_currency", "late_success"
]
"""Struck when a buyer pays, or, for late_success, when a payment was declined, cancelled or expired."""

DisputeFault = Literal["dispute_opened", "dispute_won", "dispute_lost"]
"""Struck when a payment has succeeded."""

RefundFault = Literal["refund_pending", "refund_fails", "refund_fails_after_success"]
"""Struck when a refund is made."""

WebhookFault = Literal[
    "webhook_drop",
    "webhook_duplicate",
    "webhook_replay",
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
Operation = Literal["token", "create", "read", "update", "confirm", "capture", "cancel", "refund"]
DeclineCode = Literal[
    "card_declined",
    "insufficient_funds",
    "expired_card",
    "incorrect_cvc",
    "lost_card",
    "fraudulent",
    "processing_error",
]
"""Why a buyer's bank says no; every provider has words of its own for it."""

DISPUTE_FAULTS: tuple[DisputeFault, ...] = get_args(DisputeFault)
REFUND_FAULTS: tuple[RefundFault, ...] = get_args(RefundFault)
COUNT_MAX = 1_000_000
MS_MAX = 3_600_000
FAULTS_MAX = 1_000

MAGIC_MINOR: dict[int, FaultKind] = {
    666_01: "decline",
    666_02: "three_d_secure",
    666_03: "processing",
    666_04: "wrong_amount",
    666_05: "wrong_currency",
    666_11: "delay",
    666_12: "timeout_after_effect",
    666_13: "garbage",
    666_14: "error_500",
    666_15: "error_503",
    666_16: "error_429",
    666_21: "dispute_opened",
    666_22: "dispute_won",
    666_23: "dispute_lost",
    666_31: "refund_pending",
    666_32: "refund_fails",
    666_33: "refund_fails_after_success",
    666_41: "webhook_drop",
    666_42: "webhook_duplicate",
    666_43: "webhook_replay",
    666_44: "webhook_delay",
    666_45: "webhook_reorder",
    666_46: "webhook_tamper",
    666_47: "webhook_wrong_secret",
    666_48: "webhook_stale",
    666_49: "webhook_new_event_id",
}
"""Amounts, in minor units whatever the currency, that arm a fault for the payment that asks for them.

Faults of calls strike the answer of the call that created the payment, or, where they stand before an
effect, the next call that names it.
"""


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of misbehaviour, for the next `count` moments that fit."""

    kind: FaultKind
    payment: str | None = None
    """The payment that it strikes; none: the next one."""
    count: Annotated[int, Meta(ge=1, le=COUNT_MAX)] = 1
    probability: Annotated[float, Meta(gt=0, le=1)] = 1.0
    """How likely it strikes at a moment that fits; one that it spares is not counted."""
    seed: int = 0
    """Of the dice that `probability` is thrown with: the same seed strikes the same moments."""
    on: Operation | None = None
    """For faults of API calls: only this operation."""
    event: str | None = None
    """For faults of webhooks: only events of this type."""
    ms: Annotated[int, Meta(ge=0, le=MS_MAX)] | None = None
    """How long a delay lasts, or how much later the late thing happens."""
    amount: Annotated[int, Meta(ge=1)] | None = None
    """For wrong_amount: what is collected, in minor units; none: one unit less than asked."""
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None
    """For wrong_currency: what is collected in; none: another one."""
    code: DeclineCode = "card_declined"
    """For decline: why."""

    def delay_ms(self, usual: int) -> int:
        """How long it lasts, where nothing was said the usual time."""
        return usual if self.ms is None else self.ms


class _Armed(Struct):
    fault: Fault
    dice: Random


class Faults:
    """The armed faults of one bank, struck in the order in which they were armed."""

    def __init__(self) -> None:
        """Nothing is armed."""
        self._armed: list[_Armed] = []

    @property
    def armed(self) -> tuple[Fault, ...]:
        """What has not struck yet."""
        return tuple(armed.fault for armed in self._armed)

    def arm(self, fault: Fault) -> None:
        """Add a fault; raises OverflowError beyond FAULTS_MAX."""
        if len(self._armed) >= FAULTS_MAX:
            raise OverflowError(f"at most {FAULTS_MAX} faults can be armed")
        self._armed.append(_Armed(fault, Random(fault.seed)))

    def arm_magic(self, payment: str, amount: int) -> None:
        """A new payment over a magic amount (minor units) arms its fault for itself, if there is room."""
        kind = MAGIC_MINOR.get(amount)
        if kind is not None and len(self._armed) < FAULTS_MAX:
            self.arm(Fault(kind=kind, payment=payment))

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
        for position, armed in enumerate(self._armed):
            fault = armed.fault
            if (
                fault.kind == kind
                and fault.payment in (None, payment)
                and fault.on in (None, on)
                and fault.event in (None, event)
                and (fault.probability == 1 or armed.dice.random() < fault.probability)
            ):
                if fault.count > 1:
                    armed.fault = replace(fault, count=fault.count - 1)
                else:
                    del self._armed[position]
                return fault
        return None
