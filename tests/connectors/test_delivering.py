"""Entering a part: what is certain about the outcome, whatever happens to the answer (fixtures 4 and 5)."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from billing.connectors.protocol import (
    BillingUnavailable,
    Delivered,
    DocumentKind,
    NotSent,
    Outcome,
    Refused,
    Unanswered,
)
from billing.connectors.splynx.answers import Answer
from billing.connectors.splynx.system import Splynx
from billing.connectors.splynx.writing import outcome_of
from billing.fake.faults import FaultKind
from billing.fake.server import FakeSplynx
from tests.connectors.parts import DAY, part

PAYMENTS = "admin/finance/payments"


def sent(fake: FakeSplynx) -> int:
    """Return how often a payment was sent."""
    return fake.count("POST", PAYMENTS)


def entered(fake: FakeSplynx) -> int:
    """Return how many payments stand over there."""
    return len(fake.ledger.rows("payments"))


@pytest.fixture
def anna(fake: FakeSplynx) -> int:
    """Return a customer who owes 60.00 on one invoice."""
    customer = fake.ledger.add_customer("Anna")
    fake.ledger.add_invoice(customer, Decimal(60))
    return customer


def test_part_of_an_invoice_is_a_payment_a_transaction_and_a_paid_invoice(
    fake: FakeSplynx, splynx: Splynx, anna: int
) -> None:
    told = part(anna, document_kind=DocumentKind.INVOICE, document_id="1", comment="in coins", method_id="2")
    assert splynx.deliver(told) == Delivered("1")
    (payment,) = fake.ledger.rows("payments")
    assert payment["receipt_number"] == "A1-000123/1"
    assert payment["comment"] == "alice: in coins"
    assert (payment["amount"], payment["payment_type"], payment["date"]) == (Decimal(60), 2, DAY)
    assert (payment["invoice_id"], payment["request_id"]) == (1, None)
    (credit,) = [row for row in fake.ledger.rows("transactions") if row["type"] == "credit"]
    assert (credit["total"], credit["payment_id"], credit["category"]) == (Decimal(60), 1, 3)
    assert fake.ledger.get("invoices", 1)["status"] == "paid"
    assert fake.ledger.balance(anna) == 0


def test_amount_travels_as_text_with_all_its_decimals(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    splynx.deliver(part(anna, "0.1"))
    assert fake.asked[-1].content["amount"] == "0.1"
    assert isinstance(fake.asked[-1].content["amount"], str)


def test_part_of_a_proforma_is_linked_as_a_request(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    fake.ledger.add_proforma(anna, Decimal(20))
    splynx.deliver(part(anna, "20", document_kind=DocumentKind.PROFORMA, document_id="1"))
    (payment,) = splynx.look_up("A1-000123/1", str(anna))
    assert (payment.document_kind, payment.document_id) == (DocumentKind.PROFORMA, "1")
    assert payment.unallocated == 20
    assert fake.ledger.get("proformas", 1)["status"] == "paid"


def test_part_on_account_names_no_document(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    splynx.deliver(part(anna))
    assert not {"invoice_id", "request_id", "transaction_id"} & set(fake.asked[-1].content)


def test_overpayment_leaves_a_rest_that_is_not_allocated(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    splynx.deliver(part(anna, "75.50", document_kind=DocumentKind.INVOICE, document_id="1"))
    (payment,) = splynx.look_up("A1-000123/1", str(anna))
    assert payment.unallocated == Decimal("15.50")
    assert fake.ledger.balance(anna) == Decimal("15.50")


def test_partial_payment_leaves_the_invoice_open_with_a_smaller_due(
    fake: FakeSplynx, splynx: Splynx, anna: int
) -> None:
    splynx.deliver(part(anna, "20", document_kind=DocumentKind.INVOICE, document_id="1"))
    (document,) = splynx.documents([str(anna)]).rows
    assert (document.due, document.total) == (Decimal(40), Decimal(60))
    assert fake.ledger.get("invoices", 1)["status"] == "not_paid"


@pytest.mark.parametrize(
    ("fault", "stands"),
    [
        (FaultKind.LOST_BEFORE, 0),
        (FaultKind.LOST_AFTER, 1),
    ],
)
def test_answer_that_does_not_arrive_is_unknown_and_the_look_up_decides(
    fake: FakeSplynx, hasty: Splynx, splynx: Splynx, anna: int, fault: FaultKind, stands: int
) -> None:
    fake.faults.add(fault, "POST", PAYMENTS)
    assert isinstance(hasty.deliver(part(anna)), Unanswered)
    fake.wait_for_quiet()
    assert sent(fake) == 1  # never repeated
    assert len(splynx.look_up("A1-000123/1", str(anna))) == stands == entered(fake)


def test_payment_applied_after_we_gave_up_is_found_later(
    fake: FakeSplynx, hasty: Splynx, splynx: Splynx, anna: int
) -> None:
    fake.faults.add(FaultKind.LATE, "POST", PAYMENTS)
    assert isinstance(hasty.deliver(part(anna)), Unanswered)
    fake.wait_for_quiet()
    assert [payment.amount for payment in splynx.look_up("A1-000123/1", str(anna))] == [Decimal(60)]
    assert sent(fake) == 1


@pytest.mark.parametrize(
    ("fault", "outcome", "stands"),
    [
        (FaultKind.ERROR_BEFORE, Unanswered, 0),
        (FaultKind.ERROR_AFTER, Unanswered, 1),
        (FaultKind.PAGE_BEFORE, Unanswered, 0),
        (FaultKind.PAGE_AFTER, Unanswered, 1),
        (FaultKind.CUT, Unanswered, 1),
        (FaultKind.CLOSED, Unanswered, 0),
        (FaultKind.WRONG_TYPES, Unanswered, 1),
        (FaultKind.BUSY, NotSent, 0),
        (FaultKind.SLOW, Delivered, 1),
        (FaultKind.TWICE, Delivered, 1),
    ],
)
def test_outcome_claims_nothing_that_is_not_certain(
    fake: FakeSplynx, splynx: Splynx, anna: int, fault: FaultKind, outcome: type[Outcome], stands: int
) -> None:
    fake.faults.add(fault, "POST", PAYMENTS, seconds=0.05)
    assert isinstance(splynx.deliver(part(anna)), outcome)
    assert sent(fake) == 1
    assert entered(fake) == stands == len(splynx.look_up("A1-000123/1", str(anna)))


def test_payment_does_not_go_out_after_its_worker_may_have_been_given_up(
    fake: FakeSplynx, splynx: Splynx, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signing in may take long, when others are at it as well."""
    moments = iter([0.0, splynx.longest_call])
    monkeypatch.setattr("billing.connectors.splynx.session.time", SimpleNamespace(monotonic=moments.__next__))
    assert isinstance(splynx.deliver(part(anna)), NotSent)
    assert sent(fake) == 0


