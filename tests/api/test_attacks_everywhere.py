"""Attacks on whatever the description of the API names: every text, and every change by a cookie."""

import httpx
import pytest

from holdfast.accounts.roles import GRANTED, Role
from holdfast.accounts.secret import csrf_token
from holdfast.web.body import PATH_CHARS_MAX
from tests.api.answers import refused
from tests.api.described import Request, describe
from tests.api.known import Who, digest, person
from tests.house import Json, Shop

pytestmark = pytest.mark.anyio

SUM, FACTORS = "834672268087", "913577*913631"
EVIL = {
    "SQL": f"'||(SELECT {FACTORS})||'; DROP TABLE orders; --",
    "a template": f"{{{{{FACTORS}}}}} ${{{FACTORS}}} #{{{FACTORS}}} <%= {FACTORS} %>",
    "a format": "%s %n %(x)s {0.__class__} {x} $1 :at \\1",
    "U+0000": "a\0b",
    "half a letter": "\ud800",
    "a long one": "x" * 20_000,
}
TEXTS_MIN, TAKEN_MIN = 300, 70

ELSEWHERE = {
    "POST /api/v1/admin/locations name": "the id is taken by the first of them",
    "POST /api/v1/admin/vendors name": "the slug is taken by the first of them",
    "POST /api/v1/carts/{cart_id}/merge from": "U+0000 is for the database to refuse",
    "POST /api/v1/checkouts cart_id": "the same",
    "POST /api/v1/holds checkout_id": "the same",
    "POST /api/v1/orders cart_id": "there are lines already",
}
"""Texts that are refused for something else than what was done to them."""
CHANGES_MIN = 70
FOREIGN = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
WITH_TOKEN = {"Access-Control-Request-Headers": "X-CSRF-Token"}
OF_FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
"""What a page may send elsewhere without asking: such bodies are not read, so nobody is logged in by one."""
JSON = {"Content-Type": "application/json"}


async def ask(shop: Shop, method: str, sent: Request, headers: dict[str, str]) -> httpx.Response:
    return await shop.client.request(method, sent.path, content=sent.body, headers=headers)


def token_of(who: Who) -> str:
    return who.headers["Authorization"].removeprefix("Bearer ")


def answers_fit(answer: httpx.Response, name: str) -> bool:
    """A refusal is whole, short, and about the field that it should be about."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 10 * PATH_CHARS_MAX
    found: Json = answer.json()
    return found["code"] != "field_invalid" or found["field"] in (name, name.removesuffix(".*"))


async def test_nothing_that_is_written_into_any_text_is_run_or_makes_the_shop_fail(shop: Shop) -> None:
    described = await describe(shop)
    admin = await person(shop, "boss", Role.ADMIN, list(GRANTED))
    tables = set(await digest(shop))
    tried, taken, elsewhere, wrong = set(), set(), set(), []
    for operation in described.operations():
        for name, with_text in described.texts(operation):
            place = f"{operation.name} {name}"
            tried.add(place)
            for kind, evil in EVIL.items():
                headers = admin.headers | shop.new_key() | JSON
                answer = await ask(shop, operation.method, with_text(evil), headers)
                if answer.status_code >= 500 or SUM in answer.text:
                    wrong.append((place, kind, answer.text[:200]))
                elif answer.status_code < 300:
                    taken.add(place)
                elif not answers_fit(answer, name):
                    elsewhere.add(place)
    assert wrong == []
    assert elsewhere == set(ELSEWHERE), "give it an example that fits, in tests/api/described.py"
    assert len(tried) >= TEXTS_MIN
    assert len(taken) >= TAKEN_MIN
    await shop.drain()
    assert set(await digest(shop)) == tables
    for table in tables:
        look = f"SELECT FROM {table} t WHERE to_jsonb(t)::text LIKE $1"
        assert await shop.fetch(look, f"%{SUM}%") == [], table


async def test_no_page_elsewhere_changes_anything_by_a_cookie_that_it_does_not_see(shop: Shop) -> None:
    described = await describe(shop)
    admin = await person(shop, "boss", Role.ADMIN, list(GRANTED))
    ada = await person(shop, "ada", Role.CUSTOMER)
    before = await digest(shop)
    changes = 0
    for operation in described.operations():
        if operation.method == "GET":
            continue
        changes += 1
        sent = described.plain(operation)
        for who, other in ((admin, ada), (ada, admin)):
            cookie = {"Cookie": f"holdfast_session={token_of(who)}"}
            forged = csrf_token(shop.process.settings.secret_key, token_of(other))
            for more in ({}, {"X-CSRF-Token": forged}):
                headers = FOREIGN | cookie | shop.new_key() | JSON | more
                refused(await ask(shop, operation.method, sent, headers), 403, "csrf_token_invalid")
        asked = {"Access-Control-Request-Method": operation.method} | WITH_TOKEN
        answer = await shop.client.options(sent.path, headers=FOREIGN | asked)
        assert [name for name in answer.headers if name.startswith("access-control-")] == [], operation.name
        if sent.body is not None:
            for kind in OF_FORMS:
                headers = FOREIGN | admin.headers | shop.new_key() | {"Content-Type": kind}
                refused(await ask(shop, operation.method, sent, headers), 415, "media_type_unsupported")
    assert changes > CHANGES_MIN
    assert await digest(shop) == before
    mine = {"Cookie": f"holdfast_session={token_of(ada)}"}
    mine["X-CSRF-Token"] = csrf_token(shop.process.settings.secret_key, token_of(ada))
    assert (await shop.client.post("/api/v1/carts", headers=mine)).status_code == 201
