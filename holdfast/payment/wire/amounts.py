"""How an amount stands on each provider's wire: the one place for units (gateways.md §1.2).

The shop counts in minor units of ISO 4217; how many digits a provider counts belongs to the pair
of provider and currency. No call here rounds: what does not go in whole units does not go.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import msgspec

from holdfast.limits import TOTAL_MINOR_MAX
from holdfast.money import exponent

THREE = 3
_TEN_TO = (1, 10, 100, 1_000)


class Digits(msgspec.Struct, frozen=True):
    """Where a provider counts other digits behind the point than ISO 4217 does."""

    other: Mapping[str, int] = {}
    always: int | None = None
    """For every currency."""
    last_of_three_is_zero: bool = False


_NONE = Digits()
_DIGITS: Mapping[str, Digits] = {
    "stripe": Digits({"UGX": 2, "ISK": 2, "MGA": 0}, last_of_three_is_zero=True),
    "razorpay": Digits(last_of_three_is_zero=True),
    # By third parties: also where ISO 4217 has no decimals (XOF, RWF) an amount is sent times 100.
    "paystack": Digits(always=2),
    "paypal": Digits({"HUF": 0, "TWD": 0}),
    "telebirr": Digits(always=2),
    "cbe_birr": Digits(always=2),
    "awash": Digits(always=2),
}


def to_units(provider: str, amount_minor: int, currency: str) -> int | None:
    """ISO 4217 minor units in the provider's smallest unit; None for an amount that it cannot move."""
    known = exponent(currency)
    units, rest = divmod(amount_minor * _TEN_TO[_digits(provider, currency)], _TEN_TO[known])
    if rest or (_DIGITS.get(provider, _NONE).last_of_three_is_zero and known == THREE and units % 10):
        return None
    return units


def to_minor(provider: str, units: int, currency: str) -> int:
    """The provider's smallest units in ISO 4217 minor units; raises ValueError for a part of one."""
    amount, rest = divmod(units * _TEN_TO[exponent(currency)], _TEN_TO[_digits(provider, currency)])
    if rest or not 0 <= amount <= TOTAL_MINOR_MAX:
        raise ValueError(f"{units} is not an amount of {currency}")
    return amount


def to_text(provider: str, amount_minor: int, currency: str) -> str | None:
    """The amount in major units, ``1250.00``, with the digits that the provider wants; None as above."""
    units = to_units(provider, amount_minor, currency)
    if units is None:
        return None
    digits = _digits(provider, currency)
    return f"{Decimal(units).scaleb(-digits):.{digits}f}"


def from_text(provider: str, amount: str | int | Decimal, currency: str) -> int:
    """Major units as text or number, in ISO 4217 minor units; raises ValueError for what is no amount."""
    try:
        scaled = Decimal(amount).scaleb(_digits(provider, currency))
    except InvalidOperation as error:
        raise ValueError(f"{str(amount)[:40]!r} is not an amount") from error
    if not scaled.is_finite() or abs(scaled) > TOTAL_MINOR_MAX or scaled != int(scaled):
        raise ValueError(f"{str(amount)[:40]!r} is not an amount of {currency}")
    return to_minor(provider, int(scaled), currency)


def _digits(provider: str, currency: str) -> int:
    kept = _DIGITS.get(provider, _NONE)
    return kept.other.get(currency, exponent(currency) if kept.always is None else kept.always)
