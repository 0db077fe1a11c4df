"""A merchant's account at TeleBirr: its settings, its keys, and what it signs (gateways.md §7.1-7.4)."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from holdfast import clock
from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.running import SettingsInvalid
from holdfast.payment.providers.telebirr import signing
from holdfast.payment.providers.telebirr.meaning import as_signed
from holdfast.payment.providers.telebirr.signing import SIGN_TYPE, Padding
from holdfast.payment.wire.sections import Key, Url

LIVE_HOST = "https://superapp.ethiomobilemoney.et:38443"
NONCE_BYTES = 16  # 32 letters and digits, the most that is allowed

Pem = Annotated[str, Meta(min_length=100)]
"""A key as PEM, or as the bare base64 of its DER."""


class TeleBirrSettings(msgspec.Struct, frozen=True):
    """What is not needed is what sources contradict each other about."""

    fabric_app_id: Key
    app_secret: Key
    merchant_app_id: Key
    merchant_code: Key
    private_key: Pem
    """Ours, which signs what we ask."""
    public_keys: Annotated[tuple[Pem, ...], Meta(min_length=1)]
    """TeleBirr's, which sign what it tells; two while one is being replaced."""
    mode: Literal["live", "test"]
    """Nothing in the keys says which."""
    api_base: Url = f"{LIVE_HOST}/apiaccess/payment/gateway"
    page_url: Url = f"{LIVE_HOST}/payment/web/paygate"
    padding: Padding = "pss"
    query_call: Literal["queryOrder", "orderQuery"] = "queryOrder"
    refund_amount_field: Literal["actual_amount", "refund_amount"] = "actual_amount"


class Account:
    """The settings with their keys read."""

    def __init__(self, settings: TeleBirrSettings) -> None:
        """Raises SettingsInvalid for a key that is no RSA key of 2048 bits."""
        private = signing.read_private_key(settings.private_key)
        public = [signing.read_public_key(text) for text in settings.public_keys]
        self._public = [key for key in public if key is not None]
        why = f"is no RSA key of at least {signing.KEY_BITS_MIN} bits"
        wrong = {} if private else {"HOLDFAST_TELEBIRR_PRIVATE_KEY": why}
        if None in public:
            wrong["HOLDFAST_TELEBIRR_PUBLIC_KEYS"] = why
        if private is None or wrong:
            raise SettingsInvalid(settings=wrong)
        self._private, self.settings = private, settings
        self._ours = {"appid": settings.merchant_app_id, "merch_code": settings.merchant_code}

    def request(self, method: str, content: Mapping[str, str]) -> dict[str, Any]:
        """A request in its envelope."""
        about = self._ours | dict(content)
        top = {"timestamp": _seconds(), "nonce_str": _nonce(), "method": method, "version": "1.0"}
        return top | {"sign_type": SIGN_TYPE, "sign": self._sign(top | about), "biz_content": about}

    def page(self, prepay_id: str) -> str:
        """The checkout's address; the signature covers its first five parameters only (§7.3)."""
        five = self._ours | {"nonce_str": _nonce(), "prepay_id": prepay_id, "timestamp": _seconds()}
        query = urlencode(five | {"sign": self._sign(five), "sign_type": SIGN_TYPE})
        return f"{self.settings.page_url.rstrip('?')}?{query}&version=1.0&trade_type=Checkout"

    def check(self, fields: Mapping[str, str]) -> None:
        """Raise SignatureInvalid unless TeleBirr has signed these fields, and for this merchant.

        Its key signs for every merchant, so that another's notification has a good signature, too.
        """
        try:
            signing.check(as_signed(fields), keys=self._public)
        except SignatureInvalid:  # the one name that is written otherwise than it was signed may not be
            signing.check(fields, keys=self._public)
        if any(fields.get(name) != value for name, value in self._ours.items()):
            raise SignatureInvalid

    def _sign(self, fields: Mapping[str, str]) -> str:
        return signing.sign(fields, key=self._private, padding=self.settings.padding)


def _seconds() -> str:
    return str(int(clock.now().timestamp()))


def _nonce() -> str:
    return secrets.token_hex(NONCE_BYTES)
