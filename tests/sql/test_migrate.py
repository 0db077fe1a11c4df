"""Migrations apply once, under a lock, and schema.sql is the picture of all of them."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from holdfast.db import embedded, embedded_home, migrate

REPO = Path(__file__).parents[2]
NAMES = sorted(path.name for path in migrate.MIGRATIONS.glob("*.sql"))

pytestmark = pytest.mark.skipif(not NAMES, reason="there is no migration yet")


@pytest.fixture(scope="module")
def server() -> Iterator[embedded.EmbeddedServer]:
    """A server of this file's own, below the project."""
    (REPO / ".holdfast").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="test-migrate-", dir=REPO / ".holdfast"))
    folder.chmod(0o755)
    running = embedded.start(folder, durable=False)
    yield running
    running.stop()
    shutil.rmtree(running.home)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def url(server: embedded.EmbeddedServer, request: pytest.FixtureRequest) -> str:
    """An empty database, named after the test."""
    name = request.node.name[:60]
    server.ensure_database(name)
    return server.url(name)


def test_migrating_applies_everything_in_order_and_twice_is_a_no_op(url: str) -> None:
    assert migrate.pending(url) == NAMES
    assert migrate.migrate(url) == NAMES
    assert migrate.pending(url) == []
    before = migrate.dump(url)
    assert migrate.migrate(url) == []
    assert migrate.dump(url) == before


def test_of_many_migrations_at_once_one_does_it_and_the_others_wait(url: str) -> None:
    with ThreadPoolExecutor(max_workers=4) as threads:
        applied = list(threads.map(migrate.migrate, [url] * 4))
    assert sorted(name for names in applied for name in names) == NAMES
    assert sorted(map(len, applied)) == [0, 0, 0, len(NAMES)]


def test_schema_sql_is_what_the_migrations_make(url: str) -> None:
    migrate.migrate(url)
    assert migrate.dump(url) == migrate.SCHEMA_FILE.read_text(encoding="utf-8"), (
        "holdfast/db/schema.sql is not what the migrations make: `make schema` writes it anew"
    )


def test_the_dump_names_no_version_and_no_token(url: str) -> None:
    migrate.migrate(url)
    dumped = migrate.dump(url)
    assert "CREATE TABLE" in dumped
    for accident in ("Dumped ", "restrict dbmate", "transaction_timeout"):
        assert accident not in dumped


def test_of_several_hosts_the_primary_is_found(url: str, server: embedded.EmbeddedServer) -> None:
    here = f"127.0.0.1:{server.port}"
    assert migrate.pending(url.replace(here, f"127.0.0.1:1,{here}")) == NAMES
    assert migrate.pending(url.replace(here, f"{here},[::1]:1")) == NAMES
    assert migrate.migrate(url.replace(here, f"[::1]:1,{here}")) == NAMES


def test_an_address_without_a_server_is_an_error_without_the_password(url: str) -> None:
    with pytest.raises(migrate.MigrationFailed) as failed:
        migrate.migrate(url.replace(f"127.0.0.1:{url.rpartition(':')[2].partition('/')[0]}", "127.0.0.1:1"))
    password = url.split(":")[2].partition("@")[0]
    assert "connection refused" in str(failed.value)
    assert password not in str(failed.value)


def test_a_password_of_odd_characters_arrives_whole(server: embedded.EmbeddedServer) -> None:
    role = "odd"
    password = "a%b:c@d/e f"
    server.ensure_database("odd")
    create = f"create role {role} superuser login password '{password}'"
    psql = (str(server.bin_dir / "psql"), f"--dbname={server.url('odd')}", f"--command={create}")
    assert embedded_home.run_as(None, psql).returncode == 0
    odd = server.url("odd").replace(f"holdfast:{server.password}", "odd:a%25b%3Ac%40d%2Fe%20f")
    assert migrate.pending(odd) == NAMES


def test_settings_of_another_dbmate_project_do_not_reach_ours(url: str) -> None:
    program = "import sys; from holdfast.db import migrate; print(*migrate.pending(sys.argv[1]))"
    foreign = {
        "DBMATE_MIGRATIONS_TABLE": "theirs",
        "DBMATE_MIGRATIONS_DIR": "theirs",
        "DBMATE_DRIVER": "mysql",
    }
    done = subprocess.run(
        (sys.executable, "-c", program, url),
        cwd=REPO,
        env={**os.environ, **foreign},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == NAMES
