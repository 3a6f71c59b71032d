"""The forms about tills: each asked for what stands in the books, and whatever stands there was asked for once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from customers.money import plain_amount
from payments.models import GivenUpKey
from payments.verifying.report import Fault
from tills import proofs
from tills.models import Count, Kind, Shift, Till, Transaction, UsedForm
from tills.once import GIVEN_UP

Content = Mapping[str, object]
DEPOSITS = {"create": Kind.DEPOSIT, "refill": Kind.REFILL, "withdrawal": Kind.WITHDRAWAL, "closing": Kind.CLOSING}
DRAWER = {"pay_in": Kind.PAY_IN, "pay_out": Kind.PAY_OUT, "drop": Kind.DROP}
SHIFT = ("issue", "open", "take_back", "count", "close", "force_close")
COUNTING = ("count", "force_close")
OPENED = (Shift.State.OPEN, Shift.State.COUNTED, Shift.State.CLOSED)


def form_faults() -> Iterator[Fault]:
    """Return what is wrong with the forms by themselves and with the lines that they wrote."""
    seen = Counter[str]()
    for form in UsedForm.objects.select_related("line__till", "line__shift", "shift__till").order_by("pk").iterator():
        seen[str(form.key)] += 1
        try:
            faults = list(_faults_of(form))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            faults = [_("it cannot be read: %(error)r") % {"error": error}]
        yield from (Fault(str(form.key), what) for what in faults)
    yield from (Fault(key, _("this form stands twice")) for key, times in seen.items() if times > 1)


def _faults_of(form: UsedForm) -> Iterator[str]:
    line, shift = form.line, form.shift
    if (line is None) != (form.line_id is None) or (shift is None) != (form.shift_id is None):
        yield _("this form names a line or a shift that is not there")
        return
    if form.act == GIVEN_UP:
        yield from _given_up_faults(form)
        return
    if line is None:
        if form.act not in SHIFT or shift is None:
            yield _("this form has neither a line nor a shift of its kind")
        return
    if form.shift_id != line.shift_id and form.act not in DEPOSITS:
        yield _("this form is about another shift than its line")
    if form.shift_id is not None and form.act in DEPOSITS:
        yield _("this form is about a deposit and names a shift")
    if line.kind != LINE_OF.get(form.act):
        yield _("this form wrote a line of another kind")
    elif form.act in ASKED and form.content != proofs.spell(ASKED[form.act](line)):
        yield _("this form asked for something else than its line says")


def _given_up_faults(form: UsedForm) -> Iterator[str]:
    if form.line_id is not None or form.shift_id is not None or form.content != proofs.spell({}):
        yield _("this form was given up, and yet it did something")
    if not GivenUpKey.objects.filter(key=form.key, operator=form.operator_id).exists():
        yield _("this form was given up by nobody")


def _create(line: Transaction) -> Content:
    holder = f"Operator {line.till.operator_id}" if line.till.operator_id else f"Reseller {line.till.reseller_id}"
    return {"holder": holder, "amount": line.amount, "comment": line.comment}


def _change(line: Transaction) -> Content:
    amount = None if line.kind == Kind.CLOSING else line.amount
    return {"till": line.till_id, "amount": amount, "comment": line.comment}


def _move(line: Transaction) -> Content:
    voucher = _signed(line).get("voucher", "")
    return {"shift": line.shift_id, "amount": line.amount, "comment": line.comment, "voucher": voucher}


def _write_off(line: Transaction) -> Content:
    short = line.writes_off.short
    return {"short": short.pk, "comment": line.comment}


def _signed(line: Transaction) -> dict[str, Any]:  # Any: JSON
    movement: dict[str, Any] = json.loads(line.payload)["movement"]
    return movement


LINE_OF: dict[str, Kind] = {**DEPOSITS, **DRAWER, "open": Kind.FLOAT, "write_off": Kind.WRITE_OFF}
ASKED: dict[str, Callable[[Transaction], Content]] = {
    **dict.fromkeys(DEPOSITS, _change), **dict.fromkeys(DRAWER, _move), "create": _create, "write_off": _write_off,
}  # fmt: skip


# --- The forms of one shift ------------------------------------------------------------------------------------------


def shift_form_faults(shift: Shift, till: Till, comment: str | None) -> Iterator[str]:
    """Return where a shift's steps and its forms do not fit; `comment` is that of its Z report, None without one.

    Reads the shift's forms, and its counts with their rows: whoever asks for many shifts has them prefetched.
    """
    forms = sorted((form for form in shift.forms.all() if form.act in SHIFT), key=lambda form: form.pk)
    counts = sorted(shift.counts.all(), key=lambda count: count.number)
    closing = [count for count in counts if count.purpose == Count.Purpose.CLOSING]
    said = [(form.act, form.operator_id, form.content) for form in forms if form.act not in COUNTING]
    asked = _steps(shift, till, counts, comment)
    if shift.state == Shift.State.CLOSED:
        step, forced = _ending(shift, closing, forms, comment)
        asked += step
    else:
        forced = None
    if sorted(said) != sorted((act, operator, proofs.spell(content)) for act, operator, content in asked):
        yield _("its forms are not those that its steps needed")
    counted = [(form.operator_id, form.content) for form in forms if form.act in COUNTING]
    written = [
        (count.operator_id, proofs.spell({**_about(shift, count, forced, comment), **_content(count)}))
        for count in closing
    ]
    if counted != written:
        yield _("its counts are not what its forms asked to be written")


def _steps(shift: Shift, till: Till, counts: list[Count], comment: str | None) -> list[tuple[str, int | None, Content]]:
    """Return act, operator and content of the forms by which a shift began, or was given up before it did."""
    content = _content(counts[0]) if counts else {}
    asked: list[tuple[str, int | None, Content]] = [
        ("issue", shift.issued_by_id, {"cashier": till.operator_id, **content})
    ]
    if shift.state in OPENED:
        asked.append(("open", till.operator_id, {"shift": shift.pk}))
    if shift.state == Shift.State.CANCELLED:
        asked.append(("take_back", shift.closed_by_id, {"shift": shift.pk}))
    return asked


def _ending(
    shift: Shift, closing: list[Count], forms: list[UsedForm], comment: str | None
) -> tuple[list[tuple[str, int | None, Content]], Count | None]:
    """Return the form that closed a shift; or, closed by force, none but the count that did it."""
    if any(form.act == "force_close" for form in forms):
        return [], closing[-1] if closing else None
    return [("close", shift.closed_by_id, {"shift": shift.pk, "comment": comment})], None


def _about(shift: Shift, count: Count, forced: Count | None, comment: str | None) -> Content:
    return {"shift": shift.pk, "comment": comment} if count is forced else {"shift": shift.pk}


def _content(count: Count) -> Content:
    """Return what was counted as its form says it; raises ValueError for a row that no count writes."""
    rows = sorted(count.rows.all(), key=lambda row: row.pk)
    if any(row.reference if row.what == "cash" else row.pieces != 1 for row in rows):
        raise ValueError(count.pk)
    papers = {
        name: [[row.value, row.reference] for row in rows if row.what == what]
        for name, what in (("cheques", "cheque"), ("slips", "slip"))
    }
    return {"cash": {plain_amount(row.value): row.pieces for row in rows if row.what == "cash"}, **papers}
