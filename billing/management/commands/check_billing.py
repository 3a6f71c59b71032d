"""Try the connection to the billing system."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from billing.checking import check_billing
from billing.connectors.protocol import Severity


class Command(BaseCommand):
    """See `help`."""

    help = "Try the connection to the billing system end to end, changing nothing; say what is missing."

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own signature
        """Write a line for each finding as it comes; exits with 1 for what would stop pull or delivery."""
        marks = {
            Severity.FINE: self.style.SUCCESS(_("fine")),
            Severity.WARNING: self.style.WARNING(_("note")),
            Severity.STOPS: self.style.ERROR(_("stop")),
        }
        found = set()
        for finding in check_billing():
            self.stdout.write(f"{marks[finding.severity]}  {finding.text}")
            found.add(finding.severity)
        if Severity.STOPS in found:
            self.stdout.write(_("Pull or delivery would not work. Nothing was changed."))
            sys.exit(1)
        self.stdout.write(_("Pull and delivery can work. Nothing was changed."))
