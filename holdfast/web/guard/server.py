"""How the server under the application is bounded: the same for ``holdfast serve`` and for the tests."""

from granian.http import HTTP1Settings

from holdfast.limits import HEAD_BYTES_MAX, HEAD_READ_S

HTTP1 = HTTP1Settings(header_read_timeout=HEAD_READ_S * 1_000, max_buffer_size=HEAD_BYTES_MAX)
"""Slow or endless heads are cut off. More than 100 headers are refused by the server itself (431)."""
