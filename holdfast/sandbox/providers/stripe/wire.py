"""Form bodies with brackets, and reading typed parameters from them (gateways.md §2.1).

Reading takes a parameter away; what is left at the end is unknown to the call, and refused.
"""

import re
from typing import TypeAlias, TypeVar
from urllib.parse import parse_qsl

from holdfast.sandbox.providers.stripe import errors

Value: TypeAlias = "str | dict[str, Value]"
Choice = TypeVar("Choice", bound=str)

FIELDS_MAX = 1_000
DEPTH_MAX = 8
TEXT_CHARS_MAX = 5_000
METADATA_KEYS_MAX = 50
METADATA_KEY_CHARS_MAX = 40
METADATA_VALUE_CHARS_MAX = 500
PAGE_DEFAULT = 10
PAGE_MAX = 100

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_INTEGER = re.compile(r"-?[0-9]{1,18}")


def read_pairs(encoded: bytes) -> list[tuple[str, str]]:
    """The pairs of a form body or a query; raises Refused when they are too many or not UTF-8."""
    try:
        text = encoded.decode()
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except ValueError as error:  # UnicodeDecodeError is one
        raise errors.invalid("The request's parameters could not be read as a form.") from error


class Params:
    """The parameters of one call, nested by their brackets; lists are dicts with numbers for keys."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        """Nest the pairs; raises Refused for a key that is no path."""
        self._values: dict[str, Value] = {}
        for key, value in pairs:
            self._put(key, value)

    def _put(self, key: str, value: str) -> None:
        match = _KEY.fullmatch(key)
        path = [] if match is None else [match[1], *match[2][1:-1].split("][")] if match[2] else [match[1]]
        if not path or len(path) > DEPTH_MAX:
            raise errors.invalid(
                f"Invalid parameter name: {key[:100]}", code="parameter_unknown", param=key[:100]
            )
        *parents, last = path
        place = self._values
        for part in parents:
            child = place.setdefault(part or str(len(place)), {})
            if isinstance(child, str):
                raise errors.invalid(f"Invalid {part}: both a value and a hash.", param=part)
            place = child
        place[last or str(len(place))] = value

    def peek(self, name: str) -> str | None:
        """A text without taking it away."""
        value = self._values.get(name)
        return value if isinstance(value, str) else None

    def text(self, name: str, *, longest: int = TEXT_CHARS_MAX) -> str | None:
        """A text; none when absent, empty when it is to be unset."""
        value = self._values.pop(name, None)
        if isinstance(value, dict):
            raise errors.invalid(f"Invalid string: {name}", param=name)
        if value is not None and len(value) > longest:
            message = f"Invalid string: must be at most {longest} characters"
            raise errors.invalid(message, code="parameter_invalid_string", param=name)
        return value

    def integer(
        self, name: str, *, least: int, most: int, beyond: str = "parameter_invalid_integer"
    ) -> int | None:
        """A whole number between two bounds; `beyond` is the code of one that is too large."""
        value = self._filled(name)
        if value is None:
            return None
        if _INTEGER.fullmatch(value) is None:
            raise errors.invalid(
                f"Invalid integer: {value[:50]}", code="parameter_invalid_integer", param=name
            )
        if int(value) < least:
            message = f"Invalid {name}: This value must be greater than or equal to {least}."
            raise errors.invalid(message, code="parameter_invalid_integer", param=name)
        if int(value) > most:
            message = f"Invalid {name}: This value must be no more than {most}."
            raise errors.invalid(message, code=beyond, param=name)
        return int(value)

    def flag(self, name: str) -> bool:
        """A boolean; absent is false."""
        return self.choice(name, ("true", "false")) == "true"

    def choice(self, name: str, options: tuple[Choice, ...]) -> Choice | None:
        """One of some words."""
        value = self._filled(name)
        if value is None:
            return None
        for option in options:
            if value == option:
                return option
        raise errors.invalid(f"Invalid {name}: must be one of {', '.join(options)}", param=name)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self.table(name).values())

    def table(self, name: str) -> dict[str, str]:
        """A flat hash of texts; absent and empty are an empty one."""
        value = self._values.pop(name, None) or {}
        if isinstance(value, str) or not all(isinstance(item, str) for item in value.values()):
            raise errors.invalid(f"Invalid hash: {name}", code="parameter_invalid_hash", param=name)
        return {key: item for key, item in value.items() if isinstance(item, str)}

    def inner(self, name: str) -> "Params":
        """A hash as parameters of their own; absent is an empty one."""
        value = self._values.pop(name, None) or {}
        if isinstance(value, str):
            raise errors.invalid(f"Invalid hash: {name}", code="parameter_invalid_hash", param=name)
        params = Params([])
        params._values = value
        return params

    def rows(self, name: str) -> "list[Params]":
        """A list of hashes, each as parameters of their own."""
        within = self.inner(name)
        return [within.inner(position) for position in within.names()]

    def names(self) -> list[str]:
        """What is left."""
        return [*self._values]

    def metadata(self, before: dict[str, str]) -> dict[str, str]:
        """The metadata after this call: an empty value takes a key away, an empty hash takes all."""
        if "metadata" not in self._values:
            return before
        cleared = self._values["metadata"] == ""
        merged = ({} if cleared else before) | self.table("metadata")
        merged = {key: value for key, value in merged.items() if value}
        if len(merged) > METADATA_KEYS_MAX:
            raise errors.invalid(
                f"You may only specify up to {METADATA_KEYS_MAX} metadata keys.", param="metadata"
            )
        for key, value in merged.items():
            if len(key) > METADATA_KEY_CHARS_MAX:
                message = f"Metadata keys can be up to {METADATA_KEY_CHARS_MAX} characters."
                raise errors.invalid(message, param="metadata")
            if len(value) > METADATA_VALUE_CHARS_MAX:
                message = f"Metadata values can be up to {METADATA_VALUE_CHARS_MAX} characters."
                raise errors.invalid(message, param=f"metadata[{key}]")
        return merged

    def page(self) -> tuple[int, str | None]:
        """`limit` and `starting_after` of a list."""
        return self.integer("limit", least=1, most=PAGE_MAX) or PAGE_DEFAULT, self.text("starting_after")

    def done(self) -> None:
        """Everything was read; raises Refused for a parameter that was not."""
        for name in self._values:
            raise errors.unknown(name)

    def _filled(self, name: str) -> str | None:
        value = self.text(name)
        if value == "":
            message = (
                f"You passed an empty string for '{name}'. We assume empty values are an attempt to "
                f"unset a parameter; however '{name}' cannot be unset."
            )
            raise errors.invalid(message, code="parameter_invalid_empty", param=name)
        return value
