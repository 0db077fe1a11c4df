"""Stripe's part of the sandbox, as gateways.md §2 records it."""
