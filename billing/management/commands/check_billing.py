"""Try the connection to the billing system."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from billing.checking import check_billing
from billing.connectors.protocol import Severity


class Command(BaseCommand):
    """See `help`."""

    help = "Try the connection to the billing system end to end, changing nothing; say what is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say which files to read, where figures come as files."""
        parser.add_argument("--customers", type=Path, metavar="FILE")
        parser.add_argument("--invoices", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own signature
        """Write a line for each finding as it comes; exits with 1 for what would stop pull or delivery."""
        marks = {
            Severity.FINE: self.style.SUCCESS(_("fine")),
            Severity.WARNING: self.style.WARNING(_("note")),
            Severity.STOPS: self.style.ERROR(_("stop")),
        }
        if (options["customers"] is None) != (options["invoices"] is None):
            raise CommandError(_("Name both files, or none."))
        if options["customers"] and settings.CASHDESK_BILLING != "files":
            raise CommandError(_("Files are checked where CASHDESK_BILLING is files."))
        found = set()
        for finding in check_billing(options["customers"], options["invoices"]):
            self.stdout.write(f"{marks[finding.severity]}  {finding.text}")
            found.add(finding.severity)
        is_stopped = Severity.STOPS in found
        if settings.CASHDESK_BILLING == "files":
            self.stdout.write(_("The import would be refused.") if is_stopped else _("Nothing was changed."))
        elif is_stopped:
            self.stdout.write(_("Pull or delivery would not work. Nothing was changed."))
        else:
            self.stdout.write(_("Pull and delivery can work. Nothing was changed."))
        if is_stopped:
            sys.exit(1)
