"""An event's body as staff may see it: everything but what opens something. Pure."""

import re
from typing import Any

import msgspec

from holdfast.watch import masks

MASK = masks.MASK
_SECRET_NAME = re.compile(
    r"secret|token|password|signature|authorization|(^|_)(sign|key|hash|cvc|cvv|pin|otp)$", re.IGNORECASE
)


def masked(body: bytes) -> Any:
    """The JSON of a body with secrets and card numbers masked; what is no JSON as text, the same way."""
    try:
        found = msgspec.json.decode(body)
        return masks.masked(found, secret_name=_SECRET_NAME, in_text=masks.without_cards)
    except (msgspec.DecodeError, RecursionError):
        return masks.without_cards(body.decode("utf-8", "replace"))
