"""The rig: a database server, fresh databases on it, shops on those, and load on both of them in turns."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec

from holdfast.bench.figures import Figure, Run, best_of
from holdfast.bench.pgbench import pgbench
from holdfast.bench.processes import Shop, cpu_seconds, spent_between
from holdfast.bench.stage import Counted, ask, sql
from holdfast.bench.wrk import Told, wrk
from holdfast.bench.wrong import BenchError, BooksBroken, WrongAnswers
from holdfast.db.embedded import USER, EmbeddedServer
from holdfast.db.embedded_home import run_as
from holdfast.db.migrate import migrate
from holdfast.db.queries import One
from holdfast.watch.truths import check_truths

SKUS = 10_000
GOODS = "bench_goods"
LIVE = "bench"
STANDS_STILL_S = 0.1

OpenShop = Callable[[str, int], AbstractContextManager[Shop]]
"""A shop on a database of the server, with so many HTTP processes."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how often; times in seconds."""

    seconds: int = 5
    warm_s: int = 3
    rounds: int = 3
    connections: tuple[int, ...] = (64, 256)
    clients: tuple[int, ...] = (8, 16, 32)
    processes: tuple[int, ...] = (2, 1)
    """HTTP processes; the references run beside the first."""
    grown_orders: int = 1_000_000
    grown_skus: int = 100_000
    memory_orders: int = 200_000


class Load(msgspec.Struct, frozen=True):
    """Something that is run for some seconds by each of these crowds; ``run(crowd, seconds)``."""

    key: str
    what: str
    processes: int
    crowds: tuple[int, ...]
    run: Callable[[int, int], Run]

    def figure(self, runs: Sequence[Run]) -> Figure:
        """The best of these runs of it."""
        return best_of(key=self.key, what=self.what, processes=self.processes, runs=runs)


class Rig:
    """Where all parts are measured."""

    def __init__(
        self,
        server: EmbeddedServer,
        open_shop: OpenShop,
        *,
        folder: Path,
        plan: Plan,
        say: Callable[[str], None],
    ) -> None:
        self.server, self.plan, self.folder, self.say = server, plan, folder, say
        self._open_shop = open_shop
        self._runs = 0

    def next_run(self) -> int:
        """A number that no other run has: keys and ids are made of it."""
        self._runs += 1
        return self._runs

    def lay_out_goods(self) -> None:
        """Make the database that every part starts from: SKUS products, nothing sold."""
        self.say("goods")
        self.server.ensure_database(GOODS)
        migrate(self.server.url(GOODS))
        ask(self.server.url(GOODS), lambda c: sql.add_goods(c, first=1, last=SKUS))
        ask(self.server.url(GOODS), sql.vacuum_goods)

    @contextmanager
    def database(self, name: str = LIVE, *, template: str = GOODS) -> Iterator[str]:
        """A fresh copy of a database, dropped afterwards."""
        self.drop(name)
        self.server.ensure_database(name, template=template)
        try:
            yield name
        finally:
            self.drop(name)

    @contextmanager
    def shop(self, database: str, processes: int) -> Iterator["Stand"]:
        """A shop on a database; when all went well its books are proved at the end."""
        with self._open_shop(database, processes) as shop:
            stand = Stand(self, shop, database, processes)
            ask(shop.database_url, sql.checkpoint)
            yield stand
            self.prove(database)

    @contextmanager
    def fresh_shop(self, processes: int) -> Iterator["Stand"]:
        """A shop on a fresh database."""
        with self.database() as database, self.shop(database, processes) as stand:
            yield stand

    def prove(self, database: str) -> None:
        """Raise BooksBroken unless every truth holds."""
        broken = ask(self.server.url(database), check_truths)
        if broken:
            raise BooksBroken("; ".join(f"{truth.name}: {truth.rows[:3]}" for truth in broken))

    def drop(self, database: str) -> None:
        where = [
            "--host=127.0.0.1",
            f"--port={self.server.port}",
            f"--username={USER}",
            "--if-exists",
            "--force",
        ]
        program = str(self.server.bin_dir / "dropdb")
        done = run_as(None, [program, *where, database], {"PGPASSWORD": self.server.password})
        if done.returncode != 0:
            raise BenchError(f"{database} cannot be dropped: {done.stderr.strip()}")


