"""Flutterwave by the API that the account speaks: two unlike ones under one name (gateways.md §5)."""

from holdfast.payment.provider import Provider, Wiring
from holdfast.payment.providers.flutterwave.settings import FlutterwaveSettings
from holdfast.payment.providers.flutterwave.v3 import FlutterwaveV3
from holdfast.payment.providers.flutterwave.v4 import FlutterwaveV4


def flutterwave(settings: FlutterwaveSettings, wiring: Wiring) -> Provider:
    """The adapter of the API that is set; raises SettingsInvalid for what it needs and lacks."""
    return FlutterwaveV4(settings, wiring) if settings.api == "v4" else FlutterwaveV3(settings, wiring)
