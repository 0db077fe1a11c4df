"""``secrets rotate``: seal everything that is stored sealed anew, with the newest key."""

import asyncio
from typing import Any

import typer

from holdfast import audit, clock
from holdfast.accounts.login import totp
from holdfast.cli.options import DatabaseUrl, DataDir, settings_from
from holdfast.cli.options import database_url as where
from holdfast.db.transaction import Database, connect, transaction
from holdfast.sealed import SealedColumn, seal_anew
from holdfast.vault import Vault

SEALED: tuple[SealedColumn, ...] = (totp.KEYS,)
"""Every column whose values are sealed, one line for each; its owner declares it."""


def rotate_command(database_url: DatabaseUrl = None, data_dir: DataDir = None) -> None:
    """Seal all stored secrets with the newest of HOLDFAST_ENCRYPTION_KEYS; after that the others may go.

    Stopped in the middle, it goes on where it was when it is run again.
    """
    settings = settings_from(database_url=database_url, data_dir=data_dir)
    with where(settings) as url:
        for name, count in asyncio.run(_rotate(url, Vault(settings.encryption_keys))).items():
            typer.echo(f"{name}: {count} sealed anew")
    typer.echo("Everything that is stored sealed is sealed with the newest key.")


async def _rotate(url: str, vault: Vault) -> dict[str, int]:
    database = await connect(url, pool_size=2)
    try:
        return await rotate(database, SEALED, vault)
    finally:
        await database.close()


async def rotate(database: Database, columns: tuple[SealedColumn, ...], vault: Vault) -> dict[str, int]:
    """Seal the values of these columns anew; by column, how many were. Raises UnsealFailed."""
    done = {}
    for column in columns:
        count = await seal_anew(database, column, vault)
        done[column.name] = count
        if count:
            await _write_down(database, column.name, {"values": count, "key": vault.newest.hex()})
    return done


async def _write_down(database: Database, column: str, detail: dict[str, Any]) -> None:
    at = clock.now()
    await transaction(
        database,
        lambda tx: audit.record(
            tx, actor="command line", action="rotate_secrets", subject=column, at=at, detail=detail
        ),
    )
