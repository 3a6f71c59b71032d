"""The whole verification: every till from its first line, what stands beside the lines, and the anchors."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count
from django.utils.translation import gettext as _
from tqdm import tqdm

from accounts.models import Operator
from payments.models import Printing
from payments.snapshot import one_moment
from payments.verifying.anchors import read_anchors, verify_anchors
from payments.verifying.belonging import Ground
from payments.verifying.beside import faults_beside, odd_methods
from payments.verifying.documents import whole_unit
from payments.verifying.overpaid import overpaid
from payments.verifying.report import Report, as_far_as_readable
from payments.verifying.rows import Stretch, TillFacts, stretches
from payments.verifying.shifts import shift_faults
from payments.verifying.walking import Walkers, walkers
from tills import journal, proofs
from tills.models import PaymentMethod, Till, Transaction


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What to verify besides the books themselves, and with how many processes."""

    anchors: Path | None = None
    max_age_minutes: int | None = None
    processes: int = 1


def verify_books(asked: Asked) -> Report:
    """Verify everything as of one moment, while the desk goes on, and return what was found; writes nothing."""
    began, report = time.monotonic(), Report()
    anchors = None if asked.anchors is None else read_anchors(asked.anchors, asked.max_age_minutes)
    with walkers(asked.processes) as crew, one_moment():
        others = {_("documents"): crew.begin(overpaid), _("shifts and movements"): crew.begin(shift_faults)}
        _walk(report, crew)
        report.add_faults(faults_beside(report.tally))
        for where, found in others.items():
            report.add_faults(as_far_as_readable(where, found))
        report.add_warnings(as_far_as_readable(_("methods"), lambda: odd_methods(report.tally)))
        report.printings = Printing.objects.count()
        if anchors is not None:
            verify_anchors(anchors, report)
    report.seconds = time.monotonic() - began
    return report


def _walk(report: Report, crew: Walkers) -> None:
    """Examine all lines of all tills, in the order of their codes."""
    tills = list(_tills())
    report.tills = len(tills)
    asked = [stretch for till, lines in tills for stretch in stretches(till, lines)]
    with tqdm(total=sum(stretch.lines for stretch in asked), desc="verifying", unit=" lines", disable=None) as bar:
        for found in crew.walk(asked, ground()):
            report.tally.add(found.tally)
            report.add_faults(found.faults)
            report.add_warnings(found.warnings)
            bar.update(found.tally.lines)


def ground() -> Ground:
    """Return what every line is held against."""
    methods = PaymentMethod.objects.in_bulk()
    operators = Operator.objects.in_bulk()
    return Ground(
        keys={name: key.encode() for name, key in proofs.key_ring().items()},
        methods={pk: (method.stays_with_operator, method.in_drawer) for pk, method in methods.items()},
        spelled_operators={pk: proofs.spell(journal.describe_operator(row)) for pk, row in operators.items()},
        spelled_methods={pk: proofs.spell(journal.describe_method(row)) for pk, row in methods.items()},
        unit=whole_unit(),
    )


def _tills() -> Iterator[tuple[TillFacts, int]]:
    """Return every till with how many lines it has."""
    counted = dict(Transaction.objects.order_by().values_list("till").annotate(lines=Count("pk")))
    for pk, code, operator_id, reseller_id in Till.objects.order_by("code", "pk").values_list(
        "pk", "code", "operator_id", "reseller_id"
    ):
        yield TillFacts(pk, code, operator_id, reseller_id), counted.get(pk, 0)


def stretch_of(till: Till) -> Stretch:
    """Return the whole journal of one till as one stretch, for who wants to verify only that."""
    return Stretch(TillFacts(till.pk, till.code, till.operator_id, till.reseller_id), None, None, 0)
