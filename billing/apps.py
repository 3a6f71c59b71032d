"""Tells Django about this floor of the house."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """See the package's docstring for what lives here."""

    name = "billing"
