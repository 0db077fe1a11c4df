"""Whether a webhook's bytes are what its sender signed: pure checks over raw bytes.

Nothing is parsed before it passed here, and nothing but SignatureInvalid is ever raised, whatever
a stranger sends (gateways.md §12.1-3). What the bytes mean is the adapters' matter.
"""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from holdfast.errors import SignatureInvalid
from holdfast.limits import WEBHOOK_TOLERANCE_S

_UNIX_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def check_stripe(header: str | None, body: bytes, *, secrets: Sequence[str], at: datetime) -> None:
    """Raise SignatureInvalid unless one ``v1`` of a Stripe-Signature header fits one of the secrets.

    Two secrets are valid side by side while an endpoint's secret is rolled. The signed time may be
    WEBHOOK_TOLERANCE_S seconds from ``at``; unlike Stripe's own SDKs we hold the future to the same
    bound, so that nobody can sign in advance (gateways.md §2.6).
    """
    items = [item.partition("=") for item in (header or "").split(",")]
    signed_at = next((value for name, _, value in items if name == "t"), "")
    digests = [value.encode("utf-8", "surrogatepass") for name, _, value in items if name == "v1"]
    if not all(equals for _, equals, _ in items) or not _UNIX_SECONDS.fullmatch(signed_at):
        raise SignatureInvalid
    if abs(at.timestamp() - int(signed_at)) > WEBHOOK_TOLERANCE_S:
        raise SignatureInvalid
    message = signed_at.encode() + b"." + body
    for secret in secrets:
        if not secret.strip():
            continue  # HMAC is happy with an empty key, and so would be everybody who knows that
        expected = hmac.new(secret.encode(), message, sha256).hexdigest().encode()
        if any(hmac.compare_digest(expected, digest) for digest in digests):
            return
    raise SignatureInvalid
