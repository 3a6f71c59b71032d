"""Shifts, counts and Z reports against the lines, the forms, and each other."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from django.db.models import Exists, F, Max, Min, OuterRef, Q
from django.utils.translation import gettext as _

from customers.money import ZERO
from payments.verifying.forms import form_faults, shift_form_faults
from payments.verifying.movements import movement_faults, write_off_faults
from payments.verifying.report import Fault
from tills import proofs
from tills.models import Count, CountRow, Kind, Shift, Till, Transaction, ZReport
from tills.shift_figures import cash_of, read_figures
from tills.z_reports import describe_z

Signed = dict[str, Any]  # Any: JSON
WRONG_SHAPE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Count.DoesNotExist)
NAMES = {"name", "login"}  # may change; ids may not


def shift_faults() -> Iterator[Fault]:
    """Return what is wrong with shifts, counts, reports, and all lines that are no payments."""
    yield from movement_faults()
    yield from write_off_faults()
    yield from form_faults()
    for till in Till.objects.filter(Q(shifts__isnull=False) | Q(z_reports__isnull=False)).distinct().order_by("code"):
        yield from till_faults(till)
    yield from _lines_beside_their_shift()
    owners = ((ZReport, "till_id", Till), (Shift, "till_id", Till), (Transaction, "shift_id", Shift))
    for model, column, owner in (*owners, (Count, "shift_id", Shift), (CountRow, "count_id", Count)):
        for where in sorted(_stray(model, column, owner)):
            yield Fault(where, _("it belongs to a till, a shift or a count that is not there"))


def _stray(model: Any, column: str, owner: Any) -> set[str]:  # Any: models
    rows = model.objects.filter(**{f"{column}__isnull": False})
    missing = rows.filter(~Exists(owner.objects.filter(pk=OuterRef(column)))).values_list("pk", flat=True)
    return {f"{model._meta.verbose_name} {pk}" for pk in missing[:100]}


def _lines_beside_their_shift() -> Iterator[Fault]:
    """Return the lines that stand in another till's shift, or outside the numbers of theirs."""
    other = ~Q(shift__till=F("till")) | Q(number__lt=F("shift__first_number")) | Q(number__gt=F("shift__last_number"))
    wrong = Transaction.objects.filter(other, shift__isnull=False).select_related("till").order_by("pk")
    for line in wrong[:100]:
        yield Fault(
            line.document_number, _("it stands in a shift of another till, or that had not begun or was closed")
        )


def till_faults(till: Till) -> Iterator[Fault]:
    """Return what is wrong with the shifts of one till and with their reports, in the order of their numbers."""
    found = till.shifts.select_related("issued_by", "closed_by").order_by("number", "pk")
    shifts = list(found.prefetch_related("forms", "counts__rows", "counts__operator"))
    written = list(till.z_reports.order_by("number", "pk"))
    reports = {report.shift_id: report for report in written}
    if [shift.number for shift in shifts] != list(range(1, len(shifts) + 1)):
        yield Fault(till.code, _("its shifts are not numbered 1, 2, 3 without a gap"))
    if sorted(shift.pk for shift in shifts) != [shift.pk for shift in shifts]:
        yield Fault(till.code, _("its shifts are not numbered in the order in which they were issued"))
    if [report.number for report in written] != list(range(1, len(written) + 1)):
        yield Fault(till.code, _("its Z reports are not numbered 1, 2, 3 without a gap"))
    before, covered = None, None
    for shift in shifts:
        where = _("%(till)s shift %(number)d") % {"till": till.code, "number": shift.number}
        shift.till = till
        report = reports.pop(shift.pk, None)
        try:
            for what in _shift_faults(shift, report, before, covered):
                yield Fault(where, what)
        except WRONG_SHAPE as error:
            yield Fault(where, _("it cannot be read: %(error)r") % {"error": error})
        if shift.state == Shift.State.CLOSED:
            covered, before = shift.last_number, report or before
    for report in reports.values():
        yield Fault(f"{till.code} Z {report.number}", _("this report belongs to no shift of the till"))


