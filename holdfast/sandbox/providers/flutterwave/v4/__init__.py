"""The API of customers, payment methods, charges and refunds (gateways.md §5.2)."""
