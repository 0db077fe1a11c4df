"""Orders and their money: what cannot happen to them now."""

from dataclasses import dataclass

from holdfast.errors.problem import Line, Problem


@dataclass(eq=False)
class MoveRefused(Problem):
    code, status, title = "move_refused", 409, "The order cannot do that now"
    sentence = "The order is {state}; {event} is not possible. Possible: {possible}."
    state: str
    event: str
    possible: list[str]


@dataclass(eq=False)
class ShipmentMoveRefused(Problem):
    code, status, title = "shipment_move_refused", 409, "The shipment cannot do that now"
    sentence = "The shipment is {state}; {event} is not possible. Possible: {possible}."
    state: str
    event: str
    possible: list[str]


@dataclass(eq=False)
class NothingToShip(Problem):
    """``lines`` are those of which more was asked than is left; none: nothing is left of the whole order."""

    code, status, title = "nothing_to_ship", 409, "There is not that much to ship"
    sentence = "Nothing of the order is left to ship."
    lines: list[Line]

    def __str__(self) -> str:
        what = ", ".join(
            f"{x.get('position', '?')} ({x['requested']} asked, {x['available']} left)" for x in self.lines
        )
        return f"Not so many units are left of the lines {what}." if what else self.sentence


@dataclass(eq=False)
class NothingToPay(Problem):
    code, status, title = "nothing_to_pay", 409, "There is nothing to pay"
    sentence = "The payment is {state}; nothing is to be paid."
    state: str


@dataclass(eq=False)
class NothingToPayOut(Problem):
    code, status, title = "nothing_to_pay_out", 409, "Nothing is to be paid out"
    sentence = "{payable_minor} minor units of {currency} are open; a payout needs more than none."
    payable_minor: int
    currency: str


@dataclass(eq=False)
class NothingToCapture(Problem):
    code, status, title = "nothing_to_capture", 409, "No money is set aside"
    sentence = "The payment is {state}; nothing is set aside that could be taken."
    state: str


@dataclass(eq=False)
class RefundTooLarge(Problem):
    code, status, title = "refund_too_large", 409, "More than was captured cannot be refunded"
    sentence = "{refundable_minor} minor units can still be refunded, not {asked_minor}."
    refundable_minor: int
    asked_minor: int


@dataclass(eq=False)
class UnitsGone(Problem):
    code, status, title = "units_gone", 409, "So many units are not left of this line"
    sentence = "Of line {position} {left} units are left for this, not {asked}."
    position: int
    left: int
    asked: int


@dataclass(eq=False)
class ReturnTooLate(Problem):
    code, status, title = "return_too_late", 409, "The time for sending it back is over"
    sentence = "Goods of this order could be sent back until {until}."
    until: str


@dataclass(eq=False)
class DisputeOpen(Problem):
    code, status, title = "dispute_open", 409, "The payment is disputed"
    sentence = "{disputed_minor} minor units are disputed; refunds wait until the bank has decided."
    disputed_minor: int


@dataclass(eq=False)
class TransferAlreadyUsed(Problem):
    code, status, title = "transfer_already_used", 409, "This transfer was recorded before"
    sentence = "The bank reference {reference!r} has paid another order already."
    reference: str


@dataclass(eq=False)
class SecondPersonNeeded(Problem):
    code, status, title = "second_person_needed", 403, "Somebody else has to agree"
    sentence = "{recorded_by} has recorded this; another person has to agree to it."
    recorded_by: str


@dataclass(eq=False)
class AlreadyResolved(Problem):
    code, status, title = "already_resolved", 409, "Somebody has resolved this"
    sentence = "The matter {id} was resolved before."
    id: str
