"""Make the first administrator."""

from __future__ import annotations

import secrets
import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from accounts.models import Operator
from accounts.sign_in import find_by_login


class Command(BaseCommand):
    """`manage.py create_admin`: an administrator who may also use the desk; says so when there is one already."""

    help = "Make an administrator with the CashDesk switch on. The password is asked for, or made and printed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--username", default="admin", help="The login (admin).")
        parser.add_argument("--name", default="Administrator", help="The name as printed on receipts (Administrator).")
        parser.add_argument("--password-file", type=Path, help="Read the password from this file's first line.")
        parser.add_argument("--random-password", action="store_true", help="Make a password and print it.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the administrator; raises CommandError when the login belongs to somebody else."""
        found = find_by_login(options["username"])
        if found is not None:
            self.stdout.write(already(found))
            return
        asked = sys.stdin.isatty() and not options["random_password"]
        person = Operator(
            username=options["username"], name=options["name"], is_staff=True, is_superuser=True, cashdesk_access=True
        )
        if options["password_file"]:
            password = from_file(options["password_file"])
        else:
            password = ask() if asked else secrets.token_urlsafe(12)
        save(person, password)
        self.stdout.write(f"Made the administrator {person.username}.")
        if not options["password_file"] and not asked:
            self.stdout.write(f"Password: {password}")


def already(person: Operator) -> str:
    """Return the sentence about an administrator who exists; raises CommandError when this is not one."""
    if not (person.is_superuser and person.is_staff and person.is_active):
        raise CommandError(f"{person.username} exists and is not an administrator. Nothing was changed.")
    return f"The administrator {person.username} exists already. Nothing was changed, the password neither."


def from_file(path: Path) -> str:
    """Return the first line of the file."""
    try:
        return (path.read_text(encoding="utf-8").splitlines() or [""])[0]
    except (OSError, UnicodeDecodeError) as fault:
        raise CommandError(f"The password cannot be read from {path}: {fault}") from fault


def ask() -> str:
    """Return a password typed twice on the terminal."""
    password = getpass("Password: ")
    if password != getpass("The same again: "):
        raise CommandError("The two passwords differ. Nothing was made.")
    return password


def save(person: Operator, password: str) -> None:
    """Write the new administrator; raises CommandError with what is wrong with the login or the password."""
    try:
        person.set_password(password)
        person.full_clean()
        validate_password(password, person)
        person.save(force_insert=True)
    except ValidationError as fault:
        raise CommandError(" ".join(fault.messages)) from fault
    except IntegrityError as fault:
        raise CommandError(f"{person.username} was made by somebody else meanwhile.") from fault
