"""The pages about the billing system in a browser: they fit, axe finds nothing, and they work without script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Operator
from billing.delivering import deliver_next
from billing.models import Difference, Pull, Reconciliation
from billing.settling import begin_entering
from customers.models import Customer
from payments.models import Delivery
from tests.factories import cash, pay
from tests.live_billing.ledger import Ledger
from tests.people import grant
from tests.screens.conftest import Counter
from tests.screens.looks import SIZES, check_look, check_widths
from tests.server import environment, running_desk

DOWN = {
    "CASHDESK_BILLING": "splynx",
    "CASHDESK_SPLYNX_URL": "http://127.0.0.1:9",  # nobody listens there
    "CASHDESK_SPLYNX_KEY": "key",
    "CASHDESK_SPLYNX_SECRET": "secret",
}


@pytest.fixture
def desk_server(committed_db: None, static_files: None, tmp_path: Path) -> Iterator[str]:
    """Return the address of a desk plugged into a Splynx that does not answer."""
    with running_desk(environment(**DOWN), tmp_path / "live.log") as desk:
        yield desk.url


@pytest.fixture
def carol(alice: Operator) -> Operator:
    """Return Alice with the right to settle."""
    return grant(alice, "billing.manage_billing")


@pytest.fixture
def refused(customers: None, carol: Operator) -> list[Delivery]:
    """Return two parts that were refused; somebody is entering the second one."""
    type(cash()).objects.filter(pk=cash().pk).update(external_id="1")
    ledger, jan = Ledger(), Customer.objects.get(login="jnovak")
    for amount in ("73.45", "20.00"):
        ledger.faults = ["refused"]
        pay(carol, jan, amount)
        deliver_next(ledger)
    found = list(Delivery.objects.order_by("pk"))
    begin_entering(operator=carol, delivery_id=found[1].pk, comment="by phone, with the accountant of the provider")
    return found


@pytest.fixture
def pages(refused: list[Delivery]) -> dict[str, str]:
    """Return every page that a live desk has more than one fed by files, with something on each."""
    jan, firm = Customer.objects.get(login="jnovak"), Customer.objects.get(login="novaksro")
    Customer.objects.filter(pk=firm.pk).update(paid_through=jan.external_id)
    Customer.objects.update(as_of="2026-01-01T00:00Z")  # so old that a card asks
    now = timezone.now()
    Pull.objects.create(number=1, is_full=True, started_at=now, finished_at=now, customers=3, unmapped="1, 7")
    record = Reconciliation.objects.create(since=now.date(), started_at=now, finished_at=now, compared=2)
    for kind in Difference.Kind:
        Difference.objects.create(
            reconciliation=record, kind=kind, delivery=refused[0], reference=refused[0].reference,
            customer_id_there="1042", here="73.45", there=f"1822: 1042 73.45 {now.date()}",
        )  # fmt: skip
    return {
        "billing": "/cashdesk/billing/",
        "billing-part": f"/cashdesk/billing/parts/{refused[0].pk}/",
        "billing-part-entering": f"/cashdesk/billing/parts/{refused[1].pk}/",
        "billing-differences": "/cashdesk/billing/differences/",
        "card-live": f"/cashdesk/customers/{jan.pk}/",
        "card-of-payer": f"/cashdesk/customers/{firm.pk}/",
        "search-sub-account": "/cashdesk/?q=novak&show=list",
    }


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_axe_finds_nothing_and_everything_fits(
    counter_of: Callable[..., Counter], pages: dict[str, str], carol: Operator, width: int, height: int
) -> None:
    counter = counter_of(carol, width, height)
    for name, address in pages.items():
        page = counter.open(address)
        if name.startswith("card"):
            expect(page.get_by_text("The billing system does not answer. The payment can be taken.")).to_be_visible()
        check_look(page, name)
    assert counter.complaints == []


def test_pages_fit_a_width_of_320_also_with_wide_text(
    counter_of: Callable[..., Counter], pages: dict[str, str], carol: Operator
) -> None:
    counter = counter_of(carol, 320, 640)
    for name, address in pages.items():
        counter.page.set_viewport_size({"width": 320, "height": 640})
        page = counter.open(address)
        check_widths(page, name)


def test_a_part_is_settled_and_a_card_refreshed_without_script(
    counter_of: Callable[..., Counter], pages: dict[str, str], refused: list[Delivery], carol: Operator
) -> None:
    page = counter_of(carol, java_script_enabled=False).open(pages["billing"])
    page.get_by_role("link", name=refused[1].reference).click()
    page.get_by_label("In words").fill("nobody had entered it")
    page.get_by_role("button", name="Not entered").click()
    expect(page.locator("main")).to_contain_text("nobody had entered it")
    refused[1].refresh_from_db()
    assert refused[1].state == Delivery.State.REFUSED
    page.goto(page.url.split("/cashdesk/")[0] + pages["card-live"])
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator("#id_amount")).to_be_visible()
