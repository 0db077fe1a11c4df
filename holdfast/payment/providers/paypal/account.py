"""A merchant's account at PayPal: its settings, and who verifies its webhooks (gateways.md §6.1, §6.6)."""

from typing import Literal

import msgspec
from cryptography.x509.verification import Store

from holdfast.errors.running import SettingsInvalid
from holdfast.payment.provider import Wiring
from holdfast.payment.providers.paypal.certificates import (
    KEY_BITS_MIN,
    Fetched,
    Pinned,
    Signers,
    read_certificates,
    signer_of,
    well_known,
)
from holdfast.payment.wire.sections import Key, Url

HOSTS = {"live": "https://api-m.paypal.com", "test": "https://api-m.sandbox.paypal.com"}


class PayPalSettings(msgspec.Struct, frozen=True):
    """An application of PayPal's, or the sandbox that speaks its protocol."""

    client_id: Key
    client_secret: Key
    webhook_id: Key
    """Of our address there: signatures are good for it alone."""
    mode: Literal["live", "test"]
    """Nothing in the keys says which."""
    verify: Literal["api", "certificate"] = "api"
    """Who verifies a webhook: PayPal, asked about each, or we, by its certificate."""
    api_base: Url = ""
    """Empty: PayPal's own, by ``mode``."""
    ca_certificates: str = ""
    """Whom to trust instead of the well-known authorities: PEM, one after another."""
    certificates: str = ""
    """PayPal's certificates themselves, so that none is fetched: PEM, one after another."""

    @property
    def base(self) -> str:
        """Where the API is."""
        return (self.api_base or HOSTS[self.mode]).rstrip("/")

    @property
    def own_certs(self) -> str | None:
        """A sandbox may serve its certificates itself, over plain HTTP; nobody does where money is real."""
        return self.base if self.mode == "test" else None


def signers(settings: PayPalSettings, wiring: Wiring) -> Signers | None:
    """Who knows PayPal's keys; None where PayPal itself is asked. Raises SettingsInvalid."""
    if settings.verify == "api":
        return None
    if settings.certificates:
        found = [signer_of(one) for one in read_certificates(settings.certificates)]
        known = [one for one in found if one is not None]
        if not known or len(known) != len(found):
            why = f"is no certificate of an RSA key of at least {KEY_BITS_MIN} bits"
            raise SettingsInvalid(settings={"HOLDFAST_PAYPAL_CERTIFICATES": why})
        return Pinned(known)
    if not settings.ca_certificates:
        return Fetched(wiring, well_known())
    anchors = read_certificates(settings.ca_certificates)
    if not anchors:
        raise SettingsInvalid(settings={"HOLDFAST_PAYPAL_CA_CERTIFICATES": "holds no certificate"})
    return Fetched(wiring, Store(anchors))
