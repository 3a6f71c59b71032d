"""Filters, order and pages of lists, as PHP reads them and MySQL answers them (splynx.md 4.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

from billing.fake.ledger import Row

Tree = dict[str, Any]  # Any: nested by brackets to any depth
KEYS = re.compile(r"\[([^\]]*)\]")


def parse_php(query: str) -> Tree:
    """Return the nested parameters of a query string: a[b][0]=c is {"a": {"b": {"0": "c"}}}."""
    tree: Tree = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        keys = [name.split("[", 1)[0], *KEYS.findall(name)]
        place = tree
        for key in keys[:-1]:
            inner = place.setdefault(key or str(len(place)), {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[keys[-1] or str(len(place))] = value
    return tree


def select(rows: Sequence[Row], tree: Tree, ignored: Iterable[str] = ()) -> list[Row]:
    """Return the rows that pass every filter which is understood; an unknown one is silently no filter."""
    filters = tree.get("main_attributes")
    known = {name for row in rows[:1] for name in row if not name.startswith("_")} - set(ignored)
    wanted = [(name, test) for name, test in filters.items() if name in known] if isinstance(filters, dict) else []
    return [row for row in rows if all(passes(row[name], test) for name, test in wanted)]


def page(rows: Sequence[Row], tree: Tree) -> list[Row]:
    """Return the asked part of the rows in the asked order."""
    ordered = list(rows)
    order = tree.get("order")
    for name, direction in reversed(list(order.items()) if isinstance(order, dict) else []):
        if ordered and name in ordered[0]:
            ordered.sort(key=lambda row: (row[name] is not None, row[name]), reverse=str(direction).upper() == "DESC")
    start = _number(tree.get("offset"), 0)
    return ordered[start : start + _number(tree.get("limit"), len(ordered))]


def passes(value: object, test: object) -> bool:
    """Return whether a column's value passes `x`, or `{0: operator, 1: x}`, or with more values."""
    if not isinstance(test, dict):
        return _compare(value, "=", test)
    operator, wanted = str(test.get("0", "=")).upper(), test.get("1", "")
    if operator in ("IN", "FIND_IN_SET"):
        options = wanted.values() if isinstance(wanted, dict) else str(wanted).split(",")
        if type(value) is int:  # ids by the hundred: as texts, or a list of thousands would take seconds
            text = str(value)
            return any(
                option == text or (not str(option).isdigit() and _compare(value, "=", option)) for option in options
            )
        return any(_compare(value, "=", option) for option in options)
    if operator == "BETWEEN":
        return _compare(value, ">=", wanted) and _compare(value, "<=", test.get("2", ""))
    if operator == "LIKE":
        pattern = re.escape(str(wanted)).replace("%", ".*").replace("_", ".")
        return re.fullmatch(pattern, _text(value), re.IGNORECASE | re.DOTALL) is not None
    if operator == "REGEXP":
        return re.search(str(wanted), _text(value), re.IGNORECASE) is not None
    if operator == "IS":
        return value is None
    return _compare(value, operator, wanted)


def _compare(value: object, operator: str, wanted: object) -> bool:
    left, right = _comparable(value, str(wanted))
    if left is None or right is None:
        return operator in ("!=", "<>") and left != right
    results = {
        "=": left == right, "!=": left != right, "<>": left != right, ">": left > right, "<": left < right,
        ">=": left >= right, "<=": left <= right,
    }  # fmt: skip
    return bool(results.get(operator, True))


def _comparable(value: object, wanted: str) -> tuple[Any, Any]:  # Any: two values of one type
    """Return both as the column's type; a column of days is its midnight when a time is asked for."""
    if isinstance(value, datetime | date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001  # local over there
        try:
            return moment, datetime.fromisoformat(wanted)
        except ValueError:
            return moment, None
    if isinstance(value, bool | int | Decimal):
        try:
            return Decimal(value), Decimal(wanted)
        except InvalidOperation:
            return Decimal(value), None
    return (None if value is None else _text(value).casefold()), wanted.casefold()


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object, otherwise: int) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else otherwise
