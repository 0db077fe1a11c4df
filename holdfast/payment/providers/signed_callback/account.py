"""A merchant's account at such a bank: its settings, its names for fields, and what is signed (§8, §10).

The convention is Holdfast's own, made after what integrators commonly do with banks; it is not a
specification of CBE's or Awash's. What the merchant's contract says otherwise is a setting.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from holdfast.errors.running import SettingsInvalid
from holdfast.payment.wire.sections import Key, Keys, Url
from holdfast.payment.wire.signature import check_hmac, check_moment

SENT = ("reference", "amount", "currency", "description", "callback_url", "return_url", "expires_at")
HEARD = ("transaction_id", "status", "redirect_url", "reason", "event_id", "event", "signature")
NAMES = (*SENT, *HEARD)
"""Every field of the convention that we write or read, by its own name."""

Header = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Renamed = Annotated[str, Meta(pattern=rf"^({'|'.join(NAMES)})=[A-Za-z0-9_.-]{{1,64}}$")]
"""A field's name in the convention and the bank's name for it."""


class Brand(msgspec.Struct, frozen=True):
    """Which bank it is."""

    name: str
    title: str
    """As people write it."""
    header: str
    """How the names of its headers begin, if the settings do not name them."""


CBE_BIRR = Brand("cbe_birr", "CBE Birr", "X-CBEBirr")
AWASH = Brand("awash", "Awash Bank", "X-Awash")


class SignedCallbackSettings(msgspec.Struct, frozen=True):
    """An account of a bank's; the same for each of them."""

    api_base: Url
    """There is no default: nobody has published an address."""
    api_key: Key
    webhook_secrets: Keys
    """What the bank signs callbacks with; two while one is being replaced."""
    mode: Literal["live", "test"]
    """Nothing in the key says which."""
    status_query: Literal["yes", "no"] = "yes"
    """Whether the bank says how a payment stands; if not, its callbacks are believed unchecked (§10)."""
    signature: Literal["timestamped", "plain"] = "timestamped"
    """Of callbacks: over the time and the body, or over the body alone."""
    signature_header: Header = ""
    timestamp_header: Header = ""
    fields: tuple[Renamed, ...] = ()
    """Where the bank names fields otherwise: ``reference=orderId``."""
    hashing_key: Key = ""
    """Signs requests as CBE Birr Plus wants it (§8); without it they are not signed."""


class Account:
    """The settings with their defaults filled in."""

    def __init__(self, brand: Brand, settings: SignedCallbackSettings) -> None:
        """Raises SettingsInvalid where a field would have two names, or two one."""
        self.brand, self.settings = brand, settings
        self._signature = (settings.signature_header or f"{brand.header}-Signature").lower()
        self._timestamp = (settings.timestamp_header or f"{brand.header}-Timestamp").lower()
        renamed = dict(pair.split("=") for pair in settings.fields)
        self.named = {name: name for name in NAMES} | renamed
        if len(renamed) < len(settings.fields) or len({*self.named.values()}) < len(NAMES):
            why = "is wrong: a field has two names, or two have one"
            raise SettingsInvalid(settings={f"HOLDFAST_{brand.name.upper()}_FIELDS": why})

    def request(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """A request's fields under the bank's names, and signed if it wants that."""
        fields = {self.named[name]: text for name, text in wanted.items()}
        if self.settings.hashing_key:
            fields[self.named["signature"]] = request_signature(fields, self.settings.hashing_key)
        return fields

    def check(self, headers: Mapping[str, str], body: bytes, at: datetime) -> None:
        """Raise SignatureInvalid unless the bank has signed these bytes, and just now where it says when."""
        message = body
        if self.settings.signature == "timestamped":
            signed_at = headers.get(self._timestamp, "")
            check_moment(signed_at, at=at)
            message = signed_at.encode() + b"." + body
        check_hmac([headers.get(self._signature, "")], message, secrets=self.settings.webhook_secrets)


def request_signature(fields: Mapping[str, str], key: str) -> str:
    """What a request to CBE Birr Plus is signed with (§8): a plain hash, not an HMAC.

    SHA-256 over ``name=value`` joined by ``&``, names in the order of their code points with ``key``
    among them, nothing encoded; so the text of an amount is a part of it. The key itself is not sent.
    """
    text = "&".join(f"{name}={value}" for name, value in sorted({**fields, "key": key}.items()))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
