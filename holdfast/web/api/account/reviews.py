"""What one says of what one has bought; one review for each product, shown once staff have approved it."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, put
from litestar.params import JSONBody, QueryParameter

from holdfast import clock
from holdfast.accounts.roles import Action
from holdfast.catalog import reviews
from holdfast.catalog.reviews import NEWEST, Review, Written
from holdfast.db.transaction import read, transaction
from holdfast.limits import PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX
from holdfast.web.api.account.login import PRIVATE
from holdfast.web.api.products import SlugAsked
from holdfast.web.session import Asked, Cursor, do_once, principal_of, process_of


class MyReviews(msgspec.Struct, frozen=True):
    """The newest first, and where the next page begins."""

    data: list[Review]
    next_cursor: str | None


@get("/account/reviews", opt={"action": Action.MANAGE_ACCOUNT})
async def list_mine(
    request: Asked,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT,
    cursor: Cursor = None,
) -> Response[MyReviews]:
    """What one has written, with what became of it."""
    user_id = principal_of(request).id
    rows = await read(
        process_of(request).database,
        lambda c: reviews.page_of_user(c, user_id=user_id, before=cursor or NEWEST, rows_max=limit + 1),
    )
    page = MyReviews(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)
    return Response(page, headers=PRIVATE)


@put("/account/reviews/{slug:str}", opt={"action": Action.MANAGE_ACCOUNT})
async def write(request: Asked, slug: SlugAsked, data: JSONBody[Written]) -> Response[Review]:
    """Write the review of a product that one was sent, or change it; it waits for the staff then, again."""
    user_id, at = principal_of(request).id, clock.now()
    return await do_once(
        request,
        lambda tx: reviews.write_review(tx, data, slug=slug, user_id=user_id, at=at),
        required=False,
    )


@delete("/account/reviews/{slug:str}", status_code=204, opt={"action": Action.MANAGE_ACCOUNT})
async def withdraw(request: Asked, slug: SlugAsked) -> None:
    """Take it back: it is gone."""
    user_id = principal_of(request).id
    await transaction(
        process_of(request).database, lambda tx: reviews.withdraw_review(tx, slug=slug, user_id=user_id)
    )


ROUTES = [list_mine, write, withdraw]
