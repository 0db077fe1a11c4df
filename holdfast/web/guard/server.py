"""How the server under the application is bounded: the same for ``holdfast serve`` and for the tests."""

import resource

from granian.http import HTTP1Settings

from holdfast.limits import CONNECTIONS_MAX, HEAD_BUFFER_BYTES, HEAD_READ_S

_FILES_BESIDE = 256  # of the database, the log, the libraries


def http1(*, head_read_s: int = HEAD_READ_S) -> HTTP1Settings:
    """Slow or endless heads are cut off, and more than 100 headers refused, by the server itself."""
    return HTTP1Settings(header_read_timeout=head_read_s * 1_000, max_buffer_size=HEAD_BUFFER_BYTES)


def allow_connections() -> None:
    """Take as many open files as CONNECTIONS_MAX needs, or as this machine lets us have.

    Idle connections count until HEAD_READ_S is over: with few of them a slow loris shuts everybody out.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + _FILES_BESIDE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
