"""Load over HTTP by wrk, whose Lua scripts lie in the folder beside this file."""

import shutil
from pathlib import Path

import msgspec

from holdfast.bench.wrong import TooFewPrepared, ToolMissing, WrongAnswers
from holdfast.db.embedded_home import run_as

SCRIPTS = Path(__file__).parent / "wrk"
TIMEOUT_S = 30


class Told(msgspec.Struct, frozen=True):
    """What a script tells at its end (``report.lua``)."""

    answers: int
    microseconds: int
    refused: int
    broken: int
    late: int
    p50_us: int
    p99_us: int
    finished: int
    """What the script itself counts, such as whole journeys."""
    dry: bool
    """It had fewer prepared requests than the shop could answer."""


def find_wrk() -> str:
    """The program; raises ToolMissing."""
    program = shutil.which("wrk")
    if program is None:
        raise ToolMissing("wrk is missing. Install it: sudo apt-get install wrk (macOS: brew install wrk)")
    return program


def wrk(url: str, script: str, arguments: list[str], *, connections: int, seconds: int) -> Told:
    """Run one script against a shop.

    Raises ToolMissing, WrongAnswers unless every answer is a good one, or TooFewPrepared.
    """
    program = find_wrk()
    how = ["--threads=1", f"--connections={connections}", f"--duration={seconds}s", f"--timeout={TIMEOUT_S}s"]
    done = run_as(None, [program, *how, "--script", str(SCRIPTS / script), url, "--", *arguments])
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines or not lines[-1].startswith("{"):
        raise WrongAnswers(f"{script}: wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    told = msgspec.json.decode(lines[-1], type=Told)
    if told.refused or told.broken or told.late or not told.answers:
        raise WrongAnswers(
            f"{script}: of {told.answers} answers {told.refused} were refusals (status 400 or more);"
            f" {told.broken} connections broke, {told.late} answers took more than {TIMEOUT_S} s"
        )
    if told.dry:
        raise TooFewPrepared(f"{script}: the prepared requests did not last for {seconds} s")
    return told
