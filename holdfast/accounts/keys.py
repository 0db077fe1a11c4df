"""API keys: shown once when they are made, kept as a hash."""

from datetime import datetime

import msgspec

from holdfast import ids
from holdfast.accounts.roles import Principal, Role
from holdfast.accounts.secret import KEY_PREFIX, hash_secret, mint_secret
from holdfast.db.queries import Connection, Maybe, One, Queries, Transaction


class KeyOwner(msgspec.Struct, frozen=True):
    """Whose key it is."""

    user_id: str
    role: str


class sql(Queries):
    create_user: One[KeyOwner]
    create_key: One[str]
    owner: Maybe[KeyOwner]
    grant: Maybe[str]


async def create_user(tx: Transaction, *, email: str, role: Role | None, at: datetime) -> KeyOwner:
    """The user of this address, made if there is none; a role that is given counts from now on."""
    return await sql.create_user(tx, id=ids.mint("usr"), email=email, role=role, at=at)


async def create_key(
    tx: Transaction, *, user_id: str, label: str, at: datetime, expires_at: datetime | None = None
) -> str:
    """A new key for a user; this answer is the only time it can be seen."""
    key = mint_secret(KEY_PREFIX)
    await sql.create_key(
        tx,
        id=ids.mint("key"),
        user_id=user_id,
        key_hash=hash_secret(key),
        label=label,
        expires_at=expires_at,
        at=at,
    )
    return key


async def grant_role(tx: Transaction, *, email: str, role: Role) -> str | None:
    """What somebody is from now on, also in log-ins and keys they have; their id, or None for nobody."""
    return await sql.grant(tx, email=email, role=role)


async def find_principal(connection: Connection, *, key: str, at: datetime) -> Principal | None:
    """Who a key belongs to; None for one that is unknown, expired or revoked."""
    owner = await sql.owner(connection, key_hash=hash_secret(key), at=at)
    return Principal(owner.user_id, Role(owner.role)) if owner else None
