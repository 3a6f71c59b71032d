"""A Splynx for tests and for trying things out: a real HTTP server, loopback only, in memory only.

It is written from the contract (splynx.md), not from our connector, and shares no line with it.
"""
