"""Shifts, counts and Z reports against the lines, and the movements between two tills against each other."""

from __future__ import annotations

import hmac
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from customers.money import ZERO
from payments.verifying.report import Fault
from tills import proofs
from tills.models import EFFECTS, Count, Kind, Shift, Till, Transaction, UsedForm, WriteOff, ZReport, numbered
from tills.shift_figures import read_figures
from tills.z_reports import describe_z

Signed = dict[str, Any]  # Any: JSON
WRONG_SHAPE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Count.DoesNotExist)
NAMES = {"name", "login"}  # may change; ids may not


def shift_faults() -> Iterator[Fault]:
    """Return what is wrong with shifts, counts, reports, and all lines that are no payments."""
    yield from _movement_faults()
    yield from _write_off_faults()
    for till in Till.objects.filter(Q(shifts__isnull=False) | Q(z_reports__isnull=False)).distinct().order_by("code"):
        yield from _till_faults(till)
    yield from _lines_beside_their_shift()
    for pk in (
        _stray(ZReport, "till_id", Till) | _stray(Transaction, "shift_id", Shift) | _stray(Count, "shift_id", Shift)
    ):
        yield Fault(str(pk), _("it belongs to a till or a shift that is not there"))


def _stray(model: Any, column: str, owner: Any) -> set[str]:  # Any: models
    rows = model.objects.filter(**{f"{column}__isnull": False})
    missing = rows.filter(~Exists(owner.objects.filter(pk=OuterRef(column)))).values_list("pk", flat=True)
    return {f"{model._meta.verbose_name} {pk}" for pk in missing[:100]}


# --- Lines that are no payments --------------------------------------------------------------------------------------


def _movement_faults() -> Iterator[Fault]:
    """Return the movements whose form, or whose line in the other till, is not as they say."""
    lines = Transaction.objects.filter(kind__in=list(EFFECTS)).order_by("pk")
    columns = ("pk", "till__code", "number", "amount", "effect", "cash", "operator_id", "payload")
    rows, forms = [], {str(form.key): form for form in UsedForm.objects.defer("content").iterator()}
    by_number: dict[str, tuple[Any, Signed]] = {}
    for row in lines.values_list(*columns, named=True).iterator():
        where = numbered(row.till__code, row.number)
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
        if "other" in movement and not _fits(where, row, key, by_number.get(movement["other"])):
            yield Fault(where, _("its line in the other till is gone, or moves something else"))
    written = {row.pk for _where, row, *_rest in rows}
    for form in forms.values():
        if form.line_id is not None and form.line_id not in written:
            yield Fault(str(form.key), _("this form names a line that is no movement, or is not there"))


def _fits(where: str, row: Any, key: str, found: tuple[Any, Signed] | None) -> bool:
    if found is None:
        return False
    other, movement = found
    moves = (other.amount, other.effect, other.cash) == (row.amount, -row.effect, -row.cash)
    return moves and movement["key"] == key and movement.get("other") == where


def _write_off_faults() -> Iterator[Fault]:
    rows = WriteOff.objects.values_list(
        "transaction_id", "short__kind", "short__till__code", "short__number", named=True
    )
    by_line: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_line[row.transaction_id].append(row)
    lines = Transaction.objects.filter(kind=Kind.WRITE_OFF).select_related("till").order_by("pk")
    for line in lines:
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


# --- Shifts ----------------------------------------------------------------------------------------------------------


def _lines_beside_their_shift() -> Iterator[Fault]:
    """Return the lines that stand in another till's shift, or outside the numbers of theirs."""
    other = ~Q(shift__till=F("till")) | Q(number__lt=F("shift__first_number")) | Q(number__gt=F("shift__last_number"))
    wrong = Transaction.objects.filter(other, shift__isnull=False).select_related("till").order_by("pk")
    for line in wrong[:100]:
        yield Fault(
            line.document_number, _("it stands in a shift of another till, or that had not begun or was closed")
        )


