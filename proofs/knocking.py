"""Somebody who sends to every door what nobody should send, and counts what must not happen."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Optional, TypeVar

from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Operator
from payments.models import Payment
from proofs.doors import Desk, Door, expected
from proofs.payloads import TEXTS, Body, bodies, escaped, form
from proofs.states import States
from tests.money.test_typed_amounts import by_the_rule

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

STRANGE = 3  # fields of each route around which strange bodies are built: they differ by the body, not by the field
APPS = ("accounts", "customers", "tills", "payments", "billing")
MOST = Decimal(50_000)
Thing = TypeVar("Thing")
Turn = Optional["Synchronized[int]"]  # how many doors were taken by all processes together
MOST_LOOKS = 6  # each finds what only the one before has made possible


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
    doors: set[str] = field(default_factory=set)  # their names, as far as somebody has knocked there
    kinds: set[str] = field(default_factory=set)
    expected: set[str] = field(default_factory=set)  # the kinds that there must be
    shut: set[str] = field(default_factory=set)  # whose form, sent as it is, was not carried out
    texts: Counter[str] = field(default_factory=Counter)  # how many were sent in each field

    def add(self, other: Found) -> None:
        """Add what another one has found, at other doors of the same desk."""
        counts = ("fields", "requests", "crashes", "silent", "otherwise")
        for name in counts:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slowest = max(self.slowest, other.slowest)
        self.which += other.which
        self.doors |= other.doors
        self.kinds |= other.kinds
        self.expected |= other.expected
        self.shut |= other.shut
        self.texts |= other.texts


class Tester:
    """Sends to doors what nobody should send, and counts what must not happen."""

    def __init__(self, seed: int, desk: Desk, *, texts: int, strange: int) -> None:
        """Take so many texts for each field, and so many strange bodies, drawn by the seed and the door's name."""
        self.seed, self.desk, self.found = seed, desk, Found()
        self.chance, self.texts, self.strange = random.Random(seed), texts, strange
        self.states = States(desk.operator)
        self.paying = next(door for door in desk.doors_with_money() if door.route == "customer")
        self.client = Client(raise_request_exception=False)
        self.sign_in()

    def sign_in(self, door: Door | None = None) -> None:
        """Sign in anew: the last request may have ended the session or changed the password."""
        who = door.who if door is not None and door.who is not None else self.desk.operator
        self.client.force_login(Operator.objects.get(pk=who.pk))

    def knock_everywhere(self, turn: Turn = None) -> None:
        """Knock at every door that another one does not take; then at all that only now are there, until none is new.

        The others find the same doors at their first look; what is found later is found by one alone.
        """
        seen: set[str] = set()
        self.found.expected = expected(self.client)
        for look in range(MOST_LOOKS):
            self.sign_in()
            new = {door.name: door for door in self.doors() if door.name not in seen}
            if not new:
                return
            seen |= set(new)
            taken = taking_turns(new, turn) if look == 0 else new
            for name in taken:
                self.found.doors.add(name)
                self.found.kinds.add(new[name].kind)
                self.knock(new[name])
        raise AssertionError(f"There are new doors at every look: {new}")

    def doors(self) -> list[Door]:
        """Return every door that there is now."""
        known = [*self.desk.doors_with_money(), *self.states.doors()]
        return [*known, *self.desk.found_doors(self.client, {door.route for door in known})]

    def knock(self, door: Door) -> None:
        """Send texts in every field of the door and in its address, and strange bodies around some of the fields."""
        self.sign_in(door)
        self.chance.seed(f"{self.seed} {door.name}")  # whoever knocks there, and when
        parts, fields = door.ready()
        answer = self.send(door, door.address(parts), form(fields), "as it is")
        if door.opens and answer.status_code != 303:
            self.found.shut.add(f"{answer.status_code} {door.name}")
        self.found.fields += len(fields) + bool(door.in_path)
        for number, name in enumerate(fields):
            self.type_in(door, name)
            if number < (1 if door.is_another or door.method == "GET" else STRANGE):
                self.send_strange(door, name)
        for text in self.some(TEXTS, self.texts) if door.in_path else []:
            parts, now = door.ready()
            self.send(door, door.address(parts, escaped(text)), form(now), f"address {ascii(text)[:40]}")
            self.found.texts[f"{door.name}, address"] += 1

    def type_in(self, door: Door, name: str) -> None:
        """Send texts in one field of a form that is right otherwise."""
        for text in self.some(TEXTS, self.texts):
            parts, now = door.ready()
            self.send(door, door.address(parts), form(now | {name: text}), f"{name}={ascii(text)[:40]}")
            self.found.texts[f"{door.name}, {name}"] += 1

    def send_strange(self, door: Door, name: str) -> None:
        """Send bodies that are no form, or not quite, around one field."""
        _, now = door.ready()
        for called, body in self.some(list(bodies(now, name)), self.strange):
            parts, _ = door.ready()
            self.send(door, door.address(parts), body, f"{name} {called}")

    def some(self, things: list[Thing], count: int) -> list[Thing]:
        """Return so many of them drawn by chance, all if there are no more."""
        return self.chance.sample(things, min(count, len(things)))

    def send(self, door: Door, address: str, body: Body, what: str) -> Any:
        """Send one request and count what is wrong with the answer; return the answer."""
        cache.clear()  # how often somebody may ask is another promise
        if door.route in {"login", "password"}:
            self.sign_in(door)
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


def taking_turns(names: Iterable[str], turn: Turn) -> Iterator[str]:
    """Yield the names; with a counter that others count as well, those that nobody else takes.

    What is only read comes first, while there is little to read, and what has many fields comes before what has few.
    """
    in_order = sorted(names, key=lambda name: (name.startswith("POST"), -len(name.split()), name))
    for place, name in enumerate(in_order):
        if turn is not None:
            with turn.get_lock():
                if place < turn.value:
                    continue
                turn.value += 1
        yield name


def rows() -> list[int]:
    """Return how many rows each of the desk's tables holds."""
    tables = [model._meta.db_table for app in APPS for model in apps.get_app_config(app).get_models()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT COUNT(*) FROM {table})" for table in tables))
        return list(cursor.fetchone())
