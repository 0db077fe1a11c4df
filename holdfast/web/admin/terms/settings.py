"""The merchant's rules: read them, change some."""

from typing import Any

from litestar import Response, get, patch
from litestar.params import JSONBody

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import FieldInvalid
from holdfast.payment.providers.offered import NAMES
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
        _see_that_methods_exist(data.get("payment_methods"))
        rules = await change_rules(tx, changes=data, actor=actor, at=at)
        detail = {"changed": sorted(data)}
        await audit.record(tx, actor=actor, action="change_settings", subject="shop", at=at, detail=detail)
        return rules

    return await do_once(request, effect, required=False)


def _see_that_methods_exist(methods: object) -> None:
    """The rules take any name; which there are is known only here, above the providers."""
    for place, method in enumerate(methods if isinstance(methods, list) else ()):
        if isinstance(method, str) and method not in NAMES:
            reason = f"must be one of {', '.join(sorted(NAMES))}"
            raise FieldInvalid(field=f"payment_methods[{place}]", reason=reason)


ROUTES = [read_all, change]
