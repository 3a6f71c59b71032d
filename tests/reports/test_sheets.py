"""Spreadsheets: the rows of the CSV, numbers as numbers, days as days, and never a formula."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import Operator, Reseller
from cashdesk import xlsx_files
from cashdesk.cells import Cell
from cashdesk.xlsx_files import xlsx_download
from payments.models import Reversal
from payments.reversing import reverse_payment
from tests.answers import body_of
from tests.factories import CustomerFactory, pay
from tests.people import grant, signed_in
from tests.shifts.desk import opened, supervisor, till_with_shifts
from tills.deposits import create_deposit, refill_deposit
from tills.holders import find_till
from tills.models import Transaction

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HISTORY, TILL, REPORT = "/cashdesk/history.xlsx", "/cashdesk/till.xlsx", "/cashdesk/reports/day.xlsx"
DEPOSITS = "/cashdesk/deposits/history.xlsx"
STARTERS = ["=1+1", "+1", "-1", "@SUM(1)", "{=1}", "http://example.com", "\t=1", "1234", "mailto:a@b.org"]
D = Decimal


def read(body: bytes, sheet: int = 1) -> list[list[tuple[str, str]]]:
    """Return the rows of a sheet: of each cell its type (`n`, or `inlineStr` for text) and what stands in it."""
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        assert file.testzip() is None
        tree = ET.fromstring(file.read(f"xl/worksheets/sheet{sheet}.xml"))
    assert not list(tree.iter(f"{SPACE}f"))  # no formula anywhere
    assert not list(tree.iter(f"{SPACE}hyperlink"))
    return [
        [(cell.get("t", "n"), "".join(cell.itertext())) for cell in row.iter(f"{SPACE}c")]
        for row in tree.iter(f"{SPACE}row")
    ]


def written(rows: Iterable[list[Cell]]) -> bytes:
    return body_of(xlsx_download("x.xlsx", ["one", "two"], [rows]))


def download(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200
    return body_of(answer)


def deposited(operator: Operator) -> None:
    """Refill the operator's own deposit, which is created where there is none."""
    till = find_till(operator)
    if till is None:
        create_deposit(operator=operator, holder=operator, amount=D(1), comment="", key=uuid4())
    else:
        refill_deposit(operator=operator, till_id=till.pk, amount=D(1), comment="", key=uuid4())


def test_numbers_are_numbers_days_are_days_and_text_is_text() -> None:
    moment = datetime(2026, 3, 10, 12, 0, 0, 123, tzinfo=UTC)
    (_header, row) = read(written([[D("-1234.5"), 7, date(2026, 3, 10), moment, "Jan"]]))
    assert row == [("n", "-1234.50"), ("n", "7"), ("n", "46091"), ("n", "46091.5"), ("inlineStr", "Jan")]


def test_a_moment_is_that_of_the_clock_on_the_wall(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Prague"
    (_header, row) = read(written([[datetime(2026, 3, 10, 23, 0, tzinfo=UTC)]]))
    assert row == [("n", "46092")]


@pytest.mark.parametrize("text", STARTERS)
def test_no_text_is_a_formula_a_link_or_a_number(text: str) -> None:
    (_header, row) = read(written([[text]]))
    assert row == [("inlineStr", text)]


@pytest.mark.parametrize("text", ["a\x00b", "a\x0bb", "a\ufffeb", "a\ud800b"])
def test_what_no_sheet_can_hold_breaks_no_file(text: str) -> None:
    (_header, row) = read(written([[text]]))
    assert row == [("inlineStr", "a\ufffdb")]


def test_text_that_is_too_long_is_cut_and_not_lost() -> None:
    (_header, row) = read(written([["x" * 40_000]]))
    assert row == [("inlineStr", "x" * 32_767)]


def test_more_rows_than_a_sheet_holds_go_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_files, "ROWS", 2)
    body = written([[number, ""] for number in range(5)])
    found = [[cell for row in read(body, sheet)[1:] for _kind, cell in row] for sheet in (1, 2, 3)]
    assert found == [["0", "1"], ["2", "3"], ["4"]]
    assert [read(body, sheet)[0][0] for sheet in (1, 2, 3)] == [("inlineStr", "one")] * 3


def test_rows_are_written_while_they_are_read() -> None:
    """Memory does not grow with the rows: what was handed over before is not kept."""
    alive: set[int] = set()

    class Row(list[Cell]):
        def __init__(self, number: int) -> None:
            super().__init__([number])
            self.number = number
            alive.add(number)

        def __del__(self) -> None:
            alive.discard(self.number)

    most = 0

    def rows() -> Iterable[list[Cell]]:
        nonlocal most
        for number in range(500):
            most = max(most, len(alive))
            yield Row(number)

    written(rows())
    assert most <= 2


