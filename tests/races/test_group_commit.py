"""Group commit: many requests, one transaction; what becomes of each when something goes wrong."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from math import ceil
from uuid import uuid4

import pytest

from holdfast.cli.play import throw_away
from holdfast.db import embedded
from holdfast.db.embedded import EmbeddedServer
from holdfast.db.group_commit import GroupCommit
from holdfast.db.queries import Transaction
from holdfast.db.transaction import Database, RunAgain, connect
from holdfast.errors.problem import Problem
from holdfast.errors.request import NotFound
from holdfast.errors.running import DatabaseAway, Overloaded, PromiseKept
from tests.conftest import DATA
from tests.house import until
from tests.races.gates import THROUGH, closed

pytestmark = pytest.mark.anyio

TAKEN = 9_999
"""A number that is in the table before."""

KILL_WAITING = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND wait_event_type = 'Lock'"""


async def write(tx: Transaction, numbers: list[int]) -> list[int | Problem]:
    """The smallest handler: numbers become rows; a negative one is refused, zero cannot be divided by."""
    answers: list[int | Problem] = [n if n >= 0 else NotFound(kind="number", id=str(n)) for n in numbers]
    good = [n for n in numbers if n >= 0]
    await tx.execute("INSERT INTO written (number) SELECT unnest($1::bigint[])", good)
    await tx.fetchval("SELECT sum(100 / n) FROM unnest($1::bigint[]) n", good)
    return answers


async def write_through(tx: Transaction, numbers: list[int]) -> list[int | Problem]:
    """The same, and stops at a gate before it commits."""
    answers = await write(tx, numbers)
    await tx.execute(THROUGH)
    return answers


@pytest.fixture
async def table(db: Database) -> Database:
    await db.pool.execute(
        "CREATE TABLE written (number bigint PRIMARY KEY, by_transaction xid8 DEFAULT pg_current_xact_id())"
    )
    await db.pool.execute("INSERT INTO written VALUES ($1)", TAKEN)
    return db


async def numbers_in(db: Database) -> set[int]:
    rows = await db.pool.fetch("SELECT number FROM written WHERE number <> $1", TAKEN)
    return {row["number"] for row in rows}


async def transactions_in(db: Database) -> int:
    count: int = await db.pool.fetchval(
        "SELECT count(DISTINCT by_transaction::text) FROM written WHERE number <> $1", TAKEN
    )
    return count


def submit_all(door: GroupCommit[int, int], numbers: Sequence[int]) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(door.submit(number)) for number in numbers]


async def answers_of(tasks: Sequence[asyncio.Task[int]]) -> list[int | BaseException]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_under_load_a_batch_is_one_transaction(table: Database) -> None:
    door = GroupCommit(table, write, name="test")
    numbers = list(range(100, 1_100))
    assert await answers_of(submit_all(door, numbers)) == numbers
    assert await numbers_in(table) == set(numbers)
    assert door.requests == 1_000
    assert door.batches == await transactions_in(table) == ceil(1_000 / 256)


async def test_what_arrives_while_a_batch_runs_forms_the_next(table: Database) -> None:
    door = GroupCommit(table, write_through, name="test", in_flight_max=1)
    async with closed(table) as gate:
        first = submit_all(door, [1])
        await gate.stopped()
        rest = submit_all(door, range(2, 100))
        await gate.open()
        assert await answers_of(first + rest) == list(range(1, 100))
    assert await transactions_in(table) == 2


async def test_a_lone_request_waits_for_nobody(table: Database) -> None:
    door = GroupCommit(table, write_through, name="test")
    async with closed(table) as gate:
        stopped = submit_all(door, [1])
        await gate.stopped()
        quick = GroupCommit(table, write, name="test")
        assert await quick.submit(2) == 2
        assert (quick.batches, quick.requests) == (1, 1)
        assert await numbers_in(table) == {2}
        await gate.open()
        assert await answers_of(stopped) == [1]


