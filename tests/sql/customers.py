"""Two customers of one shop, each with one of everything, and what names their things in a statement."""

from datetime import UTC, datetime, timedelta
from string import Template
from typing import Any

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

SHOP = """
INSERT INTO shop_settings (document, actor, at) VALUES ('{}', 'test', '2026-11-20T08:00Z');
INSERT INTO products (id, slug, name, published, created_at, review_count, stars_sum)
    VALUES ('prd_1', 'mug', 'Mug', true, '2026-11-20T08:00Z', 2, 10);
INSERT INTO variants VALUES ('MUG', 'prd_1', 'Mug', 1000, 'GBP', true);
INSERT INTO coupons VALUES ('SPRING', 'percent', 'GBP', 1000, NULL, 0, NULL, NULL, NULL, NULL, false, true, 9,
    '2026-11-01Z');
INSERT INTO coupons VALUES ('GONE', 'percent', 'GBP', 1000, NULL, 0, NULL, NULL, 9, NULL, false, true, 9,
    '2026-11-01Z');
INSERT INTO stock (sku, location_id, on_hand, held, committed) VALUES ('MUG', 'main', 90, 9, 9);
INSERT INTO purchase_limits VALUES ('MUG', 9, 24);
INSERT INTO carts VALUES ('crt_guest', 'GBP', 'open', NULL, '2026-11-20T08:00Z', '2026-11-20T08:00Z');
"""

