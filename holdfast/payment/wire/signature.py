"""Whether bytes are what their sender signed: pure checks that every adapter shares.

Nothing is parsed before it passed here, and nothing but SignatureInvalid is ever raised, whatever
a stranger sends (gateways.md §12.1-3). What the bytes mean is the adapters' matter.
"""

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from holdfast.errors.provider import SignatureInvalid
from holdfast.limits import WEBHOOK_TOLERANCE_S

_UNIX_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def check_hmac(
    given: Sequence[str],
    message: bytes,
    *,
    secrets: Sequence[str],
    algorithm: Literal["sha256", "sha512"] = "sha256",
    written: Literal["hex", "base64"] = "hex",
) -> None:
    """Raise SignatureInvalid unless one of the ``given`` digests is the message's under one of the secrets.

    Two secrets are valid side by side while one is rolled; an empty one signs nothing.
    """
    digests = [_bytes(digest) for digest in given]
    for secret in _usable(secrets):
        digest = hmac.new(secret, message, algorithm)
        expected = digest.hexdigest().encode() if written == "hex" else base64.b64encode(digest.digest())
        if any(hmac.compare_digest(expected, one) for one in digests):
            return
    raise SignatureInvalid


def check_echo(given: str | None, *, secrets: Sequence[str]) -> None:
    """Raise SignatureInvalid unless one of the secrets itself was sent, in clear (gateways.md §5.1)."""
    sent = _bytes(given or "")
    if not any(hmac.compare_digest(secret, sent) for secret in _usable(secrets)):
        raise SignatureInvalid


def check_moment(signed_at: str | None, *, at: datetime) -> None:
    """Raise SignatureInvalid unless these Unix seconds are within WEBHOOK_TOLERANCE_S of ``at``.

    In either direction: unlike some providers' own SDKs we do not let anybody sign in advance.
    """
    if not _UNIX_SECONDS.fullmatch(signed_at or ""):
        raise SignatureInvalid
    if abs(at.timestamp() - int(signed_at or "")) > WEBHOOK_TOLERANCE_S:
        raise SignatureInvalid


def _usable(secrets: Sequence[str]) -> list[bytes]:
    """HMAC is happy with an empty key, and so would be everybody who knows that."""
    return [_bytes(secret) for secret in secrets if secret.strip()]


def _bytes(text: str) -> bytes:
    """``compare_digest`` wants ASCII or bytes; a stranger's header may be anything."""
    return text.encode("utf-8", "surrogatepass")