async def test_the_second_slot_takes_a_request_while_the_first_is_stuck(table: Database) -> None:
    async def stop_at_one(tx: Transaction, numbers: list[int]) -> list[int | Problem]:
        return await (write_through if 1 in numbers else write)(tx, numbers)

    door = GroupCommit(table, stop_at_one, name="test")
    async with closed(table) as gate:
        stuck = submit_all(door, [1])
        await gate.stopped()
        assert await door.submit(2) == 2
        assert await numbers_in(table) == {2}
        await gate.open()
        assert await answers_of(stuck) == [1]


async def test_no_more_transactions_are_in_flight_than_allowed(table: Database) -> None:
    door = GroupCommit(table, write_through, name="test", batch_max=10, in_flight_max=2)
    async with closed(table) as gate:
        tasks = submit_all(door, range(1, 101))
        await gate.stopped(2)
        assert (door.batches, door.requests) == (2, 20)
        await gate.open()
        assert await answers_of(tasks) == list(range(1, 101))
    assert door.batches == 10


async def test_a_refusal_is_the_own_answer_of_whom_it_concerns(table: Database) -> None:
    door = GroupCommit(table, write, name="test")
    one, refused, two = await answers_of(submit_all(door, [1, -5, 2]))
    assert (one, two) == (1, 2)
    assert isinstance(refused, NotFound)
    assert refused.id == "-5"
    assert (door.batches, await numbers_in(table)) == (1, {1, 2})


@pytest.mark.parametrize(
    ("bad", "told"), [(TAKEN, PromiseKept), (0, Problem)], ids=["23: a constraint", "22: a value"]
)
async def test_data_that_fails_the_transaction_harms_only_its_own_request(
    table: Database, bad: int, told: type[Problem]
) -> None:
    door = GroupCommit(table, write, name="test")
    *good, problem = await answers_of(submit_all(door, [1, 2, 3, bad]))
    assert good == [1, 2, 3]
    assert isinstance(problem, told)
    assert problem.status in (409, 422)
    assert await numbers_in(table) == {1, 2, 3}
    assert door.batches == 1 + 4
    assert await transactions_in(table) == 3


async def test_a_bug_that_one_request_meets_is_not_its_neighbours(table: Database) -> None:
    async def stumble(tx: Transaction, numbers: list[int]) -> list[int | Problem]:
        answers = await write(tx, numbers)
        assert 7 not in numbers, "a bug"
        return answers

    door = GroupCommit(table, stumble, name="test")
    one, bug, two = await answers_of(submit_all(door, [1, 7, 2]))
    assert (one, two) == (1, 2)
    assert isinstance(bug, AssertionError)
    assert await numbers_in(table) == {1, 2}


async def test_a_handler_that_forgets_an_answer_commits_nothing_and_leaves_nobody_waiting(
    table: Database,
) -> None:
    async def forget(tx: Transaction, numbers: list[int]) -> list[int | Problem]:
        return (await write(tx, numbers))[1:]

    door = GroupCommit(table, forget, name="test")
    async with asyncio.timeout(10):
        answers = await answers_of(submit_all(door, [1, 2]))
    assert [type(answer) for answer in answers] == [AssertionError, AssertionError]
    assert await numbers_in(table) == set()


async def test_a_deadlock_is_run_again_and_nobody_notices(table: Database) -> None:
    await table.pool.execute("INSERT INTO written VALUES (501), (502)")
    lock = "SELECT FROM written WHERE number = $1 FOR UPDATE"
    tries = []

    async def cross(tx: Transaction, numbers: list[int]) -> list[int | Problem]:
        tries.append(len(numbers))
        await tx.execute("SET LOCAL deadlock_timeout = '20ms'")
        await tx.execute(lock, 501)
        await tx.execute(THROUGH)
        await tx.execute(lock, 502)
        return await write(tx, numbers)

    door = GroupCommit(table, cross, name="test")
    async with closed(table) as gate, closed(table, lock, 502) as other:
        await other.connection.execute("SET LOCAL deadlock_timeout = '1min'")
        tasks = submit_all(door, [1, 2])
        await gate.stopped()
        crossing = asyncio.create_task(other.connection.execute(lock, 501))
        await gate.stopped(2)
        await gate.open()  # the handler closes the circle, so it is the one that notices and is thrown out
        await crossing
        await other.open()
        assert await answers_of(tasks) == [1, 2]
    assert tries == [2, 2]
    assert door.batches == 1
    assert await numbers_in(table) == {1, 2, 501, 502}


