"""All routes and all roles: just what the tables of ``accounts/roles.py`` say."""

import re

import httpx
import pytest

from holdfast.accounts.roles import BY_LOGIN, MAY, NEEDS, Action, Role
from tests.api.answers import refused
from tests.api.known import Who, ask, digest, people, routes
from tests.house import Shop

pytestmark = pytest.mark.anyio

_PARAMETER = re.compile(r"{(\w+)}")
OF_NOBODY = {"/static/{file_path}", "/docs", "/openapi.json"}  # pages, which the description leaves out


async def documented(shop: Shop) -> list[tuple[str, str]]:
    """(method, address) of every operation of the description."""
    paths = (await shop.client.get("/openapi.json")).json()["paths"]
    return [(method.upper(), address) for address, found in paths.items() for method in found]


def expect(answer: httpx.Response, who: Who, action: Action) -> bool:
    """Whether the tables let them; fails if the answer says otherwise."""
    if who.role not in MAY[action]:
        if who.role is Role.GUEST:
            refused(answer, 401, "unauthenticated")
        else:
            found = refused(answer, 403, "forbidden")
            assert (found["role"], found["action"]) == (who.role, action)
        return False
    if action in BY_LOGIN and not who.by_login:
        refused(answer, 401, "unauthenticated")
        return False
    needed = NEEDS[action]
    if needed is not None and needed not in who.held:
        found = refused(answer, 403, "permission_missing")
        assert (found["permission"], found["action"]) == (needed, action)
        return False
    assert answer.status_code not in (401, 403), (who.name, action, answer.text)
    return True


def test_both_tables_know_every_action() -> None:
    assert set(MAY) == set(Action), "give the action a line in MAY (accounts/roles.py)"
    assert set(NEEDS) == set(Action), "give the action a line in NEEDS (accounts/roles.py)"


async def test_every_route_opens_to_whom_the_tables_say_and_to_nobody_else(shop: Shop) -> None:
    described = await documented(shop)
    actions = {(method, address): action for method, address, action in routes()}
    hidden = {key for key in actions if key not in described and key[1] not in OF_NOBODY}
    assert hidden == set(), "a route that the description of the API leaves out"
    everybody = await people(shop)
    before = await digest(shop)
    for method, address in described:
        action = actions[method, address]
        assert isinstance(action, Action), f"{method} {address} names no action (opt)"
        path = _PARAMETER.sub("x", address)
        for who in everybody.values():
            # The key is refused after the tables were asked and before anything is done.
            answer = await ask(shop, who, method, path, Idempotency_Key="short")
            if expect(answer, who, action):
                refused(answer, 422, "field_invalid", "Idempotency-Key")
    assert await digest(shop) == before
