"""What came back: a status and a body without passwords, and every shape of refusal in plain words (splynx.md 4.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from django.utils.translation import gettext as _

PARTNER = "NOT_ALLOWED_BY_PARTNER_RESTRICTION"
# The contract does not say with which status these come.
NEEDS_NEW_TOKEN = {
    "EXPIRED_ACCESS_TOKEN", "EMPTY_ACCESS_TOKEN", "TOKEN_BANNED", "IP_CHANGED", "USER_AGENT_CHANGED",
}  # fmt: skip
LONGEST_REASON = 200


class NotJson(ValueError):
    """The body is something else: a proxy's page, half an answer, nothing."""


@dataclass(frozen=True)
class Answer:
    """What Splynx answered; the body is not in its repr, it holds what nobody here needs to know."""

    status: int
    raw: bytes = field(default=b"", repr=False)
    total: int | None = None  # of a HEAD
    date: datetime | None = None  # the clock over there

    @property
    def is_good(self) -> bool:
        """Whether it was done as asked."""
        return 200 <= self.status < 300

    def body(self) -> object:
        """Return the parsed body: numbers with a point are Decimals, passwords are gone; raises NotJson."""
        try:
            return json.loads(self.raw, parse_float=Decimal, parse_constant=_refuse, object_hook=_without_passwords)
        except (ValueError, ArithmeticError, RecursionError) as fault:
            raise NotJson(_("no JSON")) from fault

    @property
    def code(self) -> str:
        """The internal code of an error; empty when it has none."""
        return str(self._error().get("internal_code") or "")

    @property
    def needs_new_token(self) -> bool:
        """Whether the token was the reason, and another one may help."""
        return self.status == 401 or (not self.is_good and self.code in NEEDS_NEW_TOKEN)

    @property
    def is_of_other_partner(self) -> bool:
        """Whether the object exists, but for another partner: to us it is not there."""
        return self.status == 405 and self.code == PARTNER

    @property
    def is_not_there(self) -> bool:
        """Whether Splynx itself, and no proxy before it, says that there is no such object."""
        return self.status == 404 and bool(self._error())

    @property
    def is_own_word(self) -> bool:
        """Whether Splynx itself gives the reason, and no proxy before it."""
        return bool(self._error()) or isinstance(self._body_or_none(), list)

    def reason(self) -> str:
        """Return why it was not done, in one line."""
        said = self._complaints() or str(self._error().get("message") or "")
        words = one_line(said)[:LONGEST_REASON]
        code = self.code or str(self.status)
        return (
            f"{words} ({code})" if words else _("Splynx answers %(status)d without a reason.") % {"status": self.status}
        )

    def _error(self) -> Mapping[str, Any]:  # Any: somebody else's JSON
        body = self._body_or_none()
        error = body.get("error") if isinstance(body, dict) else None
        return error if isinstance(error, dict) else {}

    def _complaints(self) -> str:
        """Return what a validation complains of, in both of its spellings: {field, message}, {attribute, error}."""
        body = self._body_or_none()
        rows = [row for row in body if isinstance(row, dict)] if isinstance(body, list) else []
        said = [(row.get("field") or row.get("attribute"), row.get("message") or row.get("error")) for row in rows]
        return "; ".join(f"{name}: {why}" if name else f"{why}" for name, why in said if why)

    def _body_or_none(self) -> object:
        try:
            return self.body()
        except NotJson:
            return None


def one_line(said: str) -> str:
    """Return a text that can be stored and shown: PostgreSQL takes no NUL, and nobody wants to read one."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())


def rows_of(answer: Answer) -> Sequence[Mapping[str, object]]:
    """Return the rows of a list; raises NotJson for anything but an array of objects."""
    body = answer.body()
    if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
        raise NotJson(_("no list"))
    return body


def row_of(answer: Answer) -> Mapping[str, object]:
    """Return one object; raises NotJson for anything else."""
    body = answer.body()
    if not isinstance(body, dict):
        raise NotJson(_("no object"))
    return body


def _without_passwords(found: dict[str, object]) -> dict[str, object]:
    """Drop passwords while the text is being read: no log, no error page and no test can show what is not there."""
    return {name: value for name, value in found.items() if name.lower() != "password"}


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity are no amounts
