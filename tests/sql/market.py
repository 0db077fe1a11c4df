"""What vendors add to the world: a row in each of their tables, and what the database refuses of them."""

from typing import Any

MARKET = """
INSERT INTO vendors VALUES ('vnd_1', 'potter', 'The Potter', 1000, true, now());
INSERT INTO vendor_ledger VALUES (DEFAULT, 'vnd_1', 'ord_1', 1, 'sale', 1000, 'GBP', '', 'shop', now());
INSERT INTO vendor_payouts VALUES ('vpo_1', 'vnd_1', 1000, 'GBP', 'usr_1', now(), 'OUT-1', 'usr_1', now());
INSERT INTO vendor_payout_entries SELECT id, 'vpo_1', now() FROM vendor_ledger;
"""

MARKET_REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("order_lines", "commission_is_part_of_the_line", {"vendor_id": "vnd_1", "commission_minor": 1_168}),
    ("order_lines", "only_vendors_pay_commission", {"commission_bp": 1}),
    ("users", "only_vendors_belong_to_one", {"vendor_id": "vnd_1"}),
    ("vendor_ledger", "actor_has_an_end", {"id": 2, "actor": "x" * 201}),
    ("vendor_ledger", "money_has_a_currency", {"id": 2, "currency": "POUND"}),
    ("vendor_ledger", "only_adjustments_are_of_no_line", {"id": 2, "kind": "adjustment"}),
    ("vendor_ledger", "only_adjustments_are_of_no_line", {"id": 2, "order_id": None, "position": None}),
    ("vendor_ledger", "reason_has_an_end", {"id": 2, "reason": "x" * 201}),
    ("vendor_ledger", "vendor_entry_has_its_sign", {"id": 2, "amount_minor": -1}),
    ("vendor_ledger", "vendor_entry_has_its_sign", {"id": 2, "kind": "commission"}),
    ("vendor_ledger", "vendor_entry_is_known", {"id": 2, "kind": "gift"}),
    ("vendor_payouts", "actor_has_an_end", {"id": "vpo_2", "made_by": "x" * 201}),
    ("vendor_payouts", "bank_reference_has_an_end", {"id": "vpo_2", "bank_reference": ""}),
    ("vendor_payouts", "money_has_a_currency", {"id": "vpo_2", "currency": "POUND"}),
    ("vendor_payouts", "payout_is_paid_whole", {"id": "vpo_2", "bank_reference": None}),
    ("vendor_payouts", "payout_is_positive", {"id": "vpo_2", "amount_minor": 0}),
    ("vendors", "commission_is_possible", {"id": "vnd_2", "slug": "b", "commission_bp": 10_001}),
    ("vendors", "name_has_an_end", {"id": "vnd_2", "slug": "b", "name": ""}),
    ("vendors", "one_vendor_per_slug", {"id": "vnd_2"}),
    ("vendors", "slug_is_plain", {"id": "vnd_2", "slug": "The Potter"}),
]
