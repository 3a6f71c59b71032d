"""What `manage.py check --database default` and the start of the desk look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from cashdesk.readiness import pending_migrations
from tills import guards


@register(Tags.database)
def books_are_guarded(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:  # Any: Django may pass more
    """Report migrations that are not applied, and each guard that does not stand in the database."""
    found: list[CheckMessage] = []
    for name in databases or ():
        pending = pending_migrations(connections[name])
        if pending:
            found.append(
                Error(f"Not migrated: {', '.join(pending)}.", hint="Run manage.py migrate.", id="cashdesk.E001")
            )
            continue  # a database without all tables cannot have all guards
        found += [
            Error(f"The guard {guard} does not stand.", hint="Run manage.py migrate.", id="cashdesk.E002")
            for guard in sorted(guards.missing(connections[name]))
        ]
    return found
