"""One provider's settings, from variables to a typed value: what an adapter's file declares."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT, Meta

from holdfast.errors.running import SettingsInvalid

Key = Annotated[str, Meta(min_length=4, pattern=r"^[!-~]+$")]
"""A key or an id that the provider gave: printable, and never empty."""
Keys = Annotated[tuple[Key, ...], Meta(min_length=1)]
"""Several, comma separated: while a webhook's secret is being rolled two are valid."""
Url = Annotated[str, Meta(pattern=r"^https?://[!-~]+$")]

Section = TypeVar("Section", bound=msgspec.Struct)


def read_section(kind: type[Section], name: str, given: Mapping[str, str]) -> Section | None:
    """The settings of the provider called ``name`` from ``given`` variables (without ``HOLDFAST_``).

    None where none of them is set; raises SettingsInvalid naming every one that is missing, wrong
    or not known. Values are never repeated in what it raises, since most of them are secrets.
    """
    prefix = f"{name.upper()}_"
    ours = {
        key.removeprefix(prefix): value.strip()
        for key, value in given.items()
        if key.startswith(prefix) and value.strip()
    }
    if not ours:
        return None
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {}
    hints = get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        text = ours.pop(field.name.upper(), None)
        variable = f"HOLDFAST_{prefix}{field.name.upper()}"
        if text is None:
            if field.default is NODEFAULT and field.default_factory is NODEFAULT:
                wrong[variable] = f"is needed with the other settings of {name}"
            continue
        try:
            values[field.name] = _read(text, hints[field.name])
        except msgspec.ValidationError as error:
            wrong[variable] = f"is wrong: {error}"
    wrong |= {f"HOLDFAST_{prefix}{left}": "is not a setting" for left in ours}
    if wrong:
        raise SettingsInvalid(settings=wrong)
    return kind(**values)


def _read(text: str, hint: Any) -> Any:
    plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if get_origin(plain) is tuple:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return msgspec.convert(parts, hint, strict=False)
    return msgspec.convert(text, hint, strict=False)
