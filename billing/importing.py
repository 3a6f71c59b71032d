"""Importing customers and documents from files, and marking which of our payments their figures contain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone
from tqdm import tqdm

from billing.connectors.files import Files
from billing.counting import draw
from billing.faults import Superseded
from billing.gathering import gather
from billing.guarding import check_batch, check_vanished, known_customers
from billing.models import Import
from billing.reading import read_files
from billing.staging import Staging
from customers import projecting
from customers.figures import Changes, CustomerFigures
from payments.models import Delivery

STATISTICS = {
    "postgresql": ["ANALYZE customers_customer, customers_invoice, customers_searchkey"],
    "sqlite": ["PRAGMA analysis_limit = 1000", "PRAGMA optimize"],  # a sample: the desk waits for its lock
}


@dataclass
class Run:
    """One import while it writes, and what it has done so far."""

    record: Import
    changes: Changes = field(default_factory=Changes)
    reflected: int = 0

    def settle(self, customer_ids: Sequence[int]) -> None:
        """Mark the parts that the figures of these locked customers contain; raises Superseded behind a later import.

        Runs in the transaction that writes the figures: a part is counted on top of them, or contained, never both.
        """
        if Import.objects.filter(number__gt=self.record.number).exists():
            raise Superseded
        contained = Delivery.objects.filter(
            state=Delivery.State.DELIVERED,
            reflected=False,
            batch__lte=self.record.includes_batch,
            allocation__payment__transaction__customer__in=customer_ids,
        )
        ids = list(contained.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
        self.reflected += Delivery.objects.filter(pk__in=ids).update(reflected=True)


def import_files(
    *,
    customers: Path,
    invoices: Path,
    as_of: datetime | None = None,
    includes_batch: int | None = None,
    allow_vanished: bool = False,
) -> Run:
    """Make customers and documents say what the files say; return what was done.

    Everything is checked before anything is written; then at most 500 customers are written per transaction, so that
    the desk goes on working beside it. `as_of` is when the figures held (None: now), `includes_batch` the last exported
    batch that they contain (None: no payment has been taken yet). Interrupted, it is run again; run again, it writes
    nothing. Raises an ImportRefused.
    """
    as_of = as_of or timezone.now()
    includes_batch = check_batch(includes_batch)
    with read_files(customers=customers, invoices=invoices) as staging:
        check_vanished(staging, includes_batch=includes_batch, allowed=allow_vanished)
        run = Run(_begin(as_of, includes_batch))
        _write(run, staging)
        _write_gone(run, staging)
    run.record.finished_at = timezone.now()
    run.record.save(update_fields=["finished_at"])
    _refresh_statistics()
    return run


def preview_files(
    *, customers: Path, invoices: Path, includes_batch: int | None = None, allow_vanished: bool = False
) -> Changes:
    """Return what import_files would write now, or raise what it would raise; writes nothing and takes no lock."""
    includes_batch = check_batch(includes_batch)
    with read_files(customers=customers, invoices=invoices) as staging:
        gone, closed = check_vanished(staging, includes_batch=includes_batch, allowed=allow_vanished)
        changes = Changes()
        for figures in stated(staging):
            changes += projecting.preview_customers(figures)
    changes.gone, changes.documents_closed = gone, closed
    return changes


def stated(staging: Staging) -> Iterator[Sequence[CustomerFigures]]:
    """Yield what the files say, at most 500 customers at once, gathered as from any other billing system."""
    files = Files(staging)
    for page in files.customers():
        yield gather(files, page.rows).figures


def _begin(as_of: datetime, includes_batch: int) -> Import:
    """Take this import's place in the order of fetches, before it writes anything else."""
    with transaction.atomic(durable=True):
        number = draw("fetch")
        return Import.objects.create(
            number=number,
            includes_batch=check_batch(includes_batch),  # once more: another import may have begun meanwhile
            as_of=as_of,
            started_at=timezone.now(),
        )


def _write(run: Run, staging: Staging) -> None:
    with tqdm(total=staging.customers, desc="writing", unit=" customers", disable=None) as bar:
        for figures in stated(staging):
            run.changes += projecting.write_customers(
                figures=figures, fetch=run.record.number, as_of=run.record.as_of, after_write=run.settle
            )
            bar.update(len(figures))


def _write_gone(run: Run, staging: Staging) -> None:
    """Mark who is not in the files; asked again now, since another import may have added somebody."""
    vanished = list(staging.unnamed_customers(known_customers()))
    for start in range(0, len(vanished), projecting.MOST_AT_ONCE):
        run.changes += projecting.write_gone(
            external_ids=vanished[start : start + projecting.MOST_AT_ONCE],
            fetch=run.record.number,
            after_write=run.settle,
        )


def _refresh_statistics() -> None:
    """Let the database see the new size of the tables: right after a first import it still plans for empty ones."""
    with connection.cursor() as cursor:
        for statement in STATISTICS[connection.vendor]:
            cursor.execute(statement)
