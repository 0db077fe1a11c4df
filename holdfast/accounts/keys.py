"""API keys: shown once when they are made, kept as a hash, narrowed to scopes, revoked by a date."""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from holdfast import audit, ids
from holdfast.accounts.roles import Permission, Principal, Role, permissions_of
from holdfast.accounts.secret import KEY_PREFIX, hash_secret, mint_secret
from holdfast.db.queries import Connection, Do, Many, Maybe, One, Queries, Transaction
from holdfast.errors.request import FieldInvalid, TooMany
from holdfast.limits import KEY_PREFIX_CHARS, KEYS_PER_USER_MAX


class KeyOwner(msgspec.Struct, frozen=True):
    """Whose key it is, and how far it reaches."""

    key_id: str
    user_id: str
    role: str
    permissions: list[str]
    scopes: list[str] | None
    vendor_id: str | None


class KeyView(msgspec.Struct, frozen=True):
    """A key as it can be shown: ``prefix`` is how it begins; ``scopes`` null: all that its owner may do."""

    id: str
    user_id: str
    label: str
    prefix: str
    scopes: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class MadeKey(msgspec.Struct, frozen=True):
    """A new key; ``secret`` is to be seen this once."""

    id: str
    secret: str


class sql(Queries):
    lock_owner: Maybe[str]
    count_living: One[int]
    create_key: Do
    owner: Maybe[KeyOwner]
    of_user: Many[KeyView]
    page: Many[KeyView]
    revoke: Maybe[str]
    write_uses: Many[str]


async def create_key(
    tx: Transaction,
    *,
    user_id: str,
    label: str,
    scopes: Collection[Permission] | None = None,
    at: datetime,
    expires_at: datetime | None = None,
) -> MadeKey:
    """A new key for a user; no scopes: it may do all that its owner may."""
    made = MadeKey(ids.mint("key"), mint_secret(KEY_PREFIX))
    await sql.create_key(
        tx,
        id=made.id,
        user_id=user_id,
        key_hash=hash_secret(made.secret),
        label=label,
        prefix=made.secret[:KEY_PREFIX_CHARS],
        scopes=None if scopes is None else sorted(set(scopes)),
        expires_at=expires_at,
        at=at,
    )
    return made


async def create_own_key(
    tx: Transaction,
    *,
    owner: Principal,
    label: str,
    scopes: Collection[Permission],
    at: datetime,
    expires_at: datetime | None,
) -> MadeKey:
    """A new key that somebody makes for themselves: as narrow as they say, never wider than they are.

    Raises FieldInvalid for a scope that they do not hold, or an end that is past, and TooMany above
    KEYS_PER_USER_MAX keys that work.
    """
    for place, scope in enumerate(scopes):
        if scope not in owner.permissions:
            raise FieldInvalid(field=f"scopes[{place}]", reason="must be a permission that you have")
    if expires_at is not None and expires_at <= at:
        raise FieldInvalid(field="expires_at", reason="must be a moment in the future")
    await sql.lock_owner(tx, user_id=owner.id)
    if await sql.count_living(tx, user_id=owner.id, at=at) >= KEYS_PER_USER_MAX:
        raise TooMany(what="keys that work", most=KEYS_PER_USER_MAX)
    made = await create_key(tx, user_id=owner.id, label=label, scopes=scopes, expires_at=expires_at, at=at)
    detail = {"key": made.id, "scopes": sorted(set(scopes))}
    await audit.record(tx, actor=owner.id, action="key.made", subject=owner.id, detail=detail, at=at)
    return made


async def find_principal(connection: Connection, *, key: str, at: datetime) -> Principal | None:
    """Who a key belongs to; None for one that is unknown, expired or revoked."""
    owner = await sql.owner(connection, key_hash=hash_secret(key), at=at)
    if owner is None:
        return None
    held = permissions_of(owner.role, owner.permissions, owner.scopes)
    return Principal(
        owner.user_id, Role(owner.role), permissions=held, key_id=owner.key_id, vendor_id=owner.vendor_id
    )


async def keys_of(connection: Connection, *, user_id: str, before: str, rows_max: int) -> list[KeyView]:
    """Somebody's keys, newest first, also those that are over."""
    return await sql.of_user(connection, user_id=user_id, before=before, rows_max=rows_max)


async def page_of_keys(connection: Connection, *, before: str, rows_max: int) -> list[KeyView]:
    """Everybody's keys, newest first."""
    return await sql.page(connection, before=before, rows_max=rows_max)


async def revoke_key(tx: Transaction, *, key_id: str, user_id: str | None, actor: str, at: datetime) -> bool:
    """End a key (of this user, if one is given), for good; whether there was one to revoke."""
    owner_id = await sql.revoke(tx, id=key_id, user_id=user_id, at=at)
    if owner_id is not None:
        await audit.record(
            tx, actor=actor, action="key.revoked", subject=owner_id, detail={"key": key_id}, at=at
        )
    return owner_id is not None


async def write_uses(tx: Transaction, *, uses: Mapping[str, datetime]) -> list[str]:
    """Write down when keys were last used; answers those that are written, without waiting for the others."""
    return await sql.write_uses(tx, ids=list(uses), moments=list(uses.values()))


class KeyUses:
    """When the keys that a process sees were last used: noted in memory, written once in a while.

    A request is not slowed by it; a process that dies loses what it has not yet written.
    """

    def __init__(self) -> None:
        self.noted: dict[str, datetime] = {}

    def note(self, principal: Principal | None, *, at: datetime) -> None:
        """A key was used."""
        if principal is not None and principal.key_id is not None:
            self.noted[principal.key_id] = at

    def forget(self, uses: Mapping[str, datetime]) -> None:
        """These are written; a later use of the same key is not."""
        for key_id, at in uses.items():
            if self.noted.get(key_id) == at:
                del self.noted[key_id]
