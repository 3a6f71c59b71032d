"""Texts that were typed wrong, by accident or on purpose: as amounts, and in every field of every form."""

from __future__ import annotations

import logging
import multiprocessing
import random
from collections.abc import Iterator
from decimal import Decimal
from unittest.mock import patch
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db import connections

from customers.money import AmountNotUnderstood, parse_amount
from proofs.doors import Desk
from proofs.ground import own_copy
from proofs.knocking import Found, Tester
from proofs.payloads import TEXTS
from proofs.running import Result, alone
from tests.money.test_typed_amounts import ACCEPTED, REFUSED, by_the_rule

PROMISE = (
    "what is accepted as an amount is exactly the grammar, for curated and generated texts, and what is taken is what "
    "was typed; whatever stands in whichever field of whichever form, or in an address, or is no form at all: no "
    "answer 5xx, and nothing is written unless the answer says so"
)
NOT_SHOWN = "that accepted texts are shown without harm (tests/desk); pages of Django admin; bodies sent very slowly"

GENERATED, SMALL_GENERATED = 100_000, 5_000
PROCESSES = 2
ALPHABET = "00112345678999.,,   \u00a0\u202f\u2009\u2003€€EURe+-_'%$١٢٣５۵२\u200b\n\t\x00"


def run(*, small: bool, seed: int) -> Result:
    """Compare the grammar's two readings; then send everything to every door (small: a few texts drawn by the seed)."""
    chance = random.Random(seed)
    typed = [*ACCEPTED, *REFUSED, *generated(chance, SMALL_GENERATED if small else GENERATED)]
    accepted = {text: amount for text in typed if (amount := by_the_rule(text)) is not None}
    differing = [text for text in typed if ours(text) != accepted.get(text)]
    otherwise = sum(by_django(text) != accepted.get(text) for text in typed)
    for name in ("django.request", "django.security"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # each refusal would be a line
    found = knock(("a", seed, 0, 1, 1)) if small else knock_shared(seed)
    control = {
        "without": "our parser (Django's DecimalField instead) and without the check of the key",
        "amounts_read_otherwise": otherwise,
        "answers_5xx": without_check_of_key(chance),
    }
    return {
        "curated_amounts": len(ACCEPTED) + len(set(REFUSED)),
        "generated_amounts": len(typed) - len(ACCEPTED) - len(REFUSED),
        "accepted_amounts": len(accepted),
        "read_otherwise_than_the_grammar": len(differing),
        "payloads": len(TEXTS),
        "doors": len(found.doors),
        "fields": found.fields,
        "requests": found.requests,
        "answers_5xx": found.crashes,
        "written_without_saying_so": found.silent,
        "taken_otherwise_than_typed": found.otherwise,
        "slowest_ms": round(found.slowest * 1000),
        "which": [*map(ascii, differing[:5]), *found.which[:10]],
        "control": control | {"caught": otherwise > 0 and control["answers_5xx"] != 0},
        "holds": not (differing or found.crashes or found.silent or found.otherwise),
    }


def knock_shared(seed: int) -> Found:
    """Send every text to every door, in two processes that share the doors and the typed amounts."""
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        first, *others = pool.map(knock, [(mark, seed, n, PROCESSES, None) for n, mark in enumerate("ab")])
    for other in others:
        first.add(other)
    return first


def knock(work: tuple[str, int, int, int, int | None]) -> Found:
    """Knock at one's share of the doors of a desk on a database of its own (texts: None, all; else so many)."""
    mark, seed, share, of, texts = work
    with own_copy(mark):
        tester = Tester(random.Random(seed), Desk())
        tester.knock_everywhere(texts=texts, share=share, of=of)
        typed = [*ACCEPTED, *REFUSED][share::of]
        tester.pay_with(typed if texts is None else tester.chance.sample(typed, 20))
    return tester.found


def without_check_of_key(chance: random.Random) -> int:
    """Return how many answers are 5xx when a key is taken as it comes."""
    unguarded = Tester(chance, Desk())
    with patch("cashdesk.views.taking.read_key", lambda sent: UUID(sent.get("key", ""))):
        unguarded.knock(unguarded.paying, texts=3)
    return unguarded.found.crashes


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


if __name__ == "__main__":
    alone(run)
