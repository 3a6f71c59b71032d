"""Tells Django about this floor of the house."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """See the package's docstring for what lives here."""

    name = "accounts"
    verbose_name = _("People")