def test_the_history_holds_what_its_csv_holds(alice: Operator) -> None:
    customer = CustomerFactory.create(name="=1+1", login="jnovak")
    with time_machine.travel(datetime(2026, 3, 10, 23, 30, 15, tzinfo=UTC), tick=False):
        wrong = pay(alice, customer, "1234.50", comment="at the door")
        reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT)
    days = "?from=2026-03-10&to=2026-03-10"
    client = signed_in(alice)

    header, undone, taken = read(download(client, HISTORY + days))

    text = body_of(client.get(f"/cashdesk/history.csv{days}")).decode("utf-8-sig")
    names, *lines = csv.reader(io.StringIO(text, newline=""))
    assert [cell for _kind, cell in header] == names
    assert ("n", "-1234.50") in undone
    assert ("inlineStr", "=1+1") in taken
    assert len(lines) == 2


def test_filters_that_are_not_understood_answer_as_the_page_does(alice: Operator, bob: Operator) -> None:
    query = "?from=2026-03-02&to=2026-03-01"
    assert signed_in(alice).get(HISTORY + query).status_code == 422
    assert signed_in(bob).get(REPORT + query).status_code == 422


def test_the_answer_is_a_download_that_nothing_keeps(alice: Operator) -> None:
    answer = signed_in(alice).get(f"{HISTORY}?from=2026-03-01&to=2026-03-31")
    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer["Content-Disposition"] == 'attachment; filename="history-2026-03-01-to-2026-03-31.xlsx"'
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_day_report_holds_its_figures_as_numbers(bob: Operator) -> None:
    pay(bob, CustomerFactory.create(), "60.00")
    found = read(download(signed_in(bob), REPORT))
    total = found[-1]
    assert total[0] == ("inlineStr", "total")
    assert [cell for cell in total if cell[0] == "n"] == [
        ("n", "1"), ("n", "60.00"), ("n", "0"), ("n", "0.00"), ("n", "60.00"),
    ]  # fmt: skip


def test_without_the_right_there_is_no_report(alice: Operator) -> None:
    assert signed_in(alice).get(REPORT).status_code == 403


def test_the_journal_holds_every_line_of_the_own_till_alone(
    alice: Operator, bob: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cashdesk.views.sheets.CHUNK", 3)
    for number in range(7):
        pay(alice, CustomerFactory.create(), f"{number + 1}.00")
    pay(bob, CustomerFactory.create(name="Canary"), "1.00")

    _header, *lines = read(download(signed_in(alice), TILL))

    documents = [line.document_number for line in Transaction.objects.filter(operator=alice).order_by("-number")]
    assert [line[0][1] for line in lines] == documents
    assert [cell for kind, cell in lines[0] if kind == "n"][2:] == ["7.00", "-7.00", "-21.00", "-28.00"]


def test_without_a_till_the_journal_is_its_header(alice: Operator) -> None:
    assert len(read(download(signed_in(alice), TILL))) == 1


def test_a_blind_shift_shows_no_balance_in_the_journal(alice: Operator, bob: Operator) -> None:
    till_with_shifts(alice)
    opened(supervisor(bob), alice)
    pay(grant(alice), CustomerFactory.create(), "61.37")

    _header, *lines = read(download(signed_in(alice), TILL))

    assert [cell for kind, cell in lines[0] if kind == "n"][2:] == ["61.37"]
    assert not re.search("161.37", repr(lines))


def test_the_deposit_history_holds_what_its_csv_holds(alice: Operator, bob: Operator, north: Reseller) -> None:
    dora = grant(bob, "tills.manage_deposits")
    for holder, amount, comment in ((alice, "1050.00", "=1+1"), (north, "70.00", "by bank")):
        create_deposit(operator=dora, holder=holder, amount=D(amount), comment=comment, key=uuid4())
    client = signed_in(dora)

    header, *lines = read(download(client, f"{DEPOSITS}?q=alice"))

    text = body_of(client.get(f"{DEPOSITS.replace('xlsx', 'csv')}?q=alice")).decode("utf-8-sig")
    names, *rows = csv.reader(io.StringIO(text, newline=""))
    assert [cell for _kind, cell in header] == names
    assert len(lines) == len(rows) == 1
    assert [cell for kind, cell in lines[0] if kind == "n"][2:] == ["1050.00", "1050.00", "0.00", "1050.00"]
    assert ("inlineStr", "=1+1") in lines[0]
    assert client.get(f"{DEPOSITS}?from=2026-02-31").status_code == 422
    till = Transaction.objects.earliest("pk").till_id  # PostgreSQL counts on, whatever is rolled back
    assert f"{DEPOSITS}?till={till}" in client.get(f"/cashdesk/deposits/history/?till={till}").content.decode()


@pytest.mark.parametrize("address", [HISTORY, TILL, DEPOSITS])
def test_more_rows_cost_no_more_queries(alice: Operator, address: str) -> None:
    client, customer = signed_in(grant(alice, "tills.manage_deposits")), CustomerFactory.create()
    write = {DEPOSITS: lambda: deposited(alice)}.get(address, lambda: pay(alice, customer, "1.00"))
    write()
    download(client, address)
    with CaptureQueriesContext(connection) as few:
        download(client, address)
    for _number in range(19):
        write()
    with CaptureQueriesContext(connection) as many:
        assert len(read(download(client, address))) == 21
    assert len(many) == len(few)
