"""What a comparison finds, and that it changes nothing."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import Operator, Reseller
from billing import settling
from billing.connectors.protocol import BillingUnavailable, DocumentKind
from billing.exporting import commit_batch
from billing.models import Difference
from billing.pulling import pull_all
from billing.reconciling import is_ours, reconcile
from billing.working import drain
from customers.models import Customer, Invoice
from payments.models import Delivery, Payment
from tests.factories import give_room, pay
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import Clock, pulled, states
from tests.live_billing.test_delivery import reverse
from tests.people import grant
from tills.days import today


def found(ledger: Ledger) -> list[tuple[str, str]]:
    """Return what a comparison finds: kind and reference or customer."""
    record = reconcile(ledger, since=today() - timedelta(days=31))
    assert record.finished_at is not None
    return [(d.kind, d.reference or d.customer_id_there) for d in record.differences.all()]


@pytest.fixture
def paid(ledger: Ledger, anna: Customer, alice: Operator) -> Payment:
    """Return a payment of 60.00 that stands over there and is contained in the figures."""
    payment = pay(alice, anna, "60")
    drain(ledger)
    pulled(ledger, "7")
    return payment


def reference(payment: Payment) -> str:
    return f"{payment.transaction.document_number}/1"


def test_where_all_is_well_nothing_is_found(ledger: Ledger, paid: Payment, alice: Operator) -> None:
    reverse(alice, pay(alice, Customer.objects.get(), "5"))
    second = pay(alice, Customer.objects.get(), "6")
    drain(ledger)
    reverse(alice, second)
    drain(ledger)
    before = list(Delivery.objects.order_by("pk").values())
    assert found(ledger) == []
    assert list(Delivery.objects.order_by("pk").values()) == before


def test_a_payment_deleted_over_there_is_found(ledger: Ledger, paid: Payment) -> None:
    ledger.entered["1"] = replace(ledger.entered["1"], deleted=True)
    assert found(ledger) == [("deleted", reference(paid))]


@pytest.mark.parametrize(
    "change",
    [{"amount": Decimal(6)}, {"customer_id": "8"}, {"document_id": "B"}, {"document_kind": None, "document_id": ""}],
)
def test_a_payment_changed_over_there_is_found(change: dict[str, object], ledger: Ledger, paid: Payment) -> None:
    ledger.entered["1"] = replace(ledger.entered["1"], **change)  # type: ignore[arg-type]
    assert found(ledger) == [("changed", reference(paid))]


def test_a_payment_put_on_another_day_is_no_difference(ledger: Ledger, paid: Payment) -> None:
    ledger.entered["1"] = replace(ledger.entered["1"], paid_on=date(2000, 1, 1))
    assert found(ledger) == []


def test_a_document_that_the_billing_system_chose_by_itself_is_no_difference(
    ledger: Ledger, paid: Payment, alice: Operator
) -> None:
    """What was on account is allocated there later, and a proforma becomes an invoice when it is paid."""
    ledger.issue("7", "P", "20", kind=DocumentKind.PROFORMA)
    anna = pulled(ledger, "7")
    pay(alice, anna, "20", invoices=[Invoice.objects.get(number="P").pk])
    pay(alice, anna, "50")
    drain(ledger)
    pulled(ledger, "7")
    proforma, on_account = ledger.entered["2"], ledger.entered["4"]
    assert (proforma.document_kind, on_account.document_kind) == (DocumentKind.PROFORMA, None)
    for payment in (proforma, on_account):
        as_invoice = replace(payment, document_kind=DocumentKind.INVOICE, document_id="C")
        ledger.entered[payment.remote_id] = as_invoice
    assert found(ledger) == []


def test_a_payment_that_cannot_be_read_is_told_and_the_others_are_compared(
    ledger: Ledger, paid: Payment, alice: Operator
) -> None:
    second = pay(alice, Customer.objects.get(), "5")
    drain(ledger)
    pulled(ledger, "7")
    ledger.odd = {"1"}
    ledger.entered["2"] = replace(ledger.entered["2"], deleted=True)
    assert found(ledger) == [("unread", reference(paid)), ("deleted", reference(second))]
    assert Difference.objects.filter(kind="unread").get().there == "odd amount"


def test_a_payment_of_others_that_cannot_be_read_is_told(ledger: Ledger, paid: Payment) -> None:
    """Whether it is one of ours cannot be seen."""
    ledger.entered["2"] = replace(ledger.entered["1"], remote_id="2", reference="")
    ledger.odd = {"2"}
    assert found(ledger) == [("unread", "7")]


def test_a_payment_put_out_of_sight_that_cannot_be_read_is_told(ledger: Ledger, paid: Payment) -> None:
    ledger.entered["1"] = replace(ledger.entered["1"], paid_on=date(2000, 1, 1))
    ledger.odd = {"1"}
    assert found(ledger) == [("unread", reference(paid))]


def test_a_billing_system_that_no_longer_answers_ends_the_comparison(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    for _ in range(5):
        pay(alice, anna, "5")
    drain(ledger)
    pulled(ledger, "7")
    for remote_id, payment in list(ledger.entered.items()):
        ledger.entered[remote_id] = replace(payment, paid_on=date(2000, 1, 1))
    ledger.odd = set(ledger.entered)
    with pytest.raises(BillingUnavailable):
        found(ledger)


def test_a_balance_that_cannot_be_read_is_told(ledger: Ledger, paid: Payment) -> None:
    ledger.silent = {"7"}
    assert found(ledger) == [("unread", "7")]


def test_two_payments_under_one_reference_are_found(ledger: Ledger, paid: Payment) -> None:
    ledger.entered["2"] = replace(ledger.entered["1"], remote_id="2")
    assert found(ledger) == [("twice", reference(paid))]


def test_a_payment_under_our_reference_beside_the_one_entered_by_hand_is_found(ledger: Ledger, paid: Payment) -> None:
    """The one by hand has no reference of ours; the lost one arrived after it was settled."""
    by_hand = replace(ledger.entered["1"], reference="typed by hand")
    ledger.entered = {"1": by_hand, "2": replace(ledger.entered["1"], remote_id="2")}
    assert found(ledger) == [("twice", reference(paid))]
    assert "1, 2" in Difference.objects.values_list("there", flat=True)


def test_a_payment_deleted_there_and_entered_again_under_our_reference_is_not_called_twice(
    ledger: Ledger, paid: Payment
) -> None:
    again = replace(ledger.entered["1"], remote_id="2")
    ledger.entered = {"1": replace(ledger.entered["1"], deleted=True), "2": again}
    assert found(ledger) == [("deleted", reference(paid))]


def test_a_payment_that_stands_although_reversed_is_found(ledger: Ledger, paid: Payment, alice: Operator) -> None:
    reverse(alice, paid)
    drain(ledger)
    ledger.entered["1"] = replace(ledger.entered["1"], deleted=False)
    assert [kind for kind, _ in found(ledger)] == ["undone"]


def test_a_late_copy_of_a_payment_taken_back_is_found(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    """Sent, not found, sent again as payment 1; then the first one arrives as payment 2, and payment 1 is reversed."""
    payment = pay(alice, anna, "60")
    ledger.faults = ["late"]
    for _ in range(3):
        drain(ledger)
        clock.forward(120)
    ledger.arrive()
    reverse(alice, payment)
    drain(ledger)
    assert [row.remote_id for row in ledger.standing(reference(payment))] == ["2"]
    pulled(ledger, "7")
    assert [kind for kind, _ in found(ledger)] == ["undone"]
    assert Difference.objects.get().there.startswith("2: 7 60.00")


@pytest.mark.parametrize("its_reference", ["", "as told"])
def test_a_late_copy_of_a_payment_taken_back_by_one_below_zero_is_found_once(
    its_reference: str, ledger: Ledger, paid: Payment, alice: Operator
) -> None:
    reverse(alice, paid)
    ledger.faults = ["refused"]
    drain(ledger)
    first = ledger.entered["1"]
    ledger.entered["2"] = replace(first, remote_id="2", reference="by hand", amount=Decimal(-60))
    carol, undo = grant(alice, "billing.manage_billing"), Delivery.objects.get(kind="undo")
    settling.begin_entering(operator=carol, delivery_id=undo.pk, comment="by phone")
    settling.mark_entered(operator=carol, delivery_id=undo.pk, remote_id="2", comment="done", system=ledger)
    assert found(ledger) == []
    ledger.entered["1"] = replace(first, reference=its_reference and first.reference)
    ledger.entered["3"] = replace(first, remote_id="3")
    assert found(ledger) == [("twice", reference(paid))]


def test_an_undo_that_went_over_in_a_file_as_well_is_no_difference(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    payment = pay(alice, anna, "60")
    commit_batch()
    assert found(ledger) == []
    reverse(alice, payment)
    commit_batch()
    assert found(ledger) == []


def test_a_part_that_arrived_after_it_was_cancelled_is_found(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    payment = pay(alice, anna, "60")
    ledger.faults = ["late"]
    drain(ledger)
    reverse(alice, payment)
    for _ in range(2):
        clock.forward(120)
        drain(ledger)
    assert states(payment) == ["cancelled", "cancelled"]
    ledger.arrive()
    pulled(ledger, "7")
    assert found(ledger) == [("undone", reference(payment))]


def test_refused_and_late_parts_are_missing_there(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    ledger.faults = ["refused"]
    first = pay(alice, anna, "60")
    drain(ledger)
    second = pay(alice, anna, "7")
    assert found(ledger) == [("missing", reference(first))]
    clock.forward(3601)
    assert found(ledger) == [("missing", reference(first)), ("missing", reference(second))]


def test_a_reference_of_ours_that_nobody_here_knows_is_found(ledger: Ledger, paid: Payment) -> None:
    ledger.entered["2"] = replace(ledger.entered["1"], remote_id="2", reference="ZZ-000009/1")
    ledger.entered["3"] = replace(ledger.entered["1"], remote_id="3", reference="2022-01-00215")
    assert found(ledger) == [("unknown", "ZZ-000009/1")]


def test_a_balance_that_no_pull_told_is_found(ledger: Ledger, paid: Payment) -> None:
    ledger.accounts["7"].balance = Decimal(-1)
    assert found(ledger) == [("balance", "7")]


def test_the_command_exits_with_one_when_something_differs(
    ledger: Ledger, paid: Payment, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CASHDESK_BILLING = "splynx"
    monkeypatch.setattr("billing.management.commands.reconcile_billing.billing_system", lambda: ledger)
    pull_all(ledger)
    out = StringIO()
    call_command("reconcile_billing", stdout=out)
    assert "Payments compared: 1." in out.getvalue()
    ledger.entered["1"] = replace(ledger.entered["1"], deleted=True)
    with pytest.raises(SystemExit) as ended:
        call_command("reconcile_billing", csv=True, stdout=out, stderr=out)
    assert ended.value.code == 1
    assert f"deleted,{reference(paid)},7,1,60.00," in out.getvalue()


def test_the_command_says_that_too_much_has_vanished(
    ledger: Ledger, paid: Payment, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CASHDESK_BILLING = "splynx"
    monkeypatch.setattr("billing.management.commands.reconcile_billing.billing_system", lambda: ledger)
    del ledger.accounts["7"]
    with pytest.raises(CommandError, match="allow-vanished"):
        call_command("reconcile_billing")


def test_a_reseller_sees_the_differences_of_its_own_payments_only(
    ledger: Ledger, paid: Payment, alice: Operator, charlie: Operator
) -> None:
    ledger.entered["1"] = replace(ledger.entered["1"], deleted=True)
    found(ledger)
    assert Difference.objects.visible_to(alice).count() == 1
    assert Difference.objects.visible_to(charlie).count() == 0


def test_a_reseller_sees_the_balances_of_its_own_customers_whoever_took_their_money(
    ledger: Ledger, paid: Payment, alice: Operator, charlie: Operator
) -> None:
    ledger.accounts["7"].balance = Decimal(-1)
    assert found(ledger) == [("balance", "7")]
    assert Difference.objects.visible_to(alice).count() == 1
    assert Difference.objects.visible_to(charlie).count() == 0
    Customer.objects.update(reseller=charlie.reseller)
    assert Difference.objects.visible_to(charlie).count() == 1


def test_a_reseller_does_not_see_the_balance_of_a_customer_who_went_to_another(
    ledger: Ledger, anna: Customer, charlie: Operator, north: Reseller
) -> None:
    Customer.objects.update(reseller=north)
    give_room(north)
    pay(charlie, anna, "60")
    drain(ledger)
    pulled(ledger, "7")
    assert Customer.objects.get().reseller is None
    ledger.accounts["7"].balance = Decimal(-1)
    assert found(ledger) == [("balance", "7")]
    assert Difference.objects.visible_to(charlie).count() == 0


@pytest.mark.parametrize(
    ("text", "ours"), [("A1-000123/2", True), ("2022-01-00215", False), ("7/1", False), ("", False)]
)
def test_what_a_reference_of_ours_looks_like(text: str, ours: bool) -> None:  # noqa: FBT001 (a table)
    assert is_ours(text) is ours
