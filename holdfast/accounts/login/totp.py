"""The second factor: codes of an authenticator (TOTP, RFC 6238), and recovery codes for when it is lost.

A code counts once: the step that was used last is in the WHERE of the next one (RFC 6238 §5.2). The key of
the authenticator has to be known to compare, so it is kept sealed (``vault.py``).
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import msgspec
import pyotp

from holdfast import audit
from holdfast.accounts.letters import LetterKind, ask_letter
from holdfast.accounts.secret import hash_secret
from holdfast.db.queries import Connection, Do, Many, Maybe, One, Queries, Transaction
from holdfast.errors.people import CodeInvalid, CodeNeeded, SecondFactorOn
from holdfast.limits import CODE_STEP_S, CODE_STEPS_APART_MAX, RECOVERY_CODES
from holdfast.sealed import SealedColumn, SealedRow
from holdfast.vault import UnsealFailed, Vault

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without those that are taken for each other


class Factor(msgspec.Struct, frozen=True):
    """A second factor as it is kept."""

    sealed_key: bytes
    confirmed: bool


class Enrolled(msgspec.Struct, frozen=True):
    """What an authenticator is set up with: the key, and the same as an address for a QR code."""

    key: str
    uri: str


class sql(Queries):
    factor: Maybe[Factor]
    address: One[str]
    user: Maybe[str]
    enrol: Do
    confirm: Do
    use_step: Do
    add_recovery_codes: Do
    use_recovery_code: Do
    remove: Do
    stale: Many[SealedRow]
    replace: Do


KEYS = SealedColumn("totp.sealed_key", sql.stale, sql.replace)
"""What ``holdfast secrets rotate`` seals anew."""


async def enrol(tx: Transaction, vault: Vault, *, user_id: str, shop: str, at: datetime) -> Enrolled:
    """A fresh key, in force once a code of it was confirmed; raises SecondFactorOn."""
    key = pyotp.random_base32()
    if not await sql.enrol(tx, user_id=user_id, sealed_key=vault.seal(key), at=at):
        raise SecondFactorOn
    email = await sql.address(tx, user_id=user_id)
    return Enrolled(key, pyotp.TOTP(key, interval=CODE_STEP_S).provisioning_uri(name=email, issuer_name=shop))


async def confirm(tx: Transaction, vault: Vault, *, user_id: str, code: str, at: datetime) -> list[str]:
    """Turn it on with a first code; answers the recovery codes, which are shown this once.

    Raises SecondFactorOn, or CodeInvalid.
    """
    factor = await sql.factor(tx, user_id=user_id)
    if factor is not None and factor.confirmed:
        raise SecondFactorOn
    step = matching_step(_key(vault, factor), code, at) if factor else None
    if step is None or not await sql.confirm(tx, user_id=user_id, step=step, at=at):
        raise CodeInvalid
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    await sql.add_recovery_codes(tx, user_id=user_id, hashes=[hash_secret(_plain(code)) for code in codes])
    await _tell(tx, user_id=user_id, actor=user_id, action="totp.on", at=at)
    return codes


async def disable(tx: Transaction, vault: Vault, *, user_id: str, code: str, at: datetime) -> None:
    """Turn it off, which takes a code too; raises CodeInvalid."""
    factor = await sql.factor(tx, user_id=user_id)
    if factor is None or not factor.confirmed:
        raise CodeInvalid
    if not await check_code(tx, vault, user_id=user_id, code=code, at=at):
        raise CodeInvalid
    await take_away(tx, user_id=user_id, actor=user_id, at=at)


async def take_away(tx: Transaction, *, user_id: str, actor: str, at: datetime) -> bool:
    """Turn it off without a code, for somebody who has lost everything; whether there was one."""
    if not await sql.remove(tx, user_id=user_id):
        return False
    await _tell(tx, user_id=user_id, actor=actor, action="totp.off", at=at)
    return True


async def user_with_factor(connection: Connection, *, email: str) -> str | None:
    """Who has this address and a second factor."""
    return await sql.user(connection, email=email)


async def check_code(tx: Transaction, vault: Vault, *, user_id: str, code: str | None, at: datetime) -> bool:
    """Whether a log-in may go on: no factor is on, or this code fits and was not used before.

    Raises CodeNeeded where one is on and no code was given.
    """
    factor = await sql.factor(tx, user_id=user_id)
    if factor is None or not factor.confirmed:
        return True
    if not code:
        raise CodeNeeded
    step = matching_step(_key(vault, factor), code, at)
    if step is not None:
        return await sql.use_step(tx, user_id=user_id, step=step) == 1
    return await sql.use_recovery_code(tx, user_id=user_id, code_hash=hash_secret(_plain(code)), at=at) == 1


def matching_step(key: str | None, code: str, at: datetime) -> int | None:
    """Which step of the clock this code belongs to, if it is near; None if it is none of this key."""
    if key is None:
        return None
    typed = code.replace(" ", "")
    now = int(at.timestamp()) // CODE_STEP_S
    made = pyotp.TOTP(key, interval=CODE_STEP_S)
    found = None
    for step in range(now - CODE_STEPS_APART_MAX, now + CODE_STEPS_APART_MAX + 1):
        if hmac.compare_digest(made.generate_otp(step).encode(), typed.encode("utf-8", "surrogateescape")):
            found = step
    return found


def _recovery_code() -> str:
    """Four groups of five letters: 98 random bits."""
    groups: Sequence[str] = ["".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4)]
    return "-".join(groups)


def _plain(code: str) -> str:
    """A recovery code however it was typed."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


async def _tell(tx: Transaction, *, user_id: str, actor: str, action: str, at: datetime) -> None:
    """Write it down, and tell the person."""
    await audit.record(tx, actor=actor, action=action, subject=user_id, at=at)
    email = await sql.address(tx, user_id=user_id)
    await ask_letter(tx, kind=LetterKind.TOTP_CHANGED, email=email, user_id=user_id, at=at)


def _key(vault: Vault, factor: Factor) -> str | None:
    """None where the key that it was sealed with is not there any more: then no code fits."""
    try:
        return vault.unseal(factor.sealed_key)
    except UnsealFailed:
        return None