def _till_faults(till: Till) -> Iterator[Fault]:
    """Return what is wrong with the shifts of one till and with their reports, in the order of their numbers."""
    shifts = list(till.shifts.select_related("issued_by", "closed_by").order_by("number"))
    reports = {report.shift_id: report for report in till.z_reports.order_by("number")}
    if [shift.number for shift in shifts] != list(range(1, len(shifts) + 1)):
        yield Fault(till.code, _("its shifts are not numbered 1, 2, 3 without a gap"))
    if [report.number for report in reports.values()] != list(range(1, len(reports) + 1)):
        yield Fault(till.code, _("its Z reports are not numbered 1, 2, 3 without a gap"))
    before, following = None, 1
    for shift in shifts:
        where = _("%(till)s shift %(number)d") % {"till": till.code, "number": shift.number}
        shift.till = till
        report = reports.pop(shift.pk, None)
        try:
            for what in _shift_faults(shift, report, before, following):
                yield Fault(where, what)
        except WRONG_SHAPE as error:
            yield Fault(where, _("it cannot be read: %(error)r") % {"error": error})
        if shift.state == Shift.State.CLOSED:
            following, before = (shift.last_number or 0) + 1, report or before
    for report in reports.values():
        yield Fault(f"{till.code} Z {report.number}", _("this report belongs to no shift of the till"))


def _shift_faults(shift: Shift, report: ZReport | None, before: ZReport | None, following: int) -> Iterator[str]:
    yield from _count_faults(shift)
    if shift.first_number is not None and shift.first_number != following:
        yield _("it does not begin after the last line of the shift before")
    if (shift.state == Shift.State.CLOSED) != (report is not None):
        yield _("a closed shift has a Z report, and no other shift has one")
    if report is None or shift.state != Shift.State.CLOSED:
        return
    count = shift.counts.filter(purpose=Count.Purpose.CLOSING).latest("number")
    figures = read_figures(shift)
    if figures.cash != 0:
        yield _("its drawer was not empty after the close")
    if _sum(figures.movements, Kind.OVER) - _sum(figures.movements, Kind.SHORT) != count.difference:
        yield _("over or short is not what was counted less what was expected")
    yield from _report_faults(report, before)
    signed = json.loads(report.payload)["z"]
    report.shift, report.till = shift, shift.till
    rebuilt = json.loads(proofs.canonical({"z": describe_z(report, signed["comment"], before, figures, count)}))["z"]
    for name in sorted(rebuilt.keys() | signed.keys()):
        if _nameless(rebuilt.get(name)) != _nameless(signed.get(name)):
            yield _("%(column)s in its Z report is not what the books hold") % {"column": name.replace("_", " ")}


def _sum(rows: Any, kind: Kind) -> Any:  # Any: sums of kinds, and an amount
    return sum((row.amount for row in rows if row.kind == kind), ZERO)


def _count_faults(shift: Shift) -> Iterator[str]:
    counts = list(shift.counts.prefetch_related("rows").order_by("number"))
    if [count.number for count in counts] != list(range(1, len(counts) + 1)):
        yield _("its counts are not numbered 1, 2, 3 without a gap")
    for count in counts:
        if sum((row.amount for row in count.rows.all() if row.what == "cash"), ZERO) != count.cash:
            yield _("count %(number)d: its notes and coins do not sum to its cash") % {"number": count.number}
    floats = [count.cash for count in counts if count.purpose == Count.Purpose.FLOAT]
    if floats != [shift.float_amount]:
        yield _("its float is not what was counted when it was issued")


def _report_faults(report: ZReport, before: ZReport | None) -> Iterator[str]:
    """Return what is wrong with a report's own digest and its place in the chain."""
    if report.previous_digest != (before.digest if before else proofs.FIRST):
        yield _("its Z report was not written after the one that now stands before it")
    try:
        key = proofs.key_named(report.key_id)
    except proofs.UnknownKey as fault:
        yield str(fault)
        return
    digest = proofs.digest_by(key.encode(), payload=report.payload, previous=report.previous_digest)
    if not hmac.compare_digest(digest, report.digest):
        yield _("the digest of its Z report does not fit: the report as signed, or a digest, was changed")


def _nameless(value: Any) -> Any:  # Any: JSON
    if isinstance(value, list):
        return [_nameless(part) for part in value]
    if isinstance(value, dict):
        return {name: _nameless(part) for name, part in value.items() if name not in NAMES}
    return value
