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
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve, reverse
from django.utils import timezone

from accounts.models import Operator
from billing.models import Settlement
from billing.settling import begin_entering
from customers.models import Customer
from payments.models import Delivery, Payment, Reversal
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
    act: str = ""  # which of the forms of one address it is: what its button says
    who: Operator | None = None  # who sends it, if not the one who may do everything
    is_another: bool = False  # of several forms of one address: the bodies are read by the same code
    opens: bool = False  # what `ready` returns, sent as it is, is carried out

    @property
    def name(self) -> str:
        """What tells this door from all others: its address, its act, and the names of its fields."""
        return f"{self.method} {self.route} {self.act}: {' '.join(sorted(self.ready()[1]))}"

    @property
    def kind(self) -> str:
        """Method, route and act, which what is expected is compared by."""
        return f"{self.method} {self.route} {self.act}".strip()

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
        self.standing: Payment | None = None
        self.parts: dict[str, tuple[Delivery, int]] = {}

    def new_customer(self) -> Customer:
        """Return a customer whose payments are few, so that sums over them stay quick."""
        if self.customers[0].lines.count() > 40:
            self.customers.insert(0, CustomerFactory.create(balance=Decimal(-60)))
        return self.customers[0]

    def payment(self) -> Payment:
        """Return a new payment, which can be reversed."""
        return pay(self.operator, self.new_customer(), "1.00")

    def standing_payment(self) -> Payment:
        """Return a payment that nobody has reversed: the last one, as long as that is so."""
        if self.standing is None or Reversal.objects.filter(payment=self.standing).exists():
            self.standing = self.payment()
        return self.standing

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

    def printing(self) -> tuple[dict[str, object], Fields]:
        """Return the fields of a first printing."""
        return {"key": self.payment().key}, {"paper": ""}

    def reversing(self) -> tuple[dict[str, object], Fields]:
        """Return the fields of a reversal that can be done."""
        return {"key": self.standing_payment().key}, {"reason": "amount", "comment": ""}

    def moving(self) -> tuple[dict[str, object], Fields]:
        """Return the fields of a move that can be done."""
        return {"key": self.standing_payment().key}, {
            "customer": str(self.other.pk),
            "key": str(uuid4()),
            "comment": "",
        }

    def settling(self, step: str) -> tuple[dict[str, object], Fields]:
        """Return the fields of this step with a part that was refused, or that somebody is entering."""
        part, notes = self.parts.get(step, (None, 0))
        if part is None or Settlement.objects.filter(delivery=part).count() != notes:  # a step was done with that one
            part = self.refused_part()
            if step in {Settlement.Step.ENTERED, Settlement.Step.NOT_ENTERED}:
                begin_entering(operator=self.operator, delivery_id=part.pk, comment="by hand")
            self.parts[step] = part, Settlement.objects.filter(delivery=part).count()
        return {"pk": part.pk}, {"step": step, "remote_id": "", "comment": "by hand"}

    def refused_part(self) -> Delivery:
        """Return a new part that the billing system has refused."""
        part = Delivery.objects.get(allocation__payment=self.payment())
        for state in ("sending", "refused"):
            Delivery.objects.filter(pk=part.pk).update(state=state, lease=timezone.now())
        return part

    def settling_doors(self) -> list[Door]:
        """Return a door for every step; nothing can be entered over there where figures come as files."""
        return [
            Door(
                "billing_part", "POST", partial(self.settling, step.value), "pk" * (step == Settlement.Step.RETRY),
                may_write=True, act=step.value, is_another=step != Settlement.Step.RETRY,
                opens=step != Settlement.Step.ENTERED,
            )
            for step in Settlement.Step
        ]  # fmt: skip

    def doors_with_money(self) -> list[Door]:
        """Return the doors whose requests need something new to work on each time."""
        return [
            Door("login", "POST", self.signing_in),
            Door("password", "POST", self.changing_the_password, may_write=True),
            Door("customer", "POST", self.paying, "pk", may_write=True),
            Door("preview", "POST", self.paying),
            Door("print", "POST", self.printing, "key", may_write=True),
            Door("give_up", "POST", lambda: ({"key": uuid4()}, {}), "key", may_write=True),
            Door("reverse", "POST", self.reversing, "key", may_write=True),
            Door("move", "POST", self.moving, may_write=True),
            *self.settling_doors(),
            Door("billing_hook", "POST", lambda: ({}, {"any": ""})),
            Door("refresh", "POST", lambda: ({"pk": self.other.pk}, {"any": ""}), "pk"),
        ]

    def found_doors(self, client: Client, known: set[str]) -> Iterator[Door]:
        """Yield a door for every route as it is read, and one for every form on the pages, as they stand now.

        What is found depends on what was done before. The forms of known routes are not looked for on the pages.
        """
        pages = {route: self._page(client, route, parts) for route, parts in routes()}
        for route, parts in routes():
            page = pages[route]
            of = pages.get(next((route.removesuffix(end) for end in FILES if route.endswith(end)), route), page)
            names = [name for form in forms_of(of, "get") for name in filled(form)] + IN_ADDRESSES.get(route, [])
            fields = dict.fromkeys(names, "")
            yield Door(route, "GET", partial(fresh, parts, fields), next(iter(parts), ""))
            for form in forms_of(page, "post"):
                target = resolve(urlsplit(str(form.get("action") or reverse(route, kwargs=parts))).path)
                for choice in choices_of(form) if target.view_name not in known | OTHER_SITES else []:
                    ready = partial(fresh, target.kwargs, filled(form) | choice)
                    yield Door(
                        target.view_name, "POST", ready, next(iter(target.kwargs), ""),
                        may_write=True, act=next(iter(choice.values()), ""),
                    )  # fmt: skip

    def _page(self, client: Client, route: str, parts: Parts) -> BeautifulSoup:
        answer = client.get(reverse(route, kwargs=parts))
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        return BeautifulSoup(answer.content.decode() if is_page else "", "html.parser")


