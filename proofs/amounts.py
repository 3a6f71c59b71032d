"""Texts that were typed wrong, by accident or on purpose: as amounts, and in every field of every form."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django import forms
from django.apps import apps
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Operator
from customers.money import AmountNotUnderstood, parse_amount
from payments.models import Payment
from proofs.doors import Desk, Door
from proofs.payloads import TEXTS, Body, bodies, escaped, form
from proofs.running import Result, alone
from tests.money.test_typed_amounts import ACCEPTED, REFUSED, by_the_rule

PROMISE = (
    "what is accepted as an amount is exactly the grammar, for curated and generated texts, and what is taken is what "
    "was typed; whatever stands in whichever field of whichever form, or in an address, or is no form at all: no "
    "answer 5xx, and nothing is written unless the answer says so"
)
NOT_SHOWN = "that accepted texts are shown without harm (tests/desk); pages of Django admin; bodies sent very slowly"

GENERATED, SMALL_GENERATED = 100_000, 5_000
ALPHABET = "00112345678999.,,   \u00a0\u202f\u2009\u2003€€EURe+-_'%$١٢٣５۵२\u200b\n\t\x00"
STRANGE = 3  # fields of each door around which strange bodies are built: they differ by the body, not by the field
APPS = ("accounts", "customers", "tills", "payments", "billing")
MOST = Decimal(50_000)


def run(*, small: bool, seed: int) -> Result:
    """Compare the grammar's two readings; then send everything to every door (small: a few texts drawn by the seed)."""
    chance = random.Random(seed)
    typed = [*ACCEPTED, *REFUSED, *generated(chance, SMALL_GENERATED if small else GENERATED)]
    accepted = {text: amount for text in typed if (amount := by_the_rule(text)) is not None}
    differing = [text for text in typed if ours(text) != accepted.get(text)]
    otherwise = sum(by_django(text) != accepted.get(text) for text in typed)
    for name in ("django.request", "django.security"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # each refusal would be a line
    tester = Tester(chance, Desk())
    tester.knock_everywhere(texts=1 if small else None)
    tester.pay_with(chance.sample([*ACCEPTED, *REFUSED], 20) if small else [*ACCEPTED, *REFUSED])
    found = tester.found
    unguarded = Tester(chance, tester.desk)
    with patch("cashdesk.views.taking.read_key", lambda sent: UUID(sent.get("key", ""))):
        unguarded.knock(unguarded.paying, texts=3)
    control = {
        "without": "our parser (Django's DecimalField instead) and without the check of the key",
        "amounts_read_otherwise": otherwise,
        "answers_5xx": unguarded.found.crashes,
    }
    return {
        "curated_amounts": len(ACCEPTED) + len(set(REFUSED)),
        "generated_amounts": len(typed) - len(ACCEPTED) - len(REFUSED),
        "accepted_amounts": len(accepted),
        "read_otherwise_than_the_grammar": len(differing),
        "payloads": len(TEXTS),
        "doors": len(tester.known),
        "fields": found.fields,
        "requests": found.requests,
        "answers_5xx": found.crashes,
        "written_without_saying_so": found.silent,
        "taken_otherwise_than_typed": found.otherwise,
        "slowest_ms": round(found.slowest * 1000),
        "which": [*map(ascii, differing[:5]), *found.which[:10]],
        "control": control | {"caught": otherwise > 0 and unguarded.found.crashes > 0},
        "holds": not (differing or found.crashes or found.silent or found.otherwise),
    }


def ours(text: str) -> Decimal | None:
    """Return what the desk makes of a typed amount, None for refused."""
    try:
        return parse_amount(text)
    except AmountNotUnderstood:
        return None


def by_django(text: str) -> Decimal | None:
    """Return what Django's own field for decimals makes of it, None for refused."""
    try:
        read: Decimal | None = forms.DecimalField(max_digits=13, decimal_places=2, localize=True).clean(text)
    except ValidationError:
        return None
    return read


def generated(chance: random.Random, count: int) -> Iterator[str]:
    """Yield texts near amounts: curated ones with a few characters changed, and short rows of likely characters."""
    curated = [text for text in (*ACCEPTED, *REFUSED) if len(text) < 40]
    for _text in range(count):
        text = list(chance.choice(curated) if chance.random() < 0.7 else "")
        for _change in range(chance.randint(0, 3) if text else chance.randint(1, 12)):
            place = chance.randint(0, len(text))
            text[place : place + chance.randint(0, 1)] = chance.choices(ALPHABET, k=chance.randint(0, 2))
        yield "".join(text)


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


class Tester:
    """Sends to doors what nobody should send, and counts what must not happen."""

    def __init__(self, chance: random.Random, desk: Desk) -> None:
        self.chance, self.desk, self.found = chance, desk, Found()
        self.known: set[object] = set()
        self.paying = next(door for door in desk.doors_with_money() if door.route == "customer")
        self.client = Client(raise_request_exception=False)
        self.sign_in()

    def sign_in(self) -> None:
        """Sign in anew: the last request may have ended the session or changed the password."""
        self.client.force_login(Operator.objects.get(pk=self.desk.operator.pk))

    def knock_everywhere(self, *, texts: int | None) -> None:
        """Knock at every door; then once more at those that only now are there, since something was done."""
        self.desk.settling()
        for _look in range(2):
            found = [*self.desk.doors_with_money(), *self.desk.found_doors(self.client)]
            for door in found:
                name = (door.route, door.method, frozenset(door.ready()[1]))
                if name not in self.known:
                    self.known.add(name)
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


if __name__ == "__main__":
    alone(run)
