"""What an account at Flutterwave is set up with, whichever of its two APIs it speaks (gateways.md §5)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from holdfast.errors.running import SettingsInvalid
from holdfast.payment.wire.sections import Key, Keys, Url

TOKEN_URL = "https://idp.flutterwave.com/realms/flutterwave/protocol/openid-connect/token"  # noqa: S105 - an address

Currency = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]


class FlutterwaveSettings(msgspec.Struct, frozen=True):
    """What one API needs and the other does not has no default and is asked for by ``needed``."""

    secret_hashes: Keys
    """The secret hash of the webhooks; two while one is being replaced."""
    api: Literal["v3", "v4"] = "v3"
    secret_key: Key | None = None
    """v3: what all calls are authorised with."""
    client_id: Key | None = None
    """v4: for which, with its secret, access tokens are given out."""
    client_secret: Key | None = None
    mode: Literal["live", "test"] | None = None
    """v4: nothing in its credentials says which."""
    api_base: Url | None = None
    """None: the documented address of the API, and in v4 of the mode."""
    token_url: Url = TOKEN_URL
    """v4: where access tokens come from."""
    currencies: tuple[Currency, ...] = ()
    """What the account collects; none: what the API is known to collect."""
    payload_hash: bool = False
    """v3: send a checksum with every request for a link."""
    method: Literal["opay", "bank_account"] = "opay"
    """v4: how buyers pay; only methods that lead the buyer away and need no details of theirs."""
    signature: Literal["hmac", "echo"] = "hmac"
    """v4: what its webhooks carry: an HMAC of their body, or the secret hash itself (§5.2)."""


def needed(settings: FlutterwaveSettings, *names: str) -> list[str]:
    """The settings of these names; raises SettingsInvalid naming every one that is missing."""
    values = {name: getattr(settings, name) for name in names}
    missing = [name for name, value in values.items() if value is None]
    if missing:
        why = f"is needed with HOLDFAST_FLUTTERWAVE_API={settings.api}"
        raise SettingsInvalid(settings={f"HOLDFAST_FLUTTERWAVE_{name.upper()}": why for name in missing})
    return list(values.values())
