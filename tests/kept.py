"""Rows that are written once for a file of tests, as Django's TestCase does for a class."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.test import TestCase
from pytest_django import DjangoDbBlocker

Rows = TypeVar("Rows")


@contextmanager
def written_once(blocker: DjangoDbBlocker, write: Callable[[], Rows]) -> Iterator[Rows]:
    """Write rows in a transaction that is rolled back at the end; tests with `db` work in savepoints inside.

    A test that really commits has no place in the same file: it would not see the rows, and wait for them.
    """

    class Written(TestCase):
        rows: Any  # a class in a function cannot name the function's type

        @classmethod
        def setUpTestData(cls) -> None:
            cls.rows = write()

    with blocker.unblock():
        Written.setUpClass()
        try:
            yield Written.rows
        finally:
            Written.tearDownClass()
            Written.doClassCleanups()
