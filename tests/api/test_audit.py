"""The audit over HTTP: admins find who did what to which, and nobody else looks."""

from datetime import UTC, datetime, timedelta

import pytest

from holdfast import audit
from holdfast.accounts.roles import Role
from holdfast.cli.people import make_key
from holdfast.db.queries import Transaction
from holdfast.db.transaction import transaction
from tests.api.answers import refused, rows
from tests.house import Json, Shop

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DEEDS = (("usr_a", "cancel", "ord_1"), ("usr_b", "cancel", "ord_2"), ("usr_a", "refund", "ord_1"))


async def done(shop: Shop) -> None:
    """Three deeds, a minute apart; the last one was written down first."""

    async def work(tx: Transaction) -> None:
        for minute, (actor, action, subject) in reversed(list(enumerate(DEEDS))):
            at = NOON + timedelta(minutes=minute)
            await audit.record(tx, actor=actor, action=action, subject=subject, at=at, detail={"n": minute})

    await transaction(shop.database, work)


async def found(shop: Shop, query: str) -> list[int]:
    end = "" if "until" in query else "&until=2026-11-21T00:00:00Z"
    page = await shop.as_staff("GET", f"/admin/audit?{query}{end}")
    return [deed["detail"]["n"] for deed in page["data"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [2, 1, 0]),
        ("subject=ord_1", [2, 0]),
        ("actor=usr_b", [1]),
        ("action=cancel", [1, 0]),
        ("subject=ord_1&actor=usr_a&action=cancel", [0]),
        ("actor=usr_a&action=refund", [2]),
        ("subject=ord_2&actor=usr_a", []),
        ("from=2026-11-20T12:01:00Z", [2, 1]),
        ("from=2026-11-20T13:01:00%2B01:00&actor=usr_a", [2]),
        ("action=cancel&until=2026-11-20T12:01:00Z", [0]),
        ("limit=1", [2]),
        ("actor=usr_c", []),
    ],
)
async def test_deeds_are_found_by_who_what_which_and_when(
    shop: Shop, query: str, expected: list[int]
) -> None:
    await done(shop)
    assert await found(shop, query) == expected


@pytest.mark.parametrize("filters", ["", "&actor=usr_a", "&action=cancel", "&subject=ord_1"])
async def test_pages_follow_each_other_without_a_gap(shop: Shop, filters: str) -> None:
    await done(shop)
    path = f"/admin/audit?from=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z{filters}"
    whole = (await shop.as_staff("GET", path))["data"]
    pieces: list[Json] = []
    cursor: str | int | None = ""
    while cursor is not None:
        page = await shop.as_staff("GET", f"{path}&limit=1" + (f"&cursor={cursor}" if cursor else ""))
        pieces += page["data"]
        cursor = page["next_cursor"]
    assert pieces == whole
    assert len(whole) in (2, 3)


async def test_what_staff_do_is_found_with_who_did_it(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1}, "bank_transfer")
    await shop.as_staff("POST", f"/admin/orders/{placed['order']['id']}/cancel", {"reason": "asked"})
    page = await shop.as_staff("GET", f"/admin/audit?subject={placed['order']['id']}")
    (user,) = await shop.fetch("SELECT id FROM users")
    assert [(deed["actor"], deed["action"]) for deed in page["data"]] == [(user["id"], "cancel_order")]


async def test_the_timetable_seals_what_was_done(shop: Shop) -> None:
    await done(shop)
    await shop.sweep()
    async with shop.database.pool.acquire() as connection:
        chain = await audit.walk(connection)
    assert (chain.head.position, chain.unsealed, chain.broken) == (await shop.count("audit"), 0, None)


async def test_a_moment_without_a_zone_or_a_cursor_that_is_none_is_refused(shop: Shop) -> None:
    for query, field in (
        ("from=2026-11-20T12:00:00", "from"),
        ("until=2026-11-20", "until"),
        ("cursor=x", "cursor"),
        ("cursor=0", "cursor"),
        ("limit=201", "limit"),
        ("actor=", "actor"),
        (f"subject={'x' * 201}", "subject"),
    ):
        refused(await shop.call("GET", f"/admin/audit?{query}", **shop.staff), 422, "field_invalid", field)


async def test_staff_who_are_no_admins_do_not_read_it(shop: Shop) -> None:
    key = (await make_key(shop.database, email="till@example.com", role=Role.STAFF, label="test")).key
    before = await rows(shop)
    answer = await shop.call("GET", "/admin/audit", Authorization=f"Bearer {key}")
    assert refused(answer, 403, "forbidden")["action"] == "read_audit"
    refused(await shop.call("GET", "/admin/audit"), 401, "unauthenticated")
    assert await rows(shop) == before
