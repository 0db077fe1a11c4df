"""Which providers this process can use: those whose settings are there.

Whether a buyer may choose one is the shop's rule, not ours: one that is no longer offered must
still hear of the payments that it was asked for.
"""

import httpx

from holdfast.payment.provider import Provider
from holdfast.payment.providers.bank_transfer import bank_transfer
from holdfast.payment.providers.cash_on_delivery import cash_on_delivery
from holdfast.payment.providers.stripe import StripeProvider
from holdfast.settings import Settings
from holdfast.shop_settings.rules import ShopRules


def build_providers(settings: Settings, rules: ShopRules, client: httpx.AsyncClient) -> dict[str, Provider]:
    """The configured ones by name: Stripe with a key, bank transfer with an IBAN, cash always."""
    providers: list[Provider] = [cash_on_delivery()]
    if rules.bank_account.iban:
        providers.append(bank_transfer(rules.bank_account))
    stripe = settings.stripe
    if stripe.secret_key:
        providers.append(
            StripeProvider(
                client,
                secret_key=stripe.secret_key,
                webhook_secrets=stripe.webhook_secrets,
                api_base=stripe.api_base,
                page_url=stripe.page_url,
                timeout_s=settings.provider_timeout_s,
            )
        )
    return {provider.name: provider for provider in providers}
