"""Django's migrate, which is the cure for what the desk's own check of the database complains of."""

from typing import Any

from django.core.management.commands import migrate


class Command(migrate.Command):
    """`manage.py migrate` without the checks that look into the database: they would forbid what mends them."""

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:  # Any: the stubs name a type nobody can write
        """Return what to check first: everything that does not need the database."""
        return {**super().get_check_kwargs(options), "databases": None}
