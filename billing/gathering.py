"""Asking a billing system, or files, about a number of customers at once; nothing here writes, no lock is held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import connections

from accounts.models import Reseller
from billing.connectors.protocol import BillingUnavailable, FigureSource, RemoteBalance, RemoteCustomer, RemoteDocument
from customers.figures import CustomerFigures, DocumentFigures
from customers.models import Customer

LONGEST = {
    "login": Customer._meta.get_field("login").max_length or 0,
    "name": Customer._meta.get_field("name").max_length or 0,
    "company": Customer._meta.get_field("company").max_length or 0,
}
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass
class Gathered:
    """What the billing system said about some customers."""

    figures: list[CustomerFigures] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)  # asked for by id, and not there
    unclear: dict[str, str] = field(default_factory=dict)  # no figures this time, and why: to be asked for again
    unmapped: set[str] = field(default_factory=set)  # partners of theirs without a reseller


def gather(system: FigureSource, customers: Sequence[RemoteCustomer]) -> Gathered:
    """Return the figures of these customers, at most 500: balances by bounded parallel calls, documents in one.

    Raises BillingUnavailable when the documents cannot be had. A customer whose balance cannot be had is unclear.
    """
    gathered = Gathered()
    if not customers:
        return gathered
    balances = dict(zip((c.external_id for c in customers), at_once(system, customers, _asking(system)), strict=True))
    page = system.documents([customer.external_id for customer in customers])
    for unreadable in page.unreadable:
        gathered.unclear[unreadable.customer_id] = unreadable.reason
    documents: dict[str, list[RemoteDocument]] = defaultdict(list)
    for document in page.rows:
        documents[document.customer_id].append(document)
    partner_field: str = system.partner_field
    named = Reseller.objects.exclude(**{partner_field: ""})
    resellers = dict(named.values_list(partner_field, "pk"))
    for customer in customers:
        balance = balances[customer.external_id]
        if isinstance(balance, str):
            gathered.unclear[customer.external_id] = balance
        if isinstance(balance, RemoteBalance) and customer.external_id not in gathered.unclear:
            if customer.partner_id and customer.partner_id not in resellers:
                gathered.unmapped.add(customer.partner_id)
            reseller = resellers.get(customer.partner_id)
            gathered.figures.append(_figures(customer, balance, documents[customer.external_id], reseller))
    return gathered


def gather_by_id(system: FigureSource, external_ids: Sequence[str]) -> Gathered:
    """Return the figures of the customers with these ids, and which of them are not there."""

    def ask(external_id: str) -> RemoteCustomer | str | None:
        try:
            return system.customer(external_id)
        except BillingUnavailable as error:
            return str(error) or "?"

    answers = dict(zip(external_ids, at_once(system, external_ids, ask), strict=True))
    gathered = gather(system, [found for found in answers.values() if isinstance(found, RemoteCustomer)])
    gathered.absent = [external_id for external_id, found in answers.items() if found is None]
    gathered.unclear |= {external_id: found for external_id, found in answers.items() if isinstance(found, str)}
    return gathered


def at_once(system: FigureSource, things: Sequence[Asked], ask: Callable[[Asked], Answer]) -> list[Answer]:
    """Return the answers in order, asked for by as many threads as the system bears."""
    if min(system.questions_at_once, len(things)) <= 1:
        return [ask(thing) for thing in things]

    def asked(thing: Asked) -> Answer:
        try:
            return ask(thing)
        finally:
            connections.close_all()  # the thread's own, if the connector opened one: nobody else would close it

    with ThreadPoolExecutor(max_workers=min(system.questions_at_once, len(things))) as pool:
        return list(pool.map(asked, things))


def _asking(system: FigureSource) -> Callable[[RemoteCustomer], RemoteBalance | str]:
    """Return what asks for a balance; a text is the reason why there is none."""

    def ask(customer: RemoteCustomer) -> RemoteBalance | str:
        try:
            return system.balance(customer) or "there is no balance"
        except BillingUnavailable as error:
            return str(error) or "?"

    return ask


def _figures(
    customer: RemoteCustomer, balance: RemoteBalance, documents: Sequence[RemoteDocument], reseller_id: int | None
) -> CustomerFigures:
    name, company = _short(customer.name, "name"), _short(customer.company, "company")
    return CustomerFigures(
        external_id=customer.external_id,
        login=_short(customer.login, "login"),
        name=name if name or company else _short(customer.login or customer.external_id, "name"),
        company=company,
        reseller_id=reseller_id,
        balance=balance.amount,
        documents=[_document(document) for document in documents],
        paid_through=balance.pays_through if balance.pays_through != customer.external_id else "",
    )


def _short(text: str, column: str) -> str:
    """Return a text as long as its column at most: over there it may be longer, and is only shown here."""
    longest = LONGEST[column]
    return text if len(text) <= longest else " ".join(text.split())[:longest]


def _document(document: RemoteDocument) -> DocumentFigures:
    return DocumentFigures(
        kind=str(document.kind),
        external_id=document.external_id,
        number=document.number,
        issued_on=document.issued_on,
        due_on=document.due_on,
        total=document.total,
        due=document.due,
    )
