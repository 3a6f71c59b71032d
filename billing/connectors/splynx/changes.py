"""Who may have changed since: every list in which a change leaves a trace (splynx.md 4.6 to 4.9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from billing.connectors.splynx.lists import walk
from billing.connectors.splynx.session import Session
from billing.connectors.splynx.values import Row, Unexpected, identifier, moment

OVERLAP = timedelta(minutes=10)  # for clocks that differ, and for rows written before they were committed
SOURCES = (  # list, column with the time of the change, column with the customer
    ("admin/customers/customer", "last_update", "id"),
    ("admin/customers/customer", "date_add", "id"),
    ("admin/finance/invoices", "real_create_datetime", "customer_id"),
    ("admin/finance/invoices", "date_updated", "customer_id"),
    ("admin/finance/proforma-invoices", "real_create_datetime", "customer_id"),
    ("admin/finance/proforma-invoices", "date_updated", "customer_id"),
    ("admin/finance/payments", "real_create_datetime", "customer_id"),
    ("admin/finance/payments", "updated_at", "customer_id"),
    ("admin/finance/transactions", "date", "customer_id"),
)


class Changes:
    """Remembers what it has told: some columns hold only a day, and a day's rows would be told at every pull."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told: dict[tuple[str, str, str], tuple[int, datetime]] = {}

    def since(self, since: datetime) -> Iterator[Sequence[str]]:
        """Yield the ids of customers who may have changed, list by list and page by page."""
        self._told = {key: told for key, told in self._told.items() if told[1] >= since - timedelta(days=2)}
        start = local_start(since)
        for path, column, owner in SOURCES:
            for rows in walk(self._session, path, {column: [">=", _as_text(column, start)]}):
                found = (row for row in rows if self._is_news(row, path, column, start, since))
                yield sorted({customer for row in found if (customer := _owner(row, owner))})

    def _is_news(self, row: Row, path: str, column: str, start: datetime, since: datetime) -> bool:
        """Return whether a row may have changed since; in doubt it has."""
        try:
            changed = moment(row, column)
        except Unexpected:
            return True
        if changed is None:
            return False
        if isinstance(changed, datetime):
            return changed >= start
        return changed >= start.date() and self._is_told_anew(row, path, column, since)

    def _is_told_anew(self, row: Row, path: str, column: str, since: datetime) -> bool:
        """Return whether a row of which only the day is known has not been told before `since`, as it is now.

        What was told after `since` is told again: that pull may have failed, then the next one asks for the same time.
        """
        key = (path, column, str(row.get("id")))
        content, now = hash(repr(sorted(row.items()))), timezone.now()
        before = self._told.get(key)
        if before and before[0] == content and before[1] < since:
            return False
        if not before or before[0] != content:
            self._told[key] = (content, now)
        return True


def local_start(since: datetime) -> datetime:
    """Return from when on to ask, in local time as Splynx stores it; TIME_ZONE is the same there.

    When the clocks go back, `since` may be later by the clock than now: then now counts.
    """
    earliest = min(timezone.localtime(moment).replace(tzinfo=None) for moment in (since, timezone.now()))
    return earliest - OVERLAP


def _as_text(column: str, start: datetime) -> str:
    """Return the border; a column of days is asked for the day, else its midnight would come before the time."""
    return f"{start:%Y-%m-%d}" if column in ("date", "date_add", "date_updated") else f"{start:%Y-%m-%d %H:%M:%S}"


def _owner(row: Row, column: str) -> str:
    try:
        return identifier(row, column)
    except Unexpected:
        return ""
