"""Money: whole minor units with a currency, and the only division in the shop."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

# ISO 4217 exponents that are not two.
_EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}


class Money(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount in minor units (2599 of GBP is 25.99 pounds)."""

    amount: int
    currency: Annotated[str, Meta(min_length=3, max_length=3)]
    """An ISO 4217 code; which the shop sells in is the shop's to say."""


def exponent(currency: str) -> int:
    """Digits behind the point of a currency (ISO 4217)."""
    return _EXPONENTS.get(currency, 2)


def in_words(amount_minor: int, currency: str) -> str:
    """For sentences: ``25.99 GBP``."""
    digits = exponent(currency)
    return f"{Decimal(amount_minor).scaleb(-digits):,.{digits}f} {currency}"


def share(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Divide a total by weights so that the parts add up to it: largest remainders first, earlier ones then.

    All weights zero: everything falls to the first. An empty list needs a total of zero.
    """
    if not weights:
        assert total_minor == 0, "a total needs somebody to bear it"
        return []
    whole = sum(weights)
    if whole == 0:
        return [total_minor, *([0] * (len(weights) - 1))]
    parts = [total_minor * weight // whole for weight in weights]
    rest = total_minor - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total_minor * weights[i] % whole), i))
    for i in by_remainder[:rest]:
        parts[i] += 1
    return parts


def tax_of(amount_minor: int, *, rate_bp: int, inclusive: bool) -> int:
    """The tax in (inclusive) or on (exclusive) an amount, rate in basis points, half a unit rounded up."""
    base = 10_000 + rate_bp if inclusive else 10_000
    return (amount_minor * rate_bp * 2 + base) // (2 * base)


def points_of(amount_minor: int, rate_bp: int) -> int:
    """So many basis points of an amount, half a unit rounded up."""
    return (amount_minor * rate_bp * 2 + 10_000) // 20_000
