"""Tills, methods, shifts and counts, and the till's journal: each line a fact that is written once."""

from tills.models.booking import Booking
from tills.models.kind import EFFECTS, Kind
from tills.models.shift import IN_PROGRESS, Count, CountRow, Shift, ZReport
from tills.models.till import PaymentMethod, Till
from tills.models.transaction import Transaction, UsedForm, WriteOff, document_number, numbered

__all__ = [
    "EFFECTS", "IN_PROGRESS", "Booking", "Count", "CountRow", "Kind", "PaymentMethod", "Shift", "Till", "Transaction",
    "UsedForm", "WriteOff", "ZReport", "document_number", "numbered",
]  # fmt: skip
