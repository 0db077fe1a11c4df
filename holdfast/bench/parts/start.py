"""How long ``holdfast serve`` takes on a migrated database until it is ready."""

import signal
import socket
import statistics
import subprocess
import sys
import time

import httpx

from holdfast.bench.figures import Fact
from holdfast.bench.rig import Rig
from holdfast.bench.wrong import WrongAnswers

HOST = "127.0.0.1"
STARTS_PER_ROUND = 2
READY_WITHIN_S = 60
LOOK_EVERY_S = 0.005


def measure(rig: Rig) -> list[Fact]:
    rig.say("start until ready")
    with rig.database() as database:
        url = rig.server.url(database)
        seconds = [_start(url) for _ in range(1 + STARTS_PER_ROUND * rig.plan.rounds)]
    return [
        Fact(
            key="start.ready",
            what="holdfast serve until /health/ready answers, median",
            value=statistics.median(seconds[1:]),
            unit="s",
        )
    ]


def _start(database_url: str) -> float:
    port = _free_port()
    where = ["--host", HOST, "--port", str(port), "--database-url", database_url]
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "holdfast", "serve", *where],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _is_ready(port):
            if time.perf_counter() - began > READY_WITHIN_S or server.poll() is not None:
                raise WrongAnswers("holdfast serve was never ready")
            time.sleep(LOOK_EVERY_S)
        return time.perf_counter() - began
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _is_ready(port: int) -> bool:
    """One try; a plain look whether anybody listens is cheaper than a client that is refused."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
        return httpx.get(f"http://{HOST}:{port}/health/ready", timeout=5).status_code == httpx.codes.OK
    except (OSError, httpx.HTTPError):
        return False


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as found:
        port: int = found.getsockname()[1]
        return port
