"""The crew: PostgreSQL, HTTP, worker and sandbox as child processes, watched and brought back.

For ``holdfast demo`` and for a replay of its own. In production a service manager does this.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import httpx

from holdfast.cli.options import DATABASE
from holdfast.db import embedded
from holdfast.db.embedded_home import EmbeddedError
from holdfast.db.migrate import migrate

SANDBOX_KEY = "sk_test_holdfast_sandbox"
SANDBOX_SECRET = "whsec_holdfast_sandbox"  # noqa: S105 - the test bank's secrets are public

UNCOUNTED = {"HOLDFAST_RATE_LIMITS": "off"}  # for load that comes from one place on purpose

# What the shop acts on, as a merchant subscribes an endpoint to it (gateways.md §2.6).
EVENTS = (
    "stripe=payment_intent.succeeded,payment_intent.payment_failed,payment_intent.canceled,"
    "payment_intent.amount_capturable_updated,refund.created,refund.updated,refund.failed,"
    "charge.dispute.created,charge.dispute.updated,charge.dispute.closed"
)

_LOOK_EVERY_S = 0.3
_READY_WITHIN_S = 60
_STOP_WITHIN_S = 10


class CrewError(RuntimeError):
    """The shop cannot be started; the message says what to do about it."""


class Crew:
    """The processes of one shop; open with ``crew``."""

    def __init__(
        self,
        server: embedded.EmbeddedServer,
        *,
        url: str,
        database_url: str,
        commands: Mapping[str, list[str]],
        log: Path | None = None,
    ) -> None:
        self.server, self.url, self.database_url = server, url, database_url
        self._commands, self._log = commands, log
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._ending = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.restarts = 0

    def start(self, environment: Mapping[str, str]) -> None:
        """Start everybody and wait until the shop answers; raises CrewError when it does not."""
        self._environment = {**os.environ, **environment, "HOLDFAST_PARENT_PID": str(os.getpid())}
        for name in self._commands:
            self._launch(name)
        self._watcher.start()
        until = time.monotonic() + _READY_WITHIN_S
        while not self._is_ready():
            if time.monotonic() > until:
                raise CrewError(f"The shop did not answer at {self.url} within {_READY_WITHIN_S} s")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop everybody, the database last."""
        self._ending.set()
        self._watcher.join()
        for child in self._children.values():
            child.send_signal(signal.SIGTERM)
        for child in self._children.values():
            try:
                child.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                _end_group(child.pid)
                child.wait()

    def pids(self) -> dict[str, int]:
        """The process ids by name, for those who want to kill one."""
        return {name: child.pid for name, child in self._children.items()}

    def _launch(self, name: str) -> None:
        with self._log.open("ab") if self._log else nullcontext() as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", "holdfast", *self._commands[name]],
                env=self._environment,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stderr=log,
            )

    def _watch(self) -> None:
        """Bring back whoever died, until the end."""
        while not self._ending.wait(_LOOK_EVERY_S):
            if not self.server.is_alive():
                self.restarts += 1
                try:
                    self.server.restart()
                except EmbeddedError as error:
                    print(f"PostgreSQL does not come back: {error}", file=sys.stderr)
            for name, child in list(self._children.items()):
                if child.poll() is not None:
                    self.restarts += 1
                    print(f"{name} ended ({child.returncode}); starting it again", file=sys.stderr)
                    _end_group(child.pid)
                    self._launch(name)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=2).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


def _end_group(pid: int) -> None:
    """Children of a process that was killed would go on serving behind the back of the next one."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


@contextmanager
def crew(
    data_dir: Path, *, host: str, port: int, sandbox_port: int, workers: int, settings: Mapping[str, str]
) -> Iterator[Crew]:
    """A whole shop on the embedded PostgreSQL, stopped when the block ends."""
    for taken, option in ((port, "--port"), (sandbox_port, "--sandbox-port")):
        _see_that_it_is_free(host, taken, option)
    with own_server(data_dir) as server:
        server.ensure_database(DATABASE)
        migrate(server.url(DATABASE))
        with hired(
            server, DATABASE, host=host, port=port, sandbox_port=sandbox_port, workers=workers,
            bank=["--journal", str(data_dir / "sandbox.jsonl")], settings=settings,
        ) as people:  # fmt: skip
            yield people


@contextmanager
def own_server(data_dir: Path) -> Iterator[embedded.EmbeddedServer]:
    """The embedded PostgreSQL of a directory that nobody else's crew uses, stopped when the block ends."""
    with _alone(data_dir):
        server = embedded.start(data_dir)
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def hired(
    server: embedded.EmbeddedServer,
    database: str,
    *,
    host: str,
    port: int,
    sandbox_port: int,
    workers: int,
    bank: Sequence[str],
    settings: Mapping[str, str],
    log: Path | None = None,
) -> Iterator[Crew]:
    """People for a shop on one migrated database of a running server; ``bank`` are the sandbox's options.

    What they say goes to the file ``log`` if there is one, else to our standard error.
    """
    url, stripe = f"http://{host}:{port}", f"http://{host}:{sandbox_port}/stripe"
    here = ["--host", host]
    commands = {
        "sandbox": ["sandbox", *here, "--port", str(sandbox_port), *bank,
                    "--events", EVENTS, "--shop-url", url],
        "http": ["serve", *here, "--port", str(port), "--workers", str(workers)],
        "worker": ["work"],
    }  # fmt: skip
    people = Crew(server, url=url, database_url=server.url(database), commands=commands, log=log)
    try:
        people.start(
            {
                "HOLDFAST_DATABASE_URL": people.database_url,
                "HOLDFAST_STRIPE_SECRET_KEY": SANDBOX_KEY,
                "HOLDFAST_STRIPE_WEBHOOK_SECRETS": SANDBOX_SECRET,
                "HOLDFAST_STRIPE_API_BASE": stripe,
                "HOLDFAST_STRIPE_PAGE_URL": stripe + "/pay/{id}?client_secret={client_secret}",
                **settings,
            }
        )
        yield people
    finally:
        people.stop()


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """One crew for a data directory: the end of one stops the database of both. Ends with its process."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "crew.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CrewError(
                f"Another shop runs in {data_dir}. Stop it, or try another --data-dir."
            ) from error
        yield


def _see_that_it_is_free(host: str, port: int, option: str) -> None:
    """Else a shop of somebody else's would answer for ours, on whose database ours would be stopped."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise CrewError(
            f"{host}:{port} is taken: does another demo run? Stop it, or try another {option}."
        ) from error


def free_port(host: str) -> int:
    """A port that nobody listens on."""
    with socket.create_server((host, 0)) as found:
        port: int = found.getsockname()[1]
        return port
