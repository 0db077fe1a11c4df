"""What is taken out of texts before anybody sees them: secrets by value, name or form, and cards. Pure."""

import re
from collections.abc import Callable, Iterable
from typing import Any

MASK = "•••"
SECRET_CHARS_MIN = 8  # what is shorter stands in ordinary words, too

_CARD_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:[0-9][ -]?){12,18}[0-9](?![0-9A-Za-z])")
_TEN = 10
_FORMS = (
    r"\bhf_[\w-]{16,}",  # our API keys
    r"\b(?:sk|rk|whsec|FLWSECK)[_-][\w-]{8,}",  # keys of providers that say what they are
    r"(?<=Bearer )[^\s\"',]+",
    r"(?<=://)[^\s:@/]*:[^\s@/]+(?=@)",  # who logs in where, and how
)

Masking = Callable[[str], str]


def masking(secrets: Iterable[str] = ()) -> Masking:
    """A function that takes out of a text these secrets, whatever has the form of one, and card numbers.

    Secrets are found as they are and as JSON or a traceback would write their line ends.
    """
    known = {form for secret in secrets for form in (secret, secret.replace("\n", "\\n")) if form}
    values = sorted(
        (re.escape(each) for each in known if len(each) >= SECRET_CHARS_MIN), key=len, reverse=True
    )
    secret = re.compile("|".join([*values, *_FORMS]))
    return lambda text: without_cards(secret.sub(MASK, text))


def masked(value: Any, *, secret_name: re.Pattern[str], in_text: Masking) -> Any:
    """The same value with every text masked, and whatever stands under a name that speaks of a secret."""
    match value:
        case dict():
            return {
                name: MASK
                if inner and isinstance(name, str) and secret_name.search(name)
                else masked(inner, secret_name=secret_name, in_text=in_text)
                for name, inner in value.items()
            }
        case list() | tuple():
            return [masked(inner, secret_name=secret_name, in_text=in_text) for inner in value]
        case str():
            return in_text(value)
        case _:
            return value


def without_cards(text: str) -> str:
    """A text with card numbers masked."""
    return _CARD_NUMBER.sub(lambda found: MASK if is_card(found[0]) else found[0], text)


def is_card(text: str) -> bool:
    """The check digit of ISO/IEC 7812-1 (Luhn)."""
    digits = [int(character) for character in text if character.isdigit()]
    doubled = [sum(divmod(2 * digit, _TEN)) for digit in digits[-2::-2]]
    return (sum(digits[::-2]) + sum(doubled)) % _TEN == 0
