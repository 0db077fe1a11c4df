"""Roles of the database beside its owner: one for the shop's processes, one for reports.

The owner migrates and grants; ``roles.sql`` is the table of who may do what. Nobody's password is
made or read here: the roles are groups, and the operator's logins are members of them.
"""

from pathlib import Path

import asyncpg

from holdfast.db.queries import Connection, statements

APPLICATION, REPORT = "holdfast_application", "holdfast_report"
_SQL = dict(statements(Path(__file__).with_suffix(".sql").read_text("utf-8")))


class RolesRefused(RuntimeError):
    """Whoever connects may not make roles or grant; the message says what to do about it."""


async def grant(connection: Connection) -> None:
    """Make the roles if they are missing and grant anew what they may, all or nothing.

    Raises RolesRefused when the connection is not the owner's, or when it may not make roles.
    """
    try:
        async with connection.transaction():
            await connection.execute(_SQL["grant_all"])
    except asyncpg.InsufficientPrivilegeError as error:
        raise RolesRefused(
            f"{error}: connect as the owner of the tables. Where the owner may not make roles, "
            f"somebody who may makes {APPLICATION} and {REPORT} first (CREATE ROLE … NOLOGIN)"
        ) from error


async def grant_again(url: str) -> bool:
    """After a migration: the same, in a database where it was done before; whether it was."""
    connection = await asyncpg.connect(url)
    try:
        given = bool(await connection.fetchval(_SQL["was_granted"]))
        if given:
            await grant(connection)
        return given
    finally:
        await connection.close()
