"""Writing what the billing system says: the only writer of customers, their documents and their search keys.

A customer and all documents are written in one transaction under the customer's lock, and only what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from customers import words
from customers.figures import DOCUMENT_FIELDS, Changes, CustomerFigures, Difference, DocumentFigures, compare
from customers.models import Customer, Invoice, SearchKey
from customers.money import ZERO

MOST_AT_ONCE = 500  # a payment waits for the locks of one transaction at most
CUSTOMER_FIELDS = [
    "login", "name", "company", "reseller", "balance", "as_of", "gone_at", "fetched", "login_key", "login_short",
    "paid_through",
]  # fmt: skip
INVOICE_FIELDS = [*DOCUMENT_FIELDS, "number_key", "number_short"]

AfterWrite = Callable[[Sequence[int]], None]
LeftAlone = Callable[[Sequence[Customer]], Set[int]]


def nobody(customers: Sequence[Customer]) -> Set[int]:
    """Return that no customer is left alone: files are read while nothing is on its way."""
    return frozenset()


def write_customers(
    *,
    figures: Sequence[CustomerFigures],
    fetch: int,
    as_of: datetime,
    after_write: AfterWrite,
    left_alone: LeftAlone = nobody,
) -> Changes:
    """Make the stored customers say what the billing system said in this fetch; return what was written.

    All or nothing, at most 500 customers, in a transaction of its own. A customer whom a later fetch has written is
    left alone, and so is whom `left_alone` names among the locked customers. `after_write` is called in the transaction
    with the ids of the customers whose figures now are those of this fetch, changed or not; what it raises undoes
    everything. Called twice, the second time writes nothing.
    """
    if len(figures) > MOST_AT_ONCE:
        raise ValueError("The desk would wait too long for so many locks.")
    with transaction.atomic(durable=True):
        made = _create_missing(figures, fetch, as_of)
        stored = _lock([stated.external_id for stated in figures])
        alone = left_alone([customer for customer in stored.values() if customer.fetched < fetch])
        older = [f for f in figures if stored[f.external_id].fetched < fetch and stored[f.external_id].pk not in alone]
        difference = compare(stored, _invoices(stored[stated.external_id].pk for stated in older), older)
        ours = [f for f in figures if f.external_id in made and stored[f.external_id].fetched == fetch]
        difference.new_documents += [(stored[f.external_id], document) for f in ours for document in f.documents]
        _write_keys([(stored[f.external_id], f) for f in ours])
        _write(difference, fetch, as_of)
        after_write([stored[stated.external_id].pk for stated in [*older, *ours]])
    difference.changes.created = len(ours)
    difference.changes.documents_created = len(difference.new_documents)
    difference.changes.left_alone = len(alone)
    difference.changes.newer = len(figures) - len(older) - len(ours) - len(alone)
    return difference.changes


def note_fetch(customer_ids: Sequence[int], *, fetch: int, as_of: datetime) -> None:
    """Write on locked customers which fetch their figures are of, and when it held, although nothing else changed."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a fetch is noted in the transaction that writes its figures")
    Customer.objects.filter(pk__in=customer_ids).update(fetched=fetch, as_of=as_of)


def preview_customers(figures: Sequence[CustomerFigures]) -> Changes:
    """Return what write_customers would write now, without a lock and without writing."""
    stored = {customer.external_id: customer for customer in _named(stated.external_id for stated in figures)}
    known = [stated for stated in figures if stated.external_id in stored]
    changes = compare(stored, _invoices(customer.pk for customer in stored.values()), known).changes
    changes.created = len(figures) - len(known)
    changes.documents_created += sum(len(f.documents) for f in figures if f.external_id not in stored)
    return changes


def write_gone(
    *, external_ids: Sequence[str], fetch: int, after_write: AfterWrite, left_alone: LeftAlone = nobody
) -> Changes:
    """Mark customers whom the billing system no longer names as gone, close their documents, let search forget them.

    All or nothing, at most 500 customers, in a transaction of its own. Their balance stays as last said: so the parts
    of their payments stay on top of it, and `after_write` is called without any id.
    """
    if len(external_ids) > MOST_AT_ONCE:
        raise ValueError("The desk would wait too long for so many locks.")
    with transaction.atomic(durable=True):
        older = [customer for customer in _lock(external_ids).values() if customer.fetched < fetch]
        alone = left_alone(older)
        named = [customer for customer in older if customer.pk not in alone]
        gone = [customer.pk for customer in named if customer.gone_at is None]
        closed = Invoice.objects.filter(customer__in=gone, due__gt=0).update(due=ZERO)
        Customer.objects.filter(pk__in=gone).update(gone_at=timezone.now())
        Customer.objects.filter(pk__in=[customer.pk for customer in named]).update(fetched=fetch)
        SearchKey.objects.filter(customer__in=gone).delete()
        after_write([])
    return Changes(gone=len(gone), documents_closed=closed, left_alone=len(alone))


