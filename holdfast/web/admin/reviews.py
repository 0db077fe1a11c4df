"""Reviews on the desk: what waits to be read, and what is shown of it."""

from typing import Annotated, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.catalog import reviews
from holdfast.catalog.reviews import Review, State
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import FieldInvalid
from holdfast.limits import PAGE_ROWS_DEFAULT, REVIEW_VERSIONS_MAX
from holdfast.web.admin.orders import Reason, RowsMax
from holdfast.web.session import Asked, Cursor, PathId, do_once, principal_of, process_of


class JudgeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done with the version that was read; the author is told the reason of a rejection."""

    decision: Literal["approve", "reject"]
    version: Annotated[int, Meta(ge=1, le=REVIEW_VERSIONS_MAX)]
    reason: Reason = ""


class ReviewQueue(msgspec.Struct, frozen=True):
    """The oldest first, and where the next page begins."""

    data: list[Review]
    next_cursor: str | None


@get("/reviews", opt={"action": Action.MODERATE_REVIEWS})
async def list_reviews(
    request: Asked,
    limit: RowsMax = PAGE_ROWS_DEFAULT,
    cursor: Cursor = None,
    status: FromQuery[State] = State.PENDING,
) -> ReviewQueue:
    """Reviews in one state, those that wait if none is named; who has waited longest comes first."""
    rows = await read(
        process_of(request).database,
        lambda c: reviews.page_in_state(c, state=status, after=cursor or "", rows_max=limit + 1),
    )
    return ReviewQueue(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


@post("/reviews/{review_id:str}/decide", status_code=200, opt={"action": Action.MODERATE_REVIEWS})
async def decide(request: Asked, review_id: PathId, data: JSONBody[JudgeBody]) -> Response[Review]:
    """Show a review, or do not; can be decided anew at any time."""
    rejected = data.decision == "reject"
    if rejected != bool(data.reason):
        raise FieldInvalid(field="reason", reason="is given to reject, and only then")
    state = State.REJECTED if rejected else State.APPROVED
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Review:
        decided = await reviews.decide_review(
            tx, review_id=review_id, version=data.version, state=state, reason=data.reason or None, at=at
        )
        detail = {"version": data.version}
        await audit.record(
            tx, actor=actor, action=f"review_{data.decision}", subject=review_id, detail=detail, at=at
        )
        return decided

    return await do_once(request, effect, required=False)


ROUTES = [list_reviews, decide]