# What somebody has, in numbers of their own; all of it came about an hour before noon.
OF_ONE = Template(r"""
INSERT INTO users VALUES ('usr_$who', '$who@example.com', 'staff', $then, '$$argon2id$$$who', $then);
INSERT INTO vendors VALUES ('vnd_$who', '$who', 'The shop of $who', 500, true, $then);
INSERT INTO users (id, email, role, created_at, vendor_id)
    VALUES ('usr_${who}_2', 'sells-for-$who@example.com', 'vendor', $then, 'vnd_$who');
INSERT INTO products (id, slug, name, published, created_at, vendor_id)
    VALUES ('prd_$who', 'of-$who', 'Jug', true, $then, 'vnd_$who');
INSERT INTO reviews VALUES ('rev_$who', 'prd_1', 'usr_$who', 'approved', 1, '$who', 5, 'Good', '$who', $then,
    $then);
INSERT INTO api_keys VALUES ('key_$who', 'usr_$who', '$who', 'till', $then);
INSERT INTO sessions VALUES ('ses_$who', 'usr_$who', '$who', 'Browser', '203.0.113.$n', $then, $later,
    NULL, $then);
INSERT INTO login_places VALUES ('usr_$who', '203.0.113.9', $then);
INSERT INTO login_failures VALUES ('lck_$who', 'account', 'usr_$who', 'usr_$who', 1, $then, $later);
INSERT INTO totp VALUES ('usr_$who', '$who', 0, $then, $then);
INSERT INTO recovery_codes VALUES ('usr_$who', '$who');
INSERT INTO account_letters VALUES ('let_$who', 'change_email', '$who@example.com', 'usr_$who', '$who',
    $then, $later);
INSERT INTO idempotency_keys VALUES ('usr_$who', 'POST /orders', 'a-key-of-16-chars', '\x00', 'ord_$who',
    '$who', 201, $then, $then);
INSERT INTO idempotency_keys VALUES ('usr_$who', 'POST /orders', 'another-key-of-it', '\x00', NULL, NULL,
    NULL, $then, $then);
INSERT INTO erasures VALUES ('ers_$who', 'usr_$who', '$who', $then, '{$who}', NULL);
INSERT INTO saved_addresses VALUES ('adr_$who', 'usr_$who', '{"line1": "$who"}', true, true, $then);
INSERT INTO wishes VALUES ('usr_$who', 'MUG', $then);
INSERT INTO stock_alerts VALUES ('alr_$who', 'MUG', '$who@example.com', $then, NULL);
INSERT INTO carts VALUES ('crt_$who', 'GBP', 'open', NULL, $then, $then, 'usr_$who');
INSERT INTO carts VALUES ('crt_${who}_3', 'GBP', 'open', NULL, $then, $then, 'usr_$who');
INSERT INTO cart_lines VALUES ('crt_$who', 'MUG', $n, $then);
INSERT INTO carts VALUES ('crt_${who}_2', 'GBP', 'merged', 'crt_$who', $then, $then, 'usr_$who');
INSERT INTO checkouts VALUES ('chk_$who', 'crt_$who', 'open', '$who@example.com', '{"line1": "$who"}', NULL,
    NULL, NULL, $later, $then);
INSERT INTO checkouts VALUES ('chk_${who}_2', 'crt_$who', 'open', NULL, NULL, NULL, NULL, NULL, $later,
    $then);
INSERT INTO orders VALUES ('ord_$who', $n, 'chk_$who', 'crt_$who', 'pending_payment', 'pending_payment',
    '$who@example.com', '{"line1": "$who"}', NULL, 'collect', 'stripe', NULL, 'GBP', $n * 1000, 0, 0, $n,
    true, $n * 1000, $then, $then, $later, 'usr_$who');
INSERT INTO orders VALUES ('ord_${who}_2', $n + 50, NULL, NULL, 'delivered', 'delivered', '$who@example.com',
    NULL, NULL, 'collect', 'stripe', NULL, 'GBP', $n * 1000, 0, 0, $n, true, $n * 1000, $then, $then, $later);
INSERT INTO orders VALUES ('ord_${who}_3', $n + 70, NULL, 'crt_${who}_3', 'pending_payment',
    'pending_payment', '$who@example.org', NULL, NULL, 'collect', 'stripe', NULL, 'GBP', $n * 1000, 0, 0, $n,
    true, $n * 1000, $then, $then, $later);
INSERT INTO purchases VALUES ('MUG', 'guest-$who', 'ord_${who}_3', $n, $then);
INSERT INTO coupon_uses VALUES ('SPRING', 'ord_$who', 'percent', $n, 'counted', $then);
INSERT INTO coupon_buyers VALUES ('SPRING', 'usr_$who', 'ord_$who');
INSERT INTO coupon_uses VALUES ('SPRING', 'ord_${who}_3', 'percent', $n, 'counted', $then);
INSERT INTO coupon_buyers VALUES ('SPRING', 'guest-$who', 'ord_${who}_3');
INSERT INTO order_lines VALUES ('ord_$who', 1, 'MUG', 'Mug of $who', true, $n, 1000, $n * 1000, 0, $n, 1, 0,
    0, 0, 0, 0, 'vnd_$who', 500, $n);
INSERT INTO vendor_ledger (vendor_id, order_id, position, kind, amount_minor, currency, actor, at)
    VALUES ('vnd_$who', 'ord_$who', 1, 'sale', $n * 1000, 'GBP', '$who', $then),
           ('vnd_$who', 'ord_$who', 1, 'commission_back', $n, 'GBP', '$who', $then);
INSERT INTO vendor_payouts VALUES ('vpo_$who', 'vnd_$who', $n, 'GBP', '$who', $then);
INSERT INTO vendor_payout_entries SELECT id, 'vpo_$who', $then FROM vendor_ledger
    WHERE vendor_id = 'vnd_$who' AND kind = 'commission_back';
INSERT INTO purchases VALUES ('MUG', 'usr_$who', 'ord_$who', $n, $then);
INSERT INTO order_events (order_id, event, from_state, to_state, actor, at)
    VALUES ('ord_$who', 'placed', 'new', 'pending_payment', '$who', $then),
           ('ord_$who', 'paid', 'pending_payment', 'paid', '$who', $then);
INSERT INTO holds VALUES ('hld_${who}_2', NULL, 'chk_${who}_2', $later, $then);
INSERT INTO holds VALUES ('hld_$who', 'ord_$who', 'chk_$who', $later, $then);
INSERT INTO hold_lines VALUES ('hld_$who', 'MUG', 'main', $n, 'active', $later);
INSERT INTO hold_lines VALUES ('hld_${who}_2', 'MUG', 'main', $n, 'active', $later);
INSERT INTO hold_buyers VALUES ('hld_${who}_2', 'digest_$who', $later);
INSERT INTO payments VALUES ('pay_$who', 'ord_$who', 'pending', 'GBP', $n * 1000, $n * 100, $n * 100, 0, 0,
    $then);
INSERT INTO payments VALUES ('pay_${who}_2', 'ord_${who}_2', 'paid', 'GBP', $n * 1000, $n * 1000, 0, 0, 0,
    $then);
INSERT INTO payment_attempts (id, payment_id, order_id, provider, live, provider_ref, charge_ref, state,
    amount_minor, captured_minor, currency, lease_until, created_at) VALUES
    ('att_$who', 'pay_$who', 'ord_$who', 'stripe', false, 'pi_$who', 'ch_$who', 'intended', $n * 1000,
    $n * 100, 'GBP', $then, $then);
INSERT INTO transfers (id, provider, bank_reference, attempt_id, received_minor, currency, value_date, state,
    recorded_by, at)
    VALUES ('trf_$who', 'bank_transfer', 'REF-$who', 'att_$who', $n, 'GBP', '2026-11-20', 'waiting',
    '$who', $then);
INSERT INTO transfer_proofs VALUES ('prf_$who', 'att_$who', 'REF-$who', 'image/jpeg', '$who', $then);
INSERT INTO refund_requests VALUES ('rfq_$who', 'ord_$who', '{}', $n, 0, 0, 'GBP', '$who', 'waiting',
    '$who', NULL, NULL, $then);
INSERT INTO refund_requests VALUES ('rfq_${who}_2', 'ord_$who', '{}', $n, 0, $n, 'GBP', '$who', 'counted',
    '$who', 'a', $then, $then);
INSERT INTO refund_lines VALUES ('rfq_$who', 'ord_$who', 1, 1, false, $n, 0, 0, $n, $then);
INSERT INTO refunds VALUES ('rfd_$who', 'pay_$who', 'att_$who', 'ord_$who', 'stripe', 're_$who',
    'requested', true, $n * 100, 'GBP', 'asked for', '$who', $then, $then, 'rfq_${who}_2');
INSERT INTO refunds_by_hand VALUES ('rfh_$who', 'rfd_$who', 'OUT-$who', 'waiting', '$who', NULL, NULL, $then);
INSERT INTO disputes VALUES ('dsp_$who', 'pay_$who', 'att_$who', 'ord_$who', 'stripe', 'dp_$who', 'opened',
    $n, 'GBP', NULL, $then);
INSERT INTO returns VALUES ('ret_$who', 'ord_$who', 'requested', '$who', 'rfq_$who', $then);
INSERT INTO return_lines VALUES ('ret_$who', 'ord_$who', 1, 1, 'other');
INSERT INTO return_events VALUES ('ret_$who', DEFAULT, 'requested', 'new', 'requested', '$who', '$who',
    $then);
INSERT INTO return_photos VALUES ('pho_$who', 'ret_$who', '$who', $then);
INSERT INTO settlement_lines VALUES ('stripe', 'txn_$who', 'payment', 'pi_$who', $n, 3, 'GBP', NULL,
    'att_$who', NULL, '$who', '$who', $then);
INSERT INTO shipments VALUES ('shp_$who', 'ord_$who', 'packed', '$who', '$who', NULL, $then, 'vnd_$who');
INSERT INTO shipments VALUES ('shp_${who}_2', 'ord_$who', 'shipped', '$who', '$who', NULL, $then, 'vnd_$who');
INSERT INTO shipment_lines VALUES ('shp_${who}_2', 'ord_$who', 1, 1);
INSERT INTO shipment_lines VALUES ('shp_$who', 'ord_$who', 1, 1);
INSERT INTO shipment_events (shipment_id, event, from_state, to_state, actor, at)
    VALUES ('shp_$who', 'packed', 'new', 'packed', '$who', $then);
INSERT INTO movements (sku, location_id, kind, quantity, subject, actor, at)
    VALUES ('MUG', 'main', 'shipped', -$n, 'shp_$who', '$who', $then);
INSERT INTO invoices VALUES ('inv_$who', $n, 'ord_$who', '{"of": "$who"}', '$who', $then);
""")


