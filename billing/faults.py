"""Why an import is refused: one family, whose messages tell the administrator what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class ImportRefused(Exception):
    """Nothing was imported; the message is for the administrator."""


class BatchRefused(ImportRefused):
    """The batch that the files are said to contain cannot be right."""


class TooManyVanished(ImportRefused):
    """The files no longer name more than a twentieth of what is known: they may be incomplete."""


class Superseded(ImportRefused):
    """A later import has begun; this one stops where it is, and the later one writes all."""

    def __init__(self) -> None:
        super().__init__(_("A later import has begun, so this one has stopped. Let the later one finish."))


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong at one place of a file; the column is empty where the whole line is meant."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        place = {"file": self.file, "line": self.line, "column": self.column, "reason": self.reason}
        if not self.column:
            return _("%(file)s, line %(line)d: %(reason)s") % place
        return _("%(file)s, line %(line)d, column %(column)s: %(reason)s") % place


class FilesFaulty(ImportRefused):
    """The files hold faults; the message lists every one of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = sorted(faults)
        count = len(self.faults)
        heading = ngettext(
            "Nothing was imported. The files hold %(count)d fault:",
            "Nothing was imported. The files hold %(count)d faults:",
            count,
        ) % {"count": count}
        super().__init__("\n".join([heading, *map(str, self.faults)]))
