"""Health: whether the process lives, and whether it can serve."""

from typing import Literal

import msgspec
from litestar import get

from holdfast.accounts.roles import Action
from holdfast.db.migrate import MIGRATIONS
from holdfast.db.queries import One, Queries
from holdfast.db.transaction import read
from holdfast.errors.running import SchemaOutdated
from holdfast.web.guard.rates import rates_of
from holdfast.web.session import Asked, process_of

_NEWEST = max(file.name for file in MIGRATIONS.glob("*.sql")).partition("_")[0]


class sql(Queries):
    migrated: One[bool]


class Health(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the process is; ``providers`` are the ways to pay that are configured."""

    status: str
    providers: list[str] = []
    rate_limits: Literal["", "off"] = ""
    """``off`` where requests are not counted, which is for tests and benchmarks."""


@get("/health/live", opt={"action": Action.LOOK_AT_HEALTH})
async def live(request: Asked) -> Health:
    """The process answers."""
    return Health("live", rate_limits=_limits(request))


@get("/health/ready", opt={"action": Action.LOOK_AT_HEALTH})
async def ready(request: Asked) -> Health:
    """The database answers and has the tables that this program knows; 503 otherwise."""
    process = process_of(request)
    if not await read(process.database, lambda c: sql.migrated(c, version=_NEWEST)):
        raise SchemaOutdated
    return Health("ready", sorted(process.providers), _limits(request))


def _limits(request: Asked) -> Literal["", "off"]:
    return "off" if rates_of(request).are_off else ""


ROUTES = [live, ready]
