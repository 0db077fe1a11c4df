"""Paystack's stand-in: transactions, refunds, disputes, pre-authorisations (gateways.md §4)."""
