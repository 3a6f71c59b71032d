"""The whole way against the fake Splynx over real HTTP: pull, search, pay, deliver, and pull again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Operator
from billing.connectors.splynx.access import Access, api_address
from billing.connectors.splynx.system import Splynx
from billing.fake.seeding import seed
from billing.fake.server import FakeSplynx
from billing.pulling import pull_all, pull_changed, pull_customer
from billing.reconciling import reconcile
from billing.working import drain
from customers.models import Customer
from customers.searching import search
from payments.models import Delivery
from tests.factories import cash, pay
from tests.live_billing.looking import Clock, balance, dues, states
from tests.people import signed_in
from tests.server import environment, running_desk
from tills.days import today

SETTLE = 120


@pytest.fixture
def fake() -> Iterator[FakeSplynx]:
    """Return a Splynx with forty customers and one more, who owes 100.00 on two invoices."""
    with FakeSplynx() as fake:
        seed(fake.ledger, customers=40)
        anna = fake.ledger.add_customer("Anna Round-Trip")
        fake.ledger.add_invoice(anna, Decimal(60), number="RT-1")
        fake.ledger.add_invoice(anna, Decimal(40), number="RT-2")
        yield fake


@pytest.fixture
def connect(fake: FakeSplynx, committed_db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Splynx]:
    """Return what connects to it, with cash mapped."""
    monkeypatch.setattr("billing.connectors.splynx.session.PAUSES", (0.0, 0.0))
    method = cash()
    method.external_id = "1"
    method.save()

    def made(timeout: float = 20) -> Splynx:
        return Splynx(Access(api_address(fake.url), fake.key.key, fake.key.secret, timeout=timeout, undo="delete"))

    return made


def test_from_an_empty_database_to_a_payment_over_there_and_back(
    fake: FakeSplynx, connect: Callable[..., Splynx], alice: Operator
) -> None:
    system = connect()
    assert pull_all(system).changes.created == 41
    (anna,) = search(operator=alice, text="RT-2").rows
    payment = pay(alice, anna, "125", comment="at the counter")
    assert drain(system) == 3
    there = [entry for page in system.payments(today()) for entry in page.rows if entry.customer_id == anna.external_id]
    parts = [(e.amount, bool(e.document_id)) for e in there]
    assert parts == [(Decimal(60), True), (Decimal(40), True), (Decimal(25), False)]
    assert all(document.due == 0 for document in system.documents([anna.external_id]).rows)
    ours = [row for row in fake.ledger.rows("transactions") if row["customer_id"] == int(anna.external_id)]
    assert [row["type"] for row in ours] == ["debit", "debit", "credit", "credit", "credit"]
    before = (balance(anna), dues(anna, alice))
    run = pull_changed(system)
    assert (run.reflected, states(payment)) == (3, ["delivered+"] * 3)
    assert (balance(anna), dues(anna, alice)) == before == (Decimal(25), {})
    assert not reconcile(system, since=today()).differences.exists()


@pytest.mark.parametrize("fault", ["lost_before", "lost_after"])
def test_an_answer_that_is_lost_on_the_wire_doubles_nothing(
    fault: str, fake: FakeSplynx, connect: Callable[..., Splynx], alice: Operator, clock: Clock
) -> None:
    system, hasty = connect(), connect(timeout=1)
    pull_all(system)
    anna = Customer.objects.get(name="Anna Round-Trip")
    payment = pay(alice, anna, "60")
    fake.faults.add(fault, "POST", "admin/finance/payments")
    drain(hasty)
    assert states(payment) == ["unknown"]
    for _ in range(2):
        clock.forward(SETTLE)
        drain(system)
    assert states(payment) == ["delivered"]
    assert len(system.look_up(f"{payment.transaction.document_number}/1", anna.external_id)) == 1
    pull_customer(system, anna.external_id)
    assert (states(payment), balance(anna)) == (["delivered+"], Decimal(-40))


def test_while_it_is_down_payments_wait_and_then_go_out_in_order(
    fake: FakeSplynx, connect: Callable[..., Splynx], alice: Operator, clock: Clock
) -> None:
    system = connect()
    pull_all(system)
    anna = Customer.objects.get(name="Anna Round-Trip")
    fake.stop()
    payments = [pay(alice, anna, amount) for amount in ("10", "20", "30")]
    drain(system)
    assert Delivery.objects.filter(state="waiting").count() == 3
    fake.start()
    clock.forward(60)
    drain(system)
    there = [entry for page in system.payments(today()) for entry in page.rows if entry.customer_id == anna.external_id]
    assert [e.reference for e in there] == [f"{p.transaction.document_number}/1" for p in payments]


# --- The live card in a browser --------------------------------------------------------------------------------------


@pytest.fixture
def opened(
    fake: FakeSplynx,
    connect: Callable[..., Splynx],
    alice: Operator,
    static_files: None,
    browser: Browser,
    tmp_path: Path,
) -> Iterator[Callable[[], Page]]:
    """Yield what opens Anna's card at a desk that is plugged into the fake, after her account changed over there."""
    system = connect()
    pull_all(system)
    anna = Customer.objects.get(name="Anna Round-Trip")
    Customer.objects.filter(pk=anna.pk).update(as_of="2020-01-01T00:00Z")
    fake.ledger.add_invoice(int(anna.external_id), Decimal(7), number="RT-3")
    more = {
        "CASHDESK_BILLING": "splynx",
        "CASHDESK_SPLYNX_URL": fake.url,
        "CASHDESK_SPLYNX_KEY": fake.key.key,
        "CASHDESK_SPLYNX_SECRET": fake.key.secret,
    }
    with running_desk(environment(**more), tmp_path / "live.log") as desk:
        context = browser.new_context()
        cookies = signed_in(alice).cookies.values()
        context.add_cookies([{"name": c.key, "value": c.value, "url": desk.url} for c in cookies])

        def opens() -> Page:
            page = context.new_page()
            page.goto(f"{desk.url}/cashdesk/customers/{anna.pk}/")
            return page

        yield opens
        context.close()


def test_a_card_brings_itself_up_to_date(opened: Callable[[], Page]) -> None:
    page = opened()
    expect(page.locator("#standing .big")).to_contain_text("107.00")
    expect(page.locator("#id_invoices")).to_contain_text("RT-3")
    expect(page.locator("#id_amount")).to_have_value("107.00")


def test_what_was_typed_is_not_touched(opened: Callable[[], Page], fake: FakeSplynx) -> None:
    fake.faults.add("slow", "GET", "admin/customers/customer-billing", seconds=2)
    page = opened()
    page.locator("#id_amount").fill("5")
    page.locator("[name=invoices]").nth(1).check()
    expect(page.locator("#standing .big")).to_contain_text("107.00")
    expect(page.locator("#id_amount")).to_have_value("5")
    expect(page.locator("[name=invoices]").nth(1)).to_be_checked()
