"""The embedded PostgreSQL starts, stops and comes back, whatever was killed in between."""

import asyncio
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from holdfast.db import embedded, embedded_home

REPO = Path(__file__).parents[2]
STARTER = """
import sys
from pathlib import Path
from holdfast.db import embedded
print(embedded.start(Path(sys.argv[1]), durable=False).pid, flush=True)
sys.stdin.read()
"""

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
only_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder below the project, as a user's is; whatever runs on it is stopped and removed."""
    (REPO / ".holdfast").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="test-embedded-", dir=REPO / ".holdfast"))
    folder.chmod(0o755)
    yield folder
    home = embedded_home.reachable_home(folder.resolve(), embedded_home.account_for(folder))
    if (home / "cluster").exists():
        embedded.start(folder, durable=False).stop()
    wait_until(lambda: gone(home))
    wait_until(lambda: gone(folder))


def gone(folder: Path) -> bool:
    """Remove it, as far as a program that outlived its starter does not write to it just now."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def ask(server: embedded.EmbeddedServer, sql: str, database: str = "postgres") -> object:
    async def fetch() -> object:
        connection = await asyncpg.connect(server.url(database), timeout=10)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def starter(data_dir: Path) -> "subprocess.Popen[str]":
    """Another process that starts the server, says its pid and waits."""
    return subprocess.Popen(
        (sys.executable, "-c", STARTER, str(data_dir)),
        cwd=REPO,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, "waited 30 seconds in vain"
        time.sleep(0.005)


def test_it_answers_with_utf8_c_order_checksums_and_a_password(data_dir: Path) -> None:
    server = embedded.start(data_dir)
    server.ensure_database("holdfast")
    server.ensure_database("holdfast")
    wanted = "select datlocprovider::text || datlocale || pg_encoding_to_char(encoding)"
    assert ask(server, f"{wanted} from pg_database where datname = 'holdfast'") == "bC.UTF-8UTF8"
    assert ask(server, "show data_checksums") == "on"
    assert ask(server, "show fsync") == "on"
    assert ask(server, "show synchronous_commit") == "on"
    assert ask(server, "show timezone") == "UTC"
    assert ask(server, "show password_encryption") == "scram-sha-256"
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(asyncpg.connect(server.url().replace(server.password, "wrong")))


@only_proc
def test_the_password_is_private_and_on_no_command_line_and_in_no_server_environment(
    data_dir: Path,
) -> None:
    server = embedded.start(data_dir, durable=False)
    assert stat.S_IMODE((server.home / "password").stat().st_mode) == 0o600
    assert len(server.password) >= 32
    pid = server.pid
    assert pid is not None
    assert server.password.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    assert server.password.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
    assert server.password not in (server.home / "postgres.log").read_text()


def test_a_second_start_adopts_the_live_server(data_dir: Path) -> None:
    first = embedded.start(data_dir, durable=False)
    second = embedded.start(data_dir, durable=False)
    assert first.pid is not None
    assert (second.pid, second.url()) == (first.pid, first.url())


def test_a_durable_start_does_not_adopt_a_server_that_is_not(data_dir: Path) -> None:
    fast = embedded.start(data_dir, durable=False)
    first_pid = fast.pid
    safe = embedded.start(data_dir, durable=True)
    assert safe.pid != first_pid
    assert ask(safe, "show fsync") == "on"
    again = embedded.start(data_dir, durable=False)
    assert again.pid == safe.pid


def test_stop_leaves_nothing_running_and_a_start_finds_everything_again(data_dir: Path) -> None:
    server = embedded.start(data_dir, durable=False)
    server.ensure_database("kept")
    ask(server, "create table t as select 7 as n", "kept")
    address = server.url()
    server.stop()
    server.stop()
    assert not server.is_alive()
    assert not (server.cluster / "postmaster.pid").exists()
    with pytest.raises(OSError, match="Connect call failed"):
        ask(server, "select 1")
    again = embedded.start(data_dir, durable=False)
    assert again.url() == address
    assert ask(again, "select n from t", "kept") == 7


@pytest.mark.parametrize("come_back", ["start", "restart"])
def test_what_was_committed_survives_kill_9_of_the_postmaster(data_dir: Path, come_back: str) -> None:
    server = embedded.start(data_dir)
    ask(server, "create table t as select 7 as n")
    first, address = server.pid, server.url()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not server.is_alive())
    if come_back == "restart":
        server.restart()
    else:
        server = embedded.start(data_dir)
    assert server.pid not in (None, first)
    assert server.url() == address
    assert ask(server, "select n from t") == 7


def test_a_long_statement_that_outlives_its_postmaster_is_stopped(data_dir: Path) -> None:
    server = embedded.start(data_dir, durable=False)
    busy = """do $$ begin
        execute 'set application_name = ''busy''';
        for i in 1..2000000000 loop end loop;
    end $$"""

    async def leave_it_busy() -> None:
        connection = await asyncpg.connect(server.url("postgres"))
        watcher = await asyncpg.connect(server.url("postgres"))
        task = asyncio.create_task(connection.execute(busy))
        running = "select count(*) from pg_stat_activity where application_name = 'busy'"
        for _ in range(1_000):
            if await watcher.fetchval(running):
                break
            await asyncio.sleep(0.01)
        postmaster = server.pid
        assert postmaster is not None
        os.kill(postmaster, signal.SIGKILL)
        watcher.terminate()
        connection.terminate()
        with pytest.raises(asyncpg.PostgresError):
            await task

    asyncio.run(leave_it_busy())
    server.restart()
    assert ask(server, "select count(*) from pg_stat_activity where application_name = 'busy'") == 0


def test_it_recovers_by_itself_from_kill_9_of_a_backend(data_dir: Path) -> None:
    server = embedded.start(data_dir, durable=False)
    postmaster = server.pid

    async def kill_my_backend() -> None:
        connection = await asyncpg.connect(server.url("postgres"))
        os.kill(connection.get_server_pid(), signal.SIGKILL)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await connection.fetchval("select 1")
        connection.terminate()

    asyncio.run(kill_my_backend())
    again = embedded.start(data_dir, durable=False)
    assert again.pid == postmaster
    assert ask(again, "select 1") == 1


def test_two_starters_at_once_get_one_server(data_dir: Path) -> None:
    starters = [starter(data_dir) for _ in range(4)]
    pids = {one.communicate()[0].strip() for one in starters}
    assert pids == {str(embedded.start(data_dir, durable=False).pid)}


def test_a_ctrl_c_for_the_starter_does_not_reach_the_server(data_dir: Path) -> None:
    with starter(data_dir) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        os.killpg(process.pid, signal.SIGINT)
        process.wait()
    server = embedded.start(data_dir, durable=False)
    assert server.pid == pid
    assert ask(server, "select 1") == 1


@pytest.mark.parametrize("moment", ["cluster.part-*/base", "cluster", "cluster/postmaster.pid"])
def test_a_starter_killed_half_way_is_no_obstacle(data_dir: Path, moment: str) -> None:
    home = embedded_home.reachable_home(data_dir.resolve(), embedded_home.account_for(data_dir))
    with starter(data_dir) as process:
        wait_until(lambda: any(home.glob(moment)))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert ask(embedded.start(data_dir, durable=False), "select 1") == 1


def test_a_stale_pid_file_that_names_a_stranger_is_no_obstacle(data_dir: Path) -> None:
    server = embedded.start(data_dir, durable=False)
    pid_file = server.cluster / "postmaster.pid"
    left_behind = re.sub(r"^\d+", str(os.getpid()), pid_file.read_text())
    server.stop()
    pid_file.write_text(left_behind)
    assert not server.is_alive()
    assert ask(embedded.start(data_dir, durable=False), "select 1") == 1


def test_a_port_that_a_stranger_took_is_given_up(data_dir: Path) -> None:
    server = embedded.start(data_dir, durable=False)
    port = server.port
    server.stop()
    with socket.create_server(("127.0.0.1", port)):
        assert embedded.start(data_dir, durable=False).port != port
        assert ask(server, "select 1") == 1


def test_a_database_can_be_the_copy_of_another(data_dir: Path) -> None:
    server = embedded.start(data_dir, durable=False)
    server.ensure_database("mould")
    ask(server, "create table t as select 7 as n", "mould")
    server.ensure_database("cast", template="mould")
    assert ask(server, "select n from t", "cast") == 7
    with pytest.raises(embedded_home.EmbeddedError, match="nowhere"):
        server.ensure_database("cast2", template="nowhere")


@only_root
@only_proc
def test_as_root_the_server_runs_as_somebody_else(data_dir: Path) -> None:
    server = embedded.start(data_dir, durable=False)
    owner = Path(f"/proc/{server.pid}").stat().st_uid
    assert owner != 0
    assert server.cluster.stat().st_uid == owner
    assert stat.S_IMODE(server.cluster.stat().st_mode) == 0o700


@only_root
def test_as_root_an_unreachable_folder_is_left_as_it_is_and_says_where_the_data_lies(
    data_dir: Path,
) -> None:
    data_dir.chmod(0o700)
    wanted = data_dir / "shop"
    server = embedded.start(wanted, durable=False)
    try:
        assert ask(server, "select 1") == 1
        assert server.home.parent == Path("/var/tmp")  # noqa: S108 - the documented place
        assert str(server.home) in (wanted / "MOVED.txt").read_text()
        assert embedded.start(wanted, durable=False).pid == server.pid
        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    finally:
        server.stop()
        assert gone(server.home)
        data_dir.chmod(0o755)


@only_root
def test_as_root_a_folder_that_somebody_else_put_there_first_is_refused(data_dir: Path) -> None:
    data_dir.chmod(0o700)
    account = embedded_home.account_for(data_dir)
    home = embedded_home.reachable_home(data_dir, account)
    try:
        home.chmod(0o777)
        with pytest.raises(embedded_home.EmbeddedError, match="only root may write"):
            embedded_home.reachable_home(data_dir, account)
    finally:
        home.rmdir()
        (data_dir / "MOVED.txt").unlink()
        data_dir.chmod(0o755)


@only_root
def test_as_root_programs_that_the_account_cannot_reach_are_copied_once(data_dir: Path) -> None:
    account = embedded_home.account_for(data_dir)
    assert account is not None
    home = embedded_home.reachable_home(data_dir.resolve(), account)
    package = embedded_home.bin_dir().parents[1]
    hidden = data_dir / "hidden"
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, hidden / part.name, symlinks=True)
    hidden.chmod(0o700)
    programs = hidden / embedded_home.bin_dir().relative_to(package.parent)
    reached = embedded_home.reachable_programs(programs, home, account)
    assert reached.is_relative_to(home)
    assert not reached.is_relative_to(hidden)
    assert embedded_home.run_as(account, (str(reached / "psql"), "--version")).returncode == 0
    first = (reached / "postgres").stat().st_ino
    assert embedded_home.reachable_programs(programs, home, account) == reached
    assert (reached / "postgres").stat().st_ino == first


def test_without_the_wheel_the_message_says_what_to_install() -> None:
    program = "import sys; from holdfast.db import embedded_home; sys.path[:] = []; embedded_home.bin_dir()"
    done = subprocess.run(
        (sys.executable, "-c", program), cwd=REPO, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "pip install 'holdfast[embedded]'" in done.stderr
