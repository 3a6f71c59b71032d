"""Ask the live billing system for customers and documents."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import close_old_connections
from django.utils.translation import gettext as _
from tqdm import tqdm

from billing.commands import GuardedCommand
from billing.connectors.choosing import NotConnected, billing_system
from billing.connectors.protocol import BillingSystem, BillingUnavailable
from billing.faults import TooManyVanished
from billing.pulling import pull_all, pull_changed, pull_customer
from billing.switching import SwitchRefused, use_source
from billing.telling import tell_pull


class Command(GuardedCommand):
    """See `help`."""

    help = "Take over what has changed in the live billing system; the first time, and with --full, everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say whom to ask for, and how often."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--full", action="store_true", help="ask for every customer")
        which.add_argument("--customer", metavar="ID", help="ask for this one alone (the id over there)")
        parser.add_argument("--loop", type=int, metavar="SECONDS", help="go on for ever, with this pause between")
        parser.add_argument("--allow-vanished", action="store_true", help="although over 5 %% are no longer named")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own signature
        """Pull; without --loop exits with 1 when it could not be done."""
        try:
            use_source("splynx")
            system = billing_system()
        except (SwitchRefused, NotConnected) as refusal:
            raise CommandError(str(refusal)) from refusal
        is_full: bool = options["full"]
        while True:
            try:
                self.stdout.write(self._pull(system, is_full=is_full, **options))
                is_full = False  # a loop asks for everybody once, then for what changes
            except (BillingUnavailable, TooManyVanished) as failure:
                if not options["loop"]:
                    raise CommandError(str(failure)) from failure
                self.stderr.write(str(failure))
            if not options["loop"]:
                return
            time.sleep(options["loop"])
            close_old_connections()

    def _pull(self, system: BillingSystem, *, is_full: bool, **options: Any) -> str:
        if options["customer"]:
            outcome = pull_customer(system, options["customer"])
            return _("Customer %(id)s: %(outcome)s.") % {"id": options["customer"], "outcome": outcome}
        if not is_full:
            return tell_pull(pull_changed(system))
        with tqdm(total=system.count_customers(), desc="pulling", unit=" customers", disable=None) as bar:
            return tell_pull(pull_all(system, allow_vanished=options["allow_vanished"], progress=bar.update))
