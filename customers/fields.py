"""A text column that is compared byte by byte on both databases, so that a prefix is a range of its index."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    Text = models.CharField[str, str]
else:
    Text = models.CharField  # the real class takes no type arguments


class KeyField(Text):
    """Text with collation C on PostgreSQL and BINARY on SQLite.

    `startswith` scans the whole table on both (an ICU locale on one, LIKE on the other): ask for a range instead.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:  # Any: a TypedDict of Django's that may change
        """Return the column's parameters with the collation that suits the database."""
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "C" if connection.vendor == "postgresql" else "BINARY"}
