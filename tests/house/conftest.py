"""The books that the tests of guards and constraints work on, written once for each file of tests."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.house.books import Books, write_books
from tests.kept import written_once


@pytest.fixture(scope="module")
def written_books(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Books]:
    with written_once(django_db_blocker, write_books) as books:
        yield books


@pytest.fixture
def books(written_books: Books, db: None) -> Books:
    return written_books
