"""How long a sign-in lasts: until nobody has worked for a while, and never longer than a working day."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Operator

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"


def start_clock(request: HttpRequest, user: Operator, **kwargs: Any) -> None:  # Any: what the signal sends besides
    """Begin to count for somebody who has just signed in."""
    request.session[SIGNED_IN_AT] = time.time()
    _see(request.session, user)


def has_lapsed(session: SessionBase) -> bool:
    """Return whether a signed-in session is over: idle for too long, or older than a working day."""
    now = time.time()
    idle: float = now - session.get(SEEN_AT, 0)
    age: float = now - session.get(SIGNED_IN_AT, 0)
    return idle > settings.CASHDESK_IDLE_SECONDS or age > settings.SESSION_COOKIE_AGE


def note_visit(session: SessionBase, user: Operator) -> None:
    """Note that somebody is working; at most once a minute, since each note is two writes."""
    if time.time() - session.get(SEEN_AT, 0) > min(60, settings.CASHDESK_IDLE_SECONDS / 10):
        _see(session, user)


def _see(session: SessionBase, user: Operator) -> None:
    session[SEEN_AT] = time.time()
    Operator.objects.filter(pk=user.pk).update(last_seen_at=timezone.now())
