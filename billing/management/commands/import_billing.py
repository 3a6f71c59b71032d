"""Take over customers and documents from the billing system's files."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.commands import GuardedCommand
from billing.faults import ImportRefused
from billing.importing import import_files, preview_files
from billing.switching import SwitchRefused, check_setting, use_source
from billing.telling import tell_preview, tell_run


def moment(text: str) -> datetime:
    """Return a moment written as ISO; without an offset it is in TIME_ZONE."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(_("write a moment like 2026-11-23T06:00")) from None
    return found if timezone.is_aware(found) else timezone.make_aware(found)


class Command(GuardedCommand):
    """See `help`."""

    help = "Import customers and invoices from CSV files (docs/files.md); all or nothing where the files have faults."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say which files, and what they contain."""
        parser.add_argument("--customers", type=Path, required=True, metavar="FILE")
        parser.add_argument("--invoices", type=Path, required=True, metavar="FILE")
        parser.add_argument("--as-of", type=moment, metavar="ISO", help="when the figures held; now if not given")
        parser.add_argument("--includes-batch", type=int, metavar="N", help="the last exported batch in the figures")
        parser.add_argument("--allow-vanished", action="store_true", help="although over 5 %% are no longer named")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own signature
        """Import, or say what would be imported; exits with 1 when it is refused."""
        files = {name: options[name] for name in ("customers", "invoices", "includes_batch", "allow_vanished")}
        try:
            if options["dry_run"]:
                check_setting("files")
                self.stdout.write(tell_preview(preview_files(**files)))
            else:
                use_source("files")
                self.stdout.write(tell_run(import_files(**files, as_of=options["as_of"])))
        except (ImportRefused, SwitchRefused) as refusal:
            raise CommandError(str(refusal)) from refusal
