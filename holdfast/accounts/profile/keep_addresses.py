"""The addresses that a customer has saved: at most one is the default for parcels, and one for invoices.

An address that was saved has been checked (``address.check_address``). Changes of one customer's go one
after the other, under the lock of their user.
"""

from datetime import datetime
from typing import Any

import msgspec

from holdfast import ids
from holdfast.accounts.address import Address
from holdfast.db.queries import Connection, Do, Many, Maybe, Queries, Transaction
from holdfast.errors.request import NotFound, TooMany
from holdfast.limits import ADDRESSES_MAX


class NewAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address as its owner gives it; to make it a default takes that from the one that was."""

    address: Address
    default_shipping: bool = False
    default_billing: bool = False


class SavedAddress(msgspec.Struct, frozen=True):
    """An address as its owner sees it."""

    id: str
    address: Address
    default_shipping: bool
    default_billing: bool


class Row(msgspec.Struct, frozen=True):
    """The same as it is stored."""

    id: str
    address: dict[str, Any]
    default_shipping: bool
    default_billing: bool


class sql(Queries):
    lock: Maybe[str]
    of_user: Many[Row]
    one: Maybe[Row]
    step_back: Do
    add: Maybe[str]
    change: Do
    remove: Do


async def list_addresses(connection: Connection, *, user_id: str) -> list[SavedAddress]:
    """All that somebody has saved, in the order of their birth."""
    return [_saved(row) for row in await sql.of_user(connection, user_id=user_id)]


async def own_address(connection: Connection, *, user_id: str, address_id: str) -> Address:
    """One of somebody's own; raises NotFound."""
    row = await sql.one(connection, user_id=user_id, id=address_id)
    if row is None:
        raise NotFound(kind="address", id=address_id)
    return _saved(row).address


async def save_address(tx: Transaction, given: NewAddress, *, user_id: str, at: datetime) -> SavedAddress:
    """Add one; raises TooMany."""
    saved = _with_id(ids.mint("adr"), given)
    await _make_room(tx, saved, user_id=user_id)
    if not await sql.add(tx, **msgspec.structs.asdict(saved), user_id=user_id, most=ADDRESSES_MAX, at=at):
        raise TooMany(what="saved addresses", most=ADDRESSES_MAX)
    return saved


async def change_address(
    tx: Transaction, given: NewAddress, *, user_id: str, address_id: str
) -> SavedAddress:
    """Replace one, its defaults too; raises NotFound. What was ordered to it stays as it was."""
    saved = _with_id(address_id, given)
    await _make_room(tx, saved, user_id=user_id)
    if not await sql.change(tx, **msgspec.structs.asdict(saved), user_id=user_id):
        raise NotFound(kind="address", id=address_id)
    return saved


async def remove_address(tx: Transaction, *, user_id: str, address_id: str) -> None:
    """Forget one; raises NotFound."""
    if not await sql.remove(tx, user_id=user_id, id=address_id):
        raise NotFound(kind="address", id=address_id)


async def _make_room(tx: Transaction, saved: SavedAddress, *, user_id: str) -> None:
    """The former default steps back, before the key is asked that there is one."""
    await sql.lock(tx, user_id=user_id)
    await sql.step_back(
        tx, user_id=user_id, id=saved.id, shipping=saved.default_shipping, billing=saved.default_billing
    )


def _with_id(address_id: str, given: NewAddress) -> SavedAddress:
    return SavedAddress(address_id, given.address, given.default_shipping, given.default_billing)


def _saved(row: Row) -> SavedAddress:
    return SavedAddress(
        row.id, msgspec.convert(row.address, Address), row.default_shipping, row.default_billing
    )