def test_billing_that_is_down_was_certainly_not_told(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    fake.stop()
    assert isinstance(splynx.deliver(part(anna)), NotSent)
    fake.start()
    assert entered(fake) == 0
    assert isinstance(splynx.deliver(part(anna)), Delivered)


def test_connection_that_is_closed_just_when_it_is_used_again_makes_no_payment_unknown(
    fake: FakeSplynx, splynx: Splynx, anna: int
) -> None:
    """A payment never goes over a used connection: nobody could say whether it arrived."""
    fake.drops_used_connections = True
    splynx.count_customers()  # opens a connection that would be used again
    assert isinstance(splynx.deliver(part(anna)), Delivered)
    assert isinstance(splynx.deliver(part(anna, reference="A1-000123/2")), Delivered)
    assert entered(fake) == 2


@pytest.mark.parametrize(
    ("status", "raw", "outcome"),
    [
        (400, b'{"error": {"internal_code": "BAD_REQUEST"}}', Refused),
        (404, b'{"error": {"internal_code": "NOT_FOUND"}}', Refused),
        (405, b'{"error": {"internal_code": "METHOD_DISABLED"}}', NotSent),
        (405, b'{"error": {"internal_code": "NOT_ALLOWED_BY_USER_RESTRICTION"}}', Refused),
        (403, b'{"error": {"internal_code": "FORBIDDEN"}}', NotSent),
        (422, b"<html>", Refused),
        (400, b"<html>", NotSent),
        (404, b"<html>", NotSent),
        (301, b"", NotSent),
        (429, b"", NotSent),
        (500, b'{"error": {"internal_code": "SERVER_ERROR"}}', Unanswered),
        (504, b"<html>", Unanswered),
    ],
)
def test_only_splynx_itself_refuses_for_good(splynx: Splynx, status: int, raw: bytes, outcome: type[Outcome]) -> None:
    """A proxy's page says nothing about the payment: with the address mended it goes out."""
    assert isinstance(outcome_of(splynx._session, Answer(status, raw)), outcome)


@pytest.mark.parametrize("complaint", ["field", "attribute", "neither"])
def test_validation_refuses_for_good_in_every_spelling(fake: FakeSplynx, splynx: Splynx, complaint: str) -> None:
    fake.api.complaint = complaint
    outcome = splynx.deliver(part(99))
    assert isinstance(outcome, Refused)
    assert ("customer_id" in outcome.reason) == (complaint != "neither")
    assert entered(fake) == 0


def test_customer_of_another_partner_refuses_for_good(fake: FakeSplynx, splynx: Splynx) -> None:
    customer = fake.ledger.add_customer(partner_id=fake.ledger.add_partner("North"))
    fake.key.partner_id = 1
    outcome = splynx.deliver(part(customer))
    assert isinstance(outcome, Refused)
    assert "NOT_ALLOWED_BY_PARTNER_RESTRICTION" in outcome.reason
    assert entered(fake) == 0


def test_document_of_another_customer_refuses_for_good(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    other = fake.ledger.add_customer()
    outcome = splynx.deliver(part(other, document_kind=DocumentKind.INVOICE, document_id="1"))
    assert isinstance(outcome, Refused)
    assert entered(fake) == 0


def test_missing_right_is_not_the_payments_fault(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    fake.key.rights[r"admin\finance\Payments"]["add"] = "deny"
    assert isinstance(splynx.deliver(part(anna)), NotSent)
    fake.key.rights[r"admin\finance\Payments"]["add"] = "allow"
    assert isinstance(splynx.deliver(part(anna)), Delivered)


def test_switched_off_method_is_not_the_payments_fault(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    fake.api.switched_off.add(f"POST {PAYMENTS}")
    assert isinstance(splynx.deliver(part(anna)), NotSent)
    assert entered(fake) == 0


@pytest.mark.parametrize("amount", ["0", "-1", "0.00001"])
def test_amounts_that_splynx_would_take_by_mistake_are_refused_here(
    fake: FakeSplynx, splynx: Splynx, anna: int, amount: str
) -> None:
    assert isinstance(splynx.deliver(part(anna, amount)), Refused)
    assert sent(fake) == 0


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"reference": "A" * 33}, Refused),
        ({"reference": ""}, Refused),
        ({"customer_id": "7/../8"}, Refused),
        ({"document_kind": DocumentKind.INVOICE, "document_id": "INV-1"}, Refused),
        ({"method_id": ""}, NotSent),
        ({"method_id": "cash"}, Refused),
    ],
)
def test_what_cannot_be_told_is_not_sent(
    fake: FakeSplynx, splynx: Splynx, anna: int, changes: dict[str, Any], outcome: type[Outcome]
) -> None:
    assert isinstance(splynx.deliver(part(anna, **changes)), outcome)
    assert sent(fake) == 0


