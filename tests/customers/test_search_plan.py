"""Search asks indexes, on both databases, whoever asks: the cost does not grow with the number of customers."""

import random
import re
from collections.abc import Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Operator, Reseller
from customers.models import SearchKey
from customers.searching import search
from tests.customers.stated import document, stated, write
from tests.factories import ResellerFactory

pytestmark = pytest.mark.django_db

MANY = 4000
KEYS = {"alice": "search_key_all", "charlie": "search_key_reseller"}
BY_CUSTOMER = {"postgresql": "search_key_once", "sqlite": "customer_id=? AND key>? AND key<?"}
EXACT = ("customer_id_key", "customer_id_short", "customer_login_key", "customer_login_short")
NUMBERS = ("invoice_number_key", "invoice_number_short")


@pytest.fixture
def city(north: Reseller) -> None:
    """Make a few thousand customers, a tenth of them North's; Anna and Berg are common, Zyx is rare."""
    chance = random.Random(7)
    others = [None, *ResellerFactory.create_batch(8), north]
    people = [
        stated(
            str(1000 + n),
            f"{chance.choice(['Anna', 'Bela'])} {'Zyx' if n % 500 == 0 else chance.choice(['Berg', 'Dvor'])}{n}",
            document(f"INV-2026-{n:06d}"),
            login=f"user-{n:05d}",
            reseller=others[n % 10],
        )
        for n in range(MANY)
    ]
    for start in range(0, MANY, 500):
        write(*people[start : start + 500])


def plan(operator: Operator, text: str) -> str:
    """Return how the database goes about every statement of a search."""
    with CaptureQueriesContext(connection) as asked:
        search(operator=operator, text=text)
    assert asked.captured_queries
    return explained([query["sql"] for query in asked.captured_queries])


def explained(statements: Sequence[str]) -> str:
    explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    lines = []
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(explain + statement)
            lines += [str(row[-1]) for row in cursor.fetchall()]
    return "\n".join(lines)


def scanned(plan: str) -> set[str]:
    """Return what is read from end to end: tables on PostgreSQL, tables or their short names on SQLite."""
    return set(re.findall(r"(?:Seq Scan on|^SCAN) (?!CONSTANT ROW|probe\b|\(subquery)(\w+)", plan, re.MULTILINE))


def check_plans(operator: Operator) -> None:
    """Fail when a kind of search reads a table from end to end, or leaves an index of its own unused."""
    for text in ("anna", "anna berg", "zyx an", "bela o'zyx", "1042", "user-00042", "INV-2026-000042", "a", "nobody"):
        found = plan(operator, text)
        assert scanned(found) <= {"customers_customer"}, f"{text}: {found}"
        assert KEYS[operator.username] in found, f"{text}: {found}"
        for index in (*EXACT, *NUMBERS):
            assert index in found, f"{text}: {index} is not used\n{found}"
    for common in ("anna berg", "zyx an"):
        assert BY_CUSTOMER[connection.vendor] in plan(operator, common)  # the other words are asked by customer


@pytest.mark.parametrize("name", ["alice", "charlie"])
def test_every_kind_of_search_asks_its_index(request: pytest.FixtureRequest, city: None, name: str) -> None:
    operator = request.getfixturevalue(name)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    check_plans(operator)

    if connection.vendor == "postgresql":
        # To read a few thousand customers may be cheaper than a hundred look-ups by id. Where it is not, none is read.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    for text in ("anna", "anna berg", "1042"):
        assert not scanned(plan(operator, text))


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ["alice", "charlie"])
def test_the_indexes_are_asked_before_statistics_exist(request: pytest.FixtureRequest, city: None, name: str) -> None:
    check_plans(request.getfixturevalue(name))


def test_a_search_inside_words_would_be_seen(city: None) -> None:
    """The control: what these tests look for is there when a search needs it."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # without figures PostgreSQL guesses, now one way and now the other
    with CaptureQueriesContext(connection) as asked:
        list(SearchKey.objects.filter(key__icontains="nna").values("customer_id"))
    assert scanned(explained([query["sql"] for query in asked.captured_queries])) == {"customers_searchkey"}


@pytest.mark.postgres
def test_the_database_sorts_as_people_do_and_the_keys_do_not(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datlocprovider FROM pg_database WHERE datname = current_database()")
        assert cursor.fetchone() == ("i",)
        cursor.execute(
            "SELECT collation_name FROM information_schema.columns"
            " WHERE table_name = 'customers_searchkey' AND column_name = 'key'"
        )
        assert cursor.fetchone() == ("C",)
