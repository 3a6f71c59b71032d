"""A database that does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def no_database() -> Iterator[None]:
    """Let every use of the database fail as it does when the server is gone."""
    gone = OperationalError("the database does not answer")
    with (
        patch.object(BaseDatabaseWrapper, "cursor", side_effect=gone),
        patch.object(BaseDatabaseWrapper, "connect", side_effect=gone),
        patch.object(BaseDatabaseWrapper, "savepoint", side_effect=gone),
    ):
        yield
