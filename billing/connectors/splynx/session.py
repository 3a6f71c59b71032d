"""Asking with the token: signs in when needed, renews once when the token was refused, repeats only what reads."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from billing.connectors.protocol import BillingUnavailable
from billing.connectors.splynx.access import Access
from billing.connectors.splynx.answers import Answer, NotJson, row_of, rows_of
from billing.connectors.splynx.exchange import Exchange, KeyRefused, NoAnswer, NotReached, Question
from billing.connectors.splynx.query import Nested, php_query
from billing.connectors.splynx.tokens import Token, Tokens
from billing.connectors.splynx.values import Row

PAUSES = (0.2, 0.8)  # before a question that reads is asked again
PASSING = {429, 500, 502, 503, 504}
SIGN_IN = "admin/auth/tokens"
Permissions = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class SignedIn:
    """What signing in says: the token, the rights of the key as far as told, and the clock over there."""

    token: Token
    permissions: Permissions
    date: datetime | None


class Session:
    """Everything between a question and its answer."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._exchange = Exchange(access)
        self._tokens = Tokens(
            name=access.name,
            sign_in=lambda nonce: self._sign_in(nonce).token,
            longest_sign_in=self._exchange.longest,
            longest_wait=access.timeout if access.is_hurried else self._exchange.longest,
        )

    @property
    def longest_call(self) -> float:
        """The seconds after which a write surely does nothing any more, see `write`."""
        return 3 * self._exchange.longest

    def rows(self, path: str, **query: Nested) -> Sequence[Row]:
        """Return one page of a list; raises BillingUnavailable when there is none."""
        answer = self.read("GET", path, **query)
        if not answer.is_good:
            raise BillingUnavailable(self.tell(answer))
        try:
            return rows_of(answer)
        except NotJson as fault:
            raise _unusable(fault, path) from None

    def row(self, path: str) -> Row | None:
        """Return one object; None when there is none for us; raises BillingUnavailable when that is not certain."""
        return self.row_in(self.read("GET", path), path)

    def row_in(self, answer: Answer, path: str) -> Row | None:
        """Return the object that is in an answer, as `row` does."""
        if answer.is_not_there or answer.is_of_other_partner:
            return None
        if not answer.is_good:
            raise BillingUnavailable(self.tell(answer))
        try:
            return row_of(answer)
        except NotJson as fault:
            raise _unusable(fault, path) from None

    def total(self, path: str, **query: Nested) -> int:
        """Return how many rows a list has."""
        answer = self.read("HEAD", path, **query)
        if not answer.is_good or answer.total is None:
            raise BillingUnavailable(_("Splynx does not say how many rows %(path)s has.") % {"path": path})
        return answer.total

    def read(self, method: str, path: str, **query: Nested) -> Answer:
        """Ask what changes nothing: again after a pause when there was no answer, or one that passes."""
        question = Question(method, path, php_query(query))
        for pause in () if self._access.is_hurried else PAUSES:
            try:
                answer = self._ask(question)
            except KeyRefused:
                raise
            except (NotReached, NoAnswer):
                time.sleep(pause)
                continue
            if answer.status not in PASSING:
                return answer
            time.sleep(pause)
        return self._ask(question)

    def write(self, method: str, path: str, content: Mapping[str, object] | None = None) -> Answer:
        """Ask for a change, once: a second time only when the token was refused, which certainly changed nothing.

        Raises NotReached when a token was so long in coming that whoever asked may have been given up already.
        """
        return self._ask(Question(method, path, content=content), until=time.monotonic() + 2 * self._exchange.longest)

    def tell(self, answer: Answer) -> str:
        """Return why a question was not answered as wanted, without secrets."""
        return self._access.hide(answer.reason())

    def sign_in_anew(self) -> SignedIn:
        """Sign in beside the shared token, to see what the key may do; raises NotReached."""
        return self._sign_in(self._tokens.draw_nonce())

    def _ask(self, question: Question, until: float = math.inf) -> Answer:
        token = self._tokens.current()
        answer = self._ask_with(token, question, until)
        if answer.needs_new_token:
            answer = self._ask_with(self._tokens.other_than(token), question, until)
        if answer.needs_new_token:
            raise KeyRefused(_("Splynx refuses the API key: %(why)s.") % {"why": self.tell(answer)})
        return answer

    def _ask_with(self, token: str, question: Question, until: float) -> Answer:
        if time.monotonic() > until:
            raise NotReached(_("Signing in to Splynx took too long."))
        return self._exchange.ask(question, f"Splynx-EA (access_token={token})")

    def _sign_in(self, nonce: int) -> SignedIn:
        """Sign in; whatever goes wrong, nothing was done, so it is always NotReached."""
        access = self._access
        content = {"auth_type": "api_key", "key": access.key, "nonce": nonce, "signature": access.signature(nonce)}
        try:
            answer = self._exchange.ask(Question("POST", SIGN_IN, content=content))
        except NoAnswer as fault:
            raise NotReached(str(fault)) from None
        if answer.status in PASSING:
            raise NotReached(_("Splynx does not let anybody sign in: %(why)s.") % {"why": self.tell(answer)})
        if not answer.is_good and answer.is_own_word:
            raise KeyRefused(_("Splynx refuses the API key: %(why)s.") % {"why": self.tell(answer)})
        try:
            row = row_of(answer)
            return SignedIn(_token(row, answer.date), _permissions(row), answer.date)
        except (NotJson, KeyError, TypeError, ValueError, OverflowError, OSError):
            said = _("There is no Splynx API at this address: it answers %(status)d, and something else.")
            raise NotReached(said % {"status": answer.status}) from None


def _unusable(fault: NotJson, path: str) -> BillingUnavailable:
    return BillingUnavailable(_("Splynx answers %(what)s for %(path)s.") % {"what": fault, "path": path})


def _token(row: Row, date: datetime | None) -> Token:
    """Return the token with its end by our clock: theirs may be wrong, the difference between their times is not."""
    ends = datetime.fromtimestamp(int(str(row["access_token_expiration"])), UTC)
    text = row["access_token"]
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or not text:
        raise TypeError("access_token")
    life = ends - (date or timezone.now())
    return Token(text, timezone.now() + max(life, timedelta(0)))


def _permissions(row: Row) -> Permissions:
    found = row.get("permissions")
    if not isinstance(found, dict):
        return {}
    return {str(name): rights for name, rights in found.items() if isinstance(rights, dict)}
