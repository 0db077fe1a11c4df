"""The merchant's rules as a typed value: what ``shop_settings`` documents are read into."""

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from babel import localedata
from msgspec import Meta

from holdfast.letters import About
from holdfast.limits import EMAIL_CHARS_MAX, POLL_GAPS_MINUTES

Code = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,40}(?!\n)$")]
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Text = Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$")]
Minutes = Annotated[int, Meta(ge=1, le=60 * 24 * 90)]
IdleMinutes = Annotated[int, Meta(ge=15, le=60 * 24 * 30)]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}(?!\n)$")]
LateMoney = Literal["refund", "owe", "ask"]


class ShippingOption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A flat price for bringing it, in minor units of the shop's currency."""

    code: Code
    name: Name
    price_minor: Annotated[int, Meta(ge=0, le=10_000_000)]


class BankAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a bank transfer is to be sent."""

    holder: Text = "Holdfast Demo Ltd"
    iban: Annotated[str, Meta(max_length=34, pattern=r"^[^\x00]*$")] = "GB33BUKB20201555555555"
    bank: Text = "Demo Bank"


class Seller(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who sells, as it stands on invoices and packing slips."""

    name: Text = "Holdfast Demo Ltd"
    address: Annotated[tuple[Text, ...], Meta(max_length=6)] = ()
    """Line by line."""
    tax_number: Text = ""
    """Of the seller at the tax office, as invoices have to show it."""
    invoice_prefix: Annotated[str, Meta(max_length=20, pattern=r"^[^\x00]*$")] = ""
    """In front of the numbers of the invoices that are issued from now on."""
    note: Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*$")] = ""
    """At the foot of every invoice: terms, thanks, a register."""


class CashOnDelivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which orders may be paid at the door."""

    most_minor: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    """The largest order, in minor units of the shop's currency; null: any."""
    countries: tuple[Country, ...] | None = None
    """Where the parcel goes; null: anywhere."""


