"""Commands as an operator runs them: roles, the audit's chain, keys, and what refuses to start."""

import base64
import os
import subprocess
import sys
from collections.abc import Mapping

import asyncpg
import pytest

from holdfast import audit, clock
from holdfast.db import roles
from holdfast.db.transaction import Database, transaction
from tests.house import as_application

pytestmark = pytest.mark.anyio

KEY = base64.b64encode(bytes(32)).decode()
PRODUCTION = {
    "HOLDFAST_MODE": "production",
    "HOLDFAST_SECRET_KEY": "s" * 32,
    "HOLDFAST_ENCRYPTION_KEYS": KEY,
}


def holdfast(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """One command, without the variables of whoever runs the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    return subprocess.run(
        [sys.executable, "-m", "holdfast", *arguments],
        env={**clean, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["serve", "work"])
def test_nothing_starts_in_production_without_secrets_and_all_are_named(command: str) -> None:
    done = holdfast(
        command,
        environment={
            "HOLDFAST_MODE": "production",
            "HOLDFAST_DATABASE_URL": "postgresql://nobody.invalid/nothing",
            "HOLDFAST_STRIPE_SECRET_KEY": "sk_live_0123456789",
            "HOLDFAST_STRIPE_WEBHOOK_SECRETS": "too-short",
        },
    )
    assert done.returncode == 1
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "STRIPE_WEBHOOK_SECRETS"):
        assert f"  HOLDFAST_{name} " in done.stderr
    assert "too-short" not in done.stderr + done.stdout


async def test_roles_are_granted_by_the_owner_and_by_nobody_else(database_url: str) -> None:
    refused = holdfast("database-roles", "--database-url", as_application(database_url))
    assert refused.returncode == 1
    assert "connect as the owner" in refused.stderr
    assert "Traceback" not in refused.stderr
    for _ in range(2):
        done = holdfast("database-roles", "--database-url", database_url)
        assert (done.returncode, done.stderr) == (0, "")
        assert roles.APPLICATION in done.stdout


async def test_migrating_grants_again(database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    await owner.execute("CREATE TABLE later (id int)")
    assert holdfast("migrate", "--database-url", database_url).returncode == 0
    assert await owner.fetchval("SELECT has_table_privilege($1, 'later', 'INSERT')", roles.APPLICATION)
    await owner.close()


async def test_a_kept_seal_is_compared_and_a_tampered_chain_ends_with_1(db: Database) -> None:
    at = clock.now()
    for subject in ("a", "b"):
        await transaction(
            db,
            lambda tx, subject=subject: audit.record(tx, actor="x", action="y", subject=subject, at=at),  # type: ignore[misc]
        )
    head = await transaction(db, lambda tx: audit.seal(tx, at=at, rows_max=10))
    assert head is not None
    kept = f"2:{head.hash.hex()}"
    here = ("--database-url", db.url)
    done = holdfast("audit", *here, "--seal", kept)
    assert (done.returncode, f"Sealed deeds end with {kept}; 0 wait" in done.stdout) == (0, True), done.stdout
    wrong = holdfast("audit", *here, "--seal", f"2:{'0' * 64}")
    assert (wrong.returncode, "seal 2 is not the one that was kept" in wrong.stdout) == (1, True)
    assert holdfast("audit", *here, "--seal", "2").returncode == 2
    await db.pool.execute("ALTER TABLE audit DISABLE TRIGGER audit_history")
    await db.pool.execute("UPDATE audit SET actor = 'nobody' WHERE subject = 'b'")
    for command in ("audit", "doctor"):
        broken = holdfast(command, *here)
        assert broken.returncode == 1
        assert "deed 2 (seal 2) was changed" in " ".join(broken.stdout.split())
    await db.pool.execute("UPDATE audit SET actor = 'x' WHERE subject = 'b'")
    assert holdfast("audit", *here).returncode == 0


async def test_rotating_keys_needs_the_right_to_write_and_nothing_more(database_url: str) -> None:
    done = holdfast(
        "secrets", "rotate", "--database-url", as_application(database_url), environment=PRODUCTION
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "sealed with the newest key" in done.stdout
