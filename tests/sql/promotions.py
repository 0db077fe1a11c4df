"""Coupons and purchase limits in a database with one row in every table, and what is refused of them."""

from typing import Any

PROMOTIONS = """
INSERT INTO purchases VALUES ('MUG', 'usr_1', 'ord_1', 1, now());
INSERT INTO hold_buyers VALUES ('hld_1', 'usr_1', now());
INSERT INTO purchase_limits VALUES ('MUG', 2, 24);
INSERT INTO coupons
    VALUES ('SPRING', 'percent', 'GBP', 1000, NULL, 0, NULL, NULL, 5, 1, false, true, 1, now());
INSERT INTO coupon_uses VALUES ('SPRING', 'ord_1', 'percent', 0, 'counted', now());
INSERT INTO coupon_buyers VALUES ('SPRING', 'usr_1', 'ord_1');
"""

PROMOTIONS_REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("coupon_buyers", "coupon_buyer_has_an_end", {"buyer": "x" * 81}),
    ("coupon_buyers", "coupon_was_used", {"order_id": "ord_2"}),
    ("coupon_buyers", "one_row_per_coupon_buyer_and_order", {}),
    ("coupon_uses", "coupon_discount_is_not_negative", {"discount_minor": -1}),
    ("coupon_uses", "coupon_use_is_known", {"state": "lost"}),
    ("coupon_uses", "one_use_per_coupon_and_order", {"discount_minor": 1}),
    ("coupon_uses", "used_kind_is_known", {"kind": "gift"}),
    ("coupons", "amount_is_possible", {"kind": "amount", "percent_bp": None, "amount_minor": 0}),
    ("coupons", "coupon_code_is_plain", {"code": "spring"}),
    ("coupons", "coupon_ends_after_it_starts", {"starts_at": "2026-11-20Z", "ends_at": "2026-11-20Z"}),
    ("coupons", "coupon_is_not_used_up", {"uses": 6}),
    ("coupons", "coupon_kind_is_known", {"kind": "gift", "percent_bp": None}),
    ("coupons", "coupon_takes_one_thing_off", {"amount_minor": 5}),
    ("coupons", "coupon_uses_are_not_negative", {"uses": -1}),
    ("coupons", "currency_is_a_code", {"currency": "gbp"}),
    ("coupons", "percent_is_possible", {"percent_bp": 10_001}),
    ("coupons", "subtotal_min_is_possible", {"subtotal_min_minor": -1}),
    ("coupons", "uses_max_is_possible", {"uses": 0, "uses_max": 0}),
    ("coupons", "uses_per_buyer_max_is_possible", {"uses_per_buyer_max": 0}),
    ("carts", "cart_has_few_coupons", {"coupons": "{A,B,C,D,E,F,G,H,I,J,K}"}),
    ("hold_buyers", "buyer_has_an_end", {"buyer": "x" * 81}),
    ("hold_buyers", "one_row_per_hold_and_buyer", {}),
    ("purchase_limits", "purchase_limit_is_possible", {"units_max": 0}),
    ("purchase_limits", "purchase_period_is_possible", {"hours": 0}),
    ("purchases", "buyer_has_an_end", {"buyer": "x" * 81}),
    ("purchases", "one_purchase_per_order_and_buyer", {"quantity": 2}),
    ("purchases", "quantity_is_possible", {"quantity": 0}),
]
