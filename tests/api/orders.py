"""A good order of a buyer, to be spoilt in one place."""

from tests.house import ADDRESS, Json

INVALID = (422, "field_invalid")
UNREADABLE = (400, "request_malformed")
FAR_TOO_MANY = 10**12


def order(**changes: object) -> Json:
    """An order that would be taken, changed."""
    good: Json = {
        "lines": [{"sku": "MUG", "quantity": 1}],
        "email": "ada@example.com",
        "shipping_address": ADDRESS,
        "shipping_option": "collect",
        "payment_method": "bank_transfer",
    }
    return good | changes


def line(**changes: object) -> Json:
    return order(lines=[{"sku": "MUG", "quantity": 1}, {"sku": "MUG", "quantity": 1} | changes])


def address(**changes: object) -> Json:
    return order(shipping_address=ADDRESS | changes)


def without(*names: str) -> Json:
    return {name: value for name, value in order().items() if name not in names}


GBP = {"amount": 1_000, "currency": "GBP"}
USD = {"amount": 1_000, "currency": "USD"}
