"""Flutterwave's stand-in: v3 (hosted links) and v4 (charges) beside each other (gateways.md §5)."""
