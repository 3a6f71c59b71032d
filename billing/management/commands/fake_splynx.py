"""A Splynx to try things out with."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from billing.fake.seeding import seed
from billing.fake.server import FakeSplynx

TOLD = """A fake Splynx with {customers} customers answers at {url}, on this machine only. Ctrl-C ends it.
  CASHDESK_BILLING=splynx
  CASHDESK_SPLYNX_URL={url}
  CASHDESK_SPLYNX_KEY={key}
  CASHDESK_SPLYNX_SECRET={secret}
  CASHDESK_SPLYNX_HOOK_SECRET={hook_secret}
Faults, like a payment that is stored and never answered:
  curl {url}/fake/faults -d '{{"kind": "lost_after", "method": "POST", "path": "admin/finance/payments"}}'"""


class Command(BaseCommand):
    """See `help`."""

    help = "Serve a fake Splynx on this machine, for trying things out."
    requires_system_checks = []  # it needs no database

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say where and how many."""
        parser.add_argument("--port", type=int, default=8090)
        parser.add_argument("--customers", type=int, default=200)
        parser.add_argument("--seed", type=int, default=1, help="another number makes other customers")

    def handle(self, *args: Any, port: int, customers: int, **options: Any) -> None:  # Any: Django's own signature
        """Serve until interrupted."""
        fake = FakeSplynx(port=port)
        seed(fake.ledger, customers=customers, seed=options["seed"])
        with fake:
            told = {"key": fake.key.key, "secret": fake.key.secret, "hook_secret": fake.hooks.secret}
            self.stdout.write(TOLD.format(customers=customers, url=fake.url, **told))
            try:
                fake.ending.wait()
            except KeyboardInterrupt:
                self.stdout.write("")
