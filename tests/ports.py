"""Ports for the servers of tests.

They lie below those that the system gives to clients (32768 and up, 49152 on macOS), and every process of a
run has its own, so that nobody takes one between its choice and its use.
"""

import os
import socket
from collections.abc import Iterator

FIRST, PER_WORKER, WORKERS = 10_000, 1_000, 20


def free_port() -> int:
    """A port of this process's that nobody listens on."""
    for port in _ours:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("there is always a next one")


def _round_and_round() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    at = os.getpid()  # two runs at once do not begin at the same port
    while True:
        at += 1
        yield FIRST + worker * PER_WORKER + at % PER_WORKER


_ours = _round_and_round()