class Fee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a provider keeps of a payment: a share in basis points, and a fixed part in minor units."""

    rate_bp: Annotated[int, Meta(ge=0, le=10_000)] = 0
    fixed_minor: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


HOLD_MINUTES = {"checkout": 10, "stripe": 15, "bank_transfer": 72 * 60, "cash_on_delivery": 72 * 60}
HOLD_MINUTES_OTHERWISE = 30  # on a page of the provider's buyers take longer than on ours


class RateClass(StrEnum):
    """What requests are counted as; a class of its own for whatever could be abused in its own way."""

    READS = "reads"
    """Looking, per guest's address or per user."""
    CHANGES = "changes"
    """Carts, checkouts, orders: per guest's address or per user."""
    CHECKOUT = "checkout"
    """What takes stock or begins a payment, per cart or buyer (and as a change, too)."""
    LOG_IN = "log_in"
    """Per address."""
    WEBHOOKS = "webhooks"
    """Those whose signature does not fit, per provider; one that fits is never counted."""
    STAFF = "staff"
    """Per user of the staff."""
    API_KEYS = "api_keys"
    """Per key."""
    WRONG_KEYS = "wrong_keys"
    """Keys that are none, per address."""
    HEALTH = "health"
    """Per address."""


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many requests within so many seconds of the first one."""

    requests: Annotated[int, Meta(ge=1, le=10_000_000)]
    seconds: Annotated[int, Meta(ge=1, le=60 * 60 * 24)] = 15 * 60


RATES = {
    RateClass.READS: Rate(6_000),
    RateClass.CHANGES: Rate(100),
    RateClass.CHECKOUT: Rate(20),
    RateClass.LOG_IN: Rate(10),
    RateClass.WEBHOOKS: Rate(200),
    RateClass.STAFF: Rate(500),
    RateClass.API_KEYS: Rate(100_000),
    RateClass.WRONG_KEYS: Rate(100),
    RateClass.HEALTH: Rate(10_000),
}


class ShopRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a merchant decides; a field that is missing in a stored document has its default."""

    name: Name = "Holdfast"
    locale: Annotated[str, Meta(pattern=r"^[a-z]{2,3}(_[A-Za-z0-9]{2,8}){0,3}(?!\n)$")] = "en_GB"
    """How money and moments are written in letters: a language and a country of the CLDR."""
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}(?!\n)$")] = "GBP"
    tax_rate_bp: Annotated[int, Meta(ge=0, le=10_000)] = 2_000
    """Basis points: 2000 is 20 %."""
    tax_inclusive: bool = True
    shipping_options: Annotated[tuple[ShippingOption, ...], Meta(min_length=1, max_length=20)] = (
        ShippingOption("standard", "Standard delivery", 395),
        ShippingOption("express", "Express delivery", 795),
        ShippingOption("collect", "Collect in the shop", 0),
    )
    payment_methods: tuple[Code, ...] = ("stripe", "bank_transfer", "cash_on_delivery")
    """In the order in which buyers see them; which there are is ``payment/providers/offered.py``'s matter."""
    capture: Literal["at_once", "on_confirmation", "on_shipment"] = "at_once"
    """When money is taken from those who can set it aside first; the others take it at once."""
    seller: Seller = Seller()
    invoices: Literal["on_shipment", "on_demand"] = "on_shipment"
    """When they are issued: with the first parcel, or only when staff say so."""
    bank_account: BankAccount = BankAccount()
    transfer_approval_above_minor: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None = None
    """A transfer of more, in minor units, counts once a second person has agreed; null: none does."""
    refund_approval_above_minor: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None = None
    """A refund of more, in minor units, goes back (or counts as sent) once two people agree; null: any."""
    cash_on_delivery: CashOnDelivery = CashOnDelivery()
    hold_minutes: dict[Code, Minutes] = {}
    """How long units are held, by payment method, and ``checkout`` for early ones; others as HOLD_MINUTES."""
    poll_minutes: dict[Code, Annotated[tuple[Minutes, ...], Meta(min_length=1, max_length=20)]] = {}
    """The gaps at which a payment that nobody has heard from is asked about, by payment method; the last one
    is repeated. Others as POLL_GAPS_MINUTES."""
    fees: dict[Code, Fee] = {}
    """What was agreed upon with each provider; settlement files are compared with it."""
    hold_grace_minutes: Minutes = 2
    """Between what the buyer sees and what counts, once a provider was asked to collect."""
    hold_total_minutes_max: Minutes = 4 * 60
    """How long a buyer who tries again may keep the same units, unless the method itself takes longer."""
    release_hold_on_failure: bool = False
    """Let go of the units at once when a payment fails, instead of waiting for another try."""
    buyers_cancel_until: Literal["confirmed", "processing", "ready_for_shipment", "shipped"] = (
        "ready_for_shipment"
    )
    """Buyers cancel until their order comes so far, by themselves; staff until it is shipped."""
    coupons_given_back: Literal["unpaid", "cancelled"] = "cancelled"
    """Whose cancelling lets a coupon be used once more: of orders that nobody has paid, or of any."""
    return_days: Annotated[int, Meta(ge=0, le=3_650)] = 30
    """How long buyers may ask to send goods back, in days since they arrived."""
    unpaid_limit_hours: Annotated[int, Meta(ge=1, le=24 * 90)] = 24
    """After it an unpaid order is cancelled (never before its hold ends)."""
    checkout_minutes: Minutes = 30
    open_checkouts_max: Annotated[int, Meta(ge=1, le=1_000)] = 20
    """Of one customer at the same time, over all carts."""
    cart_merge: Literal["sum", "larger", "ask"] = "sum"
    """How a guest's cart becomes one with the customer's at log-in: units of both, the larger number of each
    line, or as the buyer chooses."""
    session_idle_minutes: IdleMinutes = 60 * 24 * 14
    """A customer's log-in that is not used for so long is over."""
    staff_session_idle_minutes: IdleMinutes = 60
    """The same of everybody who may do more than buy."""
    low_stock_at: Annotated[int, Meta(ge=0, le=1_000_000)] = 10
    """The staff are told when so few units of a SKU are left; a SKU may have a number of its own."""
    late_money: LateMoney = "refund"
    """When money arrives and units are gone: refund at once, owe the goods, or ask a person."""
    letters_off: tuple[About, ...] = ()
    """Kinds of letters that are not sent; what waits when one is switched off is not sent either."""
    desk_email: Annotated[
        str, Meta(max_length=EMAIL_CHARS_MAX, pattern=r"^([^@\s\x00]+@[^@\s\x00]+)?(?!\n)$")
    ] = ""
    """Where the staff read letters: urgent matters, SKUs that became few. Empty: nowhere."""
    archive_after_days: Annotated[int, Meta(ge=1, le=3_650)] = 90
    """Delivered and cancelled orders that have rested for so long, with nothing open, are archived."""
    webhook_body_days: Annotated[int, Meta(ge=1, le=3_650)] = 30
    """After so many days the bodies of provider events that were carried out are dropped; their keys stay."""
    job_log_days: Annotated[int, Meta(ge=1, le=3_650)] = 30
    """After so many days it is forgotten when which job ran."""
    invoice_years: Annotated[int, Meta(ge=5, le=30)] = 10
    """How long the law wants invoices with their buyers; after it the buyer is taken out of them."""
    rate_limits: dict[RateClass, Rate] = {}
    """How often somebody may ask, by class; others as RATES."""

    def __post_init__(self) -> None:
        """A locale that nobody has written down is refused when it is set, not when a letter is sent."""
        if not localedata.exists(self.locale):
            raise ValueError(f"{self.locale} is no locale of the CLDR")

    def shipping_option(self, code: str) -> ShippingOption | None:
        """The option of this code, if it is offered."""
        return next((option for option in self.shipping_options if option.code == code), None)

    def methods_among(self, configured: Collection[str]) -> list[str]:
        """The payment methods that are offered: the merchant's choice among what is configured."""
        return [name for name in self.payment_methods if name in configured]

    def poll_minutes_for(self, method: str) -> tuple[int, ...]:
        """At which gaps, in minutes, a silent payment by this method is asked about."""
        return self.poll_minutes.get(method, POLL_GAPS_MINUTES)

    def rate_for(self, kind: RateClass) -> Rate:
        """How often somebody may ask for what is of this class."""
        return self.rate_limits.get(kind, RATES[kind])

    def hold_minutes_for(self, method: str) -> int:
        """How long units are held for an order that is to be paid by this method, or for a ``checkout``."""
        default = HOLD_MINUTES.get(method, HOLD_MINUTES_OTHERWISE)
        return self.hold_minutes.get(method, default)
