"""Money on Flutterwave's wire: JSON numbers of major units (gateways.md §1.2, §5.1)."""

from decimal import Decimal, InvalidOperation

from msgspec import Raw

from holdfast.sandbox.pages import THOUSANDTHS, WHOLE

BASIS_POINTS = 10_000
FEE_BASIS_POINTS = 140
"""What a payment costs; here the buyer bears it, on top of the amount."""


def digits(currency: str) -> int:
    """How many decimals a currency has."""
    currency = currency.lower()
    return 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2


def plain(number: Decimal) -> str:
    """A number as JavaScript would print it: no zeros at the end."""
    return f"{number.normalize():f}"


def major(amount: int, currency: str) -> Raw:
    """Minor units as a JSON number of major units."""
    return Raw(plain(Decimal(amount).scaleb(-digits(currency))).encode())


def minor(given: Decimal | str, currency: str) -> int | None:
    """Major units in minor units; none for what is not a positive amount of the currency."""
    try:
        scaled = Decimal(given).scaleb(digits(currency))
    except InvalidOperation:
        return None
    whole = scaled.is_finite() and scaled == scaled.to_integral_value()
    return int(scaled) if whole and scaled > 0 else None


def fee(amount: int) -> int:
    """What a payment of this amount costs, in minor units."""
    return amount * FEE_BASIS_POINTS // BASIS_POINTS
