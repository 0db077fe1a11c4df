"""Read and change the merchant's rules; every version stays as history."""

from datetime import datetime
from typing import Any

import msgspec

from holdfast.db.queries import Connection, Do, Maybe, One, Queries, Transaction
from holdfast.errors.request import FieldInvalid
from holdfast.limits import NAME_CHARS_MAX
from holdfast.shop_settings.rules import ShopRules


class sql(Queries):
    newest: Maybe[object]
    add: One[int]
    tell: Do


async def read_rules(tx: Connection) -> ShopRules:
    """The rules in force; the defaults in a shop that never changed any."""
    document = await sql.newest(tx)
    return msgspec.convert(document, ShopRules) if document is not None else ShopRules()


async def change_rules(tx: Transaction, *, changes: dict[str, Any], actor: str, at: datetime) -> ShopRules:
    """Change some rules and tell every process; raises FieldInvalid for what is not allowed."""
    document = msgspec.to_builtins(await read_rules(tx)) | changes
    try:
        rules = msgspec.convert(document, ShopRules)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `")
        path = place.rpartition("$.")[2].rstrip("`")
        raise FieldInvalid(
            field=path[:NAME_CHARS_MAX] or "settings", reason=reason[:NAME_CHARS_MAX]
        ) from error
    await sql.add(tx, document=rules, actor=actor, at=at)
    await sql.tell(tx)
    return rules
