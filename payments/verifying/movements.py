"""The lines that are no payments: against the forms that wrote them, and against their lines in the other till."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from payments.verifying.forms import LINE_OF
from payments.verifying.report import Fault
from tills.models import EFFECTS, Kind, Transaction, UsedForm, WriteOff, numbered

Signed = dict[str, Any]  # Any: JSON
WRONG_SHAPE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def movement_faults() -> Iterator[Fault]:
    """Return the movements whose form, or whose line in the other till, is not as they say."""
    lines = Transaction.objects.filter(kind__in=list(EFFECTS)).order_by("pk")
    columns = ("pk", "till__code", "number", "kind", "amount", "effect", "cash", "operator_id", "payload")
    rows, forms = [], {str(form.key): form for form in UsedForm.objects.defer("content").iterator()}
    by_number: dict[str, tuple[Any, Signed]] = {}
    for row in lines.values_list(*columns, named=True).iterator():
        where = numbered(row.till__code or "", row.number)
        try:
            movement = json.loads(row.payload)["movement"]
            rows.append((where, row, movement, movement["key"], movement["act"]))
        except WRONG_SHAPE:
            yield Fault(where, _("what was signed is not a movement"))
            continue
        by_number[where] = (row, movement)
    for where, row, movement, key, act in rows:
        form = forms.get(key)
        if form is None or (form.act, form.operator_id) != (act, row.operator_id):
            yield Fault(where, _("the form that wrote it is gone, or is another one"))
        elif row.kind == LINE_OF.get(act) and form.line_id != row.pk:
            yield Fault(where, _("the form that wrote it names another line, or none"))
        if "other" in movement and not _fits(where, row, key, by_number.get(movement["other"])):
            yield Fault(where, _("its line in the other till is gone, or moves something else"))
    keys = {row.pk: key for _where, row, _movement, key, _act in rows}
    for form in forms.values():
        if form.line_id is not None and keys.get(form.line_id) != str(form.key):
            yield Fault(str(form.key), _("this form names a line that it did not write, or that is not there"))


def _fits(where: str, row: Any, key: str, found: tuple[Any, Signed] | None) -> bool:
    if found is None:
        return False
    other, movement = found
    moves = (other.amount, other.effect, other.cash) == (row.amount, -row.effect, -row.cash)
    return moves and movement["key"] == key and movement.get("other") == where


def write_off_faults() -> Iterator[Fault]:
    """Return the write-offs that do not name the short that was signed, and the shorts written off by no line."""
    columns = ("transaction_id", "short__kind", "short__till__code", "short__number")
    by_line: dict[int, list[Any]] = defaultdict(list)
    for row in WriteOff.objects.values_list(*columns, named=True):
        by_line[row.transaction_id].append(row)
    for line in Transaction.objects.filter(kind=Kind.WRITE_OFF).select_related("till").order_by("pk"):
        short = by_line.pop(line.pk, [])
        named = [numbered(row.short__till__code or "", row.short__number or 0) for row in short]
        try:
            signed = json.loads(line.payload)["movement"]["short"]
        except WRONG_SHAPE:
            signed = None
        if named != [signed] or short[0].short__kind != Kind.SHORT:
            yield Fault(line.document_number, _("it does not write off the short that was signed"))
    for pk in by_line:
        yield Fault(f"{WriteOff._meta.verbose_name} {pk}", _("it belongs to no line"))
