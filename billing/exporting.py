"""Handing payments to the billing system in numbered batches: committed first, written from what was committed."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from billing.counting import draw
from billing.models import Batch
from customers.money import SCALE, plain_amount
from payments.models import Delivery
from tills.locking import run_act

COLUMNS = (
    "batch", "reference", "customer", "document", "kind", "amount", "method", "paid_on", "operator", "comment",
)  # fmt: skip
AT_ONCE = 1000  # SQLite takes only so many values in one statement
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


class ExportRefused(Exception):
    """No file was written; the message is for the administrator."""


class FileNotWritten(ExportRefused):
    """The batch is committed and has no file yet; the message says how to write it."""

    def __init__(self, number: int, path: Path, why: str) -> None:
        super().__init__(
            _(
                "Batch %(number)d is committed, but %(path)s could not be written: %(why)s. "
                "Then write it with: manage.py export_payments --to %(folder)s --batch %(number)d"
            )
            % {"number": number, "path": path, "why": why, "folder": path.parent}
        )


def commit_batch() -> int | None:
    """Put all waiting parts into the next batch and return its number; None when nothing waits.

    From here on they count as handed over, whether or not a file can be written: it can be written again. Two at once
    put no part in two batches: the second waits for the first one's locks and then finds nothing waiting.
    """
    return run_act(_commit)


def _commit() -> int | None:
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING).order_by("pk").select_for_update()
    ids = list(waiting.values_list("pk", flat=True))
    if not ids:
        return None
    batch = Batch.objects.create(number=draw("batch"), made_at=timezone.now())
    for start in range(0, len(ids), AT_ONCE):
        part = Delivery.objects.filter(pk__in=ids[start : start + AT_ONCE])
        part.update(state=Delivery.State.DELIVERED, batch=batch.number)
    return batch.number


def batch_path(folder: Path, number: int) -> Path:
    """Return where the file of a batch lies."""
    return folder / f"batch-{number:06d}.csv"


def check_folder(folder: Path) -> None:
    """Raise ExportRefused unless files can be written there; asked before a batch is committed."""
    if not folder.is_dir():
        raise ExportRefused(_("There is no folder %(folder)s.") % {"folder": folder})
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ExportRefused(_("Nothing can be written in %(folder)s.") % {"folder": folder})


def write_batch(*, number: int, folder: Path) -> Path:
    """Write the file of a committed batch, byte for byte the same each time, and return its path.

    It appears whole or not at all. Raises ExportRefused when there is no such batch, or when the file cannot be
    written, and then says how to write it again.
    """
    if not Batch.objects.filter(pk=number).exists():
        raise ExportRefused(_("There is no batch %(number)d.") % {"number": number})
    path = batch_path(folder, number)
    try:
        _place(path, batch_text(number).encode())
    except OSError as error:
        raise FileNotWritten(number, path, error.strerror or str(error)) from error
    return path


def _place(path: Path, content: bytes) -> None:
    """Let the file appear with this content; raises FileExistsError rather than overwrite another content."""
    if path.exists():
        if path.read_bytes() == content:
            return
        raise FileExistsError(errno.EEXIST, _("a file with other content has its name"))
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def batch_text(number: int) -> str:
    """Return the content of a batch's file: a header, and a row for each part in the order it was written."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(_rows(number))
    return text.getvalue()


def _rows(number: int) -> Iterator[list[str]]:
    parts = Delivery.objects.filter(batch=number).order_by("pk")
    lines = parts.select_related("allocation__payment__transaction", "allocation__payment__reversal__transaction")
    for delivery in lines.iterator():
        yield [str(number), delivery.reference, *_cells(delivery)]


def _cells(delivery: Delivery) -> list[str]:
    """Return what was signed, not what the rows say today: a method or an operator may have another name by now."""
    payment = delivery.allocation.payment
    is_undo = delivery.kind == Delivery.Kind.UNDO
    signed = json.loads(payment.transaction.payload)
    line = json.loads(payment.reversal.transaction.payload if is_undo else payment.transaction.payload)["line"]
    place = int(delivery.reference.rpartition("/")[2])
    part = signed["parts"][place - 1]
    document = part["document"] or {"number": "", "kind": ""}
    amount = Decimal(part["amount"]).scaleb(-SCALE)
    return [
        line["customer"]["external_id"],
        document["number"],
        document["kind"],
        plain_amount(-amount if is_undo else amount),
        as_text(line["method"]["name"]),
        signed["payment"]["paid_on"],
        as_text(line["operator"]["login"]),
        as_text(line["comment"]),
    ]


def as_text(text: str) -> str:
    """Return free text that no spreadsheet takes for a formula: one apostrophe in front, to be taken off again."""
    return f"'{text}" if text.startswith(FORMULA) else text
