"""Which questions read the journal, or what belongs to its lines, from end to end: as the database itself says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.db import connection

LONG = ("tills_transaction", "payments_payment", "payments_allocation", "payments_delivery", "payments_reversal")
NAMED = re.compile(rf'"(?:{"|".join(LONG)})" ([UVWT]\d+)\b')  # short names that Django gives them
OF_SOME_ROWS = (
    "line_of_deposit",
    "line_of_difference",
    "line_of_movement",
    "delivery_not_reflected",
)  # few: these may be read whole


def scanning(statement: str) -> list[str]:
    """Return the steps of a question's plan that read one of the long tables, or an index of it, from end to end."""
    if not statement.startswith("SELECT"):
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("EXPLAIN (FORMAT JSON) " + statement)
            (found,) = cursor.fetchone()
            plan = found if isinstance(found, list) else json.loads(found)
            return [_named(step) for step in _steps(plan[0]["Plan"]) if _reads_all(step)]
        cursor.execute("EXPLAIN QUERY PLAN " + statement)
        lines = [str(row[-1]).strip() for row in cursor.fetchall()]
    names = "|".join({*LONG, *NAMED.findall(statement)})
    return [line for line in lines if re.match(rf"SCAN (?:{names})\b", line) and not line.endswith(OF_SOME_ROWS)]


def _steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:  # Any: JSON
    yield step
    for below in step.get("Plans", ()):
        yield from _steps(below)


def _reads_all(step: dict[str, Any]) -> bool:
    """Return whether a step reads all rows: in their own order, or in that of an index that no condition narrows."""
    if step.get("Relation Name") not in LONG or step["Node Type"] == "Bitmap Heap Scan":
        return False
    return "Index Cond" not in step and step.get("Index Name") not in OF_SOME_ROWS


def _named(step: dict[str, Any]) -> str:
    return f"{step['Node Type']} {step['Relation Name']} {step.get('Index Name', '')} {step.get('Filter', '')}"
