"""Verify the books, line by line, and name the first thing that is wrong."""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.verifying import Asked, Report, verify_books

SHOWN = 20


class Command(BaseCommand):
    """`manage.py verify_books`: reads as of one moment and writes nothing; exit code 1 when something is wrong."""

    help = "Verify every line of the books, and with --anchors that none of them is gone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what is verified besides the books."""
        parser.add_argument("--anchors", type=Path, metavar="FILE", help="what anchor_books wrote")
        parser.add_argument("--max-age", type=int, metavar="MINUTES", help="how old the newest anchor may be")
        parser.add_argument("--json", action="store_true", help="write one JSON object")
        parser.add_argument(
            "--processes", type=int, default=min(os.cpu_count() or 1, 4), help="how many verify at once, on PostgreSQL"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and tell; ends with exit code 1 when something is wrong."""
        if options["max_age"] is not None and options["anchors"] is None:
            raise CommandError("--max-age is about the anchors: name their file with --anchors.")
        asked = Asked(anchors=options["anchors"], max_age_minutes=options["max_age"], processes=options["processes"])
        try:
            report = verify_books(asked)
        except OSError as error:
            raise CommandError(f"The anchors cannot be read: {error}") from error
        if options["json"]:
            self.stdout.write(json.dumps(report.plain(), ensure_ascii=False))
        else:
            self._tell(report)
        if not report.is_sound:
            raise SystemExit(1)

    def _tell(self, report: Report) -> None:
        counted = report.tally
        for warning in report.warnings[:SHOWN]:
            self.stdout.write(f"Strange: {warning}")
        if report.warnings_in_all > SHOWN:
            self.stdout.write(f"... and {report.warnings_in_all - SHOWN} more that are strange.")
        if report.is_sound:
            anchors = "" if report.anchors is None else f", {report.anchors} anchors"
            self.stdout.write(
                f"{counted.lines} lines of {report.tills} tills verified, {counted.parts} parts, "
                f"{counted.deliveries} deliveries, {report.printings} printings{anchors}: nothing is wrong."
            )
            return
        first, *others = report.faults
        self.stderr.write(f"WRONG: {first}")
        for fault in others[: SHOWN - 1]:
            self.stderr.write(f"  also {fault}")
        self.stderr.write(f"{report.faults_in_all} faults in {counted.lines} lines of {report.tills} tills.")
