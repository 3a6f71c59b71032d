"""Walking through a list page by page, so that no row is missed while others are deleted (splynx.md 4.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from billing.connectors.protocol import BillingUnavailable
from billing.connectors.splynx.query import Nested
from billing.connectors.splynx.session import Session
from billing.connectors.splynx.values import Row, Unexpected, identifier

PAGE = 100
SURELY_LAST = 20  # a server may give shorter pages than asked for, but hardly as short as this


def walk(
    session: Session, path: str, filters: Mapping[str, Nested] | None = None, *, most_pages: int | None = None
) -> Iterator[Sequence[Row]]:
    """Yield the rows of a list by rising id, each once; rows without a readable id come as they are.

    A row deleted meanwhile moves all later ones up, past the next page's beginning. So each page begins with the last
    row of the one before, and where that is gone, a page earlier. Raises BillingUnavailable when the list does not
    page or does not sort, and when it has more than `most_pages`.
    """
    last, offset, asked, stepped_back = 0, 0, 0, False
    while most_pages is None or asked < most_pages:
        page = session.rows(path, main_attributes=filters or {}, order={"id": "ASC"}, limit=PAGE, offset=offset)
        asked += 1
        ids = [_number(row) for row in page]
        if offset and not _begins_at_known(ids, last):
            offset, stepped_back = max(0, offset - PAGE), True
            continue
        _require_order(path, ids)
        fresh = [row for row, number in zip(page, ids, strict=True) if number is None or number > last]
        yield fresh
        if len(page) < SURELY_LAST or len(page) > PAGE:  # more than asked for: it knows no limit, this was all
            return
        if not fresh and not stepped_back:
            raise BillingUnavailable(_("Splynx gives the same page of %(path)s again and again.") % {"path": path})
        last = max([last, *(number for number in ids if number is not None)])
        offset, stepped_back = offset + len(page) - 1, False
    raise BillingUnavailable(_("Splynx gives more of %(path)s than was asked for.") % {"path": path})


def _number(row: Row) -> int | None:
    try:
        return int(identifier(row, "id"))
    except Unexpected:
        return None


def _begins_at_known(ids: Sequence[int | None], last: int) -> bool:
    """Return whether nothing can have slipped between the page before and this one."""
    return bool(ids) and (ids[0] is None or ids[0] <= last)


def _require_order(path: str, ids: Sequence[int | None]) -> None:
    known = [number for number in ids if number is not None]
    if known != sorted(known):
        raise BillingUnavailable(_("Splynx does not sort %(path)s by id.") % {"path": path})
