"""Carts and checkouts: what keeps them from becoming an order."""

from dataclasses import dataclass

from holdfast.errors.problem import Line, Problem


@dataclass(eq=False)
class CartEmpty(Problem):
    code, status, title = "cart_empty", 409, "There is nothing in the cart"
    sentence = "The cart is empty; add a line first."


@dataclass(eq=False)
class CheckoutClosed(Problem):
    code, status, title = "checkout_closed", 409, "This checkout is over"
    sentence = "The checkout is {state}; start a new one from the cart."
    state: str


@dataclass(eq=False)
class MergeChoiceNeeded(Problem):
    code, status, title = "merge_choice_needed", 409, "Both carts have something in them"
    sentence = "Choose how they become one: {choices}. Nothing was changed."
    choices: list[str]


@dataclass(eq=False)
class TooManyCheckouts(Problem):
    code, status, title = "too_many_checkouts", 409, "There are too many open checkouts"
    sentence = "There are {open_max} open checkouts already; complete or cancel one of them."
    open_max: int


@dataclass(eq=False)
class CheckoutIncomplete(Problem):
    code, status, title = "checkout_incomplete", 422, "Something is still missing"
    sentence = "These are still needed: {missing}."
    missing: list[str]


@dataclass(eq=False)
class PriceChanged(Problem):
    code, status, title = "price_changed", 409, "The total is not what you expected"
    sentence = "The total has changed meanwhile. Nothing was ordered; look at it again and confirm."
    expected: dict[str, str | int]
    total: dict[str, str | int]


@dataclass(eq=False)
class PurchaseLimitReached(Problem):
    code, status, title = "purchase_limit_reached", 409, "One buyer may not have so many"
    sentence = "More of {lines} than one buyer may have. Nothing was ordered."
    lines: list[Line]

    def __str__(self) -> str:
        what = ", ".join(
            f"{x['sku']} ({x['requested']} asked, {x['allowed']} allowed now, counted over {x['hours']} h)"
            for x in self.lines
        )
        return f"One buyer may not have so many of {what}. Nothing was taken."


@dataclass(eq=False)
class CouponRefused(Problem):
    code, status, title = "coupon_refused", 409, "This coupon cannot be used"
    sentence = "The coupon {coupon} cannot be used ({reason})."
    coupon: str
    reason: str
    """One of ``pricing/coupon.py``'s."""

    def __str__(self) -> str:
        return (
            f"The coupon {self.coupon} {_COUPON_IS.get(self.reason, 'cannot be used')}. Nothing was changed."
        )


_COUPON_IS = {
    "unknown": "is not known here",
    "not_yet": "cannot be used yet",
    "ended": "has ended",
    "too_little": "is for larger orders",
    "not_combinable": "cannot be used together with another one",
    "used_up": "has been used as often as it may be",
    "used_before": "has been used by you as often as one buyer may",
    "too_many": "is one more than an order may have",
}


@dataclass(eq=False)
class CurrencyMismatch(Problem):
    code, status, title = "currency_mismatch", 422, "Another currency is needed"
    sentence = "{field} is in {given}, but the shop sells in {wanted}."
    field: str
    given: str
    wanted: str


@dataclass(eq=False)
class MethodUnavailable(Problem):
    code, status, title = "method_unavailable", 422, "This is not offered"
    sentence = "{field} {method!r} is not offered here. Offered: {offered}."
    field: str
    method: str
    offered: list[str]
