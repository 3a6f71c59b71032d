"""The access token, one for all processes: who finds it expired claims its renewal, the others wait for the result.

The row is never locked while the network is asked: on SQLite that would keep every payment waiting.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.connectors.splynx.exchange import NotReached
from billing.models import ApiSession

EARLY = timedelta(seconds=5)  # renewed so long before it ends
LOOK_AGAIN = 0.05


@dataclass(frozen=True)
class Token:
    """A token and when it ends by our own clock."""

    text: str = field(repr=False)
    ends: datetime

    @property
    def is_usable(self) -> bool:
        """Whether it lives long enough for one more call."""
        return bool(self.text) and timezone.now() + EARLY <= self.ends


@dataclass(frozen=True)
class Claim:
    """The right of one process to sign in, until it runs out."""

    nonce: int
    until: datetime


SignIn = Callable[[int], Token]  # with a nonce; raises NotReached


class Tokens:
    """Gives out the token of one API key; signs in with a growing nonce when there is none."""

    def __init__(self, *, name: str, sign_in: SignIn, longest_sign_in: float, longest_wait: float) -> None:
        self._name = name
        self._sign_in = sign_in
        self._longest_sign_in = longest_sign_in
        self._patience = longest_wait
        self._single_flight = threading.Lock()
        self._known: Token | None = None
        self._failure: NotReached | None = None
        self._tries = 0

    def current(self) -> str:
        """Return a token that can be used now; raises NotReached when there is none to be had."""
        known = self._known
        return known.text if known and known.is_usable else self.other_than("")

    def other_than(self, refused: str) -> str:
        """Return a token that is not the refused one; of all who ask at once, one signs in."""
        tries = self._tries
        with self._single_flight:
            if self._known and self._known.is_usable and self._known.text != refused:
                return self._known.text
            if self._failure and self._tries > tries:  # somebody tried while we waited: the same would happen to us
                raise type(self._failure)(str(self._failure))
            try:
                self._known = self._stored_or_new(refused)
                self._failure = None
            except NotReached as fault:
                self._failure = fault
                raise
            finally:
                self._tries += 1
            return self._known.text

    def draw_nonce(self) -> int:
        """Return the next nonce of this key: the time in hundredths of a second, always more than the last one."""
        with _connection_as_found(), transaction.atomic(durable=True):
            return _draw(self._locked_row())

    def _stored_or_new(self, refused: str) -> Token:
        """Return what another process stored, or sign in; waits for others as long as there is patience."""
        until = time.monotonic() + self._patience
        while time.monotonic() <= until:
            found = self._look(refused)
            if isinstance(found, Token):
                return found
            if isinstance(found, Claim):
                return self._signed_in(found)
            time.sleep(LOOK_AGAIN)
        raise NotReached(_("Another process could not sign in to Splynx just now."))

    def _look(self, refused: str) -> Token | Claim | None:
        """Return the stored token, or the claim that is now ours; None while somebody else is signing in."""
        with _connection_as_found(), transaction.atomic(durable=True):
            row, now = self._locked_row(), timezone.now()
            stored = Token(row.token, row.expires_at or now)
            if stored.is_usable and stored.text != refused:
                return stored
            if row.claimed_until and row.claimed_until > now:
                return None
            claim = Claim(_draw(row), now + timedelta(seconds=self._longest_sign_in))
            row.claimed_until = claim.until
            row.save(update_fields=["claimed_until"])
            return claim

    def _signed_in(self, claim: Claim) -> Token:
        """Sign in under our claim, and let the others know how it ended."""
        token: Token | None = None
        try:
            token = self._sign_in(claim.nonce)
            return token
        finally:
            with _connection_as_found(), transaction.atomic(durable=True):
                mine = ApiSession.objects.filter(name=self._name, claimed_until=claim.until)  # unless it ran out
                if token:
                    mine.update(claimed_until=None, token=token.text, expires_at=token.ends)
                else:
                    mine.update(claimed_until=None)

    def _locked_row(self) -> ApiSession:
        ApiSession.objects.get_or_create(name=self._name)
        return ApiSession.objects.select_for_update().get(name=self._name)


def _draw(row: ApiSession) -> int:
    row.nonce = max(row.nonce + 1, int(time.time() * 100))
    row.save(update_fields=["nonce"])
    return row.nonce


@contextmanager
def _connection_as_found() -> Iterator[None]:
    """Close the database connection again if this thread had none: threads that only fetch would keep one each."""
    had_none = connection.connection is None
    try:
        yield
    finally:
        if had_none:
            connection.close()