# What parameters name, by their names: $me is who asks, $who whose things they ask for.
THINGS: dict[str, str] = {
    "attempt_id": "att_$who", "attempt_ids": "att_$who", "buyer": "usr_$me", "buyers": "usr_$me",
    "cart_id": "crt_$who",
    "cart_ids": "crt_$who", "charges": "ch_$who", "checkout_id": "chk_$who", "checkout_ids": "chk_$who",
    "code_hash": "$who", "customer_id": "usr_$me", "customers": "usr_$me", "email": "$who@example.com",
    "emails": "$who@example.com", "gone_from": "crt_$who", "hold_id": "hld_$who", "hold_ids": "hld_$who",
    "key_hash": "$who", "merged_into": "crt_$who", "new_ids": "hld_$who", "order_id": "ord_$who",
    "order_ids": "ord_$who", "pay_ids": "pay_$who", "payment_id": "pay_$who", "payment_ids": "pay_$who",
    "payment_ref": "pi_$who", "principal": "usr_$me", "principals": "usr_$me", "provider_ref": "dp_$who",
    "put_into": "crt_$who", "refs": "pi_$who", "refund_id": "rfd_$who", "refund_ids": "rfd_$who",
    "request_id": "rfq_$who", "request_ids": "rfq_$who", "return_id": "ret_$who", "return_ids": "ret_$who",
    "shipment_id": "shp_$who", "shipment_ids": "shp_$who", "token_hash": "$who", "user_id": "usr_$me",
    "users": "usr_$me", "vendor_id": "vnd_$me",
}  # fmt: skip

