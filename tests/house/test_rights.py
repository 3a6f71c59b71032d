"""Who gets what answer: every route, every person, every method, on an own, a foreign and a missing object.

One table. A route that is missing from it fails, and so does one that is not there any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import DjangoDbBlocker

from accounts.models import Operator
from cashdesk.doors import OPEN
from cashdesk.pdf_files import weasyprint
from customers.models import Customer
from payments.models import Delivery, Payment
from payments.tokens import token_of
from tests.answers import given_away
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory, ResellerFactory, give_room, pay
from tests.house.books import count_on_from
from tests.kept import written_once
from tests.people import grant
from tests.shifts.desk import issued
from tills.deposits import create_deposit
from tills.models import Shift, Transaction

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
READING = ("GET", "HEAD", "OPTIONS", "TRACE")
KINDS = ("customer", "payment", "token", "part", "till", "line", "shift")
MISSING = UUID("99999999-9999-4999-8999-999999999999")


@dataclass(frozen=True)
class Route:
    """An address with what it answers to somebody who may be there and sees the object: 405 where it takes no such.

    `post` is the answer to an empty form. `unseen` is the answer for an object that is foreign or missing. `but` holds
    the answers to a person that differ, to GET and POST, `unseen_but` those that differ for such an object.
    """

    path: str
    get: int
    post: int
    unseen: tuple[int, int] = (404, 404)
    but: dict[str, tuple[int, int]] = field(default_factory=dict)
    unseen_but: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What the address names: nothing, or one of the objects below."""
        return next(
            (
                kind
                for kind in ("customer", "payment", "token", "part", "till", "line", "shift")
                if f"{{{kind}}}" in self.path
            ),
            "",
        )


