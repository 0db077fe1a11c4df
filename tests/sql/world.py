"""A database with one row in every table, and one refusal for every constraint."""

from typing import Any

from tests.sql.market import MARKET, MARKET_REFUSED
from tests.sql.promotions import PROMOTIONS, PROMOTIONS_REFUSED

HISTORY = (
    "audit", "audit_seals", "dispute_events", "invoices", "ledger", "movements", "order_cancellations",
    "order_events", "refund_lines", "return_events", "settlement_lines", "shipment_events", "shop_settings",
    "stock_count_lines", "stock_counts", "stock_transfer_legs", "vendor_ledger", "vendor_payout_entries",
)  # fmt: skip

# One row in every table, each fitting the others.
WORLD = """
INSERT INTO shop_settings (document, actor, at) VALUES ('{}', 'test', now());
INSERT INTO idempotency_keys (principal, route, key, body_hash, lease_until, created_at)
    VALUES ('guest', 'POST /orders', 'a-key-of-16-chars', '\\x00', now(), now());
INSERT INTO audit (at, actor, action, subject) VALUES (now(), 'test', 'looked', 'ord_1');
INSERT INTO audit_seals SELECT 1, id, sha256('one'), now() FROM audit;
DELETE FROM audit_unsealed;
INSERT INTO users VALUES ('usr_1', 'Staff@example.com', 'staff', now());
INSERT INTO api_keys VALUES ('key_1', 'usr_1', '\\x01', 'till', now());
INSERT INTO sessions VALUES ('ses_1', 'usr_1', '\\x01', 'Browser', '203.0.113.1', now(), now(), NULL, now());
INSERT INTO login_places VALUES ('usr_1', '203.0.113.1', now());
INSERT INTO login_failures VALUES ('lck_1', 'place', '203.0.113.1', NULL, 1, now(), now());
INSERT INTO account_letters VALUES ('let_1', 'register', 'ada@example.com', NULL, '\\x01', now(), now());
INSERT INTO letters VALUES ('account_letter', 'let_1', 'sent', 1, now(), now(), now());
INSERT INTO attention VALUES ('att_1', 'late_money', 'ord_1', '{}', now());
INSERT INTO categories VALUES ('cat_1', 'cups', 'Cups');
INSERT INTO products (id, slug, name, created_at) VALUES ('prd_1', 'mug', 'Mug', now());
INSERT INTO variants VALUES ('MUG', 'prd_1', 'Mug', 1000, 'GBP', true);
INSERT INTO stock (sku, location_id, on_hand, held, committed) VALUES ('MUG', 'main', 5, 2, 1);
INSERT INTO movements (sku, location_id, kind, quantity, actor, at)
    VALUES ('MUG', 'main', 'received', 5, 'test', now());
INSERT INTO locations (id, name) VALUES ('shop', 'The shop');
INSERT INTO stock_counts VALUES ('cnt_1', 'yearly', 'test', now());
INSERT INTO stock_count_lines
    VALUES ('cnt_1', 'MUG', 'main', '2026-11-20T08:00:00Z', 5, 5, '2026-11-20T09:00:00Z');
INSERT INTO stock_transfers VALUES ('stf_1', 'main', 'shop', 'wanted there', 'test', now());
INSERT INTO stock_transfer_lines VALUES ('stf_1', 'MUG', 3, 1, 1);
INSERT INTO stock_transfer_legs (transfer_id, sku, kind, quantity, reason, actor, at)
    VALUES ('stf_1', 'MUG', 'sent', 3, 'wanted there', 'test', now());
INSERT INTO saved_addresses VALUES ('adr_1', 'usr_1', '{"country": "GB"}', true, true, now());
INSERT INTO wishes VALUES ('usr_1', 'MUG', now());
INSERT INTO reviews
    VALUES ('rev_1', 'prd_1', 'usr_1', 'rejected', 1, 'Ada', 1, 'Broken', '', now(), now(), 'rude');
INSERT INTO stock_levels VALUES ('MUG', 3, NULL);
INSERT INTO stock_alerts VALUES ('alr_1', 'MUG', 'Ada@example.com', now(), NULL);
INSERT INTO carts VALUES ('crt_1', 'GBP', 'open', NULL, now(), now());
INSERT INTO cart_lines VALUES ('crt_1', 'MUG', 1, now());
INSERT INTO checkouts (id, cart_id, expires_at, created_at) VALUES ('chk_1', 'crt_1', now(), now());
INSERT INTO orders VALUES ('ord_1', 1001, 'chk_1', 'crt_1', 'pending_payment', 'pending_payment', 'a@b.c',
    NULL, NULL, 'collect', 'stripe', NULL, 'GBP', 1000, 0, 0, 167, true, 1000, now(), now(), now());
INSERT INTO order_lines VALUES ('ord_1', 1, 'MUG', 'Mug', true, 1, 1000, 1000, 0, 167);
INSERT INTO order_events (order_id, event, from_state, to_state, actor, at)
    VALUES ('ord_1', 'placed', 'new', 'pending_payment', 'test', now());
INSERT INTO holds VALUES ('hld_1', 'ord_1', 'chk_1', now(), now());
INSERT INTO hold_lines VALUES ('hld_1', 'MUG', 'main', 2, 'active', now());
INSERT INTO payments (id, order_id, state, currency, due_minor, captured_minor, refunding_minor, created_at)
    VALUES ('pay_1', 'ord_1', 'pending', 'GBP', 1000, 100, 100, now());
INSERT INTO payment_attempts (id, payment_id, order_id, provider, live, provider_ref, charge_ref, state,
    amount_minor, currency, lease_until, created_at)
    VALUES ('att_1', 'pay_1', 'ord_1', 'stripe', false, 'pi_1', 'ch_1', 'pending', 1000, 'GBP', now(), now());
INSERT INTO transfers (id, provider, bank_reference, attempt_id, received_minor, currency, value_date, state,
    recorded_by, at)
    VALUES ('trf_1', 'bank_transfer', 'REF-1', 'att_1', 100, 'GBP', current_date, 'waiting', 'usr_1', now());
INSERT INTO transfer_proofs VALUES ('prf_1', 'att_1', 'REF-1', NULL, NULL, now());
INSERT INTO ledger (payment_id, attempt_id, kind, amount_minor, source, at)
    VALUES ('pay_1', 'att_1', 'captured', 100, 'reply', now());
INSERT INTO refunds VALUES ('rfd_1', 'pay_1', 'att_1', 'ord_1', 'stripe', 're_1', 'requested', true, 100,
    'GBP', 'asked for', 'test', now(), now());
INSERT INTO order_cancellations VALUES (DEFAULT, 'ord_1', 1, 1, 1000, 'asked for', 'test', now());
INSERT INTO refund_requests VALUES ('rfq_1', 'ord_1', '{}', 100, 17, 0, 'GBP', 'broken', 'waiting', 'usr_1',
    NULL, NULL, now());
INSERT INTO refund_lines VALUES ('rfq_1', 'ord_1', 1, 1, false, 1000, 0, 167, 1000, now());
INSERT INTO refunds_by_hand VALUES ('rfh_1', 'rfd_1', 'OUT-1', 'waiting', 'usr_1', NULL, NULL, now());
INSERT INTO disputes VALUES ('dsp_1', 'pay_1', 'att_1', 'ord_1', 'stripe', 'dp_1', 'opened', 100, 'GBP', NULL,
    now());
INSERT INTO dispute_events VALUES ('dsp_1', DEFAULT, 'opened', 'new', 'opened', 'test', now());
INSERT INTO returns VALUES ('ret_1', 'ord_1', 'requested', 'too small', NULL, now());
INSERT INTO return_lines VALUES ('ret_1', 'ord_1', 1, 1, 'other');
INSERT INTO return_events VALUES ('ret_1', DEFAULT, 'requested', 'new', 'requested', 'test', '', now());
INSERT INTO return_photos VALUES ('pho_1', 'ret_1', '\\x00', now());
INSERT INTO settlement_lines VALUES ('stripe', 'txn_1', 'payment', 'pi_1', 100, 3, 'GBP', NULL, 'att_1', NULL,
    'f.csv', 'test', now());
INSERT INTO shipments (id, order_id, state, tracking_url, created_at)
    VALUES ('shp_1', 'ord_1', 'packed', 'https://post.example/1', now());
INSERT INTO shipment_lines VALUES ('shp_1', 'ord_1', 1, 1);
INSERT INTO shipment_events (shipment_id, event, from_state, to_state, actor, at)
    VALUES ('shp_1', 'packed', 'new', 'packed', 'test', now());
INSERT INTO invoices VALUES ('inv_1', 1, 'ord_1', '{}', 'test', now());
INSERT INTO erasures VALUES ('ers_1', 'usr_1', 'usr_1', now(), '{ada@example.com}', NULL);
INSERT INTO provider_events VALUES ('stripe', 'evt_1', 'applied', 'payment_intent.succeeded', 1, NULL, now());
"""
WORLD += MARKET + PROMOTIONS

