"""The catalogue of problems: each has its own code, its sentence, and its line in docs/errors.md."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors.problem import Line, Problem
from holdfast.errors.request import IdempotencyKeyInUse
from tests.api.answers import refused, rows
from tests.api.cable import cable
from tests.api.events import deliver, event
from tests.conftest import assert_truths
from tests.house import Shop, open_shop, until

DOCS = Path(__file__).parents[2] / "docs" / "errors.md"
STATUSES = {400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 421, 422, 429, 431, 500, 503}
EXAMPLES: dict[Any, Any] = {
    str: "something",
    int: 7,
    list[str]: ["a", "b"],
    dict[str, str]: {"a": "is wrong"},
    dict[str, str | int]: {"amount": 1, "currency": "GBP"},
    list[Line]: [
        {"sku": "MUG", "location": "main", "requested": 3, "available": 1, "in_transit": 2}
        | {"line": 4, "column": "sku", "reason": "is wrong", "allowed": 1, "hours": 24}
    ],
}


def kinds(of: type[Problem] = Problem) -> Iterator[type[Problem]]:
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


EVERY = list(kinds())


def test_every_kind_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in EVERY]
    assert len(codes) == len(set(codes)) == len(EVERY)
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.code)
def test_a_kind_has_a_title_a_sane_status_and_a_sentence_made_from_its_fields(kind: type[Problem]) -> None:
    assert kind.status in STATUSES
    assert kind.title
    assert not kind.title.endswith(".")
    made = kind(**{field.name: EXAMPLES[field.type] for field in fields(kind)})
    sentence = str(made)
    assert sentence
    assert set(sentence).isdisjoint("{}[]"), sentence
    waits = kind.status in (429, 503) or kind is IdempotencyKeyInUse
    assert (made.wait_s is not None) == waits
    reserved = {"type", "code", "status", "title", "detail"} & made.extensions().keys()
    assert reserved == set()


def test_the_documentation_lists_every_code_with_its_status_and_title() -> None:
    lines = re.findall(r"^\| `(\w+)` \| (\d+) \| ([^|]+) \|", DOCS.read_text("utf-8"), re.MULTILINE)
    assert sorted(lines) == sorted((kind.code, str(kind.status), kind.title) for kind in EVERY)


@pytest.mark.anyio
async def test_a_bug_of_ours_is_answered_without_our_insides(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.as_owner("ALTER TABLE categories RENAME TO gone")
    found = refused(await shop.call("GET", "/categories"), 500, "internal")
    assert set(found) == {"type", "code", "status", "title", "detail"}
    assert "categories" not in found["detail"]
    await shop.as_owner("ALTER TABLE gone RENAME TO categories")
    assert (await shop.call("GET", "/categories")).status_code == 200
    await shop.as_owner("ALTER TABLE order_lines RENAME TO gone")
    before = await rows(shop)
    refused(await shop.place({"MUG": 1}, "bank_transfer"), 500, "internal")
    assert await rows(shop) == before
    await shop.as_owner("ALTER TABLE gone RENAME TO order_lines")
    assert (await shop.place({"MUG": 1}, "bank_transfer")).status_code == 201


@pytest.mark.anyio
async def test_a_key_whose_first_request_still_runs_is_asked_to_wait(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.fault("delay", on="create", ms=1_000)
    body, key = shop.order_body({"MUG": 1}), {"Idempotency_Key": "the-key-of-a-slow-order"}
    first = asyncio.create_task(shop.call("POST", "/orders", body, **key))

    async def committed() -> bool:
        return await shop.count("orders") == 1

    await until(committed)
    second = await shop.call("POST", "/orders", body, **key)
    refused(second, 409, "idempotency_key_in_use")
    assert int(second.headers["Retry-After"]) > 0
    assert (await first).status_code == 201
    third = await shop.call("POST", "/orders", body, **key)
    assert (third.status_code, third.headers["Idempotent-Replayed"]) == (201, "true")
    assert await shop.count("orders") == 1


@pytest.mark.anyio
async def test_a_database_without_the_newest_migration_is_not_ready(shop: Shop) -> None:
    assert (await shop.client.get("/health/ready")).json()["status"] == "ready"
    newest = await shop.database.pool.fetchval("SELECT max(version) FROM schema_migrations")
    await shop.as_owner("DELETE FROM schema_migrations WHERE version = $1", newest)
    refused(await shop.client.get("/health/ready"), 503, "schema_outdated")
    await shop.as_owner("INSERT INTO schema_migrations VALUES ($1)", newest)
    assert (await shop.client.get("/health/ready")).status_code == 200


@pytest.mark.anyio
async def test_a_database_that_is_away_is_a_problem_that_passes(database_url: str) -> None:
    async with cable(database_url) as line, open_shop(line.url) as shop:
        await shop.stocked({"MUG": 5})
        assert (await shop.client.get("/health/ready")).status_code == 200
        await line.cut()
        body = event("customer.created", {})
        for _ in range(3):
            refused(await shop.client.get("/health/ready"), 503, "database_away")
            refused(await shop.call("GET", "/products"), 503, "database_away")
            refused(await shop.place({"MUG": 1}, "bank_transfer"), 503, "database_away")
            refused(await shop.call("POST", "/carts"), 503, "database_away")
            refused(await shop.call("GET", "/admin/orders", **shop.staff), 503, "database_away")
            refused(await deliver(shop, body), 503, "database_away")
            assert (await shop.client.get("/health/live")).status_code == 200
            refused(await shop.call("GET", "/nowhere"), 404, "not_found")
        await line.mend()
        assert (await shop.client.get("/health/ready")).status_code == 200
        assert (await shop.place({"MUG": 1}, "bank_transfer")).status_code == 201
        assert (await deliver(shop, body)).json() == {"state": "ignored"}
        await assert_truths(shop.database)