TABLE = {
    "home": Route("/", 302, 302),
    "healthz": Route("/healthz", 200, 405),
    "readyz": Route("/readyz", 200, 405),
    "check": Route("/r/{token}", 200, 405, unseen=(404, 405)),
    "login": Route("/cashdesk/login/", 200, 422, but=dict.fromkeys(("alice", "bob", "charlie", "chief"), (302, 422))),
    "logout": Route("/cashdesk/logout/", 405, 303),
    "password": Route("/cashdesk/password/", 200, 422),
    "search": Route("/cashdesk/", 200, 405),
    "customer": Route("/cashdesk/customers/{customer}/", 200, 422),
    "preview": Route("/cashdesk/customers/{customer}/preview/", 200, 200),
    "receipt": Route("/cashdesk/payments/{payment}/", 200, 405, unseen=(404, 405)),
    # Without WeasyPrint there is no such page for anybody.
    "receipt_pdf": Route(
        "/cashdesk/payments/{payment}/receipt.pdf", 200 if weasyprint() else 404, 405, unseen=(404, 405)
    ),
    "print": Route("/cashdesk/payments/{payment}/print/", 405, 200, unseen=(405, 404)),
    "give_up": Route("/cashdesk/payments/{payment}/give-up/", 405, 303, unseen=(405, 303)),
    "reverse": Route("/cashdesk/payments/{payment}/reverse/", 200, 422, but={"bob": (403, 403)}),
    # An empty form leads back to the page, which bob may not see either.
    "move": Route("/cashdesk/payments/{payment}/move/", 200, 303, but={"bob": (403, 303)}),
    "history": Route("/cashdesk/history/", 200, 405),
    "history_csv": Route("/cashdesk/history.csv", 200, 405),
    "history_xlsx": Route("/cashdesk/history.xlsx", 200, 405),
    "till_xlsx": Route("/cashdesk/till.xlsx", 200, 405),
    "till": Route("/cashdesk/till/", 200, 405),
    "movement": Route("/cashdesk/movements/{line}/", 200, 405, unseen=(404, 405)),
    "deposits": Route("/cashdesk/deposits/", 403, 405, but={"chief": (200, 405)}),
    "deposit_new": Route("/cashdesk/deposits/new/", 403, 403, but={"chief": (200, 422)}),
    "deposit_history": Route("/cashdesk/deposits/history/", 403, 405, but={"chief": (200, 405)}),
    "deposit_history_csv": Route("/cashdesk/deposits/history.csv", 403, 405, but={"chief": (200, 405)}),
    "deposit_history_xlsx": Route("/cashdesk/deposits/history.xlsx", 403, 405, but={"chief": (200, 405)}),
    # Which of the acts is meant, the form says; an empty one means none.
    "deposit": Route(
        "/cashdesk/deposits/{till}/",
        403,
        403,
        unseen=(403, 403),
        but={"chief": (200, 404)},
        unseen_but={"chief": (404, 404)},
    ),
    "shift": Route("/cashdesk/shift/", 200, 303),
    "shifts": Route("/cashdesk/shifts/", 403, 405, but={"chief": (200, 405)}),
    "shift_new": Route("/cashdesk/shifts/new/", 403, 403, but={"chief": (200, 422)}),
    "shift_report": Route("/cashdesk/shifts/{shift}/", 200, 403, but={"chief": (200, 404)}),
    "report_day": Route("/cashdesk/reports/day/", 403, 405, but=dict.fromkeys(("bob", "chief"), (200, 405))),
    "report_day_csv": Route("/cashdesk/reports/day.csv", 403, 405, but=dict.fromkeys(("bob", "chief"), (200, 405))),
    "report_day_xlsx": Route("/cashdesk/reports/day.xlsx", 403, 405, but=dict.fromkeys(("bob", "chief"), (200, 405))),
    "accounts": Route("/cashdesk/reports/accounts/", 403, 405, but=dict.fromkeys(("bob", "chief"), (200, 405))),
    "accounts_csv": Route("/cashdesk/reports/accounts.csv", 403, 405, but=dict.fromkeys(("bob", "chief"), (422, 405))),
    # The table's desk is fed by files: a card is not refreshed, and the billing page is for a right of its own.
    "refresh": Route("/cashdesk/customers/{customer}/refresh/", 405, 404, unseen=(405, 404)),
    "billing": Route("/cashdesk/billing/", 403, 405, but={"chief": (200, 405)}),
    # Without the right even a missing part is a 403: the answer does not say which parts there are.
    "billing_part": Route(
        "/cashdesk/billing/parts/{part}/",
        403,
        403,
        unseen=(403, 403),
        but={"chief": (200, 422)},
        unseen_but={"chief": (404, 404)},
    ),
    "billing_differences": Route("/cashdesk/billing/differences/", 403, 405, but={"chief": (200, 405)}),
    "billing_differences_csv": Route("/cashdesk/billing/differences.csv", 403, 405, but={"chief": (200, 405)}),
    "billing_hook": Route("/cashdesk/billing/hook/", 405, 404),
    "preferences": Route("/cashdesk/preferences/", 200, 422),
    "keyboard": Route("/cashdesk/keyboard/", 200, 405),
}
PUBLIC = {"home", "healthz", "readyz", "check", "login", "billing_hook"}
PEOPLE = ("anonymous", "alice", "bob", "charlie", "chief", "root", "off")
AT_THE_DESK = {"alice", "bob", "charlie", "chief"}
# Who sees whose customer and payment; the house's are Alice's, North's are Charlie's.
BOTH = {"house", "north"}
SEEN = {
    "customer": {"alice": BOTH, "bob": BOTH, "charlie": {"north"}, "chief": BOTH},
    "payment": {"alice": {"house"}, "bob": BOTH, "charlie": {"north"}, "chief": BOTH},
    "token": dict.fromkeys(PEOPLE, BOTH),
    "till": {"alice": set(), "bob": set(), "charlie": set(), "chief": BOTH},
    "line": {"alice": {"house"}, "bob": set(), "charlie": {"north"}, "chief": BOTH},
    "shift": {"alice": {"house"}, "bob": set(), "charlie": set(), "chief": BOTH},
    "part": {"alice": set(), "bob": set(), "charlie": set(), "chief": BOTH},
}


@dataclass(frozen=True)
class World:
    """The people, and a customer and a payment of the house and of North."""

    people: dict[str, Operator]
    customers: dict[str, Customer]
    payments: dict[str, Payment]
    deposits: dict[str, Transaction]
    shifts: dict[str, Shift]
    browsers: dict[str, Client] = field(default_factory=dict)

    def ids(self, owner: str) -> dict[str, str]:
        """Return what stands in an address for the objects of this owner."""
        if owner == "missing":
            return {"customer": "999999", "payment": str(MISSING), "token": "nothing"} | dict.fromkeys(
                ("part", "till", "line", "shift"), "999999"
            )
        payment = self.payments[owner]
        part = Delivery.objects.filter(allocation__payment=payment).earliest("pk")
        return {
            "customer": str(self.customers[owner].pk), "payment": str(payment.key), "token": token_of(payment),
            "part": str(part.pk), "till": str(payment.transaction.till_id), "line": str(self.deposits[owner].pk),
            "shift": str(self.shifts[owner].pk),
        }  # fmt: skip

    def browser(self, name: str) -> Client:
        """Return this person's browser, signed in; the one who is switched off was on until just now."""
        client = self.browsers.setdefault(name, Client())  # one for each: making one loads all middleware
        if name == "off" or (name != "anonymous" and SESSION_KEY not in client.session):
            person = self.people[name]
            Operator.objects.filter(pk=person.pk).update(is_active=True)
            client.force_login(person)
            Operator.objects.filter(pk=person.pk).update(is_active=name != "off")
        return client


