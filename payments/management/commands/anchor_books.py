"""Write the heads of all tills where whoever rewrites the database cannot rewrite them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from payments.anchoring import ALONE, AnchorRefused, append_anchor, mail_anchor, make_anchor


class Command(BaseCommand):
    """`manage.py anchor_books [--file PATH|-]`: each run adds one line while the desk goes on; run it often."""

    help = "Write the heads of all tills as one signed line: to a file, standard output (-), and CASHDESK_ANCHOR_EMAIL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say where the line goes."""
        parser.add_argument("--file", metavar="PATH", help="append to this file; - writes to standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the anchor and send it wherever it is to go; fails when it does not get everywhere."""
        target = options["file"]
        if target is None and not settings.CASHDESK_ANCHOR_EMAIL:
            raise CommandError("Say where the anchor goes: --file PATH, --file -, or set CASHDESK_ANCHOR_EMAIL.")
        try:
            line = make_anchor(ALONE) if target in (None, "-") else append_anchor(Path(target))
            if target == "-":
                self.stdout.write(line)
            if settings.CASHDESK_ANCHOR_EMAIL:
                mail_anchor(line)
        except AnchorRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        if target != "-":
            self.stdout.write(f"Anchored the books: {', '.join(self._places(target))}.")

    def _places(self, target: str | None) -> list[str]:
        return [*([target] if target else []), *settings.CASHDESK_ANCHOR_EMAIL]
