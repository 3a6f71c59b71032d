"""While a blind shift is open its holder sees no sum, balance or limit: canary figures, searched in every byte."""

from __future__ import annotations

import io
import json
import re
import zipfile
from decimal import Decimal
from uuid import uuid4

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Operator
from cashdesk.views import payment as payment_views
from payments.models import Payment, Reversal
from payments.reversing import reverse_payment
from tests.answers import body_of
from tests.factories import CustomerFactory, OperatorFactory, card, pay
from tests.people import grant, signed_in
from tests.shifts.desk import cash_of, closed, counted, dropped, opened, paid_out, till_with_shifts
from tills.deposits import create_deposit, refill_deposit
from tills.models import Booking, Kind, PaymentMethod, Shift, Till, Transaction
from tills.models.booking import BOOKED

D = Decimal
RIGHTS = (
    "payments.view_all_payments", "payments.reverse_payment", "tills.supervise_tills", "tills.manage_deposits",
    "billing.manage_billing",
)  # fmt: skip


class Day:
    """A shift of odd figures: every sum, balance and room of them is a number that stands nowhere else."""

    def __init__(self, alice: Operator, bob: Operator) -> None:
        self.alice = alice
        self.till = till_with_shifts(alice, limit=D("4000.00"))
        self.customer = CustomerFactory.create(name="Jan", balance=D("-9000.00"))
        dora = grant(OperatorFactory.create(username="dora"), "tills.manage_deposits")
        create_deposit(operator=dora, holder=alice, amount=D("83.11"), comment="", key=uuid4())
        book_everything()
        self.shift = opened(bob, alice, cash_of("103.07"))
        self.payments = [pay(alice, self.customer, amount) for amount in ("211.13", "307.19", "401.23")]
        self.payments.append(pay(alice, self.customer, "59.61", method_id=card().pk))
        wrong = pay(alice, self.customer, "17.29")
        reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT)
        refill_deposit(operator=dora, till_id=self.till.pk, amount=D("29.83"), comment="", key=uuid4())
        self.line = paid_out(alice, self.shift, "7.31", "Stamps")
        dropped(alice, self.shift, "501.41")

    def secrets(self) -> dict[str, Decimal]:
        """Return what must not be seen, by what it is."""
        lines = Transaction.objects.filter(till=self.till).order_by("number")
        found = {f"balance after {line.number}": line.balance_after for line in lines}
        found |= {f"room after {line.number}": 4000 + line.balance_after for line in lines}
        found |= {"cash in the drawer": sum((line.cash for line in lines), D(0))}
        taken = [payment.transaction.amount for payment in self.payments]
        found |= {"taken": sum(taken, D(0)), "taken in cash": sum(taken[:3], D(0))}
        found |= {
            "taken and reversed": found["taken"] + D("17.29"),
            "with the float": found["taken in cash"] + D("103.07"),
        }
        own = {line.amount for line in lines} | {D("17.29")}
        return {name: abs(amount) for name, amount in found.items() if abs(amount) not in own and amount}


def book_everything() -> None:
    """Enter accounts for every kind of movement, so that the accountant's file holds figures."""
    for kind in BOOKED:
        methods: list[PaymentMethod | None] = [*PaymentMethod.objects.all()] if kind == Kind.PAYMENT else [None]
        for method in methods:
            Booking.objects.get_or_create(kind=kind, method=method, defaults={"debit": "211", "credit": "311"})


def spellings(amount: Decimal) -> set[str]:
    """Return how an amount may stand in a page or a file: 1,234.50 and 1234.50 and 12345000 and without the point."""
    plain = f"{amount:.2f}"
    return {plain, f"{amount:,.2f}", plain.replace(".", ","), str(int(amount * 10000)), f"{amount:.4f}"}


def leaks(text: str, secrets: dict[str, Decimal]) -> list[str]:
    return [f"{name}: {form}" for name, amount in secrets.items() for form in spellings(amount) if form in text]


