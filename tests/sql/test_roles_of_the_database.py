"""What the shop's processes and reports cannot do in the database, by trying each forbidden thing."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from holdfast.cli.books.examine import Finding, examine
from holdfast.cli.books.prove import audit_database
from holdfast.db import roles
from holdfast.db.queries import Connection
from holdfast.db.roles import RolesRefused
from holdfast.db.transaction import connect
from holdfast.settings import Settings
from tests.conftest import Server
from tests.house import APPLICATION_LOGIN, as_application
from tests.sql.world import HISTORY, WORLD

pytestmark = pytest.mark.anyio

NEVER_DELETED = (
    "api_keys", "attention", "hold_lines", "holds", "order_lines", "orders", "payment_attempts", "payments",
    "provider_event_bodies", "provider_events", "refund_requests", "refunds", "refunds_by_hand", "stock",
    "transfers", "users", "vendor_payouts", "vendors",
)  # fmt: skip

DECIDED_ONCE = ("transfers", "refund_requests", "refunds_by_hand")

SECRETS = (
    ("account_letters", "token_hash"),
    ("api_keys", "key_hash"),
    ("idempotency_keys", "answer"),
    ("idempotency_keys", "body_hash"),
    ("payment_attempts", "next_action"),
    ("provider_event_bodies", "body"),
    ("recovery_codes", "code_hash"),
    ("sessions", "token_hash"),
    ("totp", "sealed_key"),
    ("return_photos", "body"),
    ("transfer_proofs", "body"),
    ("users", "password_hash"),
)

PRIVILEGES = """SELECT relname, relacl::text,
                       (SELECT array_agg(attacl::text ORDER BY attnum) FROM pg_attribute
                        WHERE attrelid = c.oid AND attacl IS NOT NULL) AS columns
                FROM pg_class c WHERE relnamespace = 'public'::regnamespace ORDER BY relname"""

CHANGE, REMOVE = "UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"


@pytest.fixture(scope="module")
async def world(postgres: Server, granted: str) -> str:
    """The owner's address of a database with one row in every table."""
    name = f"world_{uuid4().hex}"
    postgres.ensure_database(name, template=granted)
    owner = await asyncpg.connect(postgres.url(name))
    await owner.execute(WORLD)
    await owner.close()
    return postgres.url(name)


@pytest.fixture
async def owner(world: str) -> AsyncIterator[Connection]:
    async with rolled_back(await asyncpg.connect(world)) as connection:
        yield connection


@pytest.fixture
async def application(world: str) -> AsyncIterator[Connection]:
    async with rolled_back(await asyncpg.connect(as_application(world))) as connection:
        yield connection


@pytest.fixture
async def report(world: str) -> AsyncIterator[Connection]:
    async with rolled_back(await asyncpg.connect(f"{world}?role={roles.REPORT}")) as connection:
        yield connection


class rolled_back:  # as a word in a `with`
    """A connection inside a transaction that leaves nothing behind."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._transaction = connection, connection.transaction()

    async def __aenter__(self) -> Connection:
        await self._transaction.start()
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._transaction.rollback()
        await self._connection.close()


async def forbidden(connection: Connection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with connection.transaction():
            await connection.execute(statement)


async def tables(connection: Connection) -> dict[str, str]:
    """Every table of the shop with one of its columns."""
    rows = await connection.fetch(
        """SELECT c.relname AS name, min(quote_ident(a.attname)) AS field FROM pg_class c
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                              AND a.attgenerated = '' AND a.attidentity = ''
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') GROUP BY c.relname"""
    )
    return {row["name"]: row["field"] for row in rows}


@pytest.mark.parametrize("table", [*HISTORY, "order_moves", "schema_migrations"])
async def test_the_application_cannot_edit_history_even_if_no_trigger_stood_guard(
    application: Connection, table: str
) -> None:
    field = (await tables(application))[table]
    await forbidden(application, CHANGE.format(table, field))
    await forbidden(application, REMOVE.format(table))


@pytest.mark.parametrize("table", NEVER_DELETED)
async def test_the_application_cannot_delete_what_money_stock_and_people_stand_on(
    application: Connection, table: str
) -> None:
    await forbidden(application, REMOVE.format(table))


async def test_the_application_decides_what_waits_for_a_second_person_and_changes_nothing_else_of_it(
    application: Connection,
) -> None:
    await forbidden(application, "UPDATE transfers SET received_minor = 1")
    await application.execute(
        "UPDATE transfers SET state = 'refused', decided_by = 'usr_1', decided_at = now()"
    )
    for table in DECIDED_ONCE:
        await forbidden(application, f"UPDATE {table} SET id = id")  # noqa: S608 - our own names


