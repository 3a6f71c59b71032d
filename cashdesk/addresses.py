"""Where a request comes from, and how often it may ask."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Network, ip_address

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

WINDOW_SECONDS = 60


def client_address(request: HttpRequest) -> str:
    """Return the address of the browser: behind CASHDESK_PROXIES proxies, what the outermost of them has seen.

    Only that many entries of X-Forwarded-For are believed, counted from the end: the rest is whatever the client wrote.
    """
    seen = [request.META.get("REMOTE_ADDR", "")]
    if settings.CASHDESK_PROXIES:
        seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")] + seen
        seen = seen[-1 - settings.CASHDESK_PROXIES :]
    return str(seen[0])


def neighbourhood(address: str) -> str:
    """Return what one subscriber has: an IPv4 address, or the first half of an IPv6 address, of which all is theirs."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))


def is_within(limit: int, request: HttpRequest, purpose: str) -> bool:
    """Count one request for this purpose and return whether its address is within the limit for this minute.

    Counted in each worker by itself, so the whole desk allows as many times more as it has workers.
    """
    name = f"{purpose}:{neighbourhood(client_address(request))}"
    cache.add(name, 0, WINDOW_SECONDS)
    try:
        return cache.incr(name) <= limit
    except ValueError:  # the minute ended between the two lines
        return True
