"""Reviews: written by buyers, shown once staff have approved them, counted on the product.

A buyer is who was sent the product: a parcel with it has left, and is neither lost nor come back. Each has
one review of a product; to change it brings it back before the staff. Locks: the author's user, the review,
its product. What a product counts changes with the state of its review, in one statement.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from holdfast import ids
from holdfast.catalog.product import Name, Text
from holdfast.db.queries import Connection, Do, Many, Maybe, One, Queries, Transaction
from holdfast.errors.request import NotFound
from holdfast.errors.review import NotBought, ReviewChanged
from holdfast.limits import REVIEW_AUTHOR_CHARS_MAX, STARS_MAX

NEWEST = "rev_~"
"""Behind all ids."""
_AUTHOR = r"^[^\x00-\x1f\x7f@]+(?!\n)$"


class State(StrEnum):
    """Only what is approved is shown and counted."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a buyer says; ``author`` is the name that they want to be shown with, and no e-mail address."""

    author: Annotated[str, Meta(pattern=_AUTHOR, max_length=REVIEW_AUTHOR_CHARS_MAX)]
    stars: Annotated[int, Meta(ge=1, le=STARS_MAX)]
    title: Name
    body: Text = ""


class Review(msgspec.Struct, frozen=True):
    """A review as its author and the staff see it; ``product`` is a slug, ``version`` counts its texts."""

    id: str
    product: str
    state: str
    version: int
    author: str
    stars: int
    title: str
    body: str
    written_at: datetime
    decided_at: datetime | None
    reason: str | None


class Approved(msgspec.Struct, frozen=True):
    """A review as everybody sees it."""

    id: str
    author: str
    stars: int
    title: str
    body: str
    written_at: datetime


class sql(Queries):
    product: Maybe[str]
    approved: Many[Approved]
    of_user: Many[Review]
    in_state: Many[Review]
    lock_author: Do
    own: Maybe[Review]
    one: Maybe[Review]
    was_sent: One[bool]
    add: Do
    rewrite: Do
    decide: Do
    remove: Do


async def page_of_product(connection: Connection, *, slug: str, before: str, rows_max: int) -> list[Approved]:
    """Approved ones, the newest first; raises NotFound for a product that is not shown."""
    product_id = await _product_id(connection, slug)
    return await sql.approved(connection, product_id=product_id, before=before, rows_max=rows_max)


async def page_of_user(connection: Connection, *, user_id: str, before: str, rows_max: int) -> list[Review]:
    """Somebody's own, the newest first."""
    return await sql.of_user(connection, user_id=user_id, before=before, rows_max=rows_max)


async def page_in_state(connection: Connection, *, state: State, after: str, rows_max: int) -> list[Review]:
    """Those in one state, the oldest first: who has waited longest is read first."""
    return await sql.in_state(connection, state=state, after=after, rows_max=rows_max)


async def write_review(tx: Transaction, written: Written, *, slug: str, user_id: str, at: datetime) -> Review:
    """Write somebody's one review of a product, or change it; the same words again change nothing.

    Raises NotFound for a product that is not shown, NotBought for a first review of what they were not sent.
    """
    product_id = await _product_id(tx, slug)
    await sql.lock_author(tx, user_id=user_id)
    found = await sql.own(tx, user_id=user_id, slug=slug)
    said = msgspec.structs.asdict(written)
    if found is None:
        if not await sql.was_sent(tx, user_id=user_id, product_id=product_id):
            raise NotBought(product=slug)
        review_id = ids.mint("rev")
        await sql.add(tx, id=review_id, product_id=product_id, user_id=user_id, at=at, **said)
        return await _one(tx, review_id)
    if Written(found.author, found.stars, found.title, found.body) == written:
        return found
    was_shown = found.state == State.APPROVED
    await sql.rewrite(tx, id=found.id, was_shown=was_shown, stars_before=found.stars, at=at, **said)
    return await _one(tx, found.id)


async def withdraw_review(tx: Transaction, *, slug: str, user_id: str) -> None:
    """Take one's own review back: it is gone; raises NotFound where there is none."""
    found = await sql.own(tx, user_id=user_id, slug=slug)
    if found is None:
        raise NotFound(kind="review", id=slug)
    await sql.remove(tx, id=found.id, was_shown=found.state == State.APPROVED)


async def decide_review(
    tx: Transaction, *, review_id: str, version: int, state: State, reason: str | None, at: datetime
) -> Review:
    """Show a review or do not, also after another decision; the same one again changes nothing.

    Raises NotFound, and ReviewChanged where the text is not the one that was read.
    """
    found = await _one(tx, review_id)
    if found.version != version:
        raise ReviewChanged(version=found.version)
    if (found.state, found.reason) == (state, reason):
        return found
    more = (state == State.APPROVED) - (found.state == State.APPROVED)
    await sql.decide(tx, id=review_id, state=state, reason=reason, more=more, at=at)
    return await _one(tx, review_id)


async def _product_id(connection: Connection, slug: str) -> str:
    product_id = await sql.product(connection, slug=slug)
    if product_id is None:
        raise NotFound(kind="product", id=slug)
    return product_id


async def _one(tx: Transaction, review_id: str) -> Review:
    """It stays as it is until the transaction ends."""
    found = await sql.one(tx, id=review_id)
    if found is None:
        raise NotFound(kind="review", id=review_id)
    return found
