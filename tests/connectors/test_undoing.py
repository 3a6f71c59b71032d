"""Taking a delivered part back: by deletion, or by a payment below zero."""

from decimal import Decimal

import pytest

from billing.connectors.protocol import BillingUnavailable, Delivered, DocumentKind, NotSent, Refused, Unanswered
from billing.connectors.splynx.answers import Answer
from billing.connectors.splynx.exchange import Exchange, Question
from billing.connectors.splynx.system import Splynx
from billing.fake.faults import FaultKind
from billing.fake.server import FakeSplynx
from tests.connectors.conftest import Connect
from tests.connectors.parts import part, undo

PAYMENTS = "admin/finance/payments"


@pytest.fixture
def anna(fake: FakeSplynx) -> int:
    """Return a customer who owes 60.00 on one invoice."""
    customer = fake.ledger.add_customer("Anna")
    fake.ledger.add_invoice(customer, Decimal(60))
    return customer


def test_deletion_takes_back_the_credit_and_opens_the_invoice(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    told = part(anna, document_kind=DocumentKind.INVOICE, document_id="1")
    splynx.deliver(told)
    assert splynx.look_up_undo(undo("1", told)) is None
    assert splynx.undo(undo("1", told)) == Delivered("1")
    assert splynx.look_up_undo(undo("1", told)) == "1"
    assert fake.ledger.balance(anna) == -60
    assert (fake.ledger.get("invoices", 1)["status"], fake.ledger.get("invoices", 1)["due"]) == ("not_paid", 60)


def test_payment_that_is_gone_already_counts_as_taken_back(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    splynx.deliver(part(anna))
    fake.ledger.delete_payment(1)
    assert splynx.undo(undo("1", part(anna))) == Delivered("1")
    assert fake.count("DELETE", f"{PAYMENTS}/1") == 0


def test_payment_that_somebody_deletes_just_before_us_counts_as_taken_back(
    fake: FakeSplynx, splynx: Splynx, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    splynx.deliver(part(anna))
    read = splynx.payment("1")
    fake.ledger.delete_payment(1)
    monkeypatch.setattr("billing.connectors.splynx.writing.one_payment", lambda session, remote_id: read)
    assert splynx.undo(undo("1", part(anna))) == Delivered("1")
    assert fake.asked[-1].status == 404


@pytest.mark.parametrize("other", ["amount", "customer"])
def test_another_payment_under_the_id_is_left_alone(fake: FakeSplynx, splynx: Splynx, anna: int, other: str) -> None:
    """An id entered by hand may be somebody else's payment."""
    splynx.deliver(part(anna))
    told = part(anna, "61") if other == "amount" else part(fake.ledger.add_customer())
    assert isinstance(splynx.undo(undo("1", told)), Refused)
    assert len(fake.ledger.rows("payments")) == 1


def test_payment_that_cannot_be_deleted_refuses_for_good(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    splynx.deliver(part(anna))
    fake.ledger.undeletable.add(1)
    outcome = splynx.undo(undo("1", part(anna)))
    assert isinstance(outcome, Refused)
    assert "ENTITY_CANNOT_BE_DELETED" in outcome.reason
    assert len(fake.ledger.rows("payments")) == 1


def test_missing_right_to_delete_stops_the_undo_and_holds_up_nobody(
    fake: FakeSplynx, splynx: Splynx, anna: int
) -> None:
    """It shows with its reason, and is tried again by a person when the right has been granted."""
    splynx.deliver(part(anna))
    fake.key.rights[r"admin\finance\Payments"]["delete"] = "deny"
    outcome = splynx.undo(undo("1", part(anna)))
    assert isinstance(outcome, Refused)
    assert "FORBIDDEN" in outcome.reason
    assert len(fake.ledger.rows("payments")) == 1
    fake.key.rights[r"admin\finance\Payments"]["delete"] = "allow"
    assert splynx.undo(undo("1", part(anna))) == Delivered("1")


@pytest.mark.parametrize(
    ("status", "raw"),
    [
        (403, b"<html>a proxy</html>"),
        (403, b'{"error": {"internal_code": "IP_CHANGED"}}'),
        (401, b'{"error": {"internal_code": "UNAUTHORIZED"}}'),
        (405, b'{"error": {"internal_code": "METHOD_DISABLED"}}'),
    ],
)
def test_what_says_nothing_about_the_right_to_delete_is_tried_again(
    splynx: Splynx, monkeypatch: pytest.MonkeyPatch, anna: int, status: int, raw: bytes
) -> None:
    splynx.deliver(part(anna))
    ask = Exchange.ask

    def answer(exchange: Exchange, question: Question, authorization: str = "") -> Answer:
        return Answer(status, raw) if question.method == "DELETE" else ask(exchange, question, authorization)

    monkeypatch.setattr(Exchange, "ask", answer)
    assert isinstance(splynx.undo(undo("1", part(anna))), NotSent)


@pytest.mark.parametrize("remote_id", ["", "INV-7"])
def test_payment_of_which_nobody_knows_the_id_is_not_taken_for_deleted(
    fake: FakeSplynx, splynx: Splynx, anna: int, remote_id: str
) -> None:
    """It went over in a file, so it has no id here: it still stands there, and a person must take it back."""
    splynx.deliver(part(anna))
    outcome = splynx.undo(undo(remote_id, part(anna)))
    assert isinstance(outcome, Refused)
    assert "by hand" in outcome.reason
    assert splynx.look_up_undo(undo(remote_id, part(anna))) is None
    assert [row["id"] for row in fake.ledger.rows("payments")] == [1]


@pytest.mark.parametrize(("fault", "stands"), [(FaultKind.LOST_BEFORE, 1), (FaultKind.LOST_AFTER, 0)])
def test_deletion_without_an_answer_is_unknown_and_the_look_up_decides(
    fake: FakeSplynx, hasty: Splynx, splynx: Splynx, anna: int, fault: FaultKind, stands: int
) -> None:
    splynx.deliver(part(anna))
    fake.faults.add(fault, "DELETE", PAYMENTS)
    assert isinstance(hasty.undo(undo("1", part(anna))), Unanswered)
    fake.wait_for_quiet()
    assert (splynx.look_up_undo(undo("1", part(anna))) is None) == bool(stands)
    assert len(fake.ledger.rows("payments")) == stands


def test_what_another_partner_hides_is_not_taken_for_deleted(fake: FakeSplynx, splynx: Splynx, anna: int) -> None:
    splynx.deliver(part(anna))
    fake.key.partner_id = fake.ledger.add_partner("North")
    with pytest.raises(BillingUnavailable):
        splynx.look_up_undo(undo("1", part(anna)))
    assert isinstance(splynx.undo(undo("1", part(anna))), NotSent)
    assert len(fake.ledger.rows("payments")) == 1


@pytest.mark.parametrize("fault", [FaultKind.PAGE_BEFORE, FaultKind.ERROR_BEFORE])
def test_what_a_proxy_says_is_not_taken_for_deleted(
    fake: FakeSplynx, splynx: Splynx, anna: int, fault: FaultKind
) -> None:
    splynx.deliver(part(anna))
    fake.faults.add(fault, "GET", PAYMENTS, times=3)
    with pytest.raises(BillingUnavailable):
        splynx.look_up_undo(undo("1", part(anna)))


def test_negative_payment_stands_beside_the_first_under_the_undos_reference(
    fake: FakeSplynx, connect: Connect, anna: int
) -> None:
    splynx = connect(undo="negative")
    told = part(anna)
    splynx.deliver(told)
    assert splynx.look_up_undo(undo("1", told)) is None
    assert splynx.undo(undo("1", told)) == Delivered("2")
    assert splynx.look_up_undo(undo("1", told)) == "2"
    first, second = fake.ledger.rows("payments")
    assert (first["amount"], second["amount"]) == (60, -60)
    assert (second["receipt_number"], second["comment"]) == ("A1-000124/1", "bob: typing error")
    assert fake.ledger.balance(anna) == -60


@pytest.mark.parametrize("method_id", ["", "cash"])
def test_negative_payment_by_a_method_without_an_id_holds_up_nobody(
    fake: FakeSplynx, connect: Connect, anna: int, method_id: str
) -> None:
    splynx = connect(undo="negative")
    splynx.deliver(part(anna))
    assert isinstance(splynx.undo(undo("1", part(anna, method_id=method_id))), Refused)
    assert len(fake.ledger.rows("payments")) == 1


def test_negative_payment_without_an_answer_is_looked_up_by_its_own_reference(
    fake: FakeSplynx, connect: Connect, splynx: Splynx, anna: int
) -> None:
    splynx.deliver(part(anna))
    fake.faults.add(FaultKind.LOST_AFTER, "POST", PAYMENTS)
    hasty = connect(undo="negative", timeout=1)
    assert isinstance(hasty.undo(undo("1", part(anna))), Unanswered)
    assert connect(undo="negative").look_up_undo(undo("1", part(anna))) == "2"
