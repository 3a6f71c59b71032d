"""Every place where the desk takes texts: each form, each filter, and the parts of addresses themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from bs4 import BeautifulSoup, Tag
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve, reverse

from accounts.models import Operator
from customers.models import Customer
from payments.models import Delivery, Payment
from tests.counter import values_of
from tests.factories import PASSWORD, CustomerFactory, InvoiceFactory, OperatorFactory, cash, pay

Fields = dict[str, str]
Parts = dict[str, object]
IN_ADDRESSES = {
    "login": ["next", "lost"], "search": ["show"], "preview": ["amount", "method", "invoices"], "receipt": ["paper"],
    "move": ["q", "customer"], "history": ["before", "after", "print"], "till": ["before", "after"],
    "deposit_history": ["before", "after"],
}  # fmt: skip  # what no form on the page shows
FILES = ("_csv", "_xlsx", "_pdf")  # take what the page of the same name takes
OTHER_SITES = {"home", "logout"}  # a redirect, and the end of the session


@dataclass(frozen=True)
class Door:
    """One address and what it is sent; `ready` makes what it works on and returns the address's parts and fields."""

    route: str
    method: str
    ready: Callable[[], tuple[Parts, Fields]]
    in_path: str = ""  # the part of the address that is a text as well
    may_write: bool = False

    def address(self, parts: Parts, instead: str | None = None) -> str:
        """Return the address, with a text instead of the part that is one."""
        if instead is None:
            return reverse(self.route, kwargs=parts)
        mark = {UUID: str(UUID(int=0)), int: "815"}.get(type(parts[self.in_path]), "a-mark")
        return reverse(self.route, kwargs=parts | {self.in_path: mark}).replace(mark, instead)


