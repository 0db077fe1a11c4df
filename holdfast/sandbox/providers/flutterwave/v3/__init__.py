"""The API of hosted links, transactions and refunds (gateways.md §5.1)."""
