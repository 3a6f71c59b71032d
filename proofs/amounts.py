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
from proofs.knocking import Found, Tester, Turn
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
CURATED, PAYLOADS = 300, 120  # so many at least
TEXTS_IN_EACH, SMALL_TEXTS = 120, 1  # so many of them in each field of each form
STRANGE_ROUND_EACH = 60  # all of them
MUST_BE_NONE = (
    "read_otherwise_than_the_grammar", "answers_5xx", "written_without_saying_so", "taken_otherwise_than_typed",
    "doors_where_nobody_knocked", "forms_not_carried_out_as_they_are",
)  # fmt: skip
TYPED = [*ACCEPTED, *REFUSED]
PROCESSES = 2
ALPHABET = "00112345678999.,,   \u00a0\u202f\u2009\u2003€€EURe+-_'%$١٢٣５۵२\u200b\n\t\x00"


def run(*, small: bool, seed: int) -> Result:
    """Compare the grammar's two readings; then send texts to every door (small: a few)."""
    chance = random.Random(seed)
    typed = [*TYPED, *generated(chance, SMALL_GENERATED if small else GENERATED)]
    accepted = {text: amount for text in typed if (amount := by_the_rule(text)) is not None}
    differing = [text for text in typed if ours(text) != accepted.get(text)]
    otherwise = sum(by_django(text) != accepted.get(text) for text in typed)
    for name in ("django.request", "django.security"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # each refusal would be a line
    found = knock(("a", seed, chance.sample(TYPED, 20), SMALL_TEXTS, SMALL_TEXTS)) if small else knock_shared(seed)
    control = {
        "without": "our parser (Django's DecimalField instead) and without the check of the key",
        "amounts_read_otherwise": otherwise,
        "answers_5xx": without_check_of_key(seed),
    }
    figures = {
        "curated_amounts": len(set(TYPED)),
        "generated_amounts": len(set(typed) - set(TYPED)),
        "accepted_amounts": len(accepted),
        "read_otherwise_than_the_grammar": len(differing),
        "payloads": len(TEXTS),
        "fewest_payloads_in_a_field": min(found.texts.values()),
        "doors": len(found.doors),
        "doors_where_nobody_knocked": sorted(found.expected - found.kinds),
        "forms_not_carried_out_as_they_are": sorted(found.shut),
        "fields": found.fields,
        "requests": found.requests,
        "answers_5xx": found.crashes,
        "written_without_saying_so": found.silent,
        "taken_otherwise_than_typed": found.otherwise,
        "slowest_ms": round(found.slowest * 1000),
        "which": [*map(ascii, differing[:5]), *found.which[:10]],
        "control": control | {"caught": otherwise > 0 and control["answers_5xx"] != 0},
    }
    return figures | {"holds": not any(figures[name] for name in MUST_BE_NONE) and reaches(figures, small=small)}


def reaches(figures: Result, *, small: bool) -> bool:
    """Return whether everything was tried as often as it must be; a small run sends a few of the texts."""
    least = {"payloads": PAYLOADS, "curated_amounts": CURATED}
    least |= {"generated_amounts": SMALL_GENERATED if small else GENERATED}
    least |= {"fewest_payloads_in_a_field": SMALL_TEXTS if small else PAYLOADS}
    return all(int(str(figures[name])) >= wanted for name, wanted in least.items())


def knock_shared(seed: int) -> Found:
    """Send the texts to every door, in two processes that share the doors and the typed amounts."""
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    turn = fork.Value("i", 0)
    with fork.Pool(PROCESSES, initializer=share, initargs=(turn,)) as pool:
        work = [(mark, seed, TYPED[n::PROCESSES], TEXTS_IN_EACH, STRANGE_ROUND_EACH) for n, mark in enumerate("ab")]
        first, *others = pool.map(knock, work, chunksize=1)
    for other in others:
        first.add(other)
    return first


def share(turn: Turn) -> None:
    """Let this process count the doors that are taken together with the other one."""
    global _turn
    _turn = turn


_turn: Turn = None


def knock(work: tuple[str, int, list[str], int, int]) -> Found:
    """Knock at the doors of a desk on a database of its own, and pay what is typed."""
    mark, seed, typed, texts, strange = work
    with own_copy(mark), patch("django.test.client.store_rendered_templates"):  # nobody looks at them
        tester = Tester(seed, Desk(), texts=texts, strange=strange)
        tester.knock_everywhere(_turn)
        tester.pay_with(typed)
    return tester.found


def without_check_of_key(seed: int) -> int:
    """Return how many answers are 5xx when a key is taken as it comes."""
    unguarded = Tester(seed, Desk(), texts=3, strange=3)
    with patch("cashdesk.views.taking.read_key", lambda sent: UUID(sent.get("key", ""))):
        unguarded.knock(unguarded.paying)
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
    """Yield so many texts near amounts, none twice and none of the curated ones.

    They are curated ones with a few characters changed, and short rows of likely characters.
    """
    curated = [text for text in TYPED if len(text) < 40]
    seen = set(TYPED)
    wanted = len(seen) + count
    while len(seen) < wanted:
        text = list(chance.choice(curated) if chance.random() < 0.7 else "")
        for _change in range(chance.randint(0, 3) if text else chance.randint(1, 12)):
            place = chance.randint(0, len(text))
            text[place : place + chance.randint(0, 1)] = chance.choices(ALPHABET, k=chance.randint(0, 2))
        if (made := "".join(text)) not in seen:
            seen.add(made)
            yield made


if __name__ == "__main__":
    alone(run)
