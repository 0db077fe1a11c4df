"""Asks over HTTP until somebody answers: a server that was killed and comes back is survived.

What is asked twice is asked with the same Idempotency-Key; what the answer means is the caller's matter.
"""

import asyncio
import time
from collections.abc import Mapping

import httpx

PATIENCE_S = 240.0  # of one request, all its tries together
FIRST_GAP_S = 0.1
GAP_MAX_S = 8.0
TIMEOUT = httpx.Timeout(30.0, connect=5.0)

TRY_AGAIN = frozenset({429, 502, 503, 504})
CONFLICT = 409


class NobodyAnswersError(Exception):
    """A server did not give an answer for as long as we are willing to wait."""


async def send(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    patience_s: float = PATIENCE_S,
) -> httpx.Response:
    """The first answer that is one, of whatever status.

    No connection, a lost one, 429, 502, 503, 504, and 409 with `Retry-After` are no answers: the same
    request is sent again after growing gaps, none shorter than the server asks for. Raises
    NobodyAnswersError.
    """
    give_up_at = time.monotonic() + patience_s
    gap_s = FIRST_GAP_S
    while True:
        try:
            answer = await client.request(method, url, content=content, headers=headers)
        except httpx.TransportError as error:
            complaint, wanted_gap_s = str(error) or type(error).__name__, 0.0
        else:
            wanted_gap_s = _retry_after_s(answer)
            busy = answer.status_code == CONFLICT and "Retry-After" in answer.headers
            if answer.status_code not in TRY_AGAIN and not busy:
                return answer
            complaint = f"status {answer.status_code}"
        wait_s = max(gap_s, wanted_gap_s)
        if time.monotonic() + wait_s > give_up_at:
            raise NobodyAnswersError(f"{method} {url}: {complaint}, for {patience_s:.0f} seconds")
        await asyncio.sleep(wait_s)
        gap_s = min(gap_s * 2, GAP_MAX_S)


def _retry_after_s(answer: httpx.Response) -> float:
    """Seconds of a `Retry-After` (RFC 9110 §10.2.3; its form as a date is not read), else 0."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0
