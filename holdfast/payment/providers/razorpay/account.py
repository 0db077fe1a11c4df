"""A merchant's account at Razorpay: its settings, what is signed for it (gateways.md §3.1, §3.3, §3.7)."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from holdfast.payment.wire.sections import Key, Keys, Url
from holdfast.payment.wire.signature import check_hmac

LINK = "plink_"
"""How a link's id begins; all else is an order."""


class RazorpaySettings(msgspec.Struct, frozen=True):
    """An account of Razorpay's, or the sandbox that speaks its protocol."""

    key_id: Key
    key_secret: Key
    webhook_secrets: Keys
    """Chosen by the merchant for the endpoint; not the key's secret."""
    api_base: Url = "https://api.razorpay.com"
    checkout: Literal["order", "link"] = "order"
    """An order for Razorpay's checkout in or above the shop's own page, or a payment link."""


def check_webhook(signature: str | None, body: bytes, *, secrets: Sequence[str]) -> None:
    """Raise SignatureInvalid unless the body was signed with one of the secrets; no time is signed."""
    check_hmac([signature or ""], body, secrets=secrets)


def check_brought_back(params: Mapping[str, str], provider_ref: str, *, secret: str) -> None:
    """Raise SignatureInvalid unless this is signed and about the object that we have stored (§3.3, §3.4).

    The order's or link's id that the browser brings is not looked at: with that of a cheaper order
    the signature would fit, too. Who brings nothing of Razorpay's has nothing to prove.
    """
    if not any(name.startswith("razorpay_") for name in params):
        return
    names = ["razorpay_payment_id"]
    if provider_ref.startswith(LINK):
        names = ["razorpay_payment_link_reference_id", "razorpay_payment_link_status", *names]
    text = "|".join((provider_ref, *(params.get(name, "") for name in names)))
    given = params.get("razorpay_signature", "")
    check_hmac([given], text.encode("utf-8", "surrogatepass"), secrets=[secret])
