"""Where people are in the database: every column of text, JSON or bytes, and what becomes of it.

A test compares this with the schema: whoever adds such a column says here what erasing does to it, and
does it in ``erase.sql`` (and tells of it in ``tell.sql``, if it is about a buyer). Another test looks for a
person who was erased in all of them, whatever stands here.
"""

from enum import StrEnum


class Fate(StrEnum):
    """What becomes of a column when somebody is erased."""

    DELETED = "deleted"
    """Its row goes."""
    EMPTIED = "emptied"
    """It is emptied where it is theirs."""
    SEARCHED = "searched"
    """No key leads there: the job of an erasure looks for them, and drops what it finds."""
    KEPT_BY_LAW = "kept_by_law"
    """It stays for the years that the law wants, and then goes by night."""
    OF_THE_SHOP = "of_the_shop"
    """What the shop, its staff or its providers wrote about goods and money; it names no buyer."""


NAMES_OF_NOBODY = frozenset(
    {
        "id", "attempt_id", "cart_id", "category_id", "checkout_id", "count_id", "customer_id", "dispute_id",
        "from_location_id", "hold_id", "location_id", "merged_into", "order_id", "parent_id", "payment_id",
        "product_id", "refund_id", "request_id", "return_id", "shipment_id", "to_location_id", "transfer_id",
        "user_id", "vendor_id", "payout_id", "sku", "slug", "provider", "provider_ref", "charge_ref",
        "event_key", "line_key", "actor", "decided_by", "imported_by", "made_by", "paid_by", "recorded_by",
        "resolved_by",
        "event", "from_state", "goods_back", "kind", "role", "scope", "state", "status", "step", "to_state",
        "currency", "media_type", "payment_method", "permissions", "scopes", "shipping_option",
        "entrypoint", "expression", "route", "version",
    }
)  # fmt: skip
"""Names of columns that hold an id, a code or a word of a closed set, wherever they are."""

COLUMNS: dict[str, Fate] = {
    "account_letters.email": Fate.DELETED,
    "account_letters.token_hash": Fate.DELETED,
    "api_keys.key_hash": Fate.DELETED,
    "api_keys.label": Fate.DELETED,
    "api_keys.prefix": Fate.DELETED,
    "attention.detail": Fate.EMPTIED,
    "attention.subject": Fate.OF_THE_SHOP,
    "audit.action": Fate.OF_THE_SHOP,
    "audit.detail": Fate.OF_THE_SHOP,
    "audit.subject": Fate.OF_THE_SHOP,
    "audit_seals.hash": Fate.OF_THE_SHOP,
    "carts.coupons": Fate.OF_THE_SHOP,
    "carts.notes": Fate.EMPTIED,
    "categories.name": Fate.OF_THE_SHOP,
    "checkouts.billing_address": Fate.EMPTIED,
    "checkouts.email": Fate.EMPTIED,
    "checkouts.shipping_address": Fate.EMPTIED,
    "coupon_buyers.buyer": Fate.DELETED,
    "coupon_buyers.code": Fate.OF_THE_SHOP,
    "coupon_uses.code": Fate.OF_THE_SHOP,
    "coupons.code": Fate.OF_THE_SHOP,
    "erasures.traces": Fate.EMPTIED,
    "hold_buyers.buyer": Fate.DELETED,
    "idempotency_keys.answer": Fate.SEARCHED,
    "idempotency_keys.body_hash": Fate.OF_THE_SHOP,
    "idempotency_keys.key": Fate.OF_THE_SHOP,
    "idempotency_keys.principal": Fate.OF_THE_SHOP,
    "idempotency_keys.subject": Fate.OF_THE_SHOP,
    "invoices.document": Fate.KEPT_BY_LAW,
    "ledger.source": Fate.OF_THE_SHOP,
    "letters.subject": Fate.OF_THE_SHOP,
    "locations.name": Fate.OF_THE_SHOP,
    "login_failures.subject": Fate.DELETED,
    "login_places.place": Fate.DELETED,
    "movements.reason": Fate.EMPTIED,
    "movements.subject": Fate.OF_THE_SHOP,
    "order_cancellations.reason": Fate.EMPTIED,
    "order_events.note": Fate.EMPTIED,
    "order_events.reason": Fate.EMPTIED,
    "order_lines.name": Fate.OF_THE_SHOP,
    "orders.billing_address": Fate.EMPTIED,
    "orders.email": Fate.EMPTIED,
    "orders.reference": Fate.OF_THE_SHOP,
    "orders.shipping_address": Fate.EMPTIED,
    "payment_attempts.failure": Fate.OF_THE_SHOP,
    "payment_attempts.next_action": Fate.EMPTIED,
    "pgqueuer.dedupe_key": Fate.OF_THE_SHOP,
    "pgqueuer.headers": Fate.OF_THE_SHOP,
    "pgqueuer.payload": Fate.OF_THE_SHOP,
    "pgqueuer_log.traceback": Fate.SEARCHED,
    "products.description": Fate.OF_THE_SHOP,
    "products.name": Fate.OF_THE_SHOP,
    "provider_event_bodies.body": Fate.SEARCHED,
    "provider_event_bodies_rest.body": Fate.SEARCHED,
    "provider_events.error": Fate.OF_THE_SHOP,
    "purchases.buyer": Fate.DELETED,
    "recovery_codes.code_hash": Fate.DELETED,
    "refund_requests.reason": Fate.EMPTIED,
    "refund_requests.wish": Fate.OF_THE_SHOP,
    "refunds.reason": Fate.EMPTIED,
    "refunds_by_hand.reference": Fate.OF_THE_SHOP,
    "return_events.reason": Fate.EMPTIED,
    "return_lines.reason": Fate.OF_THE_SHOP,
    "return_photos.body": Fate.DELETED,
    "returns.comment": Fate.EMPTIED,
    "reviews.author": Fate.DELETED,
    "reviews.body": Fate.DELETED,
    "reviews.reason": Fate.DELETED,
    "reviews.title": Fate.DELETED,
    "saved_addresses.address": Fate.DELETED,
    "sessions.client": Fate.DELETED,
    "sessions.place": Fate.DELETED,
    "sessions.token_hash": Fate.DELETED,
    "settlement_lines.file": Fate.OF_THE_SHOP,
    "settlement_lines.reference": Fate.OF_THE_SHOP,
    "shipment_events.reason": Fate.EMPTIED,
    "shipments.carrier": Fate.OF_THE_SHOP,
    "shipments.tracking_number": Fate.EMPTIED,
    "shipments.tracking_url": Fate.EMPTIED,
    "shop_settings.document": Fate.OF_THE_SHOP,
    "stock_alerts.email": Fate.DELETED,
    "stock_counts.reason": Fate.OF_THE_SHOP,
    "stock_transfer_legs.reason": Fate.OF_THE_SHOP,
    "stock_transfers.reason": Fate.OF_THE_SHOP,
    "totp.sealed_key": Fate.DELETED,
    "transfer_proofs.bank_reference": Fate.DELETED,
    "transfer_proofs.body": Fate.DELETED,
    "transfers.bank_reference": Fate.OF_THE_SHOP,
    "users.email": Fate.DELETED,
    "users.password_hash": Fate.DELETED,
    "variants.name": Fate.OF_THE_SHOP,
    "vendor_ledger.reason": Fate.OF_THE_SHOP,
    "vendor_payouts.bank_reference": Fate.OF_THE_SHOP,
    "vendors.name": Fate.OF_THE_SHOP,
}
