"""What each step that resolves a matter does, in the transaction that resolves it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from holdfast.accounts.roles import Action
from holdfast.attention.matters import Kind, OpenMatter
from holdfast.checkout.cancel_order import cancel_order, end_returned
from holdfast.db.queries import Transaction
from holdfast.jobs import Job, enqueue
from holdfast.payment.by_hand.lock_attempt import lock_order
from holdfast.payment.by_hand.transfers import decide_transfer
from holdfast.payment.reconcile.match import record_settled
from holdfast.payment.secure import owe_now
from holdfast.refund import returns
from holdfast.refund.by_hand import decide_by_hand
from holdfast.refund.disputes import answer_dispute
from holdfast.refund.give_back import decide_request
from holdfast.refund.issue_refund import order_of_refund, record_settled_refund, refund_again
from holdfast.refund.refund import Wish
from holdfast.refund.rma import Event
from holdfast.shop_settings.rules import ShopRules


def action_of(matter: OpenMatter, *, step: str) -> Action:
    """What a step amounts to, so that nobody does by a matter what they may not do without one."""
    match Kind(matter.kind), step:
        case (Kind.LATE_MONEY_UNDECIDED, "refund") | (Kind.REFUND_FAILED, "try_again"):
            return Action.REFUND
        case ((Kind.REFUND_TO_APPROVE | Kind.REFUND_SENT_TO_APPROVE), ("approve" | "refuse")):
            return Action.REFUND
        case Kind.SETTLED_UNRECORDED, "record" if matter.detail.get("refund_id"):
            return Action.REFUND
        case Kind.RETURN_REQUESTED | Kind.RETURN_RECEIVED, _:
            return Action.HANDLE_RETURNS
        case Kind.SHIPMENT_RETURNED, "cancel":
            return Action.CANCEL_ORDERS
        case Kind.TRANSFER_TO_APPROVE, ("approve" | "refuse"):
            return Action.RECORD_TRANSFER
        case _:
            return Action.RESOLVE_ATTENTION


async def lock_subject(tx: Transaction, matter: OpenMatter) -> None:
    """Lock the order that a matter is about, if it is about one: orders come before their matters."""
    named = matter.detail.get("order_id") or await order_of_refund(tx, refund_id=matter.subject)
    order_id = named or matter.subject
    if order_id.startswith("ord_"):
        await lock_order(tx, order_id=order_id)


async def take_step(
    tx: Transaction, matter: OpenMatter, *, step: str, rules: ShopRules, actor: str, at: datetime
) -> None:
    """Carry a step out; one that only says that somebody has seen it does nothing more."""
    subject = matter.subject
    match Kind(matter.kind), step:
        case Kind.LATE_MONEY_UNDECIDED, "owe":
            await owe_now(tx, order_id=subject, at=at)
        case Kind.LATE_MONEY_UNDECIDED, "refund":
            reason = "money came too late"
            await cancel_order(tx, order_id=subject, actor=actor, reason=reason, rules=rules, at=at)
        case Kind.CAPTURE_FAILED, "try_again":
            await enqueue(tx, Job.CAPTURE_ATTEMPT, [subject])
        case Kind.SHIPMENT_RETURNED, "cancel":
            order = await lock_order(tx, order_id=matter.detail["order_id"])
            await end_returned(tx, order=order, actor=actor, reason="came back", rules=rules, at=at)
        case Kind.TRANSFER_TO_APPROVE, ("approve" | "refuse") as decision:
            await decide_transfer(tx, transfer_id=subject, decision=decision, rules=rules, actor=actor, at=at)
        case (
            (Kind.SETTLED_UNRECORDED | Kind.SETTLED_AMOUNT | Kind.SETTLED_TWICE | Kind.UNSETTLED),
            "ask_provider",
        ):
            await _ask_about_settled(tx, matter.detail)
        case Kind.SETTLED_UNRECORDED, "record":
            await _record_settled(tx, matter.detail, rules=rules, actor=actor, at=at)
        case _:
            await _take_step_of_refund(tx, matter, step=step, rules=rules, actor=actor, at=at)


async def _take_step_of_refund(
    tx: Transaction, matter: OpenMatter, *, step: str, rules: ShopRules, actor: str, at: datetime
) -> None:
    """Of what is about money or goods on their way back."""
    subject = matter.subject
    match Kind(matter.kind), step:
        case Kind.REFUND_FAILED, "try_again":
            await refund_again(tx, refund_id=subject, actor=actor, at=at)
        case Kind.REFUND_TO_APPROVE, ("approve" | "refuse") as decision:
            await decide_request(tx, request_id=subject, decision=decision, actor=actor, at=at)
            await returns.refund_decided(tx, request_id=subject, decision=decision, actor=actor, at=at)
        case Kind.REFUND_SENT_TO_APPROVE, ("approve" | "refuse") as decision:
            await decide_by_hand(tx, sent_id=subject, decision=decision, actor=actor, at=at)
        case Kind.RETURN_REQUESTED, ("approve" | "refuse") as decision:
            event = Event.APPROVED if decision == "approve" else Event.REFUSED
            await returns.decide_return(tx, return_id=subject, event=event, actor=actor, at=at)
        case Kind.RETURN_RECEIVED, ("refund" | "exchange" | "credit" | "close") as by:
            await returns.settle_return(
                tx, return_id=subject, by=by, wish=Wish(), rules=rules, actor=actor, at=at
            )
        case Kind.DISPUTE_OPENED, "answered":
            await answer_dispute(tx, dispute_id=subject, actor=actor, at=at)
        case _:
            pass


async def _ask_about_settled(tx: Transaction, line: Mapping[str, Any]) -> None:
    """Ask the provider about the payment or the refund that a line of a settlement file names."""
    if line.get("refund_id"):
        await enqueue(tx, Job.ASK_REFUND, [line["refund_id"]])
    else:
        await enqueue(tx, Job.ASK_ATTEMPT, [line["attempt_id"]])


async def _record_settled(
    tx: Transaction, line: Mapping[str, Any], *, rules: ShopRules, actor: str, at: datetime
) -> None:
    """Take the file for proof; of a payment that was settled in parts the first step records them all."""
    if line.get("refund_id"):
        await record_settled_refund(tx, refund_id=line["refund_id"], actor=actor, at=at)
        return
    await record_settled(
        tx,
        attempt_id=line["attempt_id"],
        amount_minor=line.get("settled_in_all_minor") or line["settled_minor"],
        rules=rules,
        actor=actor,
        at=at,
    )
