"""Every statement of every twin file prepares on the migrated schema, and fits what its module declares."""

import pkgutil
import types
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any, Union, get_args, get_origin, get_type_hints

import asyncpg
import msgspec
import pytest

import holdfast
from holdfast.db import queries
from holdfast.db.queries import Do, Statement
from tests.conftest import Server

pytestmark = pytest.mark.anyio

Prepare = Callable[[str], Awaitable[Any]]

for found in pkgutil.walk_packages(holdfast.__path__, "holdfast."):
    if not found.name.endswith("__main__"):
        import_module(found.name)

PYTHON_OF = {
    "text": str, "varchar": str, "int4": int, "int2": int, "int8": int, "bool": bool, "timestamptz": datetime,
    "date": date, "interval": timedelta, "bytea": bytes, "jsonb": object, "numeric": int,
    "text[]": list,
}  # fmt: skip


@pytest.fixture(scope="module")
async def prepare(postgres: Server, template: str) -> AsyncIterator[Prepare]:
    """Preparing changes nothing, so one database serves all statements."""
    name = f"prepared_{template}"
    postgres.ensure_database(name, template=template)
    connection = await asyncpg.connect(postgres.url(name))
    try:
        yield connection.prepare
    finally:
        await connection.close()


def every_statement() -> list[Any]:
    return [
        pytest.param(statement, id=f"{twin.__module__.removeprefix('holdfast.')}:{name}")
        for twin in queries.ALL
        for name, statement in twin.statements.items()
    ]


def accepts(hint: Any, kind: type) -> bool:
    if get_origin(hint) in (Union, types.UnionType):
        return any(accepts(part, kind) for part in get_args(hint))
    if hasattr(hint, "__supertype__"):
        return accepts(hint.__supertype__, kind)
    if kind is object:
        return hint is object or hint is Any or get_origin(hint) is dict
    origin = get_origin(hint) or hint
    return isinstance(origin, type) and issubclass(origin, kind)


@pytest.mark.parametrize("statement", every_statement())
async def test_it_prepares_and_its_columns_fit_the_struct(
    prepare: Prepare, statement: Statement[Any]
) -> None:
    prepared = await prepare(statement.text)
    assert len(prepared.get_parameters()) == len(statement.names)
    columns = prepared.get_attributes()
    if isinstance(statement, Do):
        return
    if isinstance(statement.row, type) and issubclass(statement.row, msgspec.Struct):
        hints = get_type_hints(statement.row)
        assert [c.name for c in columns] == list(statement.row.__struct_fields__)
        wrong = {c.name: c.type.name for c in columns if not accepts(hints[c.name], PYTHON_OF[c.type.name])}
        assert wrong == {}
    else:
        assert len(columns) == 1
        assert accepts(statement.row, PYTHON_OF[columns[0].type.name])


def test_every_statement_says_why_it_has_its_shape() -> None:
    bare = [
        f"{twin.__module__}:{name}"
        for twin in queries.ALL
        for name, statement in twin.statements.items()
        if not statement.text.startswith("-- ")
    ]
    assert bare == []


def test_a_twin_writes_only_in_its_own_folder() -> None:
    owner = {
        "idempotency_keys": "idempotency", "audit": "audit", "audit_seals": "audit",
        "audit_unsealed": "audit", "users": "accounts", "api_keys": "accounts",
        "sessions": "accounts", "saved_addresses": "accounts",
        "wishes": "catalog", "reviews": "catalog", "login_places": "accounts", "login_failures": "accounts",
        "account_letters": "accounts", "totp": "accounts", "recovery_codes": "accounts", "letters": "letters",
        "attention": "attention", "categories": "catalog", "products": "catalog", "variants": "catalog",
        "locations": "stock", "stock_counts": "stock", "stock_count_lines": "stock",
        "stock_transfers": "stock", "stock_transfer_lines": "stock", "stock_transfer_legs": "stock",
        "stock_levels": "stock", "stock_alerts": "stock",
        "stock": "stock", "movements": "stock", "holds": "stock", "hold_lines": "stock", "carts": "cart",
        "cart_lines": "cart", "checkouts": "checkout", "orders": "order", "order_lines": "order",
        "order_events": "order", "order_cancellations": "order", "refund_requests": "refund",
        "refund_lines": "refund", "refunds_by_hand": "refund",
        "disputes": "refund", "dispute_events": "refund",
        "returns": "refund", "return_lines": "refund", "return_events": "refund", "return_photos": "refund",
        "payments": "payment", "payment_attempts": "payment", "transfers": "payment",
        "transfer_proofs": "payment", "settlement_lines": "payment",
        "ledger": "payment", "refunds": "refund", "provider_events": "webhook",
        "provider_event_bodies": "webhook",
        "shop_settings": "shop_settings", "shipments": "fulfilment", "shipment_lines": "fulfilment",
        "shipment_events": "fulfilment", "invoices": "fulfilment", "invoice_counter": "fulfilment",
        "erasures": "retention",
    }  # fmt: skip
    stages = {"bench": "fills databases of its own, which are thrown away"}
    everywhere = {"holdfast.retention.person.erase": "where people are is one list (decision 0022)"}
    verbs = ("INSERT INTO ", "UPDATE ", "DELETE FROM ")
    strangers = []
    for twin in queries.ALL:
        folder = twin.__module__.split(".")[1]
        for name, statement in twin.statements.items():
            for verb in verbs:
                for rest in statement.text.split(verb)[1:]:
                    table = rest.split()[0].strip("(")
                    if (
                        table in owner
                        and owner[table] != folder
                        and not (folder in stages or twin.__module__ in everywhere)
                    ):
                        strangers.append(f"{twin.__module__}:{name} writes {table}")
    assert strangers == []
