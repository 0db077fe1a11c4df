"""TeleBirr's stand-in: the Fabric H5 checkout, its queries and refunds (gateways.md §7)."""