def test_longest_reference_and_comment_arrive(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    told = part(anna, reference="T" * 32, operator="o" * 150, comment="ж" * 300)
    assert isinstance(splynx.deliver(told), Delivered)
    (payment,) = fake.ledger.rows("payments")
    assert payment["receipt_number"] == "T" * 32
    assert len(payment["comment"]) == 256
    assert payment["comment"].startswith("o" * 150)
    assert payment["comment"].endswith("ж…")


def test_signs_that_an_old_database_refuses_do_not_stop_a_payment(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    splynx.deliver(part(anna, comment="thanks 🙂\nmuch"))
    assert fake.ledger.rows("payments")[0]["comment"] == "alice: thanks \ufffd much"


def test_look_up_sees_every_payment_under_the_reference(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    splynx.deliver(part(anna))
    splynx.deliver(part(anna))
    splynx.deliver(part(anna, reference="A1-000123/10"))
    assert [payment.remote_id for payment in splynx.look_up("A1-000123/1", str(anna))] == ["1", "2"]


def test_look_up_without_the_filter_reads_the_customers_payments(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    other = fake.ledger.add_customer()
    splynx.deliver(part(other, reference="B1-000001/1"))
    splynx.deliver(part(anna))
    fake.api.ignored_filters = {"receipt_number"}
    assert [payment.remote_id for payment in splynx.look_up("A1-000123/1", str(anna))] == ["2"]
    assert splynx.look_up("A1-000999/1", str(anna)) == []


def test_look_up_without_any_filter_still_decides(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    other = fake.ledger.add_customer()
    for number in range(130):
        splynx.deliver(part(other, "1", reference=f"B1-000001/{number + 1}"))
    splynx.deliver(part(anna))
    fake.api.ignored_filters = {"receipt_number", "customer_id"}
    assert [payment.remote_id for payment in splynx.look_up("A1-000123/1", str(anna))] == ["131"]


def test_look_up_that_would_read_everything_does_not_decide(
    fake: FakeSplynx, splynx: Splynx, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.connectors.splynx.payments.MOST_PAGES", 1)
    other = fake.ledger.add_customer()
    for number in range(130):
        splynx.deliver(part(other, "1", reference=f"B1-000001/{number + 1}"))
    fake.api.ignored_filters = {"receipt_number", "customer_id"}
    with pytest.raises(BillingUnavailable):
        splynx.look_up("A1-000123/1", str(anna))


@pytest.mark.parametrize("fault", [FaultKind.ERROR_BEFORE, FaultKind.PAGE_BEFORE, FaultKind.WRONG_TYPES])
def test_look_up_without_a_readable_answer_does_not_decide(
    fake: FakeSplynx, splynx: Splynx, anna: int, fault: FaultKind
) -> None:
    splynx.deliver(part(anna))
    fake.faults.add(fault, "GET", PAYMENTS, times=3)
    with pytest.raises(BillingUnavailable):
        splynx.look_up("A1-000123/1", str(anna))


def test_questions_that_read_are_asked_again(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    fake.faults.add(FaultKind.PAGE_BEFORE, "GET", "admin/customers/customer", times=2)
    assert splynx.customer(str(anna))
    fake.faults.add(FaultKind.CLOSED, "GET", "admin/customers/customer", times=2)
    assert splynx.customer(str(anna))


def test_payment_deleted_over_there_is_gone_from_every_answer(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    splynx.deliver(part(anna))
    assert splynx.payment("1")
    fake.ledger.delete_payment(1)
    assert splynx.payment("1") is None
    assert splynx.look_up("A1-000123/1", str(anna)) == []
    assert [list(page.rows) for page in splynx.payments(DAY)] == [[]]
