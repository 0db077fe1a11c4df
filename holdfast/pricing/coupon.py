"""Coupons as values: what each takes off, and why one cannot be used. Pure.

A coupon takes a share or an amount off the lines, or the price off the shipping. Several are applied one
after the other, each to what those before it have left.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from holdfast.money import points_of

CODE = r"^[A-Z0-9][A-Z0-9_-]{2,39}(?!\n)$"
"""A code as it is kept."""
TYPED_CODE = r"^[A-Za-z0-9][A-Za-z0-9_-]{2,39}(?!\n)$"
"""As buyers may type it."""
TypedCode = Annotated[str, Meta(pattern=TYPED_CODE)]


class Kind(StrEnum):
    """What a coupon takes off."""

    PERCENT = "percent"
    """A share of the lines."""
    AMOUNT = "amount"
    """So much of the lines, never more than they come to."""
    FREE_SHIPPING = "free_shipping"


class Reason(StrEnum):
    """Why a coupon cannot be used."""

    UNKNOWN = "unknown"
    NOT_YET = "not_yet"
    ENDED = "ended"
    TOO_LITTLE = "too_little"
    NOT_COMBINABLE = "not_combinable"
    USED_UP = "used_up"
    USED_BEFORE = "used_before"
    TOO_MANY = "too_many"


class Coupon(msgspec.Struct, frozen=True):
    """What the merchant has decided of a coupon; amounts in minor units of ``currency``."""

    code: str
    kind: Kind
    currency: str
    percent_bp: int | None = None
    """Basis points: 1000 is 10 %."""
    amount_minor: int | None = None
    subtotal_min_minor: int = 0
    """The lines have to come to so much, before anything is taken off."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    uses_max: int | None = None
    """By all buyers together; None: any number of times."""
    uses_per_buyer_max: int | None = None
    combinable: bool = False
    """With others that are combinable, too."""
    active: bool = True


def plain(typed: str) -> str:
    """A code as it is kept."""
    return typed.upper()


class Entered(msgspec.Struct, frozen=True):
    """Codes that a buyer has entered, what is known of them at a moment, and which of them nobody can use."""

    codes: tuple[str, ...] = ()
    known: Mapping[str, Coupon] = {}
    used_up: Collection[str] = ()
    at: datetime = datetime.min.replace(tzinfo=UTC)

    def apply_to(self, subtotal_minor: int, currency: str) -> tuple[list[Coupon], dict[str, Reason]]:
        """Those that take something off lines of so much, in their order, and why the others do not.

        Of several that do not combine the first counts.
        """
        applied: list[Coupon] = []
        refused: dict[str, Reason] = {}
        for code in dict.fromkeys(self.codes):
            coupon = self.known.get(code)
            if coupon is None or coupon.currency != currency:
                refused[code] = Reason.UNKNOWN
            elif coupon.starts_at is not None and self.at < coupon.starts_at:
                refused[code] = Reason.NOT_YET
            elif not coupon.active or (coupon.ends_at is not None and self.at >= coupon.ends_at):
                refused[code] = Reason.ENDED
            elif code in self.used_up:
                refused[code] = Reason.USED_UP
            elif subtotal_minor < coupon.subtotal_min_minor:
                refused[code] = Reason.TOO_LITTLE
            elif applied and not (coupon.combinable and applied[0].combinable):
                refused[code] = Reason.NOT_COMBINABLE
            else:
                applied.append(coupon)
        return applied, refused


def off_lines(coupon: Coupon, left_minor: int) -> int:
    """What a coupon takes off lines that still come to so much, in minor units; half a unit rounded up."""
    match coupon.kind:
        case Kind.PERCENT:
            assert coupon.percent_bp is not None, "a share has its size"
            return points_of(left_minor, coupon.percent_bp)
        case Kind.AMOUNT:
            assert coupon.amount_minor is not None, "an amount has its size"
            return min(coupon.amount_minor, left_minor)
        case Kind.FREE_SHIPPING:
            return 0
