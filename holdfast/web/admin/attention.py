"""Attention: what a person must look at, and the steps that resolve it."""

from collections.abc import Collection
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action, check
from holdfast.attention.matters import (
    DIFFERENCES,
    STEPS,
    Kind,
    OpenMatter,
    find_matter,
    open_page,
    resolve_matter,
)
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.limits import PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX
from holdfast.web.admin.steps import action_of, lock_subject, take_step
from holdfast.web.session import Asked, Cursor, PathId, do_once, principal_of, process_of


class MatterView(msgspec.Struct, frozen=True):
    """A matter and the steps that can be taken."""

    matter: OpenMatter
    steps: tuple[str, ...]


class MatterPage(msgspec.Struct, frozen=True):
    """Open matters, oldest first."""

    data: list[MatterView]
    next_cursor: str | None


class StepBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which step."""

    step: Annotated[str, Meta(max_length=40)]


@get("/attention", opt={"action": Action.READ_ATTENTION})
async def list_matters(
    request: Asked,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT,
    cursor: Cursor = None,
) -> MatterPage:
    """Open matters."""
    return await _page(request, limit=limit, cursor=cursor, kinds=None)


@get("/differences", opt={"action": Action.READ_ATTENTION})
async def list_differences(
    request: Asked,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT,
    cursor: Cursor = None,
) -> MatterPage:
    """Open matters in which a provider and our books differ: amount, currency, fee, missing, double."""
    return await _page(request, limit=limit, cursor=cursor, kinds=DIFFERENCES)


async def _page(
    request: Asked, *, limit: int, cursor: str | None, kinds: Collection[Kind] | None
) -> MatterPage:
    rows = await read(
        process_of(request).database,
        lambda c: open_page(c, after=cursor or "", rows_max=limit + 1, kinds=kinds),
    )
    views = [MatterView(row, STEPS[Kind(row.kind)]) for row in rows[:limit]]
    return MatterPage(views, views[-1].matter.id if len(rows) > limit else None)


@post("/attention/{matter_id:str}/resolve", status_code=200, opt={"action": Action.RESOLVE_ATTENTION})
async def resolve(request: Asked, matter_id: PathId, data: JSONBody[StepBody]) -> Response[dict[str, str]]:
    """Take a step; it is carried out in the same transaction. Needs an Idempotency-Key."""
    who, at = principal_of(request), clock.now()
    actor = who.id

    async def effect(tx: Transaction) -> dict[str, str]:
        seen = await find_matter(tx, matter_id=matter_id)
        check(who, action_of(seen, step=data.step))
        await lock_subject(tx, seen)
        matter = await resolve_matter(tx, matter_id=matter_id, step=data.step, actor=actor, at=at)
        await take_step(tx, matter, step=data.step, rules=process_of(request).rules, actor=actor, at=at)
        await audit.record(tx, actor=actor, action=f"resolve_{data.step}", subject=matter.subject, at=at)
        return {"id": matter_id, "step": data.step}

    return await do_once(request, effect)


ROUTES = [list_matters, list_differences, resolve]