class Stand:
    """One shop under test and its database."""

    def __init__(self, rig: Rig, shop: Shop, database: str, processes: int) -> None:
        self.rig, self.shop, self.processes = rig, shop, processes
        self.database, self.database_url = database, shop.database_url

    def over_http(
        self,
        script: str,
        arguments: Sequence[object],
        *,
        connections: int,
        seconds: int,
        count: One[Counted] | None = None,
        answers: Callable[[Told], int] = lambda told: told.answers,
    ) -> Run:
        """Load over HTTP; ``count`` finds the rows that the good answers stand for.

        A request that wrk dropped at its end may have been carried out, so there may be as many
        more rows as connections; never fewer. Raises WrongAnswers.
        """
        since = ask(self.database_url, sql.now)
        before = cpu_seconds(self.shop)
        told = wrk(
            self.shop.url, script, [str(x) for x in arguments], connections=connections, seconds=seconds
        )
        spent = spent_between(before, cpu_seconds(self.shop))
        backlog = ask(self.database_url, sql.backlog)
        counted = None if count is None else self.counted(count, since)
        good = answers(told)
        if counted is not None:
            _compare(script, good, counted.rows, connections)
        if self.shop.restarts:
            raise WrongAnswers(f"{script}: a process of the shop died")
        return Run(
            crowd=connections,
            seconds=told.microseconds / 1e6,
            answers=good,
            p50_ms=told.p50_us / 1e3,
            p99_ms=told.p99_us / 1e3,
            batch=counted.rows / counted.batches if counted and counted.batches else None,
            backlog=backlog,
            cpu=spent,
        )

    def one_by_one(
        self,
        script: str,
        variables: Mapping[str, int],
        *,
        clients: int,
        seconds: int,
        count: One[Counted],
    ) -> Run:
        """A reference: pgbench on the same database, while the shop is idle."""
        since = ask(self.database_url, sql.now)
        before = cpu_seconds(self.shop)
        given = {"n": 0, "run": self.rig.next_run(), **variables}
        done = pgbench(self.rig.server, self.database, script, given, clients=clients, seconds=seconds)
        spent = spent_between(before, cpu_seconds(self.shop))
        _compare(script, done.transactions, self.counted(count, since).rows, 0)
        return Run(
            crowd=clients,
            seconds=done.transactions / done.per_second,
            answers=done.transactions,
            batch=1.0,
            cpu=spent,
        )

    def counted(self, count: One[Counted], since: object) -> Counted:
        """What there is once nothing more comes: dropped requests are still being carried out."""
        seen = ask(self.database_url, lambda c: count(c, since=since))
        while True:
            time.sleep(STANDS_STILL_S)
            again = ask(self.database_url, lambda c: count(c, since=since))
            if again == seen:
                return seen
            seen = again

    def in_turns(self, loads: Sequence[Load]) -> list[Figure]:
        """Warm everything up, then run all loads by all crowds, round by round; the best run counts."""
        runs: dict[str, list[Run]] = {load.key: [] for load in loads}
        self.warm_up(loads)
        for turn in range(self.rig.plan.rounds):
            for load in loads:
                runs[load.key] += self.by_all_crowds(load, turn)
        return [load.figure(runs[load.key]) for load in loads]

    def warm_up(self, loads: Sequence[Load]) -> None:
        """Run each load for a moment: caches fill, and statements are planned for tables that have rows."""
        for load in loads:
            self.rig.say(f"{load.what}: warming up")
            load.run(load.crowds[-1], self.rig.plan.warm_s)
        ask(self.database_url, sql.analyze)

    def by_all_crowds(self, load: Load, turn: int) -> list[Run]:
        """One round of one load."""
        runs = []
        for crowd in load.crowds:
            self.rig.say(f"{load.what}: {crowd} at once, round {turn + 1} of {self.rig.plan.rounds}")
            runs.append(load.run(crowd, self.rig.plan.seconds))
        return runs


def _compare(what: str, answered: int, rows: int, surplus: int) -> None:
    if not answered <= rows <= answered + surplus:
        raise WrongAnswers(f"{what}: {answered} good answers, but {rows} rows in the database")
