"""Hand the waiting payments to the billing system."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from billing import exporting
from billing.commands import GuardedCommand
from billing.switching import SwitchRefused, use_source


class Command(GuardedCommand):
    """See `help`."""

    help = "Write the payments not yet exported as the next numbered batch, or an old batch again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say which folder, and which batch."""
        parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="the folder for the file")
        parser.add_argument("--batch", type=int, metavar="N", help="write this batch again; nothing new is exported")

    def handle(self, *args: Any, to: Path, batch: int | None, **options: Any) -> None:  # Any: Django's own signature
        """Commit, then write; exits with 1 when there is no file in the end."""
        try:
            use_source("files")
            exporting.check_folder(to)
            number = exporting.commit_batch() if batch is None else batch
            if number is None:
                self.stdout.write(_("No payment is waiting. Nothing was exported."))
                return
            path = exporting.write_batch(number=number, folder=to)
        except (exporting.ExportRefused, SwitchRefused) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(_("Batch %(number)d is in %(path)s.") % {"number": number, "path": path})
