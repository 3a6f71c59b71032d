"""One question and its answer over HTTP: always bounded in time and size, and it is known what a failure means."""

from __future__ import annotations

import json
import ssl
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from django.utils.translation import gettext as _

from billing.connectors.protocol import BillingUnavailable
from billing.connectors.splynx.access import CONNECT_SECONDS, Access
from billing.connectors.splynx.answers import Answer, one_line
from billing.connectors.splynx.query import Pairs

USER_AGENT = "Cashdesk"  # a token is tied to it: a version in it would end every session at an update
LARGEST_BODY = 32 * 1024 * 1024
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


class NotReached(BillingUnavailable):
    """The question certainly did not arrive, or was certainly not acted upon."""


class KeyRefused(NotReached):
    """Splynx does not let this key in; to try again at once would only count as another attempt."""


class NoAnswer(BillingUnavailable):
    """It may have arrived and may have been acted upon; there is no answer."""


@dataclass(frozen=True)
class Question:
    """What is asked; never shown as it is: logins stand in addresses, comments in bodies."""

    method: str
    path: str
    query: Pairs = ()
    content: Mapping[str, object] | None = None


class Exchange:
    """Two clients of one host: a pool for reading, and for writing a connection of its own for every call.

    A server may close a pooled connection just when it is used again. A question that reads is asked again; one that
    writes would have an unknown outcome, so it never takes a used connection.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._pool = _client(access, keep=8)
        self._fresh = _client(access, keep=0)
        weakref.finalize(self, self._pool.close)  # its open connections end with it

    @property
    def longest(self) -> float:
        """The seconds after which one exchange is surely over."""
        return 2 * self._access.timeout + 3 * _short(self._access)  # wait, read; get a place, connect, write

    def ask(self, question: Question, authorization: str = "") -> Answer:
        """Return the answer, whatever its status; raises NotReached or NoAnswer."""
        client = self._pool if question.method in ("GET", "HEAD") else self._fresh
        try:
            return self._read(client, question, authorization)
        except NEVER_SENT as fault:
            raise NotReached(_("Splynx cannot be reached: %(why)s.") % {"why": self._why(fault)}) from None
        except Exception as fault:  # noqa: BLE001 (whatever it was, nobody knows whether the question was acted upon)
            raise NoAnswer(_("Splynx did not answer: %(why)s.") % {"why": self._why(fault)}) from None

    def _read(self, client: httpx.Client, question: Question, authorization: str) -> Answer:
        headers = {"Authorization": authorization} if authorization else {}
        content = None
        if question.content is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(question.content).encode()
        until = time.monotonic() + self._access.timeout
        params = httpx.QueryParams(question.query)
        with client.stream(question.method, question.path, params=params, headers=headers, content=content) as response:
            raw = bytearray()
            for some in response.iter_bytes():
                raw += some
                if len(raw) > LARGEST_BODY or time.monotonic() > until:
                    raise httpx.ReadTimeout("the answer does not end")
            return Answer(response.status_code, bytes(raw), _total(response.headers), _date(response.headers))

    def _why(self, fault: Exception) -> str:
        """Return the reason in one line; the class of a time-out says more than its empty text."""
        return self._access.hide(one_line(str(fault)) or type(fault).__name__).rstrip(".")


def _client(access: Access, keep: int) -> httpx.Client:
    """Return a client that follows no redirect, and takes neither proxies nor passwords from the environment.

    A password in ~/.netrc would replace the token; certificates are the system's, so that a provider's own authority
    is known.
    """
    return httpx.Client(
        base_url=access.address,
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        timeout=httpx.Timeout(_short(access), read=access.timeout),
        limits=httpx.Limits(max_connections=16, max_keepalive_connections=keep),
        verify=ssl.create_default_context(),
        trust_env=False,
        follow_redirects=False,
    )


def _short(access: Access) -> float:
    """Return the seconds for getting a place, connecting, and writing each."""
    return min(CONNECT_SECONDS, access.timeout)


def _total(headers: httpx.Headers) -> int | None:
    found = headers.get("X-total-count", "")
    return int(found) if found.isascii() and found.isdigit() and len(found) < 15 else None


def _date(headers: httpx.Headers) -> datetime | None:
    try:
        found = parsedate_to_datetime(headers["Date"])
    except (KeyError, ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
