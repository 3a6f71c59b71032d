"""Tells Django about this floor of the house."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class TillsConfig(AppConfig):
    """See the package's docstring for what lives here."""

    name = "tills"

    def ready(self) -> None:
        """Make the database's guards after every migrate; take SQLite's away before one."""
        from tills import guards

        pre_migrate.connect(guards.remove, dispatch_uid="tills.guards.remove")
        post_migrate.connect(guards.install, dispatch_uid="tills.guards.install")
