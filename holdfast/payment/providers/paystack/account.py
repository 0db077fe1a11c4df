"""A merchant's account at Paystack: its settings, its mode, and what it can do (gateways.md §4)."""

from typing import Annotated

import msgspec
from msgspec import Meta

from holdfast.errors.running import SettingsInvalid
from holdfast.payment.provider import Can, Deed
from holdfast.payment.wire.sections import Url

PREAUTHORISE_DAYS_MAX = 30
"""How long Paystack keeps an amount set aside, in days; banks may let go of it earlier."""

# Paystack's own table of the smallest payments, in minor units (paystack.com/docs/api, "supported currency").
_LEAST = {"GHS": 10, "KES": 3_00, "NGN": 50_00, "USD": 2_00, "XOF": 1, "ZAR": 1_00}
_ALWAYS = frozenset({Deed.REFUND, Deed.PARTIAL_REFUND, Deed.LOOK_UP, Deed.DISPUTE})
_LATER = frozenset({Deed.AUTHORISE, Deed.CAPTURE, Deed.VOID})

SecretKey = Annotated[str, Meta(pattern=r"\Ask_(live|test)_[!-~]+\Z")]
CurrencyCode = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]


class PaystackSettings(msgspec.Struct, frozen=True):
    """An account of Paystack's, or the sandbox that speaks its protocol."""

    secret_keys: Annotated[tuple[SecretKey, ...], Meta(min_length=1)]
    """The newest first, which calls the API; all of them sign webhooks while a key is being replaced."""
    currencies: Annotated[tuple[CurrencyCode, ...], Meta(min_length=1)] = ("GHS", "KES", "NGN", "USD", "ZAR")
    """Those that the account takes; others than these five are by agreement (gateways.md §1.2)."""
    preauthorise_days: Annotated[int, Meta(ge=0, le=PREAUTHORISE_DAYS_MAX)] = 0
    """For how many days money is set aside where it is taken later; 0: the account cannot do that."""
    api_base: Url = "https://api.paystack.co"

    def is_live(self) -> bool:
        """Whether its keys move real money; raises SettingsInvalid where they disagree."""
        live = {key.startswith("sk_live_") for key in self.secret_keys}
        if len(live) > 1:
            why = "holds keys of both modes, and a test key must not sign for real money"
            raise SettingsInvalid(settings={"HOLDFAST_PAYSTACK_SECRET_KEYS": why})
        return live.pop()

    def can(self) -> Can:
        """What is declared holds for every currency, so that who sets money aside takes rands only (§4.4)."""
        if self.preauthorise_days:
            return Can(_ALWAYS | _LATER, currencies=frozenset({"ZAR"}), least={"ZAR": _LEAST["ZAR"]})
        return Can(_ALWAYS, currencies=frozenset(self.currencies), least=_LEAST)
