"""The project as an app of its own: its commands, template tags, checks and admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CashdeskConfig(AppConfig):
    """Everything that speaks HTTP."""

    name = "cashdesk"

    def ready(self) -> None:
        """Register the start-up checks."""
        from cashdesk import checks  # noqa: F401  # importing registers them


class DeskAdminConfig(AdminConfig):
    """Django admin with the desk's own site."""

    default_site = "cashdesk.admin.DeskAdminSite"