async def test_a_serialization_failure_is_run_again(table: Database) -> None:
    await table.pool.execute("INSERT INTO written VALUES (501)")
    tries = []

    async def serial(tx: Transaction, numbers: list[int]) -> list[int | Problem]:
        tries.append(len(numbers))
        await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await tx.execute("SELECT FROM written")
        await tx.execute("UPDATE written SET by_transaction = '1' WHERE number = 501")
        return await write(tx, numbers)

    door = GroupCommit(table, serial, name="test")
    raise_it = "UPDATE written SET by_transaction = '2' WHERE number = 501"
    async with closed(table, raise_it) as gate:
        tasks = submit_all(door, [1, 2])
        await gate.stopped()
        await gate.open()
        assert await answers_of(tasks) == [1, 2]
    assert (tries, door.batches) == ([2, 2], 1)


async def test_what_never_gets_through_is_told_to_come_back_and_its_neighbours_are_not(
    table: Database,
) -> None:
    async def meet_a_lock(tx: Transaction, numbers: list[int]) -> list[int | Problem]:
        answers = await write(tx, numbers)
        if 7 in numbers:
            raise RunAgain
        return answers

    door = GroupCommit(table, meet_a_lock, name="test")
    one, busy, two = await answers_of(submit_all(door, [1, 7, 2]))
    assert (one, two) == (1, 2)
    assert isinstance(busy, Overloaded)
    assert busy.retry_after_s
    assert await numbers_in(table) == {1, 2}


async def test_beyond_the_queue_it_says_so_at_once_and_does_nothing(table: Database) -> None:
    door = GroupCommit(table, write_through, name="test", batch_max=2, in_flight_max=1, queue_max=5)
    async with closed(table) as gate:
        running = submit_all(door, [1, 2])
        await gate.stopped()
        waiting = submit_all(door, [3, 4, 5, 6, 7])
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await door.submit(8)
        assert not any(task.done() for task in running + waiting)
        await gate.open()
        assert await answers_of(running + waiting) == [1, 2, 3, 4, 5, 6, 7]
    assert await numbers_in(table) == {1, 2, 3, 4, 5, 6, 7}


async def test_a_client_that_hangs_up_does_not_undo_the_batch(table: Database) -> None:
    door = GroupCommit(table, write_through, name="test", in_flight_max=1)
    async with closed(table) as gate:
        hangs_up, stays = submit_all(door, [1, 2])
        await gate.stopped()
        waits_in_line, also_stays = submit_all(door, [3, 4])
        await asyncio.sleep(0)
        hangs_up.cancel()
        waits_in_line.cancel()
        await gate.open()
        gone, two, gone_too, four = await answers_of([hangs_up, stays, waits_in_line, also_stays])
    assert (two, four) == (2, 4)
    assert isinstance(gone, asyncio.CancelledError)
    assert isinstance(gone_too, asyncio.CancelledError)
    assert await numbers_in(table) == {1, 2, 3, 4}


async def test_a_shutdown_of_the_database_in_mid_batch_answers_everybody_at_once(table: Database) -> None:
    door = GroupCommit(table, write_through, name="test")
    async with closed(table) as gate:
        tasks = submit_all(door, [1, 2, 3])
        await gate.stopped()
        await gate.connection.execute(KILL_WAITING)
        answers = await answers_of(tasks)
        assert [type(answer) for answer in answers] == [DatabaseAway] * 3
        assert door.batches == 1  # nobody was tried alone against a database that is away
        await gate.open()
    assert await numbers_in(table) == set()
    assert await door.submit(1) == 1


