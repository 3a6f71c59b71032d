"""The Z report of a closed shift: numbered, signed, and chained to the one before."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.utils import timezone

from customers.money import SCALE, ZERO
from tills import proofs
from tills.models import Count, Shift, Transaction, ZReport, document_number
from tills.shift_figures import Figures, KindSum, read_figures

Signed = dict[str, Any]  # Any: JSON


def write_z(*, shift: Shift, count: Count, comment: str) -> ZReport:
    """Write the report of a shift that has just been closed. Needs the till's lock."""
    before = ZReport.objects.filter(till=shift.till_id).order_by("-number").first()
    now, key = timezone.now(), proofs.current_key_id()
    report = ZReport(
        shift=shift,
        till=shift.till,
        number=before.number + 1 if before else 1,
        key_id=key,
        previous_digest=before.digest if before else proofs.FIRST,
        recorded_at=now,
    )
    facts = describe_z(report, comment, before, read_figures(shift), count)
    report.payload = proofs.canonical({"z": facts})
    report.digest = proofs.digest(payload=report.payload, previous=report.previous_digest)
    report.save(force_insert=True)
    return report


def describe_z(report: ZReport, comment: str, before: ZReport | None, figures: Figures, count: Count) -> Signed:
    """Return the report as it is signed, from the rows of its shift."""
    shift, till = report.shift, report.till
    last = Transaction.objects.filter(till=till, number__lte=shift.last_number or 0).order_by("-number").first()
    former = read_z(before)["z"] if before else {"perpetual": ZERO, "perpetual_paid": ZERO}
    return {
        "till": till.pk,
        "code": till.code,
        "number": report.number,
        "key_id": report.key_id,
        "recorded_at": report.recorded_at,
        "shift": shift.pk,
        "shift_number": shift.number,
        "holder": None if till.operator is None else _person(till.operator),
        "issued_by": _person(shift.issued_by),
        "issued_at": shift.issued_at,
        "float": shift.float_amount,
        "opened_at": shift.opened_at,
        "opened_on": shift.opened_on,
        "closed_at": shift.closed_at,
        "closed_by": _person(shift.closed_by),
        "blind": shift.blind,
        "tolerance": shift.tolerance,
        "first": document_number(till, shift.first_number or 1) if figures.lines else None,
        "last": document_number(till, shift.last_number or 0) if figures.lines else None,
        "last_digest": last.digest if last else proofs.FIRST,
        "methods": [
            {
                "id": row.method, "name": row.name, "payments": row.payments, "paid": row.paid,
                "reversals": row.reversals, "reversed": row.undone,
            }
            for row in figures.methods
        ],
        "movements": [_kind(row) for row in figures.movements],
        "before": [_kind(row) for row in figures.before],
        "expected": count.expected,
        "counted": count.cash,
        "difference": count.difference,
        "comment": comment,
        "counts": [_count(row) for row in shift.counts.prefetch_related("rows").select_related("operator")],
        "perpetual": former["perpetual"] + figures.taken,
        "perpetual_paid": former["perpetual_paid"] + figures.paid,
    }  # fmt: skip


def _person(operator: Any) -> dict[str, object]:  # Any: an operator, or nobody where the database would not allow it
    return {"id": operator.pk, "login": operator.username, "name": operator.get_full_name()}


def _kind(row: KindSum) -> dict[str, object]:
    return {"kind": str(row.kind), "count": row.count, "amount": row.amount}


def _count(count: Count) -> dict[str, object]:
    rows = [
        {"what": str(row.what), "value": row.value, "pieces": row.pieces, "reference": row.reference}
        for row in count.rows.all()
    ]
    return {
        "number": count.number,
        "purpose": str(count.purpose),
        "operator": _person(count.operator),
        "cash": count.cash,
        "expected": count.expected,
        "after_number": count.after_number,
        "recorded_at": count.recorded_at,
        "rows": rows,
    }


AMOUNTS = {"float", "tolerance", "expected", "counted", "difference", "perpetual", "perpetual_paid", "amount"}
AMOUNTS |= {"paid", "reversed", "cash", "value"}


def read_z(report: ZReport) -> Signed:
    """Return the report as it was signed, with its amounts as Decimals."""
    return {name: _amounts(value) for name, value in json.loads(report.payload).items()}


def _amounts(value: Any) -> Any:  # Any: JSON
    if isinstance(value, list):
        return [_amounts(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: Decimal(part).scaleb(-SCALE) if name in AMOUNTS and isinstance(part, int) else _amounts(part)
        for name, part in value.items()
    }
