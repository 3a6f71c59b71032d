"""CSV files that a spreadsheet can open without running what customers wrote into their names."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets read UTF-8 as an old Windows code page
# OWASP, "CSV Injection": these begin a formula, also in full width, and some programs trim what stands before them.
# Programs that expect semicolons or tabs between cells begin a new cell there, so what follows those counts as well.
FORMULA = re.compile(r"(\A|[;\t\r\n])(?=[\s\x00]*[=+\-@\uff0b\uff0d\uff1d\uff20]|[\t\r\n\x00])")


def text_cell(text: str) -> str:
    """Return text from a person as a cell that is never a formula: an apostrophe goes before what could begin one."""
    return FORMULA.sub(r"\1'", text)


def csv_download(name: str, header: list[str], chunks: Iterable[Iterable[list[str]]]) -> StreamingHttpResponse:
    """Return a CSV file (RFC 4180, UTF-8 with a byte order mark) that is written while it is read.

    `chunks` are lists of rows, each made when it is needed; a list is all that is in memory at once.
    """
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return StreamingHttpResponse(
        _written(header, chunks),
        content_type="text/csv; charset=utf-8; header=present",
        headers={
            "Content-Disposition": disposition or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


def _written(header: list[str], chunks: Iterable[Iterable[list[str]]]) -> Iterator[str]:
    yield BYTE_ORDER_MARK + _lines([header])
    for rows in chunks:
        yield _lines(rows)


def _lines(rows: Iterable[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