def write_world() -> World:
    """Write a small house where everybody has something to see and something not to."""
    north = ResellerFactory.create(name="North", code="north")
    alice, bob = OperatorFactory.create(username="alice"), OperatorFactory.create(username="bob")
    charlie = OperatorFactory.create(username="charlie", reseller=north)
    people = {"alice": alice, "bob": grant(bob, "payments.view_all_payments"), "charlie": charlie}
    people["chief"] = OperatorFactory.create(username="chief", is_superuser=True, is_staff=True)
    people["root"] = OperatorFactory.create(username="root", is_superuser=True, is_staff=True, cashdesk_access=False)
    people["off"] = OperatorFactory.create(username="off")
    give_room(north)
    house, norths = CustomerFactory.create(pk=870001), CustomerFactory.create(pk=870002, reseller=north)
    customers = {"house": house, "north": norths}
    for customer in customers.values():
        InvoiceFactory.create(customer=customer)
    count_on_from("payments_delivery", 880000)  # an id that stands nowhere else in a page
    payments = {"house": pay(alice, customers["house"]), "north": pay(charlie, customers["north"])}
    deposits = {
        owner: create_deposit(operator=people["chief"], holder=holder, amount=Decimal(5), comment="", key=uuid4())
        for owner, holder in (("house", alice), ("north", north))
    }
    # A reseller's till has no shifts: what is not Alice's is a colleague's.
    shifts = {"house": issued(people["chief"], alice), "north": issued(people["chief"], OperatorFactory.create())}
    return World(people, customers, payments, deposits, shifts)


@pytest.fixture(scope="module")
def written_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with written_once(django_db_blocker, write_world) as world:
        yield world


@pytest.fixture
def world(written_world: World, db: None) -> World:
    return replace(written_world, browsers={})  # whoever signed in in another test did not in this one


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name and the pattern of every route."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            space = f"{entry.namespace}:" if entry.namespace else ""
            yield from ((space + name, pattern) for name, pattern in routes(entry, prefix + str(entry.pattern)))
        else:
            assert isinstance(entry, URLPattern)
            yield entry.name or "", prefix + str(entry.pattern)


def expected(name: str, person: str, owner: str, method: str) -> int:
    """Return the status that the table promises."""
    route = TABLE[name]
    if name not in PUBLIC and person not in AT_THE_DESK:
        return at_the_door(name, person, method)
    sees = not route.kind or owner in SEEN[route.kind][person]
    get, post = route.but.get(person, (route.get, route.post)) if sees else route.unseen_but.get(person, route.unseen)
    if name == "home":
        return 405 if method == "TRACE" else 302
    return {"GET": get, "HEAD": get, "POST": post}.get(method, 405)


def at_the_door(name: str, person: str, method: str) -> int:
    """Return the answer to somebody who may not be at the desk: to sign-in, or 403 for staff without the switch."""
    if person == "root":
        return (303 if method == "POST" else 405) if name == "logout" else 403
    return 302 if method in READING else 303


def state() -> dict[str, list[Any]]:
    """Return every row of every table, except sessions and when somebody was last seen."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label != "sessions.Session":
            names = [column.attname for column in model._meta.concrete_fields]
            kept = [name for name in names if name not in {"last_seen_at", "last_login"}]
            found[model._meta.label] = sorted(map(repr, model._default_manager.values_list(*kept)))
    return found


def test_every_route_stands_in_the_table() -> None:
    names = {name for name, _pattern in routes(get_resolver()) if not name.startswith("admin:")}
    assert names == set(TABLE)


def test_the_open_routes_are_these() -> None:
    assert PUBLIC | {"admin:login"} == OPEN


def wrong_answers(world: World, name: str, methods: tuple[str, ...]) -> list[str]:
    """Ask for a route as everybody, for everybody's things; return the answers that the table does not promise."""
    route, wrong = TABLE[name], []
    for person in PEOPLE:
        # At the door it is not looked whose thing is asked for.
        looks = route.kind and (person in AT_THE_DESK or name in PUBLIC)
        for owner in ("house", "north", "missing") if looks else ("house",):
            path = route.path.format(**world.ids(owner))
            for method in methods:
                answer = world.browser(person).generic(method, path)
                cache.clear()  # the public check counts how often it is asked
                promised = expected(name, person, owner, method)
                if answer.status_code != promised:
                    wrong.append(f"{person} {method} {owner}: {answer.status_code}, not {promised}")
                elif promised in {302, 303} and name not in PUBLIC and person not in AT_THE_DESK:
                    assert answer["Location"].startswith("/cashdesk/login/"), path
                assert answer["Cache-Control"] == "no-store", path
                assert "default-src 'none'" in answer["Content-Security-Policy"], path
    return wrong


