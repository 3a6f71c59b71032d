"""What a line is held against, and what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from payments.verifying.rows import PartRow, ReversalRow


@dataclass(frozen=True)
class Ground:
    """What every line is held against besides its till."""

    keys: Mapping[str, bytes]  # oldest first
    methods: Mapping[int | None, tuple[bool, bool]]  # stays with the operator, in the drawer
    spelled_operators: Mapping[int, str]
    spelled_methods: Mapping[int | None, str]
    unit: int  # of the currency, in ten-thousandths

    def is_older(self, key_id: str, than: str) -> bool:
        """Return whether a key was given up before another."""
        order = list(self.keys)
        return key_id in order and than in order and order.index(key_id) < order.index(than)


class Belonging(NamedTuple):
    """What belongs to one line."""

    where: str  # its document number
    parts: list[list[PartRow]]  # in the order in which they were written, each with its deliveries
    reversals: list[ReversalRow]  # the line is theirs
    undone_by: str | None  # the document number of the line that reverses its payment
