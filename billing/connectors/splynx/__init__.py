"""Splynx, through its REST API v2.0; one module for each noun of it."""