def addresses(day: Day) -> list[str]:
    """Return every address of the desk that can be asked for, with the ids of the day where it wants one."""
    found = []
    ids = {
        "customers": day.customer.pk, "movements": day.line.pk, "shifts": day.shift.pk, "deposits": day.till.pk,
        "parts": 1,
    }  # fmt: skip

    def walk(resolver: URLResolver) -> None:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLPattern) and str(entry.pattern).startswith(("cashdesk/", "r/")):
                path = "/" + str(entry.pattern)
                path = path.replace("<uuid:key>", str(day.payments[0].key)).replace("<str:token>", "x")
                for name, pk in ids.items():
                    path = path.replace(f"{name}/<int:pk>", f"{name}/{pk}")
                assert "<" not in path, path
                found.append(path)

    walk(get_resolver())
    more = ("?from=&to=", "?print=1&from=&to=", "?from=&to=&q=Jan", f"?operator={day.alice.pk}", "?method=1")
    found += [f"/cashdesk/history{place}{query}" for query in more for place in ("/", ".csv", ".xlsx")]
    found += [f"/cashdesk/deposits/history{place}?till={day.till.pk}" for place in ("/", ".csv", ".xlsx")]
    found += [f"/cashdesk/shifts/{day.shift.pk}/?paper={paper}" for paper in ("a4", "roll80", "roll58")]
    found += ["/cashdesk/reports/day/?print=1", "/cashdesk/till/?before=4", "/cashdesk/?q=Jan"]
    found += [
        f"/cashdesk/movements/{line.pk}/" for line in Transaction.objects.exclude(kind__in=["payment", "reversal"])
    ]
    found += [f"/cashdesk/payments/{payment.key}/" for payment in day.payments]
    return [path for path in found if "logout" not in path]


def crawl(client: Client, day: Day) -> dict[str, str]:
    """Return every page and file that the client may see, by address; posts of empty forms, too."""
    pages = {}
    for path in addresses(day):
        for method in ("get", "post"):
            answer = getattr(client, method)(path)
            pages[f"{method} {path}"] = told(answer)
    return pages


def told(answer: HttpResponseBase) -> str:
    """Return every byte of an answer as it can be read: a spreadsheet unpacked, with the headers."""
    body = body_of(answer)
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as file:
            body = b"\n".join(file.read(name) for name in file.namelist())
    return body.decode(errors="replace") + json.dumps(dict(answer.items()))


