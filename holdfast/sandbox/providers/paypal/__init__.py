"""PayPal's stand-in: orders, authorisations, captures, refunds, disputes, webhooks (gateways.md §6)."""
