"""Cash on delivery: nothing is held; staff record what the courier brought (gateways.md §11)."""

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Ask, Can, Said
from holdfast.payment.providers.by_staff import ByStaff
from holdfast.shop_settings.rules import ShopRules


def cash_on_delivery(rules: ShopRules) -> ByStaff:
    """Pending until the goods are at the door; the buyer has nothing to do before."""
    limits = rules.cash_on_delivery
    can = Can(
        frozenset(),
        currencies=frozenset({rules.currency}),
        most={} if limits.most_minor is None else {rules.currency: limits.most_minor},
        countries=None if limits.countries is None else frozenset(limits.countries),
    )
    return ByStaff("cash_on_delivery", _plan, can)


def _plan(ask: Ask) -> Said:
    return Said(
        provider_ref=ask.attempt_id,
        state=AttemptState.PENDING,
        amount_minor=ask.amount_minor,
        currency=ask.currency,
        live=True,
        reference=ask.attempt_id,
    )
