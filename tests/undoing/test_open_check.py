"""The open page behind the code on a receipt: genuine or not, and nothing about the customer."""

import pytest
from django.conf import settings as django_settings
from django.test import Client, override_settings
from pytest_django import Settings

from accounts.models import Operator
from customers.models import Customer
from payments.models import Payment, Reversal
from payments.printing import print_receipt
from payments.reversing import reverse_payment
from payments.tokens import _mac, _number, find_by_token, token_of
from tests.evidence.looking import execute
from tests.factories import CustomerFactory, pay
from tests.house.books import count_on_from, switch_off_triggers, undone
from tests.people import signed_in
from tills.models import PaymentMethod

WRONG = Reversal.Reason.WRONG_AMOUNT


@pytest.fixture
def payment(alice: Operator) -> Payment:
    customer = CustomerFactory.create(name="Canary Name", login="canary-login", balance="-4321")
    return pay(alice, customer, "12.34", comment="canary comment")


def test_a_genuine_receipt_says_number_amount_method_and_printings(payment: Payment, alice: Operator) -> None:
    print_receipt(operator=alice, key=payment.key)
    page = Client().get(f"/r/{token_of(payment)}").text
    for fact in ("Genuine receipt", payment.transaction.document_number, "€12.34", "Cash", "1 time"):
        assert fact in page


def test_it_tells_no_name_login_balance_comment_or_operator(payment: Payment) -> None:
    page = Client().get(f"/r/{token_of(payment)}").content
    for secret in (b"Canary", b"canary", b"4,321", b"4321", b"4308", b"4,308", b"Alice", str(payment.key).encode()):
        assert secret not in page


def test_a_reversed_one_says_so(payment: Payment, alice: Operator) -> None:
    reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT, comment="canary why")
    page = Client().get(f"/r/{token_of(payment)}").text
    assert "This payment was reversed" in page
    assert "canary" not in page


