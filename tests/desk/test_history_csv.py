"""The history as a file: what is filtered, read back equal, and harmless in a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Operator
from cashdesk.csv_files import text_cell
from payments import history
from payments.models import Reversal
from payments.reversing import reverse_payment
from tests.factories import CustomerFactory, card, cash, pay
from tests.people import signed_in
from tills.days import today

ADDRESS = "/cashdesk/history.csv"
STARTERS = ["=", "+", "-", "@", "\t", "\r"]


def download(client: Client, filters: dict[str, Any] | None = None) -> bytes:
    """Return the whole file."""
    response = client.get(ADDRESS, filters or {})
    assert response.status_code == 200
    assert response.streaming
    return b"".join(response)


def rows(client: Client, filters: dict[str, Any] | None = None) -> list[dict[str, str]]:
    """Return the file's rows as a strict reader of RFC 4180 finds them."""
    text = download(client, filters).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_a_row_says_all_of_the_payment(alice: Operator, settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Prague"
    customer = CustomerFactory.create(name="Jan Novák", login="jnovak")
    with time_machine.travel(datetime(2026, 3, 10, 23, 30, 15, tzinfo=UTC), tick=False):
        payment = pay(alice, customer, "1234.50", method_id=card().pk, reference="S-1", comment='said "yes", left')

    (row,) = rows(signed_in(alice), {"from": "2026-03-11", "to": "2026-03-11"})

    assert row == {
        "kind": "payment",
        "document": payment.transaction.document_number,
        "reverses": "",
        "business_date": "2026-03-11",
        "recorded_at": "2026-03-11T00:30:15+01:00",
        "customer": "Jan Novák",
        "login": "jnovak",
        "amount": "1234.50",
        "currency": "EUR",
        "amount_formatted": "€1,234.50",
        "method": "Card",
        "reference": "S-1",
        "paid_on": "2026-03-11",
        "comment": 'said "yes", left',
        "operator": "Alice",
    }


def test_a_reversal_is_a_number_below_zero_and_names_what_it_undoes(alice: Operator) -> None:
    payment = pay(alice, CustomerFactory.create(), "60.00")
    reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)

    undone, taken = rows(signed_in(alice))

    assert (undone["kind"], undone["amount"]) == ("reversal", "-60.00")
    assert undone["reverses"] == taken["document"] == payment.transaction.document_number
    assert Decimal(undone["amount"]) + Decimal(taken["amount"]) == 0


def test_the_file_holds_what_is_filtered_and_more_than_a_page(alice: Operator, bob: Operator) -> None:
    customer = CustomerFactory.create()
    taken = [pay(alice, customer, "1.00").transaction.document_number for _ in range(30)][::-1]
    pay(alice, customer, "1.00", method_id=card().pk)
    pay(bob, customer, "1.00")
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        pay(alice, customer, "1.00")

    assert [row["document"] for row in rows(signed_in(alice), {"method": cash().pk})] == taken


def test_without_the_right_the_operator_filter_is_ignored(alice: Operator, bob: Operator) -> None:
    pay(alice, CustomerFactory.create())
    pay(bob, CustomerFactory.create(name="Canary"))

    body = download(signed_in(alice), {"operator": bob.pk})

    assert b"Canary" not in body
    assert body.count(b"\r\n") == 2


@pytest.mark.parametrize("starter", STARTERS)
@pytest.mark.parametrize("field", ["customer", "login", "comment"])
def test_no_text_of_a_person_becomes_a_formula(alice: Operator, field: str, starter: str) -> None:
    texts = {"customer": "Jan", "login": "jan", "comment": "fine", field: f"{starter}cmd|' /C calc'!A0"}
    customer = CustomerFactory.create(name=texts["customer"], login=texts["login"])
    pay(alice, customer, comment=texts["comment"])

    (row,) = rows(signed_in(alice))

    assert row[field] == f"'{texts[field]}"
    assert row["amount"] == "60.00"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("Jan Novák", "Jan Novák"),
        ("", ""),
        ("a=b, c-d, e@f.org", "a=b, c-d, e@f.org"),
        ("=1+1", "'=1+1"),
        ("  =1+1", "'  =1+1"),  # some programs trim
        ("\u00a0=1+1", "'\u00a0=1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),  # the full-width mark is one too
        ("\x00=1+1", "'\x00=1+1"),
        ("\nnote", "'\nnote"),
        ("paid;=1+1", "paid;'=1+1"),  # where a semicolon parts cells, this would be a cell of its own
        ("paid\n=1+1", "paid\n'=1+1"),
        ("two; words", "two; words"),
    ],
)
def test_an_apostrophe_stands_before_what_could_begin_a_formula(text: str, cell: str) -> None:
    assert text_cell(text) == cell


def test_the_bytes_are_those_that_spreadsheets_read(alice: Operator) -> None:
    pay(alice, CustomerFactory.create(name="Žluťoučký\nkůň"), comment='a "b", c')

    body = download(signed_in(alice))

    assert body.startswith(b"\xef\xbb\xbfkind,document,")
    assert body.endswith(b"\r\n")
    assert body.count(b"\xef\xbb\xbf") == 1
    assert 'Žluťoučký\nkůň"'.encode() in body
    assert b'"a ""b"", c"' in body


@pytest.mark.parametrize(
    ("filters", "name"),
    [
        ({"from": "2026-03-01", "to": "2026-03-31"}, "history-2026-03-01-to-2026-03-31.csv"),
        ({"from": "2026-03-01", "to": "2026-03-01"}, "history-2026-03-01.csv"),
        ({"from": "", "to": ""}, "history-start-to-now.csv"),
        ({}, None),
    ],
)
def test_the_answer_is_a_download_that_nothing_keeps(
    alice: Operator, filters: dict[str, str], name: str | None
) -> None:
    response = signed_in(alice).get(ADDRESS, filters)

    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response["Content-Disposition"] == f'attachment; filename="{name or f"history-{today()}.csv"}"'
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_an_empty_period_is_a_file_with_its_header(alice: Operator) -> None:
    assert download(signed_in(alice)).count(b"\r\n") == 1


def test_the_file_is_read_in_chunks_of_one_query_each(
    alice: Operator, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(history, "CHUNK", 4)
    customer = CustomerFactory.create()
    taken = [pay(alice, customer, "1.00").transaction.document_number for _ in range(10)][::-1]
    response = signed_in(alice).get(ADDRESS)
    pieces: Iterator[bytes] = iter(response)
    next(pieces)  # the header needs none

    sizes = []
    for _ in range(3):
        with django_assert_num_queries(1):
            sizes.append(next(pieces).count(b"\r\n"))
    with django_assert_num_queries(0):
        assert list(pieces) == []

    assert sizes == [4, 4, 2]
    assert [row["document"] for row in rows(signed_in(alice))] == taken


def test_a_payment_taken_while_the_file_is_read_disturbs_no_row(
    alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "CHUNK", 2)
    customer = CustomerFactory.create()
    taken = [pay(alice, customer, "1.00").transaction.document_number for _ in range(5)][::-1]
    response = signed_in(alice).get(ADDRESS)
    pieces: Iterator[bytes] = iter(response)
    body = next(pieces) + next(pieces)
    pay(alice, customer, "1.00")
    body += b"".join(pieces)

    read = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    assert [row["document"] for row in read] == taken
