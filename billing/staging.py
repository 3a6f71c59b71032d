"""What the two files say, kept aside until it is written: on the disk, since a million customers are possible."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from types import TracebackType
from typing import Self, TypeVar

Row = dict[str, str | int | None]
OpenInvoice = tuple[str, str, str]  # customer, kind, number

Known = TypeVar("Known")

TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -65536;
    CREATE TABLE customer (line INTEGER, external_id TEXT, login TEXT, name TEXT, company TEXT, reseller TEXT,
        balance INTEGER);
    CREATE TABLE invoice (line INTEGER, number TEXT, kind TEXT, customer TEXT, issued_on TEXT, due_on TEXT,
        total INTEGER, due INTEGER);
"""
INDEXES = """
    CREATE INDEX customer_once ON customer (external_id);
    CREATE INDEX invoice_once ON invoice (number, kind, customer);
    CREATE INDEX invoice_of ON invoice (customer);
"""
ADD_CUSTOMER = "INSERT INTO customer VALUES (:line, :external_id, :login, :name, :company, :reseller, :balance)"
ADD_INVOICE = "INSERT INTO invoice VALUES (:line, :number, :kind, :customer, :issued_on, :due_on, :total, :due)"
REPEATED_CUSTOMERS = """
    SELECT line, first FROM customer JOIN
        (SELECT external_id, MIN(line) AS first FROM customer GROUP BY external_id HAVING COUNT(*) > 1)
    USING (external_id) WHERE line > first
"""
REPEATED_INVOICES = """
    SELECT line, first FROM invoice JOIN
        (SELECT number, kind, MIN(line) AS first FROM invoice GROUP BY number, kind HAVING COUNT(*) > 1)
    USING (number, kind) WHERE line > first
"""
UNKNOWN_CUSTOMERS = """
    SELECT line FROM invoice WHERE customer IS NOT NULL AND customer NOT IN
        (SELECT external_id FROM customer WHERE external_id IS NOT NULL)
"""
NEXT_CUSTOMERS = "SELECT * FROM customer WHERE rowid > ? ORDER BY rowid LIMIT ?"
ONE_CUSTOMER = "SELECT * FROM customer WHERE external_id = ?"
INVOICES_OF = "SELECT * FROM invoice WHERE customer IN (SELECT value FROM json_each(?)) ORDER BY line"
NAMED_CUSTOMERS = "SELECT external_id FROM customer WHERE external_id IN (SELECT value FROM json_each(?))"
NAMED_INVOICES = "SELECT customer, kind, number FROM invoice WHERE number IN (SELECT value FROM json_each(?))"
AT_ONCE = 500


class Staging:
    """A temporary database that goes when it is closed; faulty rows are in it with what could be read of them."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # the empty name: a file of SQLite's own
        self._database.row_factory = sqlite3.Row
        self._database.executescript(TABLES)
        self._database.execute("BEGIN")
        self.customers = 0
        self.invoices = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def add_customer(self, line: int, row: Row) -> None:
        """Keep one row of the customers file."""
        self.customers += 1
        self._database.execute(ADD_CUSTOMER, defaultdict(lambda: None, row, line=line))

    def add_invoice(self, line: int, row: Row) -> None:
        """Keep one row of the invoices file."""
        self.invoices += 1
        self._database.execute(ADD_INVOICE, defaultdict(lambda: None, row, line=line))

    def finish(self) -> None:
        """Make what was added ready to be asked."""
        self._database.executescript(INDEXES)  # commits first

    def repeated_customers(self) -> Iterator[tuple[int, int]]:
        """Yield the line of each repeated customer, and the line where the id stands first."""
        yield from map(tuple, self._database.execute(REPEATED_CUSTOMERS))

    def repeated_invoices(self) -> Iterator[tuple[int, int]]:
        """Yield the line of each number repeated within a kind, and the line where it stands first."""
        yield from map(tuple, self._database.execute(REPEATED_INVOICES))

    def unknown_customers(self) -> Iterator[int]:
        """Yield the line of each invoice whose customer is not among the customers."""
        yield from (line for (line,) in self._database.execute(UNKNOWN_CUSTOMERS))

    def customer_rows(self) -> Iterator[list[sqlite3.Row]]:
        """Yield the customers in the order of the file, at most 500 at once."""
        for start in range(0, self.customers, AT_ONCE):  # rowids go up by one from one
            yield self._database.execute(NEXT_CUSTOMERS, (start, AT_ONCE)).fetchall()

    def customer_row(self, external_id: str) -> sqlite3.Row | None:
        """Return one customer; None when the file does not name any such."""
        row: sqlite3.Row | None = self._database.execute(ONE_CUSTOMER, (external_id,)).fetchone()
        return row

    def invoice_rows(self, external_ids: Sequence[str]) -> Iterator[sqlite3.Row]:
        """Yield the documents of these customers in the order of the file."""
        yield from self._database.execute(INVOICES_OF, (json.dumps(external_ids),))

    def unnamed_customers(self, known: Iterable[str]) -> Iterator[str]:
        """Yield those of the known external ids that the file does not name."""
        for some in _in_parts(known):
            named = {external_id for (external_id,) in self._database.execute(NAMED_CUSTOMERS, (json.dumps(some),))}
            yield from (external_id for external_id in some if external_id not in named)

    def unnamed_invoices(self, known: Iterable[OpenInvoice]) -> Iterator[OpenInvoice]:
        """Yield those of the known documents that the file does not name for the same customer."""
        for some in _in_parts(known):
            rows = self._database.execute(NAMED_INVOICES, (json.dumps([number for _, _, number in some]),))
            named = {tuple(row) for row in rows}
            yield from (invoice for invoice in some if invoice not in named)


def _in_parts(known: Iterable[Known]) -> Iterator[list[Known]]:
    """Yield the known ones, some at a time."""
    rest = iter(known)
    while some := list(islice(rest, AT_ONCE)):
        yield some
