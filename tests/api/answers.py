"""What every refusal must look like, and how to see that it changed nothing."""

from collections.abc import Mapping
from http import HTTPStatus

import httpx

from tests.house import Json, Shop

_LEAKS = ("Traceback", 'File "', "asyncpg", "litestar", "msgspec", "SELECT ", "INSERT ", "site-packages")


def refused(answer: httpx.Response, status: int, code: str, field: str | None = None) -> Json:
    """The problem in an answer, which must be whole and must not speak of our insides."""
    assert (answer.status_code, answer.headers.get("content-type")) == (
        status,
        "application/problem+json",
    ), answer.text[:500]
    found: Json = answer.json()
    assert found["status"] == status
    assert found["code"] == code, found
    assert found["type"].endswith("/" + code.replace("_", "-"))
    assert found["title"]
    assert found["detail"]
    assert [leak for leak in _LEAKS if leak in answer.text] == []
    if field is not None:
        assert found["field"] == field, found
    if status == HTTPStatus.UNAUTHORIZED:
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        assert int(answer.headers["Retry-After"]) > 0
    return found


async def rows(shop: Shop) -> dict[str, int]:
    """How many rows every table of the shop has."""
    tables = await shop.fetch(
        "SELECT format('SELECT %L AS name, count(*) AS rows FROM %I', relname, relname) AS look "
        "FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    found = await shop.fetch(" UNION ALL ".join(table["look"] for table in tables))
    return {row["name"]: row["rows"] for row in found}


async def send(
    shop: Shop, method: str, path: str, content: bytes, headers: Mapping[str, str | bytes]
) -> httpx.Response:
    """Raw bytes to an address of the API, with headers that may be no text."""
    raw = [(k.encode(), v if isinstance(v, bytes) else v.encode()) for k, v in headers.items()]
    return await shop.client.request(method, f"/api/v1{path}", content=content, headers=raw)
