"""Anchors: the heads of all tills in one signed line, kept where whoever rewrites the database cannot rewrite it."""

from __future__ import annotations

import fcntl
import hmac
import json
import os
from collections import deque
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Count, Max, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.money import ZERO
from payments.models import GivenUpKey, Printing
from payments.snapshot import one_moment
from tills import proofs
from tills.models import Till, Transaction

KIND = "cashdesk anchor"
PURPOSE = "anchor"
ALONE = None  # stands for the anchor before one that goes to standard output or by mail only
PAPERS = {"printings": Printing, "given_up": GivenUpKey}  # signed nowhere else: their count is

Anchor = dict[str, Any]  # Any: JSON


class AnchorBroken(ValueError):
    """A line is not an anchor as it was written; the message says why."""


class AnchorRefused(Exception):
    """No anchor was written, or it did not get where it was to go; the message is for the administrator."""


def make_anchor(previous: str | None) -> str:
    """Return the heads of all tills as of one moment as one signed line, chained to the anchor before."""
    with one_moment():
        document: dict[str, object] = {
            "anchor": KIND,
            "at": timezone.now(),
            "key_id": proofs.current_key_id(),
            "papers": _papers(),
            "previous": previous,
            "tills": _heads(),
        }
    return _signed(document)


def _signed(document: dict[str, object]) -> str:
    text = proofs.canonical(document)
    return proofs.canonical({**json.loads(text), "mac": _mac(settings.CASHDESK_PROOF_KEY, text)})


def _mac(key: str, text: str) -> str:
    return hmac.digest(proofs.derive(key, PURPOSE), text.encode(), "sha256").hex()


def _heads() -> list[dict[str, object]]:
    """Return the last line of every till; of one without lines, what its first line will follow."""
    last = Transaction.objects.filter(till=OuterRef("pk")).order_by("-number")
    heads = {name: Subquery(last.values(name)[:1]) for name in ("number", "digest", "balance_after")}
    return [
        {"till": pk, "code": code, "number": number or 0, "digest": digest or proofs.FIRST, "balance": balance or ZERO}
        for pk, code, number, digest, balance in Till.objects.order_by("pk").values_list("pk", "code", *heads.values())
    ]


def _papers() -> dict[str, object]:
    """Return how many rows there are up to the last one, of the tables whose rows no line signs."""
    return {name: model._default_manager.aggregate(count=Count("pk"), last=Max("pk")) for name, model in PAPERS.items()}


def read_anchor(line: str) -> Anchor:
    """Return the anchor in a line; raises AnchorBroken when it is none, or not as it was signed."""
    try:
        anchor = json.loads(line)
        mac = str(anchor.pop("mac", ""))
        text = proofs.canonical(anchor)
        f"{text}{mac}".encode()  # JSON can spell half a character, which nobody has signed
    except (AttributeError, RecursionError, TypeError, ValueError):
        raise AnchorBroken(_("this is not an anchor")) from None
    if anchor.get("anchor") != KIND:
        raise AnchorBroken(_("this is not an anchor"))
    try:
        key = proofs.key_named(str(anchor.get("key_id")))
    except proofs.UnknownKey as fault:
        raise AnchorBroken(str(fault)) from None
    if not hmac.compare_digest(_mac(key, text).encode(), mac.encode()):
        raise AnchorBroken(_("its signature does not fit: it was changed"))
    return {**anchor, "mac": mac}


def append_anchor(path: Path) -> str:
    """Append an anchor to the file, on the disk when this returns, and return it; several at once take turns.

    Raises AnchorRefused when the file cannot be written or does not end with an anchor of ours.
    """
    try:
        with path.open("a+", encoding="utf-8", errors="replace") as file:
            # "a": whatever else writes, nothing is overwritten
            fcntl.flock(file, fcntl.LOCK_EX)
            last = deque(_from_the_start(file), maxlen=1)
            line = make_anchor(_mac_of(last[0], path) if last else proofs.FIRST)
            end = "" if not last or last[0].endswith("\n") else "\n"  # lost, by an editor or a copy
            file.write(f"{end}{line}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise AnchorRefused(_("%(path)s cannot be written: %(error)s") % {"path": path, "error": error}) from error
    return line


def _from_the_start(file: TextIO) -> TextIO:
    file.seek(0)
    return file


def _mac_of(last: str, path: Path) -> str:
    """Return the signature of the file's last anchor; raises AnchorRefused when the line is none."""
    try:
        return str(read_anchor(last)["mac"])
    except AnchorBroken as fault:
        raise AnchorRefused(
            _("The last line of %(path)s: %(fault)s. Keep this file, and begin another one.")
            % {"path": path, "fault": fault}
        ) from None


def mail_anchor(line: str) -> None:
    """Send an anchor to CASHDESK_ANCHOR_EMAIL; raises AnchorRefused when the mail server does not take it."""
    subject = _("Cashdesk: anchor of the books, %(at)s") % {"at": json.loads(line)["at"]}
    try:
        EmailMessage(subject, line + "\n", to=settings.CASHDESK_ANCHOR_EMAIL).send(fail_silently=False)
    except OSError as error:  # smtplib's errors are among these
        raise AnchorRefused(_("The anchor could not be sent by mail: %(error)s") % {"error": error}) from error
