"""What the walks through all routes know: the routes, who asks, what the tables say, and what changed."""

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
from litestar.routes import HTTPRoute

from holdfast import clock
from holdfast.accounts.keys import create_key
from holdfast.accounts.people import create_user
from holdfast.accounts.roles import BY_LOGIN, GRANTED, MAY, NEEDS, Action, Permission, Role
from holdfast.accounts.sessions import Visitor, open_session
from holdfast.db.queries import Transaction
from holdfast.db.transaction import transaction
from holdfast.settings import Settings
from holdfast.web.app import create_app
from tests.api.answers import refused
from tests.house import Shop

APP = create_app(Settings(log_level="critical"), "postgresql://nobody.invalid/nothing")


class Who(msgspec.Struct, frozen=True):
    """Somebody who asks: what they are, what they hold, and how they say who they are."""

    name: str
    role: Role
    held: frozenset[Permission]
    by_login: bool
    headers: dict[str, str]


def routes() -> Iterator[tuple[str, str, Any]]:
    """(method, address, action) of every route; None where it names none."""
    for route in APP.routes:
        assert isinstance(route, HTTPRoute), route.path
        for handler in route.route_handlers:
            for method in handler.http_methods - {"OPTIONS"}:
                yield str(method), route.path_format, handler.opt.get("action")


async def documented(shop: Shop) -> list[tuple[str, str]]:
    """(method, address) of every operation of the description."""
    paths = (await shop.client.get("/openapi.json")).json()["paths"]
    return [(method.upper(), address) for address, found in paths.items() for method in found]


def allowed(who: Who, action: Action) -> bool:
    """Whether the tables let them."""
    needed = NEEDS[action]
    return (
        who.role in MAY[action]
        and (who.by_login or action not in BY_LOGIN)
        and (needed is None or needed in who.held)
    )


def expect(answer: httpx.Response, who: Who, action: Action) -> bool:
    """Whether the tables let them; fails if the answer says otherwise."""
    if allowed(who, action):
        assert answer.status_code not in (401, 403), (who.name, action, answer.text)
        return True
    if who.role not in MAY[action]:
        if who.role is Role.GUEST:
            refused(answer, 401, "unauthenticated")
        else:
            found = refused(answer, 403, "forbidden")
            assert (found["role"], found["action"]) == (who.role, action)
    elif action in BY_LOGIN and not who.by_login:
        refused(answer, 401, "unauthenticated")
    else:
        found = refused(answer, 403, "permission_missing")
        assert (found["permission"], found["action"]) == (NEEDS[action], action)
    return False


async def people(shop: Shop) -> dict[str, Who]:
    """Everybody whom the tables tell apart."""
    everything = frozenset(Permission)
    found = [
        Who("guest", Role.GUEST, frozenset({Permission.SHOP}), by_login=False, headers={}),
        await person(shop, "ada", Role.CUSTOMER),
        await person(shop, "bob", Role.CUSTOMER),
        await person(shop, "vendor", Role.VENDOR),
        await person(shop, "staff of nothing", Role.STAFF, []),
        await person(shop, "admin", Role.ADMIN, list(GRANTED)),
        await person(shop, "key of all", Role.ADMIN, list(everything), by_login=False),
        await person(shop, "key of shop", Role.ADMIN, [Permission.SHOP], by_login=False),
        await person(shop, "customer's key of stock", Role.CUSTOMER, [Permission.STOCK], by_login=False),
    ]
    for word in sorted(GRANTED):
        rest = sorted(GRANTED - {word})
        found += [
            await person(shop, f"staff of {word}", Role.STAFF, [word]),
            await person(shop, f"staff without {word}", Role.STAFF, rest),
            await person(shop, f"key without {word}", Role.ADMIN, rest, by_login=False),
        ]
    return {who.name: who for who in found}


async def person(
    shop: Shop, name: str, role: Role, words: list[Permission] | None = None, *, by_login: bool = True
) -> Who:
    """Somebody new: granted these words, or, by a key, narrowed to them."""
    at, email = clock.now(), f"{name.replace(' ', '-').replace(chr(39), '')}@example.com"
    granted = words if role is Role.STAFF and by_login else None

    async def make(tx: Transaction) -> str:
        user = await create_user(tx, email=email, role=role, permissions=granted, at=at)
        if not by_login:
            return (await create_key(tx, user_id=user.id, label=name, scopes=words, at=at)).secret
        visitor = Visitor("203.0.113.9", "A test")
        return (await open_session(tx, user_id=user.id, role=role, visitor=visitor, at=at)).token

    secret = await transaction(shop.database, make)
    held = {Permission.SHOP, *(words or [])} if by_login else {*(words or [])}
    if role in (Role.CUSTOMER, Role.VENDOR):
        held &= {Permission.SHOP}
    return Who(name, role, frozenset(held), by_login, {"Authorization": f"Bearer {secret}"})


async def ask(
    shop: Shop, who: Who, method: str, path: str, body: object = None, **more: str
) -> httpx.Response:
    """One request of somebody's; a text is sent as CSV."""
    named = {name.replace("_", "-"): value for name, value in more.items()}
    headers = (shop.new_key() if method == "POST" else {}) | who.headers | named
    if isinstance(body, str):
        headers["Content-Type"] = "text/csv"
        return await shop.client.request(method, path, content=body, headers=headers)
    return await shop.client.request(method, path, json=body, headers=headers)


async def digest(shop: Shop) -> dict[str, str]:
    """What every table of the shop holds, but for when keys were last used."""
    tables = await shop.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    looks = [
        f"SELECT '{row['relname']}' AS name, md5(string_agg(kept, '|' ORDER BY kept)) AS seen FROM "  # noqa: S608 - the names of our own tables
        f"(SELECT (to_jsonb(t) - 'last_used_at')::text AS kept FROM {row['relname']} t) AS rows"
        for row in tables
    ]
    return {row["name"]: row["seen"] for row in await shop.fetch(" UNION ALL ".join(looks))}
