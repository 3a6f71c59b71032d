"""What goes wrong, and when: a plan that tests, proofs and the admin address fill."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum


class FaultKind(StrEnum):
    """One way of going wrong."""

    LOST_BEFORE = "lost_before"  # never applied, and no answer until the client gives up
    LOST_AFTER = "lost_after"  # applied, and no answer until the client gives up
    LATE = "late"  # no answer, and applied only after the client has given up
    ERROR_BEFORE = "error_before"  # 500 in JSON, not applied
    ERROR_AFTER = "error_after"  # 500 in JSON, although applied
    PAGE_BEFORE = "page_before"  # 502 as a proxy's HTML page, not applied
    PAGE_AFTER = "page_after"  # 502 as a proxy's HTML page, although applied
    CUT = "cut"  # applied, and the answer breaks off in the middle
    CLOSED = "closed"  # not applied, the connection is closed without an answer
    BUSY = "busy"  # 429, not applied
    SLOW = "slow"  # applied and answered after `seconds`
    EXPIRED = "expired"  # the token is refused as expired, and is
    WRONG_TYPES = "wrong_types"  # applied, the answer holds values of wrong types
    TWICE = "twice"  # applied, its hook comes twice


@dataclass
class Fault:
    """Goes wrong for the next `times` questions that match, after letting `skip` of them pass."""

    kind: FaultKind
    method: str = ""  # empty: any
    path: str = ""  # empty: any; else how the path begins, like admin/finance/payments
    times: int = 1
    skip: int = 0
    seconds: float = 0.0  # how slow; how long after the client has given up

    def matches(self, method: str, path: str) -> bool:
        """Return whether it is about this question."""
        return self.method in ("", method) and path.startswith(self.path)


@dataclass
class FaultPlan:
    """Faults in the order in which they are looked at; thread-safe."""

    faults: list[Fault] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, kind: FaultKind | str, method: str = "", path: str = "", **how: float) -> Fault:
        """Plan a fault; `times`, `skip` and `seconds` as in Fault."""
        times, skip = int(how.pop("times", 1)), int(how.pop("skip", 0))
        fault = Fault(FaultKind(kind), method, path, times, skip, **how)
        with self.lock:
            self.faults.append(fault)
        return fault

    def clear(self) -> None:
        """Let everything go well from now on."""
        with self.lock:
            self.faults.clear()

    def next_for(self, method: str, path: str) -> Fault | None:
        """Return what goes wrong with this question, and count it."""
        with self.lock:
            for fault in self.faults:
                if not fault.matches(method, path):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None
