"""Razorpay's stand-in: orders, checkout, payments, payment links, refunds, disputes (gateways.md §3)."""
