"""Tell the billing system of the payments taken."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.commands import GuardedCommand
from billing.connectors.choosing import NotConnected, billing_system
from billing.switching import SwitchRefused, use_source
from billing.working import drain, unfinished, work


def told_to_stop() -> threading.Event:
    """Return what is set when the process is told to end: a call that is out gets its outcome written first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


class Command(GuardedCommand):
    """See `help`."""

    help = "Deliver the payments that wait, in order; any number of these may run at once (docs/billing.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say whether to go on."""
        parser.add_argument("--loop", action="store_true", help="go on for ever: a service, not a timer")

    def handle(self, *args: Any, loop: bool, **options: Any) -> None:  # Any: Django's own signature
        """Deliver; without --loop exits with 1 when something could not be delivered."""
        try:
            use_source("splynx")
            system = billing_system()
        except (SwitchRefused, NotConnected) as refusal:
            raise CommandError(str(refusal)) from refusal
        if loop:
            self.stdout.write(_("Delivering. Ctrl-C ends it."))
            work(system, stop=told_to_stop())
            return
        drain(system)
        waiting, unknown, refused = unfinished()
        done = _("Still waiting: %(waiting)d, unknown: %(unknown)d, refused: %(refused)d.")
        self.stdout.write(done % {"waiting": waiting, "unknown": unknown, "refused": refused})
        if waiting:
            text = ngettext("%(count)d part was not delivered.", "%(count)d parts were not delivered.", waiting)
            raise CommandError(text % {"count": waiting})
