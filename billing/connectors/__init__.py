"""Billing systems outside: one protocol of plain values, and what speaks it."""
