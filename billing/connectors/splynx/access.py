"""Where a Splynx is and with which key it is asked; the one place that knows the secret."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import httpx
from django.utils.translation import gettext as _

CONNECT_SECONDS = 5
HIDDEN = "…"


class WrongAddress(ValueError):
    """The address cannot be used; the message says what to write."""


@dataclass(frozen=True)
class Access:
    """The address of the API and the key it is asked with; nothing of the key is in its repr."""

    address: str  # ends with /api/2.0/
    key: str = field(repr=False)
    secret: str = field(repr=False)
    timeout: float = 15  # seconds without an answer
    undo: str = "delete"  # or negative
    is_hurried: bool = False  # somebody waits for the answer: what reads is asked once, and no other sign-in waited for

    @property
    def name(self) -> str:
        """A name for this address and key that says neither."""
        return hashlib.sha256(f"{self.address}\n{self.key}".encode()).hexdigest()

    def signature(self, nonce: int) -> str:
        """Return what proves the secret for this nonce (splynx.md 4.2)."""
        return hmac.new(self.secret.encode(), f"{nonce}{self.key}".encode(), hashlib.sha256).hexdigest().upper()

    def hide(self, text: str) -> str:
        """Return the text without key and secret, whoever repeated them."""
        for secret in (self.secret, self.key):
            text = text.replace(secret, HIDDEN) if secret else text
        return text


def api_address(url: str) -> str:
    """Return the address of the API on this host.

    Raises WrongAddress for anything but https, or http on the own machine: the key's signature and the customers'
    names would go through the network for everybody to read.
    """
    parts = _split(url.strip())
    if parts.username or parts.password or parts.query or parts.fragment:
        raise WrongAddress(_("CASHDESK_SPLYNX_URL holds more than an address: write https://billing.example.com."))
    if parts.scheme == "http" and not _is_own_machine(parts.hostname or ""):
        raise WrongAddress(_("CASHDESK_SPLYNX_URL begins with http. Write https: http is for this machine only."))
    path = parts.path.rstrip("/").removesuffix("/api/2.0")
    return f"{parts.scheme}://{parts.netloc}{path}/api/2.0/"


def _split(url: str) -> SplitResult:
    """Return the parts of an address whose host and port can be connected to."""
    try:
        parts = urlsplit(url)
        (parts.hostname or "").encode("idna")  # no label is empty or too long
        can_be_used = parts.port != 0 and bool(httpx.URL(f"{parts.scheme}://{parts.netloc}").host)
    except (ValueError, httpx.InvalidURL):
        can_be_used = False
    if not can_be_used or parts.scheme not in ("http", "https"):
        raise WrongAddress(_("CASHDESK_SPLYNX_URL is not an address like https://billing.example.com."))
    return parts


def _is_own_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