async def test_the_word_that_opens_history_to_its_owner_opens_nothing_to_the_application(
    application: Connection,
) -> None:
    await application.execute("SET LOCAL holdfast.erases = 'yes'")
    fields = await tables(application)
    for table in HISTORY:
        await forbidden(application, CHANGE.format(table, fields[table]))
    await forbidden(application, "UPDATE order_events SET note = ''")
    await forbidden(application, "UPDATE refund_requests SET reason = ''")


async def test_the_owners_functions_erase_customers_and_what_is_over_and_nothing_else(
    owner: Connection,
) -> None:
    noted = "SELECT note FROM order_events WHERE order_id = 'ord_1'"
    await owner.execute("SET LOCAL holdfast.erases = 'yes'")
    await owner.execute("UPDATE order_events SET note = 'call Ada'")
    await owner.execute("SET LOCAL holdfast.erases = ''")
    await owner.execute("SELECT forget_words('{ord_1}')")
    assert await owner.fetchval(noted) == "call Ada", "the order is open"
    await owner.execute("UPDATE orders SET state = 'cancelled'")
    await owner.execute("SELECT forget_words('{ord_1}')")
    assert await owner.fetchval(noted) == ""
    assert await owner.fetchval("SELECT delete_customer('usr_1')") == 0, "somebody of the staff"
    await owner.execute("UPDATE users SET role = 'customer', permissions = '{}'")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with owner.transaction():
            await owner.execute("SELECT delete_customer('usr_1')")
    assert await owner.fetchval("SELECT count(*) FROM api_keys") == 1


async def test_the_application_marks_a_payout_and_changes_nothing_else_of_it(application: Connection) -> None:
    await forbidden(application, "UPDATE vendor_payouts SET amount_minor = 1")
    await application.execute(
        "UPDATE vendor_payouts SET bank_reference = 'R', paid_by = 'u', paid_at = now()"
    )


async def test_the_application_cannot_empty_alter_or_drop_any_table(application: Connection) -> None:
    for table, field in (await tables(application)).items():
        for statement in (
            f"TRUNCATE {table} CASCADE",
            f"DROP TABLE {table} CASCADE",
            f"ALTER TABLE {table} DROP COLUMN {field} CASCADE",
            f"ALTER TABLE {table} ADD COLUMN more text",
            f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            f"CREATE INDEX more ON {table} ({field})",
            f"CREATE TRIGGER more BEFORE INSERT ON {table} EXECUTE FUNCTION history_is_append_only()",
            f"CREATE RULE more AS ON INSERT TO {table} DO INSTEAD NOTHING",
        ):
            await forbidden(application, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (id int)",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "DROP FUNCTION history_is_append_only() CASCADE",
        "DROP TRIGGER audit_history ON audit",
        "ALTER SEQUENCE order_numbers RESTART",
        "SELECT setval('order_numbers', 1)",
        "CREATE SCHEMA more",
        "SET session_replication_role = 'replica'",
        "CREATE ROLE more",
        f"ALTER ROLE {APPLICATION_LOGIN} SUPERUSER",
        "SET ROLE pg_write_all_data",
        "INSERT INTO order_moves VALUES ('paid', 'undone', 'new')",
        "INSERT INTO schema_migrations VALUES ('1')",
        "COPY audit TO PROGRAM 'cat'",
    ],
)
async def test_the_application_cannot_change_the_schema_or_its_own_rights(
    application: Connection, statement: str
) -> None:
    await forbidden(application, statement)


async def test_the_application_gives_nothing_on(application: Connection) -> None:
    async with application.transaction():
        await application.execute("SET LOCAL client_min_messages = 'error'")  # it only warns
        await application.execute(f"GRANT SELECT ON orders TO {roles.REPORT}")
    rows = await application.fetch(
        """SELECT grantee FROM information_schema.role_table_grants
           WHERE table_schema = 'public' AND (grantor = $1 OR grantee IN ('PUBLIC', $1))""",
        APPLICATION_LOGIN,
    )
    assert rows == []


async def test_the_application_does_what_every_table_is_for(application: Connection) -> None:
    for table, field in (await tables(application)).items():
        await application.execute(f"SELECT {field} FROM {table} LIMIT 1")  # noqa: S608 - our own names
    for right, without in (
        ("INSERT", {"order_moves", "schema_migrations"}),
        ("UPDATE", {*HISTORY, *DECIDED_ONCE, "order_moves", "schema_migrations", "vendor_payouts"}),
        ("DELETE", {*HISTORY, *NEVER_DELETED, "order_moves", "schema_migrations"}),
    ):
        rows = await application.fetch(
            """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
               AND relkind IN ('r', 'p') AND NOT has_table_privilege(oid, $1)""",
            right,
        )
        assert {row["relname"] for row in rows} == without, right


