"""One folder for each provider that the sandbox stands in for."""