@pytest.fixture(autouse=True)
def pdfs_as_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what would be made a PDF be read as the page that it is made of, also where WeasyPrint is not installed."""
    monkeypatch.setattr(payment_views, "weasyprint", lambda: payment_views)
    monkeypatch.setattr(payment_views, "pdf_of", lambda page, sheet: page.encode())


def seen(client: Client, day: Day) -> list[str]:
    secrets = day.secrets()
    assert len(secrets) > 15
    return [f"{path}: {leak}" for path, text in crawl(client, day).items() for leak in leaks(text, secrets)]


def counts(client: Client, day: Day) -> list[str]:
    """Return where it stands how many payments there are, or were reversed: five and one in this shift."""
    said = re.compile(
        r"\b[45] (?:payments|parts|rows|lines|results|transactions)\b|(?:Payments|Reversals) · [145]\b"
        r"|(?:delivered|Delivered|Unknown|Refused)[^<]*</dt><dd>[145]<"
    )
    return [path for path, text in crawl(client, day).items() if said.search(text)]


def test_a_cashier_with_an_open_blind_shift_sees_no_figure_anywhere(alice: Operator, bob: Operator) -> None:
    day = Day(alice, bob)
    assert seen(signed_in(alice), day) == []
    assert counts(signed_in(alice), day) == []


def test_more_rights_show_no_more_of_the_own_shift(alice: Operator, bob: Operator) -> None:
    day = Day(alice, bob)
    client = signed_in(grant(alice, *RIGHTS))
    assert seen(client, day) == []
    assert counts(client, day) == []


def test_not_even_the_administration_shows_it(alice: Operator, bob: Operator) -> None:
    day = Day(alice, bob)
    Operator.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    client, secrets = signed_in(Operator.objects.get(pk=alice.pk)), day.secrets()
    for path in ("tills/transaction/", f"tills/transaction/{day.line.pk}/change/", "payments/payment/", "tills/till/",
                 "tills/shift/", "tills/count/", "tills/zreport/", f"tills/till/{day.till.pk}/change/",
                 f"tills/shift/{day.shift.pk}/change/", "payments/allocation/", "payments/reversal/",
                 "payments/delivery/", "payments/printing/"):  # fmt: skip
        text = client.get(f"/admin/{path}").content.decode()
        assert leaks(text, secrets) == [], path
        assert not re.search(r"\b[56] (payments|parts|deliveries|transactions)|\b1 reversal", text), path


def test_control_without_blindness_the_same_crawl_finds_the_figures(alice: Operator, bob: Operator) -> None:
    till_with_shifts(alice, blind=False)
    day = Day(alice, bob)
    found = seen(signed_in(grant(alice, *RIGHTS)), day)
    for page in (
        "till/", "till.xlsx", "history/", "history/?print=1", ": ", "deposits/", "deposits/history.csv",
        "deposits/history.xlsx", "reports/day/", "reports/day/?print=1", "reports/day.csv", "reports/day.xlsx",
        "reports/accounts/", f"shifts/{day.shift.pk}/?paper=roll80", f"movements/{day.line.pk}/",
    ):  # fmt: skip
        assert any(line.startswith(f"get /cashdesk/{page}") for line in found), page
    assert "get /cashdesk/history/" in counts(signed_in(alice), day)
    assert "get /cashdesk/billing/" in counts(signed_in(grant(alice, *RIGHTS)), day)


def test_no_refusal_and_no_slip_names_a_figure(alice: Operator, bob: Operator) -> None:
    """Every form of shift and deposit is sent as it is sent at the desk, and as it is refused there."""
    day = Day(alice, bob)
    client, secrets = signed_in(grant(alice, *RIGHTS)), day.secrets()
    own, shift, shifts = (f"/cashdesk/deposits/{day.till.pk}/", "/cashdesk/shift/", "/cashdesk/shifts/")
    deposits = [
        (own, {"act": act, "amount": "9000", "comment": "x"}) for act in ("create", "refill", "withdraw", "close")
    ]
    drawer = [
        (shift, {"act": act, "shift": pk, "count": "1", "amount": amount, "comment": comment, "voucher": ""})
        for pk in (str(day.shift.pk), "")
        for act in ("pay_in", "pay_out", "drop", "close", "open")
        for amount, comment in (("3990", "x"), ("0", "x"), ("1", ""))
    ]
    others = [
        *((shift, {"act": "count", "shift": pk, "d500000": "x"}) for pk in (str(day.shift.pk), "")),
        (f"{shifts}new/", {"cashier": str(alice.pk), "d500000": "1"}),
        *(
            (f"{shifts}{day.shift.pk}/", {"act": act, "comment": "x"})
            for act in ("force_close", "take_back", "write_off")
        ),
        ("/cashdesk/deposits/new/", {"holder": f"operator-{alice.pk}", "amount": "5"}),
        (f"/cashdesk/payments/{day.payments[0].key}/print/", {}),
    ]
    for address, fields in (*deposits, *drawer, *others):
        answer = client.post(address, {"key": str(uuid4()), **fields}, follow=True)
        assert leaks(told(answer), secrets | day.secrets()) == [], (address, fields)
    assert Shift.objects.get(till=day.till).state == Shift.State.OPEN


def test_own_receipts_remain_with_their_amounts(alice: Operator, bob: Operator) -> None:
    day = Day(alice, bob)
    client = signed_in(alice)
    rows = client.get("/cashdesk/history/").content.decode()
    file = body_of(client.get("/cashdesk/history.csv")).decode()
    for payment in day.payments:
        assert f"{payment.transaction.amount:.2f}" in rows
        assert f"{payment.transaction.amount:.2f}" in file


def test_the_limit_refuses_without_a_figure(alice: Operator, bob: Operator) -> None:
    day = Day(alice, bob)
    client = signed_in(alice)
    fields = {"amount": "3990.00", "method": "1", "key": str(uuid4()), "paid_on": ""}
    before = Payment.objects.count()
    fields["method"] = str(day.payments[0].transaction.method_id)
    for _ in range(2):  # the second is the confirmation of an unusual amount
        answer = client.post(f"/cashdesk/customers/{day.customer.pk}/", fields)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Your till cannot take that much more" in text
    assert leaks(text, day.secrets()) == []
    assert Payment.objects.count() == before


def test_colleagues_and_supervisors_see_the_shift(alice: Operator, bob: Operator) -> None:
    """The control of who is meant: only the holder counts blind."""
    day = Day(alice, bob)
    text = signed_in(bob).get(f"/cashdesk/shifts/{day.shift.pk}/").content.decode()
    cash = sum((line.cash for line in Transaction.objects.filter(till=day.till)), D(0))
    assert f"{cash:.2f}" in text


def test_after_the_count_everything_is_shown_again(alice: Operator, bob: Operator) -> None:
    day = Day(alice, bob)
    cash = sum((line.cash for line in Transaction.objects.filter(till=day.till)), D(0))
    counted(alice, day.shift, cash_of(str(cash)))
    client = signed_in(alice)
    assert f"{cash:.2f}" in client.get("/cashdesk/shift/").content.decode()
    assert f"{cash:.2f}" in client.get("/cashdesk/till/").content.decode()
    closed(alice, Shift.objects.get(pk=day.shift.pk))
    assert Till.objects.get(operator=alice).z_reports.count() == 1
    assert "Z report 1" in client.get(f"/cashdesk/shifts/{day.shift.pk}/").content.decode()
