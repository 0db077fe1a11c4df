"""All routes and all roles: just what the tables of ``accounts/roles.py`` say."""

import re

import pytest

from holdfast.accounts.roles import MAY, NEEDS, Action
from tests.api.answers import refused
from tests.api.known import ask, digest, documented, expect, people, routes
from tests.house import Shop

pytestmark = pytest.mark.anyio

_PARAMETER = re.compile(r"{(\w+)}")
OF_NOBODY = {"/static/{file_path}", "/docs", "/openapi.json"}  # pages, which the description leaves out


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