@pytest.mark.parametrize("name", TABLE)
def test_everybody_gets_the_answer_of_the_table_and_reading_changes_no_row(world: World, name: str) -> None:
    for person in PEOPLE:
        world.browser(person)  # signed in before the rows are looked at
    before = state()
    wrong = wrong_answers(world, name, READING)
    assert state() == before
    wrong += wrong_answers(world, name, tuple(method for method in METHODS if method not in READING))
    assert not wrong, "\n".join(wrong)


def named(kind: str, text: str) -> str:
    """Return an id as it stands in an address: a short one stands elsewhere by chance."""
    return text if kind in {"payment", "token"} else f"/{text}/"


@pytest.mark.parametrize("name", [name for name, route in TABLE.items() if route.kind])
def test_foreign_looks_exactly_like_missing(world: World, name: str) -> None:
    route = TABLE[name]
    for person in AT_THE_DESK:
        for owner in BOTH - SEEN[route.kind][person]:
            for method in METHODS:
                answers = []
                for each in (owner, "missing"):
                    ids = world.ids(each)
                    answer = world.browser(person).generic(method, route.path.format(**ids))
                    answers.append(given_away(answer, named(route.kind, ids[route.kind])))
                assert answers[0] == answers[1], f"{person} {method} {owner}"


@pytest.mark.parametrize("name", [name for name in TABLE if name not in PUBLIC | {"logout"}])
def test_whoever_may_not_be_here_changes_no_row(world: World, name: str) -> None:
    key = "44444444-4444-4444-8444-444444444444"
    form = {"amount": "10", "method": "1", "key": key, "old_password": "x", "new_password": "y", "theme": "dark"}
    browsers, before = {person: world.browser(person) for person in PEOPLE if person not in AT_THE_DESK}, state()
    for person, browser in browsers.items():
        browser.post(TABLE[name].path.format(**world.ids("house")), form)
        assert state() == before, person


def admin_addresses(world: World) -> list[str]:
    """Return every address of the administration, with an id where it asks for one."""
    found = []
    for name, pattern in routes(get_resolver()):
        if name.startswith("admin:"):
            path = pattern.replace("^(?P<app_label>", "(?P<app_label>")
            for part, text in (
                ("<path:object_id>", str(world.people["alice"].pk)), ("<id>", str(world.people["alice"].pk)),
                ("<path:content_type_id>", "1"), ("(?P<url>.*)$", "nothing/at/all"),
            ):  # fmt: skip
                path = path.replace(part, text)
            path = path.split("(?P<app_label>")[0] + "accounts/" if "(?P<app_label>" in path else path
            found.append("/" + path.replace("<path:object_id>", "1"))
    return found


def test_the_addresses_of_the_administration_are_real(world: World) -> None:
    addresses = admin_addresses(world)
    assert len(addresses) > 50
    assert not [address for address in addresses if {"<", "(", "^", "$"} & set(address)]


def test_the_administration_does_not_exist_for_operators(world: World) -> None:
    for person, usual in (("alice", ("GET", "POST")), ("bob", ("GET",)), ("charlie", ("GET",))):
        browser = world.browser(person)
        missing = {method: given_away(browser.generic(method, "/cashdesk/no-such-page/")) for method in METHODS}
        for address in admin_addresses(world):
            for method in METHODS if address.endswith(("/admin/", "/delete/")) else usual:
                assert given_away(browser.generic(method, address)) == missing[method], f"{person} {method} {address}"


def test_the_administration_is_closed_to_the_anonymous(world: World) -> None:
    for person, methods in (("anonymous", METHODS), ("off", ("GET", "POST"))):
        for address in admin_addresses(world):
            for method in methods if address != "/admin/login/" else ():
                answer = world.browser(person).generic(method, address)
                assert answer.status_code == (302 if method in READING else 303), address
                assert answer["Location"].startswith("/admin/login/"), address


def test_looking_around_in_the_administration_changes_no_row(world: World) -> None:
    before = state()
    for person, methods in (("chief", READING), ("root", ["GET"])):
        browser = world.browser(person)
        for address in admin_addresses(world):
            for method in methods:
                answer = browser.generic(method, address)
                assert answer.status_code in {200, 302, 403, 404, 405}, address
                assert "no-store" in answer["Cache-Control"], address
    assert state() == before


def test_staff_without_a_right_get_nothing_but_the_front_page(world: World) -> None:
    Operator.objects.filter(username="alice").update(is_staff=True)
    browser = world.browser("alice")
    assert browser.get("/admin/").status_code == 200
    for address in admin_addresses(world):
        if address.startswith(
            ("/admin/accounts/", "/admin/tills/", "/admin/payments/", "/admin/customers/", "/admin/b")
        ):
            answer = browser.get(address, follow=True)  # to the front page: what a missing row answers
            assert answer.status_code in {403, 404} or answer.redirect_chain[-1][0] == "/admin/", address
