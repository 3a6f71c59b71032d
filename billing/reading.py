"""Reading the two CSV files: every row is checked and staged, every fault is told with its place."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from tqdm import tqdm

from accounts.models import Reseller
from billing.columns import NOT_UTF8, Parser, Wrong, customer_columns, invoice_columns
from billing.faults import Fault, FilesFaulty
from billing.staging import Row, Staging

if TYPE_CHECKING:
    from _csv import Reader


@contextmanager
def read_files(*, customers: Path, invoices: Path) -> Iterator[Staging]:
    """Read and check both files whole and yield what they say; raises FilesFaulty with every fault of both."""
    faults: list[Fault] = []
    with Staging() as staging:
        _read_customers(customers, staging, faults)
        _read_invoices(invoices, staging, faults)
        staging.finish()
        faults += _between_rows(staging, str(customers), str(invoices))
        if faults:
            raise FilesFaulty(faults)
        yield staging


def _read_customers(path: Path, staging: Staging, faults: list[Fault]) -> None:
    for line, row in _rows(path, customer_columns(set(Reseller.objects.values_list("code", flat=True))), faults):
        if row.get("name") == row.get("company") == "":
            faults.append(Fault(str(path), line, "name", _("there is neither a name nor a company")))
        staging.add_customer(line, row)
    if not staging.customers and not faults:
        faults.append(Fault(str(path), 1, "", _("there is no customer in this file")))


def _read_invoices(path: Path, staging: Staging, faults: list[Fault]) -> None:
    for line, row in _rows(path, invoice_columns(), faults):
        total, due = row.get("total"), row.get("due")
        if isinstance(total, int) and isinstance(due, int) and due > total:
            faults.append(Fault(str(path), line, "due", _("is above the total")))
        staging.add_invoice(line, row)


def _rows(path: Path, columns: Mapping[str, Parser], faults: list[Fault]) -> Iterator[tuple[int, Row]]:
    """Yield line and row for each row of a file; a faulty cell is told and is missing from its row."""
    for line, cells in tqdm(_lines(path, list(columns), faults), desc=path.name, unit=" rows", disable=None):
        readable = cells
        if len(cells) != len(columns):
            faults.append(_wrong_width(path, line, cells, list(columns)))
            readable = cells[:1]  # the others may stand in one another's column
        row: Row = {}
        for (column, parse), cell in zip(columns.items(), readable, strict=False):
            try:
                row[column] = parse(cell)
            except Wrong as wrong:
                faults.append(Fault(str(path), line, column, str(wrong)))
        yield line, row


def _lines(path: Path, columns: list[str], faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the cells of each record below the header, unless the header is another one."""
    try:
        # Bytes that are not UTF-8 are carried along as lone surrogates, so that each can be told with its place.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            records = _records(csv.reader(file, strict=True), str(path), faults)
            line, header = next(records, (1, None))
            if header != columns:
                faults.append(Fault(str(path), line, "", _wrong_header(header, columns)))
                return
            yield from records
    except OSError as error:
        faults.append(Fault(str(path), 1, "", _("the file cannot be read: %(why)s") % {"why": error.strerror}))


def _records(reader: Reader, file: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the cells of each record; empty lines do not count."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.append(Fault(file, line, "", _("the quotes cannot be read: %(why)s") % {"why": error}))
            continue
        if cells:
            yield line, cells


def _wrong_header(header: Sequence[str] | None, columns: Sequence[str]) -> str:
    if header is None:
        return _("the file is empty")
    if any(NOT_UTF8.search(cell) for cell in header):
        return _("the file is not UTF-8")
    return _("the header is not %(header)s") % {"header": ",".join(columns)}


def _wrong_width(path: Path, line: int, cells: Sequence[str], columns: Sequence[str]) -> Fault:
    if len(cells) < len(columns):
        return Fault(str(path), line, columns[len(cells)], _("is missing"))
    reason = _("there are %(count)d columns instead of %(expected)d") % {"count": len(cells), "expected": len(columns)}
    return Fault(str(path), line, str(len(columns) + 1), reason)


def _between_rows(staging: Staging, customers: str, invoices: str) -> Iterator[Fault]:
    """Yield the faults that one row alone does not show."""
    said = _("stands on line %(first)d already")
    for line, first in staging.repeated_customers():
        yield Fault(customers, line, "external_id", said % {"first": first})
    for line, first in staging.repeated_invoices():
        yield Fault(invoices, line, "number", said % {"first": first})
    for line in staging.unknown_customers():
        yield Fault(invoices, line, "customer", _("is not in the customers file"))
