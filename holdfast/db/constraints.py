"""One map from the names of constraints, which are sentences, to Problems."""

import asyncpg

from holdfast.errors.problem import Problem
from holdfast.errors.request import FieldInvalid
from holdfast.errors.running import PromiseKept

REASONS = {
    "never_oversold": "More units would be promised than there are",
    "on_hand_is_not_negative": "There are fewer units than that",
    "promised_is_not_negative": "More units would be let go than were promised",
    "refund_never_exceeds_capture": "More would be refunded than was captured",
    "coupon_is_not_used_up": "The coupon would be used more often than it may be",
    "one_unpaid_order_per_cart": "This cart has an unpaid order already",
    "one_order_per_checkout": "This checkout has become an order already",
    "one_attempt_in_flight_per_payment": "A payment for this order is in flight",
    "one_order_per_transfer": "This bank reference has paid an order already",
    "units_are_cancelled_once": "More units would be cancelled than were bought",
    "units_give_their_money_back_once": "More units would be given back than were bought",
    "two_people_agree": "Whoever recorded this cannot agree to it, too",
    "a_refund_is_sent_once": "This refund was recorded as sent before",
    "refund_is_decided_once": "This refund was decided before",
    "transfer_is_decided_once": "This transfer was decided before",
    "counted_once_at_a_moment": "This count was entered before",
    "no_more_arrives_than_was_sent": "More would arrive than was sent",
    "preorder_ships_on_its_day": "It cannot be shipped before the day it was promised for",
    "history_is_append_only": "History cannot be changed",
    "move_is_in_the_table": "The order cannot make this move",
    "shipment_move_is_in_the_table": "The shipment cannot make this move",
    "what_is_out_is_not_cancelled": "An order of which something has left cannot be cancelled",
    "units_packed_are_not_cancelled": "What is packed cannot be cancelled",
    "packed_is_part_of_the_line": "More units would be packed than were ordered",
    "customer_is_there": "This account does not exist any more",
    "one_user_per_email": "There is a user with this e-mail address already",
}
"""Sentences for the constraints that a caller can run into; the others are read as their names."""


def as_problem(error: asyncpg.PostgresError) -> Problem:
    """What a refused write means to the caller (SQLSTATE classes 22 and 23)."""
    constraint = getattr(error, "constraint_name", None) or ""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError | asyncpg.RestrictViolationError):
        reason = (
            REASONS.get(constraint) or constraint.replace("_", " ").capitalize() or "A rule of the database"
        )
        return PromiseKept(constraint=constraint or "unnamed", reason=reason)
    return FieldInvalid(field="body", reason="has a value that the database cannot keep")
