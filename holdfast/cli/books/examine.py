"""What doctor looks at: settings, database, schema, truths, worker, jobs, providers, clocks."""

from collections.abc import Mapping
from datetime import timedelta

import asyncpg
import httpx
import msgspec

from holdfast import audit, clock
from holdfast.cli.books.rotate import SEALED
from holdfast.db.queries import Connection, One, Queries
from holdfast.payment.provider import Provider
from holdfast.payment.providers.offered import wire_up, with_staff
from holdfast.sealed import SealedColumn, count_stale
from holdfast.settings import DEV_SECRET, Settings
from holdfast.shop_settings.keep_settings import read_rules
from holdfast.vault import Vault
from holdfast.watch.truths import TRUTHS, check_truths

OLDEST_SERVER = 150_000
_CLOCKS_MAY_DIFFER = timedelta(seconds=2)
_ADVISED = 32
_SIGNED_BY_CONVENTION = ("CBE_BIRR_WEBHOOK_SECRETS", "AWASH_WEBHOOK_SECRETS")


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    what: str
    well: bool
    found: str


class Vitals(msgspec.Struct, frozen=True):
    """What one query tells of a database and its jobs."""

    server_version: int
    server: str
    clock_ahead: timedelta
    jobs_queued: int
    jobs_failed: int
    events_failed: int
    matters_open: int
    worker_idle: timedelta | None
    role: str
    may_rewrite_history: bool


class sql(Queries):
    vitals: One[Vitals]


async def examine(settings: Settings, url: str, waiting: list[str]) -> list[Finding]:
    """Every finding, well or not."""
    findings = [_settings(settings), *_door(settings)]
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return [*findings, Finding("database", False, f"does not answer: {error}")]
    try:
        findings.append(
            Finding("schema", not waiting, f"{len(waiting)} migrations to apply: run holdfast migrate")
            if waiting
            else Finding("schema", True, "is the newest")
        )
        if not waiting:
            await connection.set_type_codec(
                "jsonb", schema="pg_catalog", encoder=str, decoder=msgspec.json.decode
            )
            findings += await _look_inside(connection, settings)
    finally:
        await connection.close()
    return findings


def _settings(settings: Settings) -> Finding:
    if settings.secret_key == DEV_SECRET:
        return Finding("settings", True, "development secrets: fine for a demo, refused in production")
    return Finding("settings", True, f"{settings.mode} mode")


def _door(settings: Settings) -> list[Finding]:
    """Who may come in, and how often; in production an open door is not well."""
    door, strict = settings.door, settings.mode == "production"
    counted = "counted for all processes together" if door.rate_limit_url else "counted by each process"
    hosts = ", ".join(door.allowed_hosts)
    return [
        Finding(
            "rate limits",
            door.rate_limits or not strict,
            counted if door.rate_limits else "off (HOLDFAST_RATE_LIMITS): anybody may ask without end",
        ),
        Finding(
            "hosts",
            bool(hosts) or not strict,
            hosts or "any name is answered to: set HOLDFAST_PUBLIC_URL or HOLDFAST_ALLOWED_HOSTS",
        ),
    ]


def _role(settings: Settings, vitals: Vitals) -> Finding:
    """In production nobody's process should be able to do what no process has to."""
    if not vitals.may_rewrite_history:
        return Finding("database role", True, f"{vitals.role} cannot change the schema or history")
    return Finding(
        "database role",
        settings.mode != "production",
        f"{vitals.role} owns the schema and could change history: see holdfast database-roles",
    )


async def _keys(connection: Connection, column: SealedColumn, vault: Vault) -> Finding:
    """Values under a key that is about to go would be lost with it."""
    stale = await count_stale(connection, column, vault)
    told = ", ".join(f"{count} by the key {key}" for key, count in sorted(stale.items()))
    return Finding(
        column.name, True, f"sealed by older keys: {told}" if told else "all sealed by the newest key"
    )


def _short_secrets(settings: Settings) -> list[Finding]:
    """Advice for the banks whose callbacks are signed by a convention (gateways.md §10)."""
    return [
        Finding(
            name.removesuffix("_WEBHOOK_SECRETS").lower(),
            True,
            f"HOLDFAST_{name}: {_ADVISED} random bytes are better",
        )
        for name, value in settings.providers.items()
        if name in _SIGNED_BY_CONVENTION and 0 < min(map(len, value.split(","))) < _ADVISED
    ]


def _test_modes(settings: Settings, providers: Mapping[str, Provider]) -> list[Finding]:
    """A production shop with test keys sells for nothing, and everybody should know."""
    if settings.mode != "production":
        return []
    return [
        Finding(name, False, "has test keys in production: no money will come")
        for name, provider in providers.items()
        if not provider.live
    ]


async def _look_inside(connection: Connection, settings: Settings) -> list[Finding]:
    vitals = await sql.vitals(connection, at=clock.now())
    broken = await check_truths(connection)
    chain = await audit.walk(connection)
    rules = await read_rules(connection)
    async with httpx.AsyncClient() as client:
        wired = wire_up(settings, client)
    configured = with_staff(wired.providers, rules)
    missing = [name for name in rules.payment_methods if name not in configured]
    idle = vitals.worker_idle
    return [
        Finding("PostgreSQL", vitals.server_version >= OLDEST_SERVER, vitals.server),
        Finding("clock", abs(vitals.clock_ahead) < _CLOCKS_MAY_DIFFER, f"differs by {vitals.clock_ahead}"),
        Finding(
            "truths",
            not broken,
            f"broken: {', '.join(b.name for b in broken)}" if broken else f"all {len(TRUTHS)} hold",
        ),
        Finding(
            "audit",
            chain.broken is None,
            chain.broken or f"{chain.head.position} deeds sealed, {chain.unsealed} wait for it",
        ),
        Finding(
            "worker",
            idle is not None and idle < timedelta(minutes=5),
            f"kept the timetable {idle} ago"
            if idle is not None
            else "never kept the timetable: run holdfast work",
        ),
        Finding(
            "jobs",
            vitals.jobs_failed == 0,
            f"{vitals.jobs_queued} waiting, {vitals.jobs_failed} held as failed",
        ),
        Finding("provider events", vitals.events_failed == 0, f"{vitals.events_failed} not applied"),
        Finding("attention", True, f"{vitals.matters_open} matters wait for a person"),
        Finding(
            "payment methods",
            len(missing) < len(rules.payment_methods),
            ", ".join(name for name in rules.payment_methods if name in configured)
            + (f" (offered but not configured here: {', '.join(missing)})" if missing else ""),
        ),
        _role(settings, vitals),
        *[await _keys(connection, column, Vault(settings.encryption_keys)) for column in SEALED],
        *_short_secrets(settings),
        *(Finding(name, False, f"left out: {why}") for name, why in wired.left_out.items()),
        *_test_modes(settings, wired.providers),
    ]
