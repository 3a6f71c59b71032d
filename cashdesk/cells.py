"""What stands in a file's rows: typed values, so that the same row is text in a CSV and numbers and days in a sheet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from cashdesk.csv_files import text_cell
from customers.money import plain_amount


class Made(str):
    """Text that the desk itself made, like a formatted amount: its minus begins no formula that a person wrote."""

    __slots__ = ()


Cell = str | int | Decimal | date | datetime | None


def csv_cells(cells: Iterable[Cell]) -> list[str]:
    """Return a row as the text of a CSV: amounts with a dot, days and moments in ISO 8601, and no formula."""
    return [_text(cell) for cell in cells]


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return plain_amount(cell)
    if isinstance(cell, datetime):
        return timezone.localtime(cell).isoformat(timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return cell if isinstance(cell, Made) else text_cell(str(cell))
