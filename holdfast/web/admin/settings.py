"""The merchant's rules: read them, change some."""

from typing import Any

from litestar import Response, get, patch
from litestar.params import JSONBody

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.shop_settings.keep_settings import change_rules, read_rules
from holdfast.shop_settings.rules import ShopRules
from holdfast.web.session import Asked, do_once, principal_of, process_of


@get("/settings", opt={"action": Action.CHANGE_SETTINGS})
async def read_all(request: Asked) -> ShopRules:
    """The rules in force."""
    return await read(process_of(request).database, read_rules)


@patch("/settings", opt={"action": Action.CHANGE_SETTINGS})
async def change(request: Asked, data: JSONBody[dict[str, Any]]) -> Response[ShopRules]:
    """Change some rules by name; every process follows at once, and the old version stays as history."""
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> ShopRules:
        rules = await change_rules(tx, changes=data, actor=actor, at=at)
        detail = {"changed": sorted(data)}
        await audit.record(tx, actor=actor, action="change_settings", subject="shop", at=at, detail=detail)
        return rules

    return await do_once(request, effect, required=False)


ROUTES = [read_all, change]