# What ``id`` and ``ids`` are in a twin, or in one of its statements; None where no customer has such a thing.
IDS: dict[str, str | None] = {
    "accounts.keys": "key", "accounts.letters": "let", "accounts.login.lockout": "lck",
    "accounts.login.totp": "usr", "accounts.people": "usr", "accounts.profile.keep_addresses": "adr",
    "accounts.profile.register": "usr", "accounts.sessions": "ses", "attention.matters": None,
    "cart.keep_cart": "crt", "catalog.edit": None, "catalog.reviews": "rev", "checkout.hold_early": "chk",
    "checkout.keep_checkout": "chk", "checkout.keep_checkout:lock_customer": "usr",
    "checkout.merge_carts": "usr", "checkout.take_over": "chk",
    "checkout.take_over:merged_into": "crt",
    "fulfilment.issue_invoice": "inv", "fulfilment.keep_shipments": "shp", "order.move_order": "ord",
    "order.own_orders:cart": "crt", "order.own_orders:checkout": "chk", "order.own_orders:order": "ord",
    "payment.attempts": "att", "payment.by_hand.proofs": "prf", "payment.by_hand.transfers": "trf",
    "payment.reconcile.match": "att", "refund.ask_refund": "rfd", "refund.by_hand": "rfh",
    "refund.by_hand:is_agreed": "rfd", "refund.disputes": "dsp", "refund.give_back": "rfq",
    "refund.issue_refund": "rfd", "refund.photos": "pho", "refund.returns": "ret", "retention.archive": "ord",
    "retention.person.erase": "ers", "retention.person.traces": "ers",
    "stock.alerts": "alr",
    "stock.locations": None, "stock.upkeep.stock_take": None, "stock.upkeep.transfers": None,
    "vendor.keep_vendors": "vnd", "vendor.payouts": "vpo", "vendor.payouts:lock": "vnd", "work": None,
}  # fmt: skip

# What else parameters are, where any value of their type would not do.
USUAL: dict[str, Any] = {
    "before": "~", "code": "SPRING", "codes": "SPRING", "coupons": "SPRING", "currencies": "GBP",
    "currency": "GBP", "key": "a-key-of-16-chars",
    "keys": "a-key-of-16-chars", "kind": "change_email", "location_ids": "main", "method": None, "most": 50,
    "moved_locations": "main", "moved_skus": "MUG", "of_cart_max": 50, "old": "$$argon2id$$$me",
    "open_max": 50,
    "password_hash": "$$argon2id$$$me", "product_id": "prd_1", "provider": "stripe", "providers": "stripe",
    "route": "POST /orders", "routes": "POST /orders", "rows_max": 50, "sessions_max": 0,
    "since": None, "sku": "MUG", "skus": "MUG", "slug": "mug", "status": None, "until": None,
    "used_by_staff_since": NOW - timedelta(days=1), "used_since": NOW - timedelta(days=1),
}  # fmt: skip

# Who asks has been found with these; they are no things that anybody asks for.
_OWN = {"order_ids": "ord_$me", "emails": "$me@example.com"}

