"""The references: one transaction after the other by pgbench, whose scripts lie in the folder beside."""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from holdfast.bench.wrong import WrongAnswers
from holdfast.db.embedded import USER, EmbeddedServer
from holdfast.db.embedded_home import run_as

SCRIPTS = Path(__file__).parent / "pgbench"
JOBS = 2

COMPLAINT_CHARS_MAX = 2_000

_TOLD = re.compile(
    r"transactions actually processed: (?P<done>\d+).*"
    r"number of failed transactions: (?P<failed>\d+).*"
    r"tps = (?P<rate>[\d.]+) \(without initial connection time\)",
    re.DOTALL,
)


class Done(msgspec.Struct, frozen=True):
    """What pgbench did."""

    transactions: int
    per_second: float


def pgbench(
    server: EmbeddedServer,
    database: str,
    script: str,
    variables: Mapping[str, int],
    *,
    clients: int,
    seconds: int,
) -> Done:
    """Run one script by prepared statements; raises WrongAnswers when a transaction failed."""
    where = ["--host=127.0.0.1", f"--port={server.port}", f"--username={USER}"]
    how = ["--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--jobs={JOBS}", f"--time={seconds}"]
    given = [f"--define={name}={value}" for name, value in variables.items()]
    command = [str(server.bin_dir / "pgbench"), *where, *how, *given, f"--file={SCRIPTS / script}", database]
    done = run_as(None, command, {"PGPASSWORD": server.password})
    told = _TOLD.search(done.stdout)
    if done.returncode != 0 or told is None or told["failed"] != "0":
        raise WrongAnswers(f"{script}: pgbench failed: {done.stderr.strip()[-COMPLAINT_CHARS_MAX:]}")
    return Done(int(told["done"]), float(told["rate"]))
