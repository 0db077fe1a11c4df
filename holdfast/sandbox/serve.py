"""Serving the sandbox in this process until SIGTERM or SIGINT.

One process and one loop, because its state lies in memory; kill -9 therefore leaves nothing behind but
the journal.
"""

import asyncio
import os
import signal
import socket

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from holdfast.sandbox.app import create_app
from holdfast.sandbox.config import SandboxConfig


def run(config: SandboxConfig) -> None:
    """Serve until told to stop, and end the process.

    OSError: the port is taken; BlockingIOError: the journal is.
    """
    asyncio.run(_serve(config))
    os._exit(0)  # Granian's own threads may outlive the loop, and abort a Python that is shutting down


async def _serve(config: SandboxConfig) -> None:
    _see_that_the_port_is_free(config)
    server = Server(
        create_app(config),
        address=config.host,
        port=config.port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_level=LogLevels.error,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


def _see_that_the_port_is_free(config: SandboxConfig) -> None:
    # On Linux the server shares its port: two sandboxes would answer in turn, each knowing half.
    with socket.create_server((config.host, config.port)):
        pass