# What they are in one statement, so that it finds a row.
FITTING: dict[str, dict[str, Any]] = {
    "accounts.letters:ask": {"id": "let_new"},
    "accounts.login.lockout:count": {"ids": "lck_new", "scopes": "account", "subjects": "usr_new"},
    "accounts.login.totp:replace": {"old": "$who"},
    "accounts.people:create": {"id": "usr_new", "role": "staff", "permissions": "orders", "usual": "orders"},
    "accounts.people:grant": {"role": "staff", "permissions": "orders", "usual": "orders"},
    "accounts.people:join_vendor": {"id": "usr_new", "email": "new@example.com"},
    "accounts.people:leave_vendor": {"user_id": "usr_${who}_2"},
    "accounts.people:set_permissions": {"permissions": "orders"},
    "accounts.profile.change_email:move": {"email": "new@example.com"},
    "accounts.profile.change_password:change": {"new": "$$argon2id$$new"},
    "accounts.profile.keep_addresses:add": {
        "id": "adr_new", "default_shipping": False, "default_billing": False,
    },
    "accounts.profile.keep_addresses:step_back": {"id": "adr_new"},
    "accounts.profile.register:bear": {"id": "usr_new", "email": "new@example.com"},
    "cart.keep_cart:belong": {"cart_ids": "crt_guest"},
    "cart.keep_cart:close": {"id": "crt_${who}_3"},
    "catalog.reviews:decide": {"state": "rejected"},
    "catalog.reviews:rewrite": {"stars_before": 5},
    "checkout.hold_early:owner": {"hold_id": "hld_${who}_2"},
    "checkout.keep_checkout:create": {"id": "chk_new"},
    "checkout.purchase_limits:also_bought_by": {"cart_ids": "crt_${who}_3"},
    "checkout.purchase_limits:counted_unpaid": {"cart_ids": "crt_${who}_3"},
    "fulfilment.issue_invoice:without": {"order_ids": "ord_${who}_2"},
    "fulfilment.keep_shipments:move": {"from_states": "packed", "to_states": "shipped", "event": "shipped"},
    "fulfilment.keep_shipments:relabel": {"tracking_url": None},
    "idempotency:erase": {"traces": "$me", "since": NOW - timedelta(days=1), "until": NOW},
    "idempotency:claim": {"keys": "a-third-key-of-it"},
    "idempotency:forget": {"keys": "another-key-of-it"},
    "idempotency:keep": {"keys": "another-key-of-it"},
    "idempotency:take_lease": {"key": "another-key-of-it"},
    "order.list_orders:of_email": {"state": None},
    "order.list_orders:of_vendor": {"state": None, "email": None, "reference": None},
    "order.own_orders:claim_unpaid": {"cart_ids": "crt_${who}_3"},
    "order.move_order:move": {
        "from_states": "pending_payment", "events": "paid", "to_states": "paid", "statuses": "paid",
    },
    "order.move_order:show_returns": {"goods_back": "returned"},
    "payment.attempts:save": {"states": "pending", "pay_states": "pending"},
    "payment.by_hand.transfers:decide": {"state": "refused"},
    "payment.reconcile.match:keep": {"kinds": "payment"},
    "pricing.keep_coupons:also_used_by": {"cart_ids": "crt_${who}_3"},
    "pricing.keep_coupons:count": {
        "used_codes": "SPRING", "used_in": "ord_${who}_2", "used_kinds": "percent", "taken_codes": "SPRING",
        "taken_in": "ord_${who}_2",
    },
    "pricing.keep_coupons:used_up": {"codes": "GONE"},
    "refund.by_hand:decide": {"state": "refused"},
    "refund.disputes:move": {"event": "answered", "from_state": "opened", "state": "under_review"},
    "refund.give_back:decide": {"state": "refused"},
    "refund.issue_refund:save": {"state": "succeeded"},
    "refund.returns:move": {"event": "approved", "from_state": "requested", "state": "approved"},
    "refund.returns:receive": {"written_off": 0},
    "retention.archive:at_rest": {"ids": "ord_${who}_2", "before": NOW},
    "retention.person.erase:checkouts": _OWN,
    "retention.person.erase:forget_hold_buyers": {"checkout_ids": "chk_${who}_2"},
    "retention.person.erase:forget_letters": _OWN,
    "retention.person.erase:traces": _OWN,
    "retention.person.tell:checkouts": _OWN,
    "retention.person.tell:letters": _OWN,
    "retention.person.who:orders": _OWN,
    "stock.holds:write": {"states": "active"},
    "vendor.ledger:page": {"before": 1_000_000},
    "vendor.payouts:make": {"id": "vpo_new"},
}  # fmt: skip

# Statements that find nothing in this world, and why.
QUIET = {
    "accounts.login.totp:confirm": "the second factor is on already",
    "accounts.login.totp:enrol": "the second factor is on already",
    "retention.person.erase:delete_customer": "nobody who works there is deleted",
    "retention.person.erase:forget_attempts": "nobody has anything left to do for a payment",
    "retention.person.erase:forget_matters": "nobody has to look at anything",
}


def of(who: str, number: int) -> str:
    """What somebody has, as SQL."""
    moments = {"then": "'2026-11-20T11:00Z'", "later": "'2026-11-21T12:00Z'"}
    return OF_ONE.substitute(who=who, n=number, **moments)


def value_of(query: str, parameter: str, usual: object) -> Any:
    """What a parameter of a statement is, with $me and $who in it where it names somebody's things."""
    if parameter in FITTING.get(query, {}):
        return FITTING[query][parameter]
    if parameter in ("id", "ids"):
        prefix = IDS.get(query) or IDS.get(query.partition(":")[0])
        return f"{prefix}_$who" if prefix else usual
    return THINGS.get(parameter, USUAL.get(parameter, usual))
