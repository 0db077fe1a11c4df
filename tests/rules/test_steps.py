"""A step that resolves a matter needs what the deed itself would need."""

from datetime import UTC, datetime
from typing import Any

import pytest

from holdfast.accounts.roles import Action
from holdfast.attention.matters import Kind, OpenMatter
from holdfast.web.admin.steps import action_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "step", "detail", "action"),
    [
        (Kind.SETTLED_UNRECORDED, "record", {"refund_id": "rfd_1"}, Action.REFUND),
        (Kind.SETTLED_UNRECORDED, "record", {"attempt_id": "att_1"}, Action.RESOLVE_ATTENTION),
        (Kind.SETTLED_UNRECORDED, "seen", {"refund_id": "rfd_1"}, Action.RESOLVE_ATTENTION),
        (Kind.REFUND_FAILED, "try_again", {}, Action.REFUND),
        (Kind.REFUND_TO_APPROVE, "approve", {}, Action.REFUND),
        (Kind.REFUND_SENT_TO_APPROVE, "refuse", {}, Action.REFUND),
        (Kind.LATE_MONEY_UNDECIDED, "refund", {}, Action.REFUND),
        (Kind.RETURN_RECEIVED, "refund", {}, Action.HANDLE_RETURNS),
        (Kind.SHIPMENT_RETURNED, "cancel", {}, Action.CANCEL_ORDERS),
        (Kind.TRANSFER_TO_APPROVE, "approve", {}, Action.RECORD_TRANSFER),
    ],
)
def test_a_step_needs_what_its_deed_needs(
    kind: Kind, step: str, detail: dict[str, Any], action: Action
) -> None:
    assert action_of(OpenMatter("att_1", kind, "x_1", detail, NOW, None), step=step) is action
