"""API keys, signatures and tokens tied to address and agent (splynx.md 4.2)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

TOKEN_SECONDS = 30 * 60
REFRESH_SECONDS = 7 * 24 * 60 * 60
ALL = ("index", "view", "add", "update", "delete")
CONTROLLERS = (
    r"admin\customers\Customer", r"admin\customers\CustomerBilling", r"admin\finance\Invoices",
    r"admin\finance\ProformaInvoices", r"admin\finance\Payments", r"admin\finance\PaymentMethods",
    r"admin\finance\Transactions", r"admin\administration\Partners",
)  # fmt: skip


class Denied(Exception):
    """The question is not answered; with the internal code and the status."""

    def __init__(self, code: str, status: int = 401) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass
class ApiKey:
    """A key with its rights; a right that is not named is allowed."""

    key: str = "fake-splynx-key"
    secret: str = "fake-splynx-secret"  # noqa: S105  # opens nothing
    partner_id: int = 0  # 0: any
    rights: dict[str, dict[str, str]] = field(
        default_factory=lambda: {controller: dict.fromkeys(ALL, "allow") for controller in CONTROLLERS}
    )
    addresses: set[str] = field(default_factory=set)  # empty: any
    last_nonce: int = 0

    def require(self, controller: str, action: str) -> None:
        """Raise Denied when the right is denied."""
        if self.rights.get(controller, {}).get(action) == "deny":
            raise Denied("FORBIDDEN", 403)


@dataclass
class _Session:
    key: ApiKey
    address: str
    agent: str
    refresh: str
    ends: float
    refresh_ends: float


class Gate:
    """Who may come in."""

    def __init__(self, key: ApiKey, clock: Callable[[], float]) -> None:
        self.key = key
        self.clock = clock
        self.token_seconds = TOKEN_SECONDS
        self.sign_ins = 0
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def sign_in(self, asked: Mapping[str, Any], address: str, agent: str) -> dict[str, Any]:
        """Return a new token for a signature; raises Denied."""
        if asked.get("auth_type") != "api_key":
            raise Denied("INVALID_AUTH_TYPE")
        self._require_signature(asked.get("key"), asked.get("nonce"), asked.get("signature"), address)
        with self._lock:
            self.sign_ins += 1
        return self._session(address, agent) | {"permissions": self.key.rights}

    def renew(self, refresh: str, address: str, agent: str) -> dict[str, Any]:
        """Return a new token for a refresh token, which ends; raises Denied."""
        self.sign_out(refresh)
        return self._session(address, agent)

    def sign_out(self, refresh: str) -> None:
        """End a session by its refresh token; raises Denied when there is none."""
        with self._lock:
            found = [token for token, session in self._sessions.items() if session.refresh == refresh]
            if not found or self._sessions[found[0]].refresh_ends <= self.clock():
                raise Denied("EXPIRED_REFRESH_TOKEN")
            del self._sessions[found[0]]

    def require(self, header: str, address: str, agent: str) -> ApiKey:
        """Return the key behind an Authorization header; raises Denied."""
        if not header:
            raise Denied("MISSED_AUTHORIZATION_HEADER")
        found = re.fullmatch(r"Splynx-EA \((.*)\)", header)
        given = dict(part.split("=", 1) for part in found[1].split("&") if "=" in part) if found else {}
        if "signature" in given:
            self._require_signature(given.get("key"), given.get("nonce"), given.get("signature"), address)
            return self.key
        if not given.get("access_token"):
            raise Denied("EMPTY_ACCESS_TOKEN")
        with self._lock:
            session = self._sessions.get(given["access_token"])
        if session is None:
            raise Denied("TOKEN_BANNED")
        if session.ends <= self.clock():
            raise Denied("EXPIRED_ACCESS_TOKEN")
        if session.address != address:
            raise Denied("IP_CHANGED")
        if session.agent != agent:
            raise Denied("USER_AGENT_CHANGED")
        return session.key

    def expire_all(self) -> None:
        """Let every token that is out be expired."""
        with self._lock:
            for session in self._sessions.values():
                session.ends = 0

    def _session(self, address: str, agent: str) -> dict[str, Any]:
        token, refresh, now = secrets.token_hex(16), secrets.token_hex(16), self.clock()
        ends, refresh_ends = now + self.token_seconds, now + REFRESH_SECONDS
        with self._lock:
            self._sessions[token] = _Session(self.key, address, agent, refresh, ends, refresh_ends)
        return {
            "access_token": token,
            "access_token_expiration": int(ends),
            "refresh_token": refresh,
            "refresh_token_expiration": int(refresh_ends),
        }

    def _require_signature(self, key: object, nonce: object, signature: object, address: str) -> None:
        text = str(nonce)
        wanted = hmac.new(self.key.secret.encode(), f"{text}{key}".encode(), hashlib.sha256).hexdigest().upper()
        if key != self.key.key or not hmac.compare_digest(wanted, str(signature)) or not text.isdigit():
            raise Denied("INVALID_SASH")
        if self.key.addresses and address not in self.key.addresses:
            raise Denied("FORBIDDEN", 403)
        with self._lock:
            if int(text) <= self.key.last_nonce:
                raise Denied("INVALID_SASH")
            self.key.last_nonce = int(text)
