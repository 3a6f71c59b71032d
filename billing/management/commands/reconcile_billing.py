"""Compare our payments with those in the live billing system."""

import csv
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.commands import GuardedCommand
from billing.connectors.choosing import NotConnected, billing_system
from billing.connectors.protocol import BillingUnavailable
from billing.faults import TooManyVanished
from billing.models import Difference
from billing.pulling import pull_changed
from billing.reconciling import reconcile
from billing.switching import SwitchRefused, use_source
from tills.days import today

DAYS = 31
COLUMNS = ("kind", "reference", "customer_id_there", "remote_id", "here", "there")


def a_day(text: str) -> date:
    """Return a day written as ISO."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(_("write a day like 2026-11-23")) from None


class Command(GuardedCommand):
    """See `help`."""

    help = "Compare payments and balances with the billing system; exits with 1 when something differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say since when, and in which form."""
        parser.add_argument("--since", type=a_day, metavar="DAY", help=f"payments of this day or later; {DAYS} days")
        parser.add_argument("--csv", action="store_true", help="write the differences as CSV")

    def handle(self, *args: Any, since: date | None, **options: Any) -> None:  # Any: Django's own signature
        """Bring the figures up to date, compare, and tell."""
        try:
            use_source("splynx")
            system = billing_system()
            pull_changed(system)  # what has changed since the last pull is no difference
            record = reconcile(system, since=since or today() - timedelta(days=DAYS))
        except (SwitchRefused, NotConnected, BillingUnavailable, TooManyVanished) as failure:
            raise CommandError(str(failure)) from failure
        found = list(record.differences.all())
        if options["csv"]:
            rows = csv.writer(self.stdout, lineterminator="\n")
            rows.writerow(COLUMNS)
            rows.writerows([getattr(difference, name) for name in COLUMNS] for difference in found)
        else:
            self.stdout.writelines(self._line(difference) for difference in found)
            self.stdout.write(_("Payments compared: %(count)d.") % {"count": record.compared})
        if found:
            text = ngettext("%(count)d difference.", "%(count)d differences.", len(found)) % {"count": len(found)}
            self.stderr.write(text)
            sys.exit(1)

    def _line(self, difference: Difference) -> str:
        there, here = difference.there or "-", difference.here or "-"
        place = difference.reference or difference.customer_id_there
        facts = {"kind": difference.get_kind_display(), "place": place, "here": here, "there": there}
        return _("%(place)s: %(kind)s (here: %(here)s, over there: %(there)s)") % facts + "\n"
