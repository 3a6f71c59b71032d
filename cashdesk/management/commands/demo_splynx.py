"""Fill a database from the fake Splynx, to try the desk plugged into a billing system."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing.connectors.choosing import billing_system
from billing.connectors.protocol import BillingSystem, BillingUnavailable
from cashdesk.demo import people
from customers.models import Customer
from tills.models import PaymentMethod

METHODS = {"Cash": "1", "Bank transfer": "2", "Card": "3"}  # as Splynx numbers them; every other one is 5, Other
PARTNERS = {"north": "2", "south": "3"}
PATIENCE = 30


class Command(BaseCommand):
    """`manage.py demo_splynx`: for `make demo-splynx`, which starts the fake beside it."""

    help = "Fill an empty database from the fake Splynx and print three logins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say how far to go."""
        parser.add_argument("--keys", action="store_true", help="only make the keys that the settings ask for")

    def handle(self, *args: Any, keys: bool, **options: Any) -> None:  # Any: Django's own signature
        """Migrate, map methods and partners, pull everybody, and print the logins with new passwords."""
        if keys:
            return  # manage.py has made them
        call_command("migrate", interactive=False, verbosity=0)
        if Customer.objects.exists():
            raise CommandError("This database holds customers already. Set DATABASE_URL to a new one.")
        resellers = people.make_resellers()
        for code, partner in PARTNERS.items():
            if code in resellers:
                resellers[code].external_id = partner
                resellers[code].save(update_fields=["external_id"])
        for method in PaymentMethod.objects.all():
            method.external_id = METHODS.get(method.name, "5")
            method.save(update_fields=["external_id"])
        wait_for(billing_system())
        call_command("pull_billing", full=True)
        self.stdout.write("\nSign in at /cashdesk/ with one of these (new passwords at every run):\n")
        for login, password in people.make_logins(resellers).items():
            self.stdout.write(f"  {login:<6} {password}")


def wait_for(system: BillingSystem) -> None:
    """Return when the fake answers; raises CommandError when it does not."""
    until = timezone.now().timestamp() + PATIENCE
    while True:
        try:
            system.count_customers()
        except BillingUnavailable as reason:
            if timezone.now().timestamp() > until:
                raise CommandError(str(reason)) from reason
            time.sleep(0.5)
        else:
            return