def test_every_wrong_token_gets_the_same_answer(payment: Payment) -> None:
    token = token_of(payment)
    wrong = [token[:-1] + ("a" if token[-1] != "a" else "b"), "a" + token, token[1:], token + "a", token.upper(), "x"]
    wrong += ["a" * 16, "a" * 17, "b" * 40, token.replace(token[0], "z", 1) if token[0] != "z" else "y" + token[1:]]
    answers = [Client().get(f"/r/{text}") for text in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_tokens_of_neighbours_have_nothing_in_common(alice: Operator, payment: Payment) -> None:
    other = pay(alice, Customer.objects.get())
    mac, next_mac = token_of(payment)[-16:], token_of(other)[-16:]
    assert sum(a == b for a, b in zip(mac, next_mac, strict=True)) < 8
    assert find_by_token(token_of(other)) == other


def test_who_asks_too_often_waits(payment: Payment) -> None:
    answers = [Client().get("/r/" + "a" * 20) for _ in range(40)]
    assert answers[-1].status_code == 429
    assert answers[-1]["Retry-After"] == "60"
    assert Client().get(f"/r/{token_of(payment)}", REMOTE_ADDR="203.0.113.9").status_code == 200


def test_a_forged_address_changes_nothing(payment: Payment, settings: Settings) -> None:
    for number in range(40):
        answer = Client().get("/r/" + "a" * 20, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    assert answer.status_code == 429
    settings.CASHDESK_PROXIES = 1
    for number in range(40):
        forwarded = f"198.51.100.{number}, 203.0.113.7"  # the proxy has written the last one
        answer = Client().get("/r/" + "a" * 20, HTTP_X_FORWARDED_FOR=forwarded)
    assert answer.status_code == 429


def test_neighbours_in_one_network_of_an_ipv6_subscriber_are_counted_together(payment: Payment) -> None:
    """Somebody with one line has 2^64 addresses; somebody else's line is not theirs."""
    for number in range(40):
        answer = Client().get("/r/" + "a" * 20, REMOTE_ADDR=f"2001:db8:1:2::{number:x}")
    assert answer.status_code == 429
    assert Client().get("/r/" + "a" * 20, REMOTE_ADDR="2001:db8:1:3::1").status_code == 404


def test_an_address_that_is_none_is_counted_as_it_is(payment: Payment, settings: Settings) -> None:
    settings.CASHDESK_PROXIES = 1
    for _ in range(40):
        answer = Client().get("/r/" + "a" * 20, HTTP_X_FORWARDED_FOR="unknown")
    assert answer.status_code == 429


def test_right_tokens_are_counted_as_well_as_wrong_ones(payment: Payment) -> None:
    answers = [Client().get(f"/r/{token_of(payment)}").status_code for _ in range(40)]
    assert (answers[0], answers[-1]) == (200, 429)


def test_it_says_what_the_paper_says_whatever_the_method_is_called_today(payment: Payment) -> None:
    PaymentMethod.objects.filter(name="Cash").update(name="Renamed")
    page = Client().get(f"/r/{token_of(payment)}").text
    assert "Cash" in page
    assert "Renamed" not in page


def test_a_token_is_made_with_the_key_that_signed_the_line(payment: Payment) -> None:
    token, old = token_of(payment), django_settings.CASHDESK_PROOF_KEY
    with override_settings(CASHDESK_PROOF_KEY="k" * 32, CASHDESK_PROOF_KEYS_OLD=(old,)):
        assert token_of(payment) == token
        assert find_by_token(token) == payment
    line = payment.transaction
    forged = token[:-16] + _mac(line.pk, line.digest, "k" * 32)
    with override_settings(CASHDESK_PROOF_KEY="k" * 32):
        answers = [Client().get(f"/r/{text}") for text in (token, token[:-16] + "a" * 16, forged)]
    assert {answer.status_code for answer in answers} == {503}
    assert len({answer.content for answer in answers}) == 1
    assert "This receipt cannot be checked now" in answers[0].text
    assert "genuine receipt" not in answers[0].text.lower()


def test_without_a_former_key_no_number_is_told_to_be_a_payment(payment: Payment, alice: Operator) -> None:
    """A reversal's line and a payment's answer alike, and what was signed since is checked as before."""
    reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    undone_in = Reversal.objects.get().transaction_id
    taken, between, beyond = (_number(pk) + "a" * 16 for pk in (payment.transaction_id, undone_in, undone_in + 5))
    with override_settings(CASHDESK_PROOF_KEY="k" * 32):
        answers = [Client().get(f"/r/{text}").status_code for text in (taken, between)]
        newer = pay(alice, Customer.objects.get())
        assert answers == [503, 503]
        assert Client().get(f"/r/{token_of(newer)}").status_code == 200
        assert Client().get(f"/r/{beyond}").status_code == 404


def test_an_amount_changed_in_the_database_is_not_shown(payment: Payment) -> None:
    token, line = token_of(payment), payment.transaction
    with undone():
        switch_off_triggers("tills_transaction")
        change = "amount = 9990000, effect = -9990000, cash = 9990000, balance_after = balance_before - 9990000"
        execute(f"UPDATE tills_transaction SET {change} WHERE id = %s", line.pk)
        page = Client().get(f"/r/{token}").text
    assert "€12.34" in page
    assert "999" not in page


def test_a_document_changed_in_the_database_is_not_called_genuine(
    payment: Payment, caplog: pytest.LogCaptureFixture
) -> None:
    token, line = token_of(payment), payment.transaction
    with undone():
        switch_off_triggers("tills_transaction")
        forged = line.payload.replace('"amount":123400', '"amount":9990000')
        execute("UPDATE tills_transaction SET payload = %s WHERE id = %s", forged, line.pk)
        answer = Client().get(f"/r/{token}")
    assert answer.status_code == 503
    assert "Genuine" not in answer.text
    assert "999" not in answer.text
    assert "Run verify_books" in caplog.text


CHANGES = {
    "a document with another time": ("tills_transaction", "payload = replace(payload, '_at\":\"20', '_at\":\"19')"),
    "a document that is none": ("tills_transaction", "payload = 'nothing'"),
    "a payment's line": ("payments_reversal", "transaction_id = {payment}"),
    "the reversal of another payment": ("payments_reversal", "transaction_id = {other}"),
}


@pytest.mark.parametrize("named", CHANGES)
def test_a_reversal_changed_in_the_database_is_not_told(
    payment: Payment, alice: Operator, caplog: pytest.LogCaptureFixture, named: str
) -> None:
    """Neither a false time nor a fault of the page: the receipt cannot be checked until somebody has looked."""
    other = reverse_payment(operator=alice, key=pay(alice, Customer.objects.get()).key, reason=WRONG)
    reversal = reverse_payment(operator=alice, key=payment.key, reason=WRONG)
    table, change = CHANGES[named]
    row = reversal.transaction_id if table == "tills_transaction" else reversal.pk
    with undone():
        for guarded in ("tills_transaction", "payments_reversal"):
            switch_off_triggers(guarded)
        if "{other}" in change:
            execute("DELETE FROM payments_reversal WHERE id = %s", other.pk)
        change = change.format(payment=other.payment.transaction_id, other=other.transaction_id)
        execute(f"UPDATE {table} SET {change} WHERE id = %s", row)
        answer = Client(raise_request_exception=False).get(f"/r/{token_of(payment)}")
    assert answer.status_code == 503
    assert "This receipt cannot be checked now" in answer.text
    assert "reversed" not in answer.text
    assert "Run verify_books" in caplog.text


def test_a_reversal_is_checked_with_the_key_that_signed_it(
    payment: Payment, alice: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    token, first = token_of(payment), django_settings.CASHDESK_PROOF_KEY
    with override_settings(CASHDESK_PROOF_KEY="k" * 32, CASHDESK_PROOF_KEYS_OLD=(first,)):
        reverse_payment(operator=alice, key=payment.key, reason=WRONG)
        assert "This payment was reversed" in Client().get(f"/r/{token}").text
    answer = Client().get(f"/r/{token}")  # the newer key is not configured any more
    assert answer.status_code == 503
    assert "Add the former key to CASHDESK_PROOF_KEYS_OLD" in caplog.text


def test_old_paper_does_not_show_the_payment_that_took_its_number_after_a_restore(
    payment: Payment, alice: Operator
) -> None:
    lost = pay(alice, Customer.objects.get(), "99.00")
    token, line = token_of(lost), lost.transaction
    for table in ("payments_delivery", "payments_allocation", "payments_payment", "tills_transaction"):
        switch_off_triggers(table)
    execute(
        "DELETE FROM payments_delivery WHERE allocation_id IN (SELECT id FROM payments_allocation"
        " WHERE payment_id = %s)",
        lost.pk,
    )
    execute("DELETE FROM payments_allocation WHERE payment_id = %s", lost.pk)
    execute("DELETE FROM payments_payment WHERE id = %s", lost.pk)
    execute("DELETE FROM tills_transaction WHERE id = %s", line.pk)
    count_on_from("tills_transaction", line.pk - 1)
    again = pay(alice, Customer.objects.get(), "1.00")
    assert again.transaction_id == line.pk
    answer = Client().get(f"/r/{token}")
    assert answer.status_code == 404
    assert Client().get(f"/r/{token_of(again)}").status_code == 200


def test_without_the_key_of_its_line_a_receipt_has_no_code_and_the_log_says_why(
    payment: Payment, alice: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    token = token_of(payment)
    with override_settings(CASHDESK_PROOF_KEY="k" * 32, CASHDESK_BASE_URL="https://pay.example"):
        paper = signed_in(alice).get(f"/cashdesk/payments/{payment.key}/")
        answer = Client().get(f"/r/{token}")
    assert (paper.status_code, answer.status_code) == (200, 503)
    assert "receipt-check" not in paper.text
    (said,) = (record.getMessage() for record in caplog.records if record.name == "payments.tokens")
    assert "Add the former key to CASHDESK_PROOF_KEYS_OLD" in said
    assert token not in said