def _named(external_ids: Iterable[str]) -> Iterable[Customer]:
    return Customer.objects.filter(external_id__in=list(external_ids))


def _invoices(customer_ids: Iterable[int]) -> Sequence[Invoice]:
    return list(Invoice.objects.filter(customer__in=list(customer_ids)).order_by())


def _lock(external_ids: Sequence[str]) -> dict[str, Customer]:
    """Return the customers by external id, locked by id until the transaction ends, as they are under the lock."""
    rows = Customer.objects.filter(external_id__in=external_ids).order_by("pk").select_for_update(of=("self",))
    return {customer.external_id: customer for customer in rows}


def _create_missing(figures: Sequence[CustomerFigures], fetch: int, as_of: datetime) -> set[str]:
    """Create the customers who are not there, in one order for all writers, and return their external ids.

    Another writer may be faster: then the row that is locked afterwards shows the other's fetch.
    """
    names = [stated.external_id for stated in figures]
    there = set(Customer.objects.filter(external_id__in=names).values_list("external_id", flat=True))
    missing = sorted((f for f in figures if f.external_id not in there), key=lambda stated: stated.external_id)
    new = [_fill(Customer(external_id=f.external_id), f, fetch, as_of) for f in missing]
    for customer in new:
        customer.id_key = words.exact_key(customer.external_id)
        customer.id_short = words.short_key(customer.external_id)
    Customer.objects.bulk_create(new, ignore_conflicts=True)
    return {customer.external_id for customer in new}


def _fill(customer: Customer, stated: CustomerFigures, fetch: int, as_of: datetime) -> Customer:
    """Return the customer with everything as stated."""
    customer.login, customer.name, customer.company = stated.login, stated.name, stated.company
    customer.login_key, customer.login_short = words.exact_key(stated.login), words.short_key(stated.login)
    customer.reseller_id, customer.balance = stated.reseller_id, stated.balance
    customer.as_of, customer.fetched, customer.gone_at = as_of, fetch, None
    customer.paid_through = stated.paid_through
    return customer


def _write(difference: Difference, fetch: int, as_of: datetime) -> None:
    """Write what differs; the customers are locked."""
    renamed = [(customer, stated) for customer, stated in difference.customers if stated.rename(customer)]
    SearchKey.objects.filter(customer__in=[customer for customer, _ in renamed]).delete()
    _write_keys(renamed)
    # An upsert by primary key is one statement and thirty times as fast as bulk_update's CASE for every column.
    Customer.objects.bulk_create(
        [_fill(customer, stated, fetch, as_of) for customer, stated in difference.customers],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=CUSTOMER_FIELDS,
    )
    Invoice.objects.bulk_create(
        [_fill_invoice(invoice, document) for invoice, document in difference.documents],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=INVOICE_FIELDS,
    )
    Invoice.objects.filter(pk__in=[invoice.pk for invoice in difference.closed]).update(due=ZERO)
    Invoice.objects.bulk_create(
        _fill_invoice(Invoice(customer=customer), document) for customer, document in difference.new_documents
    )


def _fill_invoice(invoice: Invoice, stated: DocumentFigures) -> Invoice:
    """Return the document with everything as stated."""
    for name in DOCUMENT_FIELDS:
        setattr(invoice, name, getattr(stated, name))
    invoice.number_key, invoice.number_short = words.exact_key(stated.number), words.short_key(stated.number)
    return invoice


def _write_keys(customers: Sequence[tuple[Customer, CustomerFigures]]) -> None:
    """Write the search keys of customers who have none."""
    SearchKey.objects.bulk_create(
        SearchKey(key=key, reseller_id=stated.reseller_id, customer=customer)
        for customer, stated in customers
        for key in sorted(words.search_keys([stated.name, stated.company, stated.login]))
    )
