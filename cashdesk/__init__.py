"""The desk: everything that speaks HTTP, and the settings."""
