"""The project as an app of its own: its commands, template tags, checks and admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CashdeskConfig(AppConfig):
    """Everything that speaks HTTP."""

    name = "cashdesk"

    def ready(self) -> None:
        """Register the start-up checks, and the clock that every sign-in starts."""
        from django.contrib.auth.signals import user_logged_in

        from cashdesk import checks, idling  # noqa: F401  # importing the checks registers them

        user_logged_in.connect(idling.start_clock, dispatch_uid="cashdesk.idling")


class DeskAdminConfig(AdminConfig):
    """Django admin with the desk's own site."""

    default_site = "cashdesk.admin.DeskAdminSite"
