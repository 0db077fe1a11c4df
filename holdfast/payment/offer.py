"""Which ways to pay a buyer is offered: what the merchant chose, what is set up, and what fits. Pure."""

from holdfast.errors.checkout import MethodUnavailable
from holdfast.order.move_order import NewOrder
from holdfast.payment.provider import Provider, Providers
from holdfast.payment.wire import amounts
from holdfast.shop_settings.rules import ShopRules


def offers(
    providers: Providers,
    rules: ShopRules,
    *,
    amount_minor: int | None = None,
    currency: str | None = None,
    country: str | None = None,
) -> list[str]:
    """The names, in the merchant's order; what is not known yet (None) rules nobody out."""
    wanted = currency or rules.currency
    return [
        name
        for name in rules.methods_among(providers)
        if _fits(providers[name], amount_minor, wanted, country)
    ]


def check_offer(providers: Providers, rules: ShopRules, order: NewOrder) -> None:
    """Raise MethodUnavailable, with what is offered, unless a new order can be paid by its method."""
    address = order.shipping_address
    check_method(
        providers,
        rules,
        method=order.payment_method,
        amount_minor=order.total_minor,
        currency=order.currency,
        country=address.country if address else None,
    )


def check_method(
    providers: Providers,
    rules: ShopRules,
    *,
    method: str,
    amount_minor: int,
    currency: str,
    country: str | None = None,
) -> None:
    """The same for any amount; where there is nothing to pay any method will do."""
    given = amount_minor or None
    offered = offers(providers, rules, amount_minor=given, currency=currency, country=country)
    if method not in offered:
        raise MethodUnavailable(field="payment_method", method=method, offered=offered)


def _fits(provider: Provider, amount_minor: int | None, currency: str, country: str | None) -> bool:
    if amount_minor is None:
        return provider.can.currencies is None or currency in provider.can.currencies
    payable = amounts.to_units(provider.name, amount_minor, currency) is not None
    return payable and provider.can.fits(amount_minor, currency, country)
