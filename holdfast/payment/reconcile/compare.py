"""What a settlement file and our books say differently about one payment or refund. Pure."""

import msgspec

from holdfast.attention.matters import Kind
from holdfast.payment.reconcile.statement import Line
from holdfast.shop_settings.rules import Fee

FEE_TOLERANCE_MINOR = 1  # providers round in their own ways


class Known(msgspec.Struct, frozen=True):
    """What our books have of the payment or refund that a line names, in minor units."""

    attempt_id: str
    order_id: str
    booked_minor: int
    """Captured, or given back."""
    currency: str
    settled_minor: int
    """What all lines of all files say that was settled of it, this one included."""
    lines: int
    """How many lines say so."""
    refund_id: str | None = None
    """None: it is the payment itself."""


def differences(line: Line, known: Known | None, fee: Fee | None) -> list[Kind]:
    """Every difference that a line shows; an empty list: all is as it should be."""
    if known is None:
        return [Kind.SETTLED_UNKNOWN]
    found = []
    if line.currency != known.currency:
        found.append(Kind.SETTLED_CURRENCY)
    elif known.booked_minor == 0:
        found.append(Kind.SETTLED_UNRECORDED)
    elif known.settled_minor > known.booked_minor and known.lines > 1:
        found.append(Kind.SETTLED_TWICE)
    elif known.settled_minor != known.booked_minor:
        found.append(Kind.SETTLED_AMOUNT)
    if _fee_differs(line, fee):
        found.append(Kind.SETTLED_FEE)
    return found


def fee_of(fee: Fee, amount_minor: int) -> int:
    """What a payment should cost, in minor units, half a unit rounded up."""
    return (amount_minor * fee.rate_bp * 2 + 10_000) // 20_000 + fee.fixed_minor


def _fee_differs(line: Line, fee: Fee | None) -> bool:
    """The file does not add up, or the fee is not the one that was agreed upon."""
    if line.fee_minor is None or line.kind != "payment":
        return False
    if line.net_minor is not None and line.amount_minor - line.fee_minor != line.net_minor:
        return True
    return fee is not None and abs(line.fee_minor - fee_of(fee, line.amount_minor)) > FEE_TOLERANCE_MINOR
