"""What a verification found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field

from django.utils.translation import gettext as _

KEPT = 1000  # faults that are kept word for word; the rest is counted
WRONG_SHAPE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)  # SQLite stores anything


@dataclass(frozen=True)
class Fault:
    """Where something is wrong (a document number, a till, a place in the anchors), and what, in plain words."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def unreadable(error: Exception) -> str:
    """Return what is said of something whose columns hold what they cannot."""
    return _("it cannot be read: %(error)r") % {"error": error}


def as_far_as_readable(where: str, look: Callable[[], Iterable[Fault]]) -> Iterator[Fault]:
    """Return the faults that are found until something cannot be read, and then that."""
    try:
        yield from look()
    except WRONG_SHAPE as error:
        yield Fault(where, unreadable(error))


@dataclass
class Tally:
    """What was counted on the way through the lines; `amounts`, `payments` and `reversals` are by method."""

    lines: int = 0
    parts: int = 0
    deliveries: int = 0
    amounts: Counter[int | None] = field(default_factory=Counter)  # ten-thousandths, payments less reversals
    payments: Counter[int | None] = field(default_factory=Counter)
    reversals: Counter[int | None] = field(default_factory=Counter)
    payment_rows: int = 0
    reversal_rows: int = 0
    operators: set[int] = field(default_factory=set)
    resellers: set[int | None] = field(default_factory=set)
    other_effect: set[int | None] = field(default_factory=set)  # methods that now do something else to a till

    def add(self, other: Tally) -> None:
        """Add what was counted elsewhere."""
        for name, value in vars(other).items():
            mine = getattr(self, name)
            if isinstance(value, set | Counter):
                mine.update(value)
            else:
                setattr(self, name, mine + value)


@dataclass
class Report:
    """All that a verification found, and how much it read."""

    tills: int = 0
    tally: Tally = field(default_factory=Tally)
    printings: int = 0
    anchors: int | None = None  # None: no file was given
    faults: list[Fault] = field(default_factory=list)
    faults_in_all: int = 0
    warnings: list[Fault] = field(default_factory=list)
    warnings_in_all: int = 0
    seconds: float = 0.0

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.faults_in_all == 0

    def add_faults(self, found: Iterable[Fault]) -> None:
        """Add what is wrong."""
        for fault in found:
            self.faults_in_all += 1
            if len(self.faults) < KEPT:
                self.faults.append(fault)

    def add_warnings(self, found: Iterable[Fault]) -> None:
        """Add what is strange without being wrong."""
        for fault in found:
            self.warnings_in_all += 1
            if len(self.warnings) < KEPT:
                self.warnings.append(fault)

    def plain(self) -> dict[str, object]:
        """Return the report for a machine."""
        counted = self.tally
        return {
            "sound": self.is_sound,
            "tills": self.tills,
            "lines": counted.lines,
            "payments": counted.payment_rows,
            "reversals": counted.reversal_rows,
            "parts": counted.parts,
            "deliveries": counted.deliveries,
            "printings": self.printings,
            "anchors": self.anchors,
            "seconds": round(self.seconds, 3),
            "lines_per_second": round(counted.lines / self.seconds) if self.seconds else None,
            "faults_in_all": self.faults_in_all,
            "faults": [asdict(fault) for fault in self.faults],
            "warnings_in_all": self.warnings_in_all,
            "warnings": [asdict(fault) for fault in self.warnings],
        }