async def test_a_primary_that_became_a_standby_is_away(table: Database) -> None:
    """After a failover the old address may still answer, but it no longer writes (SQLSTATE 25006)."""

    async def on_a_standby(tx: Transaction, numbers: list[int]) -> list[int | Problem]:
        await tx.execute("SET TRANSACTION READ ONLY")
        return await write(tx, numbers)

    door = GroupCommit(table, on_a_standby, name="test")
    answers = await answers_of(submit_all(door, [1, 2]))
    assert [type(answer) for answer in answers] == [DatabaseAway] * 2
    assert door.batches == 1


@pytest.fixture
def own_server() -> Iterator[EmbeddedServer]:
    """A PostgreSQL that a test may stop."""
    folder = DATA.parent / f"races-{uuid4().hex[:12]}"
    server = embedded.start(folder, durable=False)
    try:
        yield server
    finally:
        server.stop()
        throw_away(folder)


async def test_nobody_waits_for_a_database_that_is_gone_and_it_is_found_again(
    own_server: EmbeddedServer,
) -> None:
    own_server.ensure_database("away")
    database = await connect(own_server.url("away"), pool_size=4)
    await database.pool.execute("CREATE TABLE written (number bigint PRIMARY KEY)")
    door = GroupCommit(database, write, name="test", batch_max=10)
    assert await door.submit(1) == 1
    await asyncio.to_thread(own_server.stop)
    async with asyncio.timeout(5):
        answers = await answers_of(submit_all(door, range(100, 400)))
    assert {type(answer) for answer in answers} == {DatabaseAway}
    assert door.batches == 1 + 30
    await asyncio.to_thread(own_server.restart)
    assert await door.submit(2) == 2
    assert await database.pool.fetchval("SELECT array_agg(number ORDER BY number) FROM written") == [1, 2]
    await database.close()


async def test_closing_finishes_what_was_accepted_and_takes_nothing_new(table: Database) -> None:
    door = GroupCommit(table, write_through, name="test", batch_max=2, in_flight_max=1)
    async with closed(table) as gate:
        tasks = submit_all(door, [1, 2, 3, 4, 5])
        await gate.stopped()
        closing = asyncio.create_task(door.close())
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await door.submit(6)
        assert not closing.done()
        await gate.open()
        assert await answers_of(tasks) == [1, 2, 3, 4, 5]
        await closing
    assert await numbers_in(table) == {1, 2, 3, 4, 5}


class Telltale(list[int | Problem]):
    """Answers that do something at the moment when they are given out."""

    def __init__(self, answers: Sequence[int | Problem], tell: Callable[[], object]) -> None:
        super().__init__(answers)
        self._tell = tell

    def __iter__(self) -> Iterator[int | Problem]:
        self._tell()
        return super().__iter__()


async def test_a_request_that_comes_as_the_last_batch_ends_is_not_left_lying(table: Database) -> None:
    late: list[asyncio.Task[int]] = []

    async def and_one_more(tx: Transaction, numbers: list[int]) -> Sequence[int | Problem]:
        answers = await write(tx, numbers)
        return answers if late else Telltale(answers, lambda: late.extend(submit_all(door, [2])))

    door = GroupCommit(table, and_one_more, name="test", in_flight_max=1)
    assert await door.submit(1) == 1
    await until(lambda: _done(late))
    assert late[0].result() == 2


async def _done(tasks: list[asyncio.Task[int]]) -> bool:
    return all(task.done() for task in tasks)


async def test_a_connection_lost_in_one_batch_is_not_lost_for_the_next(table: Database) -> None:
    door = GroupCommit(table, write_through, name="test", batch_max=1, in_flight_max=2)
    async with closed(table) as gate:
        tasks = submit_all(door, [1, 2, 3])
        await gate.stopped(2)
        await gate.connection.execute(f"{KILL_WAITING} LIMIT 1")
        await gate.stopped(2)
        await gate.open()
        answers = await answers_of(tasks)
    assert sum(isinstance(answer, DatabaseAway) for answer in answers) == 1
    assert await numbers_in(table) == {answer for answer in answers if isinstance(answer, int)}
