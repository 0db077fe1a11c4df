"""Which providers this process can use: a dictionary with one line for each.

Whether a buyer may choose one is the shop's rule, not ours: one that is no longer offered must
still hear of the payments that it was asked for.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from holdfast.errors.running import SettingsInvalid
from holdfast.payment.provider import Provider, Wiring
from holdfast.payment.providers.bank_transfer import bank_transfer
from holdfast.payment.providers.cash_on_delivery import cash_on_delivery
from holdfast.payment.providers.flutterwave.adapter import flutterwave
from holdfast.payment.providers.flutterwave.settings import FlutterwaveSettings
from holdfast.payment.providers.paypal.account import PayPalSettings
from holdfast.payment.providers.paypal.adapter import PayPalProvider
from holdfast.payment.providers.paystack.account import PaystackSettings
from holdfast.payment.providers.paystack.adapter import PaystackProvider
from holdfast.payment.providers.razorpay.account import RazorpaySettings
from holdfast.payment.providers.razorpay.adapter import RazorpayProvider
from holdfast.payment.providers.signed_callback.account import AWASH, CBE_BIRR, SignedCallbackSettings
from holdfast.payment.providers.signed_callback.adapter import of_bank
from holdfast.payment.providers.stripe.adapter import StripeProvider, StripeSettings
from holdfast.payment.providers.telebirr.account import TeleBirrSettings
from holdfast.payment.providers.telebirr.adapter import TeleBirrProvider
from holdfast.payment.wire.sections import read_section
from holdfast.settings import Settings
from holdfast.shop_settings.rules import ShopRules

WIRED: dict[str, tuple[type[msgspec.Struct], Callable[[Any, Wiring], Provider]]] = {
    "stripe": (StripeSettings, StripeProvider),
    "razorpay": (RazorpaySettings, RazorpayProvider),
    "paystack": (PaystackSettings, PaystackProvider),
    "flutterwave": (FlutterwaveSettings, flutterwave),
    "paypal": (PayPalSettings, PayPalProvider),
    "telebirr": (TeleBirrSettings, TeleBirrProvider),
    "cbe_birr": (SignedCallbackSettings, of_bank(CBE_BIRR)),
    "awash": (SignedCallbackSettings, of_bank(AWASH)),
}
"""Those that call somebody: what each is set up with, by variables ``HOLDFAST_<NAME>_…``, and its adapter."""

BY_STAFF: dict[str, Callable[[ShopRules], Provider | None]] = {
    "bank_transfer": bank_transfer,
    "cash_on_delivery": cash_on_delivery,
}
"""Those that call nobody, by the merchant's rules; None: not to be had by these."""

NAMES = frozenset(WIRED) | frozenset(BY_STAFF)


class Wired(msgspec.Struct, frozen=True):
    """The providers that were set up, and why others were left out."""

    providers: dict[str, Provider]
    left_out: dict[str, str]
    """By name, in sentences that name the variables and never their values."""


def wire_up(settings: Settings, client: Any) -> Wired:
    """Build what is set up, once per process; one that is set up wrongly is left out, and nobody else."""
    providers: dict[str, Provider] = {}
    left_out: dict[str, str] = {}
    for name, (kind, build) in WIRED.items():
        wiring = Wiring(client, settings.provider_timeout_s, f"{settings.base_url}/webhooks/{name}")
        try:
            section = read_section(kind, name, settings.providers)
            if section is not None:
                providers[name] = build(section, wiring)
        except SettingsInvalid as problem:
            left_out[name] = "; ".join(f"{variable} {why}" for variable, why in problem.settings.items())
    return Wired(providers, left_out)


def with_staff(wired: Mapping[str, Provider], rules: ShopRules) -> dict[str, Provider]:
    """The same and those that the merchant's rules make possible, as they are now."""
    by_staff = {name: build(rules) for name, build in BY_STAFF.items()}
    return dict(wired) | {name: provider for name, provider in by_staff.items() if provider is not None}
