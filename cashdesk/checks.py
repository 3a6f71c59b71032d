"""What `manage.py check --database default` and the start of the desk look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from cashdesk.readiness import pending_migrations
from tills import ground, guards

UNSAFE = "docs/settings.md says which settings of the database the desk needs."


@register(Tags.database)
def books_are_guarded(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:  # Any: Django may pass more
    """Report unsafe settings of the database, migrations that are not applied, and each guard that does not stand."""
    found: list[CheckMessage] = []
    for name in databases or ():
        found += [
            Error(f"The database would lose or double money: {setting}.", hint=UNSAFE, id="cashdesk.E003")
            for setting in ground.unsafe_settings(connections[name])
        ]
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
