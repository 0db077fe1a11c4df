"""An event's body as staff may see it: everything but what opens something. Pure."""

import re
from typing import Any

import msgspec

MASK = "•••"
_SECRET_NAME = re.compile(
    r"secret|token|password|signature|authorization|(^|_)(sign|key|hash|cvc|cvv|pin|otp)$", re.IGNORECASE
)
_CARD_NUMBER = re.compile(r"(?<![0-9])(?:[0-9][ -]?){13,19}(?![0-9])")
_TEN = 10


def masked(body: bytes) -> Any:
    """The JSON of a body with secrets and card numbers masked; what is no JSON as text, the same way."""
    try:
        return _masked(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError):
        return _without_cards(body.decode("utf-8", "replace"))


def _masked(value: Any) -> Any:
    match value:
        case dict():
            return {
                name: MASK if inner and _SECRET_NAME.search(name) else _masked(inner)
                for name, inner in value.items()
            }
        case list():
            return [_masked(inner) for inner in value]
        case str():
            return _without_cards(value)
        case _:
            return value


def _without_cards(text: str) -> str:
    return _CARD_NUMBER.sub(lambda found: MASK if _is_card(found[0]) else found[0], text)


def _is_card(text: str) -> bool:
    """The check digit of ISO/IEC 7812-1 (Luhn)."""
    digits = [int(character) for character in text if character.isdigit()]
    doubled = [sum(divmod(2 * digit, _TEN)) for digit in digits[-2::-2]]
    return (sum(digits[::-2]) + sum(doubled)) % _TEN == 0
