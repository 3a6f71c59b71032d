"""Finding a customer in one box: exact login, id or number first, then names that begin so, then words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from accounts.models import Operator
from customers import words
from customers.models import Customer, Invoice, SearchKey

SHOWN = 20
WALKED = 2000  # candidates looked at for the rarest word, however common it is
WINDOW = 100  # a customer may stand under several keys, so more keys are read than rows are shown
OWN_KEYS = ("id_key", "id_short", "login_key", "login_short")
SAME, LIKE, BEGINS, HAS_WORDS = range(4)  # ranks: as typed; but for marks and zeros; whole name begins so; all words


@dataclass(frozen=True)
class Found:
    """What a search found: at most 20 customers, the one of an exact hit, and whether more match."""

    rows: list[Customer]
    one: Customer | None = None
    more: bool = False


def search(*, operator: Operator, text: str) -> Found:
    """Return the customers this operator may see that match what was typed, in two queries however many there are.

    `one` is the customer to open at once: the only one whose login, id or document number it is. What is written
    exactly so wins over what is alike but for marks, spaces and leading zeros. `more` asks for more letters.
    """
    typed = words.clean(text)
    keys = SearchKey.objects.visible_to(operator)
    readings = words.readings(typed)
    counts = _counts(keys, [word for reading in readings for word in reading])
    branches = [*_exact(operator, typed), *_beginning(operator, keys, typed)]
    branches += [_with_words(operator, keys, sorted(reading, key=counts.__getitem__)) for reading in readings]
    if not branches:
        return Found([])
    ranked = _ranked(branches)
    is_cut = any(min(map(counts.__getitem__, reading)) > _most(reading) for reading in readings)
    return Found([customer for customer, _ in ranked[:SHOWN]], _one(ranked), is_cut or len(ranked) > SHOWN)


def _most(reading: Sequence[str]) -> int:
    return WALKED if len(reading) > 1 else WINDOW


def _present(operator: Operator) -> QuerySet[Customer]:
    return Customer.objects.visible_to(operator).filter(gone_at=None).order_by()


def _counts(keys: QuerySet[SearchKey], typed: Sequence[str]) -> dict[str, int]:
    """Return for each word how many keys begin with it, counted up to one more than are ever walked; one query."""
    if not typed:
        return {}
    # In the order of the index: for a common word PostgreSQL would else hope to meet enough of them in the table.
    probes = [_walk(keys, word, WALKED + 1).query.sql_with_params() for word in typed]
    # Django cannot count several bounded ranges at once; the texts joined here are its own, what was typed is bound.
    counted = ", ".join(f"(SELECT COUNT(*) FROM ({sql}) AS probe)" for sql, _ in probes)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counted}", [value for _, values in probes for value in values])
        return dict(zip(typed, cursor.fetchone(), strict=True))


def _range(keys: QuerySet[SearchKey], prefix: str) -> QuerySet[SearchKey]:
    """Return the keys that begin with this; never by LIKE, which scans on both databases."""
    return keys.filter(key__gte=prefix, key__lt=words.after(prefix))


def _walk(keys: QuerySet[SearchKey], prefix: str, most: int) -> QuerySet[SearchKey, Any]:  # Any: rows of one column
    """Return the customers of the first keys that begin with this, in the order of the index."""
    return _range(keys, prefix).order_by("key", "customer_id").values("customer_id")[:most]


def _exact(operator: Operator, typed: str) -> list[QuerySet[Customer]]:
    """Return the branches for a login, an id, the number of an invoice or proforma."""
    keys = words.typed_keys(typed)
    if not keys:
        return []
    # The scope is the customer's, in the query around it: joined here, SQLite may go through all of a reseller's.
    documents = Invoice.objects.filter(Q(number_key__in=keys) | Q(number_short__in=keys))
    present = _present(operator)
    is_same = Case(When(Q(external_id=typed) | Q(login=typed), then=Value(SAME)), default=Value(LIKE))
    return [
        # One branch for each column: SQLite would rather read all of a reseller's customers than four indexes at once.
        *(present.filter(**{f"{column}__in": keys}).annotate(rank=is_same) for column in OWN_KEYS),
        present.filter(pk__in=documents.values("customer_id")).annotate(rank=Value(LIKE)),
        present.filter(pk__in=documents.filter(number=typed).values("customer_id")).annotate(rank=Value(SAME)),
    ]


def _beginning(operator: Operator, keys: QuerySet[SearchKey], typed: str) -> list[QuerySet[Customer]]:
    """Return the branch for a whole name, company or login that begins with what was typed."""
    whole = words.whole_key(typed)
    if not whole:
        return []
    return [_present(operator).filter(pk__in=_walk(keys, whole, WINDOW)).annotate(rank=Value(BEGINS))]


def _with_words(operator: Operator, keys: QuerySet[SearchKey], rarest_first: Sequence[str]) -> QuerySet[Customer]:
    """Return the branch for customers who have all words: walk the rarest, ask for the others by customer."""
    first, *others = rarest_first
    found = _present(operator).filter(pk__in=_walk(keys, first, _most(rarest_first)))
    if others:
        # Asked by customer and not as one more list of keys: SQLite would read all keys of the second word for that.
        have = [Exists(_range(SearchKey.objects.filter(customer_id=OuterRef("pk")), word)) for word in others]
        found = _present(operator).filter(pk__in=found.filter(*have).order_by("pk").values("pk")[:WINDOW])
    return found.annotate(rank=Value(HAS_WORDS))


def _ranked(branches: Sequence[QuerySet[Customer]]) -> list[tuple[Customer, int]]:
    """Return each customer once with the best rank: by rank, then by name, in an order that stays."""
    found: dict[int, tuple[Customer, int]] = {}
    first, *others = branches
    for customer in first.union(*others, all=True).order_by("rank", "pk"):
        found.setdefault(customer.pk, (customer, customer.rank))  # type: ignore[attr-defined]  # annotated in every branch
    return sorted(found.values(), key=lambda pair: (pair[1], words.whole_key(pair[0].shown_name), pair[0].pk))


def _one(ranked: Sequence[tuple[Customer, int]]) -> Customer | None:
    """Return the customer of the only exact hit of the best kind; None when there is none, or more than one."""
    best = [customer for customer, rank in ranked if rank == ranked[0][1] and rank in (SAME, LIKE)]
    return best[0] if len(best) == 1 else None
