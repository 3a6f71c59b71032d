"""Somebody who sends to every door what nobody should send, and counts what must not happen."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zlib import crc32

from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Operator
from payments.models import Payment
from proofs.doors import Desk, Door
from proofs.payloads import TEXTS, Body, bodies, escaped, form
from tests.money.test_typed_amounts import by_the_rule

STRANGE = 3  # fields of each door around which strange bodies are built: they differ by the body, not by the field
APPS = ("accounts", "customers", "tills", "payments", "billing")
MOST = Decimal(50_000)


@dataclass
class Found:
    """What came back."""

    fields: int = 0
    requests: int = 0
    crashes: int = 0
    silent: int = 0
    otherwise: int = 0
    slowest: float = 0.0
    which: list[str] = field(default_factory=list)
    doors: set[str] = field(default_factory=set)

    def add(self, other: Found) -> None:
        """Add what another one has found, at other doors of the same desk."""
        counts = ("fields", "requests", "crashes", "silent", "otherwise")
        for name in counts:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slowest = max(self.slowest, other.slowest)
        self.which += other.which
        self.doors |= other.doors


class Tester:
    """Sends to doors what nobody should send, and counts what must not happen."""

    def __init__(self, chance: random.Random, desk: Desk) -> None:
        self.chance, self.desk, self.found = chance, desk, Found()
        self.paying = next(door for door in desk.doors_with_money() if door.route == "customer")
        self.client = Client(raise_request_exception=False)
        self.sign_in()

    def sign_in(self) -> None:
        """Sign in anew: the last request may have ended the session or changed the password."""
        self.client.force_login(Operator.objects.get(pk=self.desk.operator.pk))

    def knock_everywhere(self, *, texts: int | None, share: int = 0, of: int = 1) -> None:
        """Knock at every door of one's share; then at all that only now are there, since something was done."""
        self.desk.settling()
        for look in range(2):
            found = [*self.desk.doors_with_money(), *self.desk.found_doors(self.client)]
            for door in found:
                name = f"{door.method} {door.route}: {' '.join(sorted(door.ready()[1]))}"
                if name not in self.found.doors:
                    self.found.doors.add(name)
                    if look or crc32(name.encode()) % of == share:
                        self.knock(door, texts=texts)
            self.sign_in()

    def knock(self, door: Door, *, texts: int | None) -> None:
        """Send every text in every field of the door and every strange body around it (None: all, else so many)."""
        _, fields = door.ready()
        self.sign_in()
        self.found.fields += len(fields) + bool(door.in_path)
        for number, name in enumerate(fields):
            for text in TEXTS if texts is None else self.chance.sample(TEXTS, texts):
                parts, now = door.ready()
                self.send(door, door.address(parts), form(now | {name: text}), f"{name}={ascii(text)[:40]}")
            parts, now = door.ready()
            strange = list(bodies(now, name)) if number < STRANGE else []
            for called, body in strange if texts is None else self.chance.sample(strange, min(texts, len(strange))):
                parts, _ = door.ready()
                self.send(door, door.address(parts), body, f"{name} {called}")
        for text in (TEXTS if texts is None else self.chance.sample(TEXTS, texts)) if door.in_path else []:
            parts, now = door.ready()
            self.send(door, door.address(parts, escaped(text)), form(now), f"address {ascii(text)[:40]}")

    def send(self, door: Door, address: str, body: Body, what: str) -> Any:
        """Send one request and count what is wrong with the answer; return the answer."""
        cache.clear()  # how often somebody may ask is another promise
        if door.route in {"login", "password"}:
            self.sign_in()
        before = rows()
        began = time.monotonic()
        answer = self._ask(door, address, body)
        if door.route == "customer" and answer.status_code == 200:  # asked whether it is meant: it is
            answer = self._ask(door, address, body)
        if answer.headers.get("Location", "").startswith(reverse("login")) and door.route != "login":
            raise AssertionError(f"Nobody was signed in for {door.route} {what}")
        self.found.slowest = max(self.found.slowest, time.monotonic() - began)
        self.found.requests += 1
        says_so = door.may_write and (answer.status_code == 303 or (door.route, answer.status_code) == ("print", 200))
        if answer.status_code >= 500:
            self.found.crashes += 1
            self.found.which.append(f"{answer.status_code} {door.method} {door.route}: {what}")
        elif rows() != before and not says_so:
            self.found.silent += 1
            self.found.which.append(f"{answer.status_code} {door.method} {door.route} wrote: {what}")
        return answer

    def _ask(self, door: Door, address: str, body: Body) -> Any:
        content, kind = body
        if door.method == "GET":
            return self.client.get(address, QUERY_STRING=content.decode("latin-1"))
        return self.client.generic("POST", address, content, kind)

    def pay_with(self, typed: list[str]) -> None:
        """Send each text as the amount of a payment that is right otherwise; what is taken is what it says."""
        door = self.paying
        for text in typed:
            parts, fields = door.ready()
            answer = self.send(door, door.address(parts), form(fields | {"amount": text}), f"amount={ascii(text)[:40]}")
            amount = by_the_rule(text)
            wanted = amount if amount is not None and 0 < amount <= MOST else None
            taken = Payment.objects.filter(key=fields["key"]).values_list("transaction__amount", flat=True).first()
            if taken != wanted:
                self.found.otherwise += 1
                self.found.which.append(f"{ascii(text)[:40]} took {taken}: {answer.status_code}")


def rows() -> list[int]:
    """Return how many rows each of the desk's tables holds."""
    tables = [model._meta.db_table for app in APPS for model in apps.get_app_config(app).get_models()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT COUNT(*) FROM {table})" for table in tables))
        return list(cursor.fetchone())
