"""Fill a database with made-up customers, operators and payments, to try the desk."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from cashdesk.demo import customers, payments, people
from customers.models import Customer
from payments.models import Payment
from tills.days import today


class Command(BaseCommand):
    """`manage.py demo`: may be run again; refuses a database that holds payments or customers of somebody else."""

    help = "Fill a database with made-up customers, operators and payments, and print three logins."

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, fill what is missing, and print the logins with new passwords."""
        call_command("migrate", interactive=False, verbosity=0)
        refuse_real_data()
        resellers = people.make_resellers()
        if not payments.demo_was_here():
            self.stdout.write("Importing demo customers and invoices ...")
            import_customers()
        logins = people.make_logins(resellers)
        self.stdout.write(f"Took {payments.take_payments()} demo payments.")
        self.stdout.write("\nSign in at /cashdesk/ with one of these (new passwords at every run):\n")
        notes = {"admin": "administrator, also /admin/", "ana": "cashier", "remy": "operator of the reseller North Net"}
        for login, password in logins.items():
            self.stdout.write(f"  {login:<6} {password}   {notes[login]}")


def refuse_real_data() -> None:
    """Raise CommandError when the database holds what the demo did not make."""
    if Payment.objects.exists() and not payments.demo_was_here():
        raise CommandError("This database holds payments that the demo did not make. Set DATABASE_URL to another one.")
    if Customer.objects.exclude(external_id__in=customers.ids()).exists():
        raise CommandError("This database holds customers that the demo did not make. Set DATABASE_URL to another one.")


def import_customers() -> None:
    """Bring the demo's customers in through the same import as real ones."""
    with TemporaryDirectory() as folder:
        customer_file, invoice_file = customers.write_files(Path(folder), today())
        call_command("import_billing", customers=customer_file, invoices=invoice_file)
