"""A bank by the minimal signed-callback convention, which is ours and no bank's (gateways.md §10)."""
