"""XLSX files: numbers as numbers, days as days, and text as text, whatever it begins with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from tempfile import TemporaryFile
from typing import IO

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from cashdesk.cells import Cell
from customers.money import exponent, plain_amount

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS = 1_000_000  # a sheet holds 1,048,576 rows, and the library drops what is beyond; so another one begins
LONGEST_TEXT = 32_767  # Excel's own limit
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # no XML can hold these
WIDTH = 18
PIECE = 64 * 1024  # bytes sent at once


def xlsx_download(
    name: str, header: Sequence[str], chunks: Iterable[Iterable[Sequence[Cell]]]
) -> StreamingHttpResponse:
    """Return an XLSX file of these rows, which is written to a temporary file and then sent.

    Each row is written as it comes: memory does not grow with their number. The file is gone with the answer.
    """
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return StreamingHttpResponse(
        _written(header, chunks),
        content_type=CONTENT_TYPE,
        headers={
            "Content-Disposition": disposition or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


def _written(header: Sequence[str], chunks: Iterable[Iterable[Sequence[Cell]]]) -> Iterator[bytes]:
    with TemporaryFile() as file:
        _Book(file, header).write(chunks)
        file.seek(0)
        yield from iter(partial(file.read, PIECE), b"")


class _Book:
    """A workbook with as many sheets as the rows need, each with the header."""

    def __init__(self, file: IO[bytes], header: Sequence[str]) -> None:
        self.book = Workbook(file, {"constant_memory": True})
        self.header = header
        self.bold = self.book.add_format({"bold": True})
        decimals = "." + "0" * exponent() if exponent() else ""
        self.amount = self.book.add_format({"num_format": f"#,##0{decimals}"})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})

    def write(self, chunks: Iterable[Iterable[Sequence[Cell]]]) -> None:
        """Write all rows and end the file."""
        sheet, place = self._sheet(), 1
        for chunk in chunks:
            for row in chunk:
                if place > ROWS:
                    sheet, place = self._sheet(), 1
                for column, cell in enumerate(row):
                    self._write(sheet, place, column, cell)
                place += 1
        self.book.close()

    def _sheet(self) -> Worksheet:
        sheet = self.book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(self.header) - 1, WIDTH)
        for column, title in enumerate(self.header):
            sheet.write_string(0, column, title, self.bold)
        return sheet

    def _write(self, sheet: Worksheet, row: int, column: int, cell: Cell) -> None:
        if isinstance(cell, Decimal):
            whole = Decimal(plain_amount(cell))
            sheet.write_number(row, column, whole, self.amount)  # type: ignore[call-overload]  # it takes Decimals
        elif isinstance(cell, int):
            sheet.write_number(row, column, cell)
        elif isinstance(cell, datetime):  # sheets know no time zones: the clock on the wall
            clock = timezone.localtime(cell).replace(tzinfo=None, microsecond=0)
            sheet.write_datetime(row, column, clock, self.moment)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self.day)  # type: ignore[call-overload]  # it takes days
        elif cell:
            sheet.write_string(row, column, UNWRITABLE.sub("\ufffd", cell)[:LONGEST_TEXT])