def expected(client: Client) -> set[str]:
    """Return which doors there must be: every route by every method that it takes, and every act of its template.

    A form that somebody adds stands here at once, whether anything knocks there or not.
    """
    found = set()
    for route, parts in routes():
        methods = client.options(reverse(route, kwargs=parts)).headers.get("Allow", "GET, POST")
        acts = acts_of(route) or [""]
        found |= {f"GET {route}"} if "GET" in methods else set()
        found |= {f"POST {route} {act}".strip() for act in acts} if "POST" in methods else set()
    return found


def acts_of(route: str) -> list[str]:
    """Return what the hidden fields and buttons `act` and `step` of a page's template say."""
    template = settings.BASE_DIR / "templates" / "desk" / f"{route}.html"
    said = re.findall(r'name="(?:act|step)" value="([^"]+)"', template.read_text() if template.exists() else "")
    steps = {f"{{{{ steps.{step.name}.value }}}}": step.value for step in Settlement.Step}
    return [steps.get(value, value) for value in said]


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


def choices_of(form: Tag) -> list[Fields]:
    """Return what each of the form's buttons says beside the fields; one that says nothing stands for all such."""
    said = [
        {str(button["name"]): str(button.get("value", ""))} if button.has_attr("name") else {}
        for button in form.find_all("button", type="submit")
    ]
    return [choice for place, choice in enumerate(said) if choice not in said[:place]] or [{}]


def filled(form: Tag) -> Fields:
    """Return what somebody in a hurry would send: an amount, a word, the last choice; of alike fields only one."""
    fields = values_of(form)
    for box in form.find_all("select"):
        options = [str(option.get("value", "")) for option in box.find_all("option")]
        fields[str(box.get("name"))] = options[-1] if options else ""
    for name, likely in (("amount", "12.50"), ("comment", "a word")):
        fields |= {name: likely} if fields.get(name) == "" else {}
    alike = sorted(name for name in fields if re.fullmatch(r"d\d+", name))  # one for each note and coin
    fields |= dict.fromkeys(alike[:1], "4")  # who counts nothing has counted nothing else either
    return {name: value for name, value in fields.items() if name not in alike[1:] and name != "csrfmiddlewaretoken"}


def fresh(parts: Parts, fields: Fields) -> tuple[Parts, Fields]:
    """Return the address's parts and the fields, with a key that nobody has used."""
    return parts, fields | ({"key": str(uuid4())} if "key" in fields else {})
