"""HTTP clients of tests: they share the list of whom a certificate may be from, which takes 20 ms to read."""

from typing import Any

import httpx

TRUST = httpx.create_ssl_context()


def http_client(**more: Any) -> httpx.AsyncClient:
    """A client that goes straight to where it is sent, whatever proxies this machine has."""
    return httpx.AsyncClient(verify=TRUST, trust_env=False, **more)