@pytest.mark.parametrize(("table", "field"), SECRETS)
async def test_reports_do_not_see_what_opens_something(report: Connection, table: str, field: str) -> None:
    await forbidden(report, f"SELECT {field} FROM {table}")  # noqa: S608 - our own names
    await forbidden(report, f"SELECT * FROM {table}")  # noqa: S608 - our own names
    await forbidden(report, f"SELECT t FROM {table} t")  # noqa: S608 - our own names


async def test_no_column_that_sounds_like_a_secret_is_open_to_reports(owner: Connection) -> None:
    rows = await owner.fetch(
        """SELECT c.relname || '.' || a.attname AS name, a.attname AS field,
                  a.atttypid::regtype::text AS kind,
                  has_column_privilege($1, c.oid, a.attnum, 'SELECT') AS readable
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')""",
        roles.REPORT,
    )
    secret = re.compile(r"hash|secret|token|passw|otp|next_action")
    closed = {row["name"] for row in rows if not row["readable"]}
    assert closed == {f"{table}.{field}" for table, field in SECRETS} | {"provider_event_bodies_rest.body"}
    sounds = {row["name"] for row in rows if secret.search(row["field"]) or row["kind"] == "bytea"}
    assert sounds - closed == {"audit_seals.hash", "pgqueuer.payload"}


async def test_reports_change_nothing_at_all(report: Connection, owner: Connection) -> None:
    for table, field in (await tables(owner)).items():
        for statement in (
            f"INSERT INTO {table} DEFAULT VALUES",
            CHANGE.format(table, field),
            REMOVE.format(table),
            f"TRUNCATE {table} CASCADE",
        ):
            await forbidden(report, statement)
    for statement in ("CREATE TABLE more (id int)", "SELECT nextval('order_numbers')"):
        await forbidden(report, statement)


async def test_reports_can_prove_the_books(database_url: str) -> None:
    database = await connect(f"{database_url}?role={roles.REPORT}", pool_size=1)
    try:
        assert await audit_database(database) == []
    finally:
        await database.close()


async def test_granting_again_changes_nothing(owner: Connection) -> None:
    before = await owner.fetch(PRIVILEGES)
    await roles.grant(owner)
    assert await owner.fetch(PRIVILEGES) == before


async def test_what_was_given_beyond_the_table_is_taken_back(owner: Connection) -> None:
    before = await owner.fetch(PRIVILEGES)
    await owner.execute(f"GRANT ALL ON audit, orders TO {roles.APPLICATION}, {roles.REPORT}")
    await owner.execute(f"GRANT SELECT (key_hash) ON api_keys TO {roles.REPORT}")
    await roles.grant(owner)
    assert await owner.fetch(PRIVILEGES) == before


async def test_a_table_that_a_later_migration_makes_is_granted_by_what_it_is(database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    try:
        await owner.execute(
            """CREATE TABLE later (id int, totp_secret text);
               CREATE TABLE past (id int);
               CREATE TRIGGER past_history BEFORE UPDATE OR DELETE OR TRUNCATE ON past
                   FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only()"""
        )
        assert await roles.grant_again(database_url)
        for table, right, given in (
            ("later", "UPDATE", True), ("past", "INSERT", True),
            ("past", "UPDATE", False), ("past", "DELETE", False),
        ):  # fmt: skip
            has = await owner.fetchval(
                "SELECT has_table_privilege($1, $2, $3)", roles.APPLICATION, table, right
            )
            assert has is given, (table, right)
        for field, given in (("id", True), ("totp_secret", False)):
            has = await owner.fetchval(
                "SELECT has_column_privilege($1, 'later', $2, 'SELECT')", roles.REPORT, field
            )
            assert has is given, field
    finally:
        await owner.close()


async def test_a_database_that_nobody_granted_is_left_alone_by_migrations(
    postgres: Server, template: str
) -> None:
    name = f"world_{uuid4().hex}"
    postgres.ensure_database(name, template=template)
    assert not await roles.grant_again(postgres.url(name))
    async with rolled_back(await asyncpg.connect(as_application(postgres.url(name)))) as stranger:
        await forbidden(stranger, "SELECT FROM orders")


async def test_who_does_not_own_the_tables_is_told_to_come_back_as_the_owner(
    application: Connection, owner: Connection
) -> None:
    before = await owner.fetch(PRIVILEGES)
    with pytest.raises(RolesRefused, match="as the owner"):
        await roles.grant(application)
    assert await owner.fetch(PRIVILEGES) == before


async def test_doctor_warns_of_an_owner_in_production_only(database_url: str) -> None:
    async def found(mode: str, url: str) -> Finding:
        settings = Settings(mode=mode)  # type: ignore[arg-type]
        (finding,) = [one for one in await examine(settings, url, []) if one.what == "database role"]
        return finding

    assert (await found("development", database_url)).well
    assert not (await found("production", database_url)).well
    application = await found("production", as_application(database_url))
    assert application == Finding(
        "database role", True, f"{APPLICATION_LOGIN} cannot change the schema or history"
    )