def _shift_faults(shift: Shift, report: ZReport | None, before: ZReport | None, covered: int | None) -> Iterator[str]:
    yield from _count_faults(shift)
    yield from _state_faults(shift)
    comment = None if report is None else json.loads(report.payload)["z"]["comment"]
    yield from shift_form_faults(shift, shift.till, comment)
    if shift.first_number is not None and shift.first_number != _first_number(shift, covered):
        yield _("it does not begin after the last line of the shift before, or after what was taken without one")
    if (shift.state == Shift.State.CLOSED) != (report is not None):
        yield _("a closed shift has a Z report, and no other shift has one")
    if report is None or shift.state != Shift.State.CLOSED:
        return
    count = shift.counts.filter(purpose=Count.Purpose.CLOSING).latest("number")
    figures = read_figures(shift)
    if figures.lines != (shift.last_number or 0) - (shift.first_number or 0) + 1:
        yield _("some of the lines between its first and its last number are not there")
    if figures.cash != 0:
        yield _("its drawer was not empty after the close")
    if _sum(figures.movements, Kind.OVER) - _sum(figures.movements, Kind.SHORT) != count.difference:
        yield _("over or short is not what was counted less what was expected")
    yield from _report_faults(report, before)
    signed = json.loads(report.payload)["z"]
    report.shift, report.till = shift, shift.till
    rebuilt = json.loads(proofs.canonical({"z": describe_z(report, signed["comment"], before, figures, count)}))["z"]
    for document in (rebuilt, signed):
        document["methods"].sort(key=itemgetter("id"))  # their order at the desk may change
    for name in sorted(rebuilt.keys() | signed.keys()):
        if _nameless(rebuilt.get(name)) != _nameless(signed.get(name)):
            yield _("%(column)s in its Z report is not what the books hold") % {"column": name.replace("_", " ")}


def _first_number(shift: Shift, covered: int | None) -> int:
    """Return what tills.shifts decided when the shift was opened; `covered` is the last number of the report before."""
    if covered is not None:
        return covered + 1
    lines = Transaction.objects.filter(till=shift.till_id)
    taken = lines.filter(shift=None, kind__in=[Kind.PAYMENT, Kind.REVERSAL])
    until = lines.filter(shift=shift).aggregate(first=Min("number"))["first"] or shift.last_number
    if until is not None:
        taken = taken.filter(number__lte=until)
    return (taken.aggregate(last=Max("number"))["last"] or 0) + 1


def _sum(rows: Any, kind: Kind) -> Any:  # Any: sums of kinds, and an amount
    return sum((row.amount for row in rows if row.kind == kind), ZERO)


def _count_faults(shift: Shift) -> Iterator[str]:
    counts = sorted(shift.counts.all(), key=lambda count: count.number)
    if [count.number for count in counts] != list(range(1, len(counts) + 1)):
        yield _("its counts are not numbered 1, 2, 3 without a gap")
    for count in counts:
        if sum((row.amount for row in count.rows.all() if row.what == "cash"), ZERO) != count.cash:
            yield _("count %(number)d: its notes and coins do not sum to its cash") % {"number": count.number}
        if count.expected != _expected(shift, count):
            yield _("count %(number)d: what was expected is not what the lines before it sum to") % vars(count)
    floats = [(count.cash, count.operator_id) for count in counts if count.purpose == Count.Purpose.FLOAT]
    if floats != [(shift.float_amount, shift.issued_by_id)]:
        yield _("its float is not what its issuer counted")


def _expected(shift: Shift, count: Count) -> Any:  # Any: an amount, or None for a float
    """Return what the lines of the shift's till sum to that were there when it was counted."""
    if count.purpose == Count.Purpose.FLOAT:
        return None
    numbers = {"number__gte": shift.first_number or 1, "number__lte": count.after_number}
    return cash_of(Transaction.objects.filter(till=shift.till_id, **numbers))


def _state_faults(shift: Shift) -> Iterator[str]:
    """Return where a shift's columns and counts do not fit how far it has come."""
    has_begun = shift.state in (Shift.State.OPEN, Shift.State.COUNTED, Shift.State.CLOSED)
    has_ended = shift.state in (Shift.State.CLOSED, Shift.State.CANCELLED)
    begun = {shift.first_number is not None, shift.opened_at is not None, shift.opened_on is not None}
    ended = {shift.closed_at is not None, shift.closed_by_id is not None}
    is_closed = shift.state == Shift.State.CLOSED
    was_counted = any(count.purpose == Count.Purpose.CLOSING for count in shift.counts.all())
    if begun != {has_begun} or ended != {has_ended} or (shift.last_number is not None) != is_closed:
        yield _("when it was opened or closed, or its first or last number, does not fit its state")
    if was_counted != (shift.state in (Shift.State.COUNTED, Shift.State.CLOSED)):
        yield _("it was counted and does not say so, or it was not")


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
