"""Commands that write: like the desk's server, none of them works on a database that may lose money."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS


class GuardedCommand(BaseCommand):
    """A command that ends before it begins where `manage.py check --database default` finds something."""

    def get_check_kwargs(self, options: dict[str, Any]) -> dict[str | None, Any]:  # Any: as Django has it
        """Ask the checks of the database as well, which Django leaves out for all commands but its own."""
        return {"databases": [DEFAULT_DB_ALIAS]}