class Desk:
    """An operator who may do everything, and customers, payments and parts to do it with."""

    def __init__(self) -> None:
        made = OperatorFactory.create(username="tester", password=PASSWORD)
        made.user_permissions.set(Permission.objects.all())
        self.operator = Operator.objects.get(pk=made.pk)
        self.password = make_password(PASSWORD)
        self.customers: list[Customer] = CustomerFactory.create_batch(2, balance=Decimal(-60))
        self.other: Customer = CustomerFactory.create()
        InvoiceFactory.create(customer=self.customers[0])

    def new_customer(self) -> Customer:
        """Return a customer whose payments are few, so that sums over them stay quick."""
        if self.customers[0].lines.count() > 40:
            self.customers.insert(0, CustomerFactory.create(balance=Decimal(-60)))
        return self.customers[0]

    def payment(self) -> Payment:
        """Return a new payment, which can be reversed."""
        return pay(self.operator, self.new_customer(), "1.00")

    def signing_in(self) -> tuple[dict[str, object], Fields]:
        """Return the fields of sign-in."""
        return {}, {"username": "tester", "password": PASSWORD, "next": "/cashdesk/", "lost": ""}

    def changing_the_password(self) -> tuple[dict[str, object], Fields]:
        """Return the fields of the own password, which is what it was in the beginning."""
        Operator.objects.filter(pk=self.operator.pk).update(password=self.password)
        return {}, {"old_password": PASSWORD, "new_password": "another long word for tests"}

    def paying(self) -> tuple[dict[str, object], Fields]:
        """Return the fields of a payment that can be taken."""
        fields = {"amount": "12.50", "method": str(cash().pk), "reference": "", "comment": "", "paid_on": ""}
        return {"pk": self.new_customer().pk}, {**fields, "invoices": "", "key": str(uuid4())}

    def of_payment(self, **fields: str) -> Callable[[], tuple[dict[str, object], Fields]]:
        """Return what makes a payment to work on, with these fields."""
        return lambda: ({"key": self.payment().key}, dict(fields))

    def moving(self) -> tuple[dict[str, object], Fields]:
        """Return the fields of a move that can be done."""
        return {"key": self.payment().key}, {"customer": str(self.other.pk), "key": str(uuid4()), "comment": ""}

    def settling(self) -> tuple[dict[str, object], Fields]:
        """Return the fields of a part that the billing system has refused."""
        part = Delivery.objects.get(allocation__payment=self.payment())
        for state in ("sending", "refused"):
            Delivery.objects.filter(pk=part.pk).update(state=state)
        return {"pk": part.pk}, {"step": "retry", "remote_id": "", "comment": "by hand"}

    def doors_with_money(self) -> list[Door]:
        """Return the doors whose requests need something new to work on each time."""
        return [
            Door("login", "POST", self.signing_in),
            Door("password", "POST", self.changing_the_password, may_write=True),
            Door("customer", "POST", self.paying, "pk", may_write=True),
            Door("preview", "POST", self.paying),
            Door("print", "POST", self.of_payment(paper=""), "key", may_write=True),
            Door("give_up", "POST", lambda: ({"key": uuid4()}, {}), "key", may_write=True),
            Door("reverse", "POST", self.of_payment(reason="amount", comment=""), "key", may_write=True),
            Door("move", "POST", self.moving, may_write=True),
            Door("billing_part", "POST", self.settling, "pk", may_write=True),
            Door("billing_hook", "POST", lambda: ({}, {"any": ""})),
        ]

    def found_doors(self, client: Client) -> Iterator[Door]:
        """Yield a door for every route as it is read, and one for every form on the pages, as they stand now.

        What is found depends on what was done before: a page with an open shift has other forms than one without.
        """
        known = {door.route for door in self.doors_with_money()}
        pages = {route: self._page(client, route, parts) for route, parts in routes()}
        for route, parts in routes():
            page = pages[route]
            of = pages.get(next((route.removesuffix(end) for end in FILES if route.endswith(end)), route), page)
            names = [name for form in forms_of(of, "get") for name in filled(form)] + IN_ADDRESSES.get(route, [])
            fields = dict.fromkeys(names, "")
            yield Door(route, "GET", partial(fresh, parts, fields), next(iter(parts), ""))
            for form in forms_of(page, "post"):
                target = resolve(urlsplit(str(form.get("action") or reverse(route, kwargs=parts))).path)
                if target.view_name not in known | OTHER_SITES:
                    ready = partial(fresh, target.kwargs, filled(form))
                    yield Door(target.view_name, "POST", ready, next(iter(target.kwargs), ""), may_write=True)

    def _page(self, client: Client, route: str, parts: Parts) -> BeautifulSoup:
        answer = client.get(reverse(route, kwargs=parts))
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        return BeautifulSoup(answer.content.decode() if is_page else "", "html.parser")


def routes() -> Iterator[tuple[str, Parts]]:
    """Yield the name of every route of the desk with parts of an address that may be right: the first of each kind."""
    payment = Payment.objects.order_by("pk").values_list("key", flat=True).first()
    first: dict[str, object] = {"uuid": payment or UUID(int=1), "int": 1, "str": "x"}
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLPattern) and pattern.name and pattern.name not in OTHER_SITES:
            kinds = re.findall(r"<(\w+):(\w+)>", str(pattern.pattern))
            yield pattern.name, {name: first[kind] for kind, name in kinds}


def forms_of(page: BeautifulSoup, method: str) -> list[Tag]:
    """Return the page's forms that are sent in this way."""
    return [form for form in page.find_all("form") if str(form.get("method", "get")).lower() == method]


def filled(form: Tag) -> Fields:
    """Return what somebody in a hurry would send: an amount, a word, the last choice; of alike fields only one."""
    fields = values_of(form)
    for box in form.find_all("select"):
        options = [str(option.get("value", "")) for option in box.find_all("option")]
        fields[str(box.get("name"))] = options[-1] if options else ""
    for name, likely in (("amount", "12.50"), ("comment", "a word")):
        fields |= {name: likely} if fields.get(name) == "" else {}
    alike = sorted(name for name in fields if re.fullmatch(r"d\d+", name))  # one for each note and coin
    return {name: value for name, value in fields.items() if name not in alike[1:] and name != "csrfmiddlewaretoken"}


def fresh(parts: Parts, fields: Fields) -> tuple[Parts, Fields]:
    """Return the address's parts and the fields, with a key that nobody has used."""
    return parts, fields | ({"key": str(uuid4())} if "key" in fields else {})
