"""The sandbox as a process of its own on a real port, and a real endpoint that receives its webhooks."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import msgspec

from holdfast.sandbox.config import SandboxConfig
from tests.clients import TRUST

ROOT = Path(__file__).parents[2]
MAIN = """
import sys, msgspec
from holdfast.sandbox.config import SandboxConfig
from holdfast.sandbox.serve import run
run(msgspec.json.decode(sys.argv[1], type=SandboxConfig, dec_hook=lambda kind, text: kind(text)))
"""
START_SECONDS_MAX = 20.0
WAIT_SECONDS_MAX = 60.0


class Sandbox:
    """One running sandbox."""

    def __init__(self, config: SandboxConfig) -> None:
        """Start it and wait until it answers."""
        self.config = config
        self.url = f"http://127.0.0.1:{config.port}"
        self.process = start_process(config)
        self.http = httpx.Client(base_url=self.url, timeout=20, verify=TRUST, trust_env=False)
        try:
            wait_for(self._answers, seconds=START_SECONDS_MAX)
        except AssertionError:
            self.stop(kill=True)
            raise

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the sandbox ended instead of starting"
        try:
            return self.http.get("/_sandbox/state").is_success
        except httpx.TransportError:
            return False

    def control(self, method: str, path: str, body: object = None, *, status: int | None = None) -> Any:
        """One call of the control API; the JSON that it answered."""
        answer = self.http.request(method, f"/_sandbox{path}", json=body)
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json()

    def at(self, bank: str) -> str:
        """The address that stands for the host of a provider."""
        return f"{self.url}/{bank}"

    def keys(self, bank: str) -> dict[str, str]:
        """The credentials of a bank, by their names."""
        keys: dict[str, str] = self.control("GET", "/state")[bank]["settings"]["keys"]
        return keys

    def fault(self, kind: str, **options: object) -> Any:
        """Arm a fault: for a payment, at a bank, or at Stripe."""
        if "payment" not in options:
            options = {"bank": "stripe", **options}
        return self.control("POST", "/faults", {"kind": kind, **options})

    def stop(self, *, kill: bool = False) -> int:
        """End the process, politely or not; its exit code."""
        self.http.close()
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        return self.process.wait(timeout=20)


class Received(msgspec.Struct, frozen=True):
    """One webhook as it came."""

    path: str
    headers: dict[str, str]
    """With names in lower case."""
    body: bytes
    answered: int

    @property
    def event(self) -> Any:
        """The JSON inside."""
        return json.loads(self.body)


Subject: TypeAlias = Callable[[Any], tuple[str, str]]


def stripe_subject(event: Any) -> tuple[str, str]:
    """The payment that an event of Stripe is about, and its type."""
    thing = event["data"]["object"]
    return thing["id"] if thing["object"] == "payment_intent" else thing["payment_intent"], event["type"]


class Receiver:
    """A shop's endpoints that write down what comes, and answer what they are told to."""

    def __init__(self, subject: Subject = stripe_subject) -> None:
        """Listen on a free port; `subject` knows whom an event is about."""
        self._subject = subject
        self.received: list[Received] = []
        self.answer: Callable[[bytes, dict[str, str]], int] = lambda _body, _headers: 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver.answer(body, headers)
                receiver.received.append(Received(self.path, headers, body, status))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def of(self, payment: str, kind: str | None = None) -> list[Received]:
        """What came about one payment, in the order in which it came."""
        found = []
        for received in self.received:
            about, of_kind = self._subject(received.event)
            if about == payment and kind in (None, of_kind):
                found.append(received)
        return found

    def wait(self, payment: str, kind: str, *, times: int = 1) -> list[Received]:
        """Wait until an event came so many times."""
        wait_for(lambda: len(self.of(payment, kind)) >= times)
        return self.of(payment, kind)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def start_process(config: SandboxConfig) -> subprocess.Popen[bytes]:
    """A sandbox that may or may not come up."""
    argument = msgspec.json.encode(config, enc_hook=str).decode()
    return subprocess.Popen([sys.executable, "-c", MAIN, argument], cwd=ROOT)


@contextmanager
def running_sandbox(config: SandboxConfig) -> Iterator[Sandbox]:
    """A sandbox for as long as the block lasts."""
    sandbox = Sandbox(config)
    try:
        yield sandbox
    finally:
        if sandbox.process.poll() is None:
            sandbox.stop()


def wait_for(condition: Callable[[], bool], *, seconds: float = WAIT_SECONDS_MAX) -> None:
    """Wait until something is true; fails if it does not become so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this did not happen in time"
        time.sleep(0.01)
