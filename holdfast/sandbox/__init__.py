"""Stands in for payment providers: their protocol, a hosted page, signed webhooks, faults on demand.

It is a foreign party: it shares no code with the shop, and what it knows of a provider stands in
gateways.md.
"""