DECIDED = {"decided_by": "usr_2", "decided_at": "2026-11-20T00:00:00Z"}
ANOTHER_ORDER = {"id": "ord_2", "number": 1_002, "checkout_id": None}
AT_ANOTHER = {"id": "att_2", "provider_ref": "pi_2", "charge_ref": "ch_2"}

# (table, constraint, what a copy of the row in WORLD would have to be)
REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("account_letters", "email_has_an_end", {"email": "ab"}),
    ("account_letters", "letter_kind_is_known", {"kind": "spam"}),
    ("account_letters", "one_letter_per_secret", {"id": "let_2"}),
    (
        "account_letters",
        "only_a_secret_is_used",
        {"token_hash": None, "expires_at": None, "used_at": "2026-11-20Z"},
    ),
    ("account_letters", "secret_has_an_end", {"expires_at": None}),
    ("api_keys", "prefix_has_an_end", {"prefix": "x" * 13}),
    ("api_keys", "scopes_are_known", {"scopes": "{}"}),
    ("api_keys", "scopes_are_known", {"scopes": "{kingdom}"}),
    ("api_keys", "label_has_an_end", {"label": "x" * 101}),
    ("api_keys", "one_hash_per_key", {"id": "key_2"}),
    ("attention", "attention_is_resolved_whole", {"resolved_by": "somebody"}),
    ("attention", "kind_has_an_end", {"kind": "x" * 61}),
    ("attention", "one_open_matter_per_subject", {"id": "att_2"}),
    ("audit", "action_has_an_end", {"action": "x" * 101}),
    ("audit", "actor_has_an_end", {"actor": "x" * 201}),
    ("audit", "subject_has_an_end", {"subject": "x" * 201}),
    ("audit_seals", "deed_is_sealed_once", {"position": 2}),
    ("audit_seals", "seal_is_sha256", {"position": 2, "hash": "\\x00"}),
    ("cart_lines", "quantity_is_possible", {"quantity": 0}),
    ("cart_lines", "quantity_is_possible", {"quantity": 1_000_001}),
    ("carts", "cart_state_is_known", {"state": "lost"}),
    ("carts", "money_has_a_currency", {"currency": "gbp"}),
    ("categories", "name_has_an_end", {"name": ""}),
    ("categories", "name_has_an_end", {"name": "x" * 201}),
    ("categories", "one_category_per_slug", {"id": "cat_2"}),
    ("categories", "slug_is_plain", {"slug": "Cups"}),
    ("categories", "slug_is_plain", {"slug": "cups\n"}),
    ("categories", "slug_is_plain", {"slug": "x" * 121}),
    ("checkouts", "checkout_state_is_known", {"state": "lost"}),
    ("checkouts", "email_has_an_end", {"email": "x" * 255}),
    ("dispute_events", "actor_has_an_end", {"position": 2, "actor": "x" * 201}),
    ("dispute_events", "dispute_move_is_in_the_table", {"position": 2, "to_state": "won"}),
    ("disputes", "amount_is_positive", {"id": "dsp_2", "provider_ref": "dp_2", "amount_minor": 0}),
    ("disputes", "money_has_a_currency", {"id": "dsp_2", "provider_ref": "dp_2", "currency": "POUND"}),
    ("disputes", "one_dispute_per_provider_ref", {"id": "dsp_2"}),
    ("erasures", "actor_has_an_end", {"id": "ers_2", "actor": "x" * 201}),
    ("erasures", "traces_are_forgotten_at_the_end", {"id": "ers_2", "finished_at": "2026-11-20T00:00:00Z"}),
    ("hold_lines", "hold_line_holds_something", {"quantity": 0}),
    ("hold_lines", "hold_line_state_is_known", {"state": "lost"}),
    ("holds", "hold_belongs_to_somebody", {"id": "hld_2", "order_id": None, "checkout_id": None}),
    ("holds", "hold_of_a_checkout", {"id": "hld_2", "order_id": None, "checkout_id": "chk_9"}),
    ("holds", "hold_of_an_order", {"id": "hld_2", "order_id": "ord_9", "checkout_id": None}),
    ("holds", "one_hold_per_checkout", {"id": "hld_2", "order_id": None}),
    ("holds", "one_hold_per_order", {"id": "hld_2", "checkout_id": None}),
    ("idempotency_keys", "idempotency_key_has_an_end", {"key": "x" * 15}),
    ("idempotency_keys", "idempotency_key_has_an_end", {"key": "x" * 256}),
    ("invoice_counter", "counter_counts_up", {"last_number": -1}),
    ("invoice_counter", "there_is_one_counter", {"single": False}),
    ("invoices", "actor_has_an_end", {"actor": "x" * 201}),
    ("invoices", "invoice_number_is_positive", {"number": 0}),
    ("invoices", "one_invoice_per_number", {"id": "inv_2"}),
    ("invoices", "one_invoice_per_order", {"id": "inv_2", "number": 2}),
    ("ledger", "entry_is_known", {"kind": "lost"}),
    ("ledger", "entry_is_positive", {"amount_minor": 0}),
    ("ledger", "source_has_an_end", {"source": "x" * 101}),
    ("locations", "location_is_plain", {"id": "Main Street"}),
    ("locations", "name_has_an_end", {"name": ""}),
    ("locations", "priority_is_possible", {"priority": -1}),
    ("locations", "priority_is_possible", {"priority": 1_000_001}),
    ("letters", "kind_has_an_end", {"kind": "x" * 61}),
    ("letters", "letter_state_is_known", {"state": "lost", "sent_at": None}),
    ("letters", "sent_has_a_moment", {"sent_at": None}),
    ("letters", "subject_has_an_end", {"subject": "x" * 201}),
    ("login_failures", "failures_are_counted", {"failures": -1}),
    ("login_failures", "one_lockout_per_id", {"subject": "203.0.113.2"}),
    ("login_failures", "scope_is_known", {"scope": "planet"}),
    ("login_failures", "subject_has_an_end", {"subject": "x" * 65}),
    ("login_places", "place_has_an_end", {"place": "x" * 65}),
    ("movements", "actor_has_an_end", {"actor": "x" * 201}),
    ("movements", "movement_is_known", {"kind": "lost"}),
    ("movements", "movement_moves_something", {"quantity": 0}),
    ("movements", "reason_has_an_end", {"reason": "x" * 201}),
    ("order_cancellations", "actor_has_an_end", {"id": 2, "actor": "x" * 201}),
    ("order_cancellations", "cancels_something", {"id": 2, "quantity": 0}),
    ("order_cancellations", "reason_has_an_end", {"id": 2, "reason": "x" * 201}),
    ("order_cancellations", "worth_is_not_negative", {"id": 2, "worth_minor": -1}),
    ("order_events", "actor_has_an_end", {"actor": "x" * 201}),
    ("order_events", "move_is_in_the_table", {"position": 2, "to_state": "paid"}),
    ("order_events", "note_has_an_end", {"note": "x" * 1_001}),
    ("order_events", "reason_has_an_end", {"reason": "x" * 201}),
    ("order_lines", "units_are_cancelled_once", {"position": 2, "cancelled": -1}),
    ("order_lines", "units_are_cancelled_once", {"position": 2, "cancelled": 1, "owed": 1}),
    ("order_lines", "line_total_adds_up", {"quantity": 2}),
    ("order_lines", "owed_is_part_of_the_line", {"owed": 2}),
    ("order_lines", "owed_is_part_of_the_line", {"owed": -1}),
    ("order_lines", "packed_is_part_of_the_line", {"packed": 2}),
    ("order_lines", "packed_is_part_of_the_line", {"packed": -1}),
    ("order_lines", "packed_is_part_of_the_line", {"packed": 1, "owed": 1}),
    ("order_lines", "price_is_not_negative", {"unit_price_minor": -1, "total_minor": -1}),
    ("order_lines", "quantity_is_possible", {"quantity": 0, "total_minor": 0}),
    ("order_lines", "shipped_is_part_of_packed", {"shipped": 1}),
    ("order_lines", "shipped_is_part_of_packed", {"packed": 1, "shipped": -1}),
    ("order_lines", "units_come_back_once", {"position": 2, "returned": 2}),
    ("order_lines", "units_come_back_once", {"position": 2, "returned": -1}),
    ("order_lines", "units_give_their_money_back_once", {"position": 2, "cancelled": 1, "refunded": 1}),
    ("order_lines", "units_give_their_money_back_once", {"position": 2, "refunded": -1}),
    ("order_lines", "units_packed_are_not_cancelled", {"position": 2, "packed": 1, "cancelled": 1}),
    ("orders", "customer_is_there", ANOTHER_ORDER | {"cart_id": None, "customer_id": "usr_9"}),
    ("orders", "email_has_an_end", {"email": "x" * 255}),
    ("orders", "money_has_a_currency", {"currency": "GB"}),
    ("orders", "one_order_per_checkout", {"id": "ord_2", "number": 1_002, "cart_id": None}),
    ("orders", "one_order_per_number", {"id": "ord_2", "checkout_id": None, "cart_id": None}),
    ("orders", "one_unpaid_order_per_cart", ANOTHER_ORDER | {"state": "expired"}),
    ("orders", "order_sums_are_not_negative", {"discount_minor": -1, "total_minor": 1_001}),
    ("orders", "order_total_adds_up", {"total_minor": 1_001}),
    ("orders", "order_total_adds_up", {"tax_inclusive": False}),
    ("orders", "reference_has_an_end", {"reference": "x" * 65}),
    ("orders", "what_is_out_is_not_cancelled", {"goods_out": True, "state": "cancelled"}),
    ("orders", "goods_back_is_known", ANOTHER_ORDER | {"goods_back": "lost"}),
    ("payment_attempts", "amount_is_positive", {"amount_minor": 0}),
    ("payment_attempts", "attempt_state_is_known", {"state": "lost"}),
    ("payment_attempts", "captured_is_not_negative", {"captured_minor": -1}),
    ("payment_attempts", "failure_has_an_end", {"failure": "x" * 201}),
    ("payment_attempts", "money_has_a_currency", {"currency": "£"}),
    ("payment_attempts", "one_attempt_in_flight_per_payment", AT_ANOTHER),
    ("payment_attempts", "one_attempt_per_charge", AT_ANOTHER | {"charge_ref": "ch_1", "superseded": True}),
    (
        "payment_attempts",
        "one_attempt_per_provider_ref",
        AT_ANOTHER | {"provider_ref": "pi_1", "superseded": True},
    ),
    ("payments", "captured_is_not_negative", {"captured_minor": -1, "refunding_minor": -1}),
    ("payments", "disputed_is_not_negative", {"disputed_minor": -1}),
    ("payments", "due_is_not_negative", {"due_minor": -1}),
    ("payments", "lost_is_not_negative", {"lost_minor": -1}),
    ("payments", "money_has_a_currency", {"currency": ""}),
    ("payments", "one_payment_per_order", {"id": "pay_2"}),
    ("payments", "payment_state_is_known", {"state": "lost"}),
    ("payments", "refund_never_exceeds_capture", {"refunding_minor": 101}),
    ("payments", "refunded_is_not_negative", {"refunded_minor": -1}),
    ("payments", "refunding_is_not_negative", {"refunding_minor": -1}),
    ("products", "description_has_an_end", {"description": "x" * 5_001}),
    ("products", "name_has_an_end", {"name": ""}),
    ("products", "one_product_per_slug", {"id": "prd_2"}),
    ("products", "slug_is_plain", {"slug": "-mug"}),
    ("products", "stars_fit_their_count", {"id": "prd_2", "slug": "jug", "review_count": 2, "stars_sum": 1}),
    ("products", "stars_fit_their_count", {"id": "prd_2", "slug": "jug", "review_count": 2, "stars_sum": 11}),
    (
        "products",
        "stars_fit_their_count",
        {"id": "prd_2", "slug": "jug", "review_count": -1, "stars_sum": -3},
    ),
    ("provider_events", "error_has_an_end", {"error": "x" * 1_001}),
    ("provider_events", "event_is_applied_once", {}),
    ("provider_events", "event_key_has_an_end", {"event_key": "x" * 256}),
    ("provider_events", "event_state_is_known", {"state": "lost"}),
    ("provider_events", "kind_has_an_end", {"kind": "x" * 101}),
    ("refund_lines", "line_sums_are_not_negative", {"position": 2, "worth_minor": -1}),
    ("refund_lines", "refunds_something", {"position": 2, "quantity": 0}),
    ("refund_requests", "actor_has_an_end", {"recorded_by": "x" * 201}),
    ("refund_requests", "amount_is_not_negative", {"amount_minor": -1, "tax_minor": 0}),
    ("refund_requests", "money_has_a_currency", {"currency": "POUND"}),
    ("refund_requests", "reason_has_an_end", {"reason": "x" * 201}),
    ("refund_requests", "request_is_decided_whole", {"state": "refused", "decided_by": "usr_2"}),
    ("refund_requests", "request_state_is_known", {"state": "lost"}),
    ("refund_requests", "shipping_is_not_negative", {"shipping_minor": -1}),
    ("refund_requests", "tax_is_part_of_the_amount", {"tax_minor": 101}),
    ("refund_requests", "two_people_agree", {"state": "counted"} | DECIDED | {"decided_by": "usr_1"}),
    ("refund_requests", "waiting_is_undecided", DECIDED),
    ("refunds", "actor_has_an_end", {"actor": "x" * 201}),
    ("refunds", "amount_is_positive", {"amount_minor": 0}),
    ("refunds", "one_refund_per_provider_ref", {"id": "rfd_2"}),
    ("refunds", "reason_has_an_end", {"reason": "x" * 201}),
    ("refunds", "refund_state_is_known", {"state": "lost"}),
    ("refunds_by_hand", "a_refund_is_sent_once", {"id": "rfh_2"}),
    ("refunds_by_hand", "actor_has_an_end", {"recorded_by": "x" * 201}),
    ("refunds_by_hand", "bank_reference_has_an_end", {"reference": ""}),
    ("refunds_by_hand", "by_hand_is_decided_whole", {"state": "refused", "decided_by": "usr_2"}),
    ("refunds_by_hand", "by_hand_state_is_known", {"state": "lost"}),
    ("refunds_by_hand", "two_people_agree", {"state": "counted"} | DECIDED | {"decided_by": "usr_1"}),
    ("refunds_by_hand", "waiting_is_undecided", DECIDED),
    ("return_events", "actor_has_an_end", {"position": 2, "actor": "x" * 201}),
    ("return_events", "reason_has_an_end", {"position": 2, "reason": "x" * 201}),
    ("return_events", "return_move_is_in_the_table", {"position": 2, "to_state": "refunded"}),
    ("return_lines", "no_more_arrives_than_was_sent", {"position": 2, "restocked": 1, "written_off": 1}),
    ("return_lines", "no_more_arrives_than_was_sent", {"position": 2, "restocked": -1}),
    ("return_lines", "return_reason_is_known", {"position": 2, "reason": "ugly"}),
    ("return_lines", "returns_something", {"position": 2, "quantity": 0}),
    ("return_photos", "file_has_an_end", {"id": "pho_2", "body": "\\x" + "00" * 5_242_881}),
    ("returns", "comment_has_an_end", {"id": "ret_2", "comment": "x" * 1_001}),
    ("settlement_lines", "actor_has_an_end", {"line_key": "2", "imported_by": "x" * 201}),
    ("settlement_lines", "amount_is_not_negative", {"line_key": "2", "amount_minor": -1}),
    ("settlement_lines", "fee_is_not_negative", {"line_key": "2", "fee_minor": -1}),
    ("settlement_lines", "file_has_an_end", {"line_key": "2", "file": "x" * 201}),
    ("settlement_lines", "line_is_kept_once", {}),
    ("settlement_lines", "line_key_has_an_end", {"line_key": ""}),
    ("settlement_lines", "line_kind_is_known", {"line_key": "2", "kind": "gift"}),
    ("settlement_lines", "money_has_a_currency", {"line_key": "2", "currency": "POUND"}),
    ("settlement_lines", "reference_has_an_end", {"line_key": "2", "reference": "x" * 256}),
    ("reviews", "author_has_an_end", {"author": ""}),
    ("reviews", "body_has_an_end", {"body": "x" * 5_001}),
    ("reviews", "one_review_per_customer_and_product", {"id": "rev_2"}),
    ("reviews", "pending_is_undecided", {"state": "pending", "reason": None}),
    ("reviews", "reason_has_an_end", {"reason": ""}),
    ("reviews", "rejected_has_a_reason", {"state": "approved"}),
    ("reviews", "review_state_is_known", {"state": "lost", "reason": None}),
    ("reviews", "stars_are_one_to_five", {"stars": 6}),
    ("reviews", "title_has_an_end", {"title": ""}),
    ("reviews", "versions_count_up", {"version": 0}),
    ("saved_addresses", "address_has_an_end", {"address": {"line1": "x" * 16_385}}),
    ("saved_addresses", "one_default_billing_address", {"id": "adr_2", "default_shipping": False}),
    ("saved_addresses", "one_default_shipping_address", {"id": "adr_2", "default_billing": False}),
    ("sessions", "client_has_an_end", {"client": "x" * 201}),
    ("sessions", "one_hash_per_session", {"id": "ses_2"}),
    ("sessions", "place_has_an_end", {"place": "x" * 65}),
    ("shipment_events", "actor_has_an_end", {"actor": "x" * 201}),
    ("shipment_events", "reason_has_an_end", {"reason": "x" * 201}),
    ("shipment_events", "shipment_move_is_in_the_table", {"position": 2, "to_state": "lost"}),
    ("shipment_lines", "parcel_holds_something", {"quantity": 0}),
    ("shipments", "carrier_has_an_end", {"carrier": "x" * 61}),
    ("shipments", "tracking_number_has_an_end", {"tracking_number": "x" * 101}),
    ("shipments", "tracking_url_is_safe", {"tracking_url": "http://post.example/1"}),
    ("shipments", "tracking_url_is_safe", {"tracking_url": "https://" + "x" * 500}),
    ("shop_settings", "actor_has_an_end", {"actor": "x" * 201}),
    ("stock", "backorder_limit_is_not_negative", {"backorder_limit": -1}),
    ("stock", "never_oversold", {"on_hand": 2}),
    ("stock", "never_oversold", {"held": 5}),
    ("stock", "never_oversold", {"committed": 4}),
    ("stock", "on_hand_is_not_negative", {"on_hand": -1, "held": 0, "committed": 0, "backorder_limit": 9}),
    ("stock", "promised_is_not_negative", {"held": -1}),
    ("stock", "promised_is_not_negative", {"committed": -1}),
    ("stock", "shortfall_is_not_negative", {"shortfall": -1}),
    ("stock_alerts", "email_has_an_end", {"email": "ab"}),
    ("stock_alerts", "one_alert_per_buyer", {"id": "alr_2", "email": "aDA@EXAMPLE.com"}),
    ("stock_count_lines", "counted_is_not_negative", {"counted": -1}),
    ("stock_count_lines", "counted_once_at_a_moment", {"count_id": "cnt_2"}),
    ("stock_count_lines", "entered_after_it_was_counted", {"counted_at": "2026-11-20T09:00:01Z"}),
    ("stock_counts", "actor_has_an_end", {"actor": "x" * 201}),
    ("stock_counts", "reason_has_an_end", {"reason": "x" * 201}),
    ("stock_levels", "low_at_is_not_negative", {"low_at": -1}),
    ("stock_transfer_legs", "actor_has_an_end", {"actor": "x" * 201}),
    ("stock_transfer_legs", "leg_is_known", {"kind": "stolen"}),
    ("stock_transfer_legs", "leg_moves_something", {"quantity": 0}),
    ("stock_transfer_legs", "reason_has_an_end", {"reason": "x" * 201}),
    ("stock_transfer_lines", "lost_is_not_negative", {"lost": -1}),
    ("stock_transfer_lines", "no_more_arrives_than_was_sent", {"received": 3}),
    ("stock_transfer_lines", "no_more_arrives_than_was_sent", {"lost": 3}),
    ("stock_transfer_lines", "received_is_not_negative", {"received": -1}),
    ("stock_transfer_lines", "sent_is_positive", {"sent": 0, "received": 0, "lost": 0}),
    ("stock_transfers", "actor_has_an_end", {"actor": "x" * 201}),
    ("stock_transfers", "reason_has_an_end", {"reason": "x" * 201}),
    ("stock_transfers", "transfer_goes_elsewhere", {"to_location_id": "main"}),
    ("transfer_proofs", "bank_reference_has_an_end", {"id": "prf_2", "bank_reference": ""}),
    ("transfer_proofs", "file_has_a_type", {"id": "prf_2", "media_type": "image/jpeg"}),
    (
        "transfer_proofs",
        "file_has_an_end",
        {"id": "prf_2", "media_type": "image/jpeg", "body": "\\x" + "00" * 5_242_881},
    ),
    (
        "transfer_proofs",
        "media_type_is_known",
        {"id": "prf_2", "media_type": "image/svg+xml", "body": "\\x00"},
    ),
    ("transfer_proofs", "proof_says_something", {"id": "prf_2", "bank_reference": None}),
    ("transfers", "bank_reference_has_an_end", {"bank_reference": ""}),
    ("transfers", "bank_reference_has_an_end", {"bank_reference": "x" * 65}),
    ("transfers", "one_order_per_transfer", {"id": "trf_2"}),
    ("transfers", "received_is_positive", {"received_minor": 0}),
    ("transfers", "transfer_is_decided_whole", {"state": "refused", "decided_by": "usr_2"}),
    ("transfers", "transfer_state_is_known", {"id": "trf_2", "bank_reference": "R", "state": "lost"}),
    (
        "transfers",
        "two_people_agree",
        {"id": "trf_2", "bank_reference": "R", "state": "counted"}
        | {"decided_by": "usr_1", "decided_at": "2026-11-20T00:00:00Z"},
    ),
    (
        "transfers",
        "waiting_is_undecided",
        {"id": "trf_2", "bank_reference": "R", "decided_by": "u", "decided_at": "2026-11-20T00:00:00Z"},
    ),
    ("users", "only_staff_is_granted_permissions", {"role": "admin", "permissions": "{orders}"}),
    ("users", "permissions_are_known", {"permissions": "{shop}"}),
    ("users", "email_has_an_end", {"email": "ab"}),
    ("users", "one_user_per_email", {"id": "usr_2", "email": "sTAFF@EXAMPLE.com"}),
    ("users", "password_hash_is_argon2", {"password_hash": "plain"}),
    ("users", "role_is_known", {"role": "owner"}),
    ("variants", "money_has_a_currency", {"currency": "POUND"}),
    ("variants", "name_has_an_end", {"name": ""}),
    ("variants", "price_is_not_negative", {"price_minor": -1}),
    ("variants", "sku_has_an_end", {"sku": ""}),
    ("variants", "sku_has_an_end", {"sku": "x" * 65}),
    *MARKET_REFUSED,
    *PROMOTIONS_REFUSED,
]
