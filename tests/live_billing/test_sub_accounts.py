"""Sub-accounts that are billed through another one: what is shown for them, and whose account is paid."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import Operator, Reseller
from cashdesk.views import refreshing
from customers.models import Customer, SearchKey
from payments.models import Payment
from payments.refusals import CustomerGone
from tests.factories import pay
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import pulled
from tests.people import signed_in


@pytest.fixture(autouse=True)
def live(ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the billing system in memory stand in the place of the one that the settings name."""
    settings.CASHDESK_BILLING = "splynx"
    monkeypatch.setattr(refreshing, "system_for_cards", lambda: ledger)


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def card(customer: Customer) -> str:
    return f"/cashdesk/customers/{customer.pk}/"


def test_a_sub_account_shows_and_pays_the_account_it_is_billed_through(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    ledger.add("8", name="Anna's daughter").pays_through = "7"
    sub, client = pulled(ledger, "8"), signed_in(alice)
    answer = client.get(card(sub), follow=True)
    assert answer.redirect_chain == [(f"{card(anna)}?for={sub.pk}", 302)]
    assert "is billed through this account" in answer.content.decode()
    assert "100.00" in answer.content.decode()


def test_nothing_is_taken_from_a_sub_account_itself(ledger: Ledger, anna: Customer, alice: Operator) -> None:
    ledger.add("8").pays_through = "7"
    sub = pulled(ledger, "8")
    with pytest.raises(CustomerGone, match="billed through another"):
        pay(alice, sub, "5")
    assert not Payment.objects.exists()


def test_a_sub_account_whose_payer_is_out_of_scope_cannot_be_paid(
    ledger: Ledger, anna: Customer, charlie: Operator, north: Reseller
) -> None:
    ledger.add("8").pays_through = "7"
    Customer.objects.filter(pk=pulled(ledger, "8").pk).update(reseller=north)
    page = text(signed_in(charlie), card(Customer.objects.get(external_id="8")))
    assert "billed through another one" in page
    assert "payment-form" not in page
    assert "100.00" not in page


def test_a_hit_of_a_sub_account_shows_the_balance_of_the_account_it_is_billed_through(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    ledger.add("8", "5", name="Berta Below").pays_through = "7"
    pulled(ledger, "8")
    hits = text(signed_in(alice), "/cashdesk/?q=below&show=list")
    assert "billed through <bdi>Customer 7</bdi>" in hits
    assert "100.00" in hits
    assert "2 unpaid" in hits
    assert "5.00" not in hits  # what stands on the sub-account itself


def test_a_hit_of_a_sub_account_shows_no_balance_where_its_payer_is_out_of_scope(
    ledger: Ledger, anna: Customer, charlie: Operator, north: Reseller
) -> None:
    ledger.add("8", "5", name="Berta Below").pays_through = "7"
    sub = pulled(ledger, "8")
    Customer.objects.filter(pk=sub.pk).update(reseller=north)
    SearchKey.objects.filter(customer=sub).update(reseller=north)
    hits, own = text(signed_in(charlie), "/cashdesk/?q=below&show=list"), text(signed_in(charlie), card(sub))
    assert "billed through another account" in hits
    for shown in (hits, own):
        assert "100.00" not in shown
        assert "5.00" not in shown
        assert "Customer 7" not in shown


def test_hits_of_sub_accounts_ask_the_same_however_many_there_are(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert "billed through <bdi>Customer 7</bdi>" in text(signed_in(alice), "/cashdesk/?q=below&show=list")
        return len(queries)

    ledger.add("8", name="Berta Below").pays_through = "7"
    pulled(ledger, "8")
    one = asked()
    for external_id in map(str, range(10, 20)):
        ledger.add(external_id, name="Berta Below").pays_through = "7"
        pulled(ledger, external_id)
    assert asked() == one


def test_a_payment_moved_to_a_sub_account_goes_to_the_account_it_is_billed_through(
    ledger: Ledger, anna: Customer, bob: Operator
) -> None:
    ledger.add("8", name="Berta Below").pays_through = "7"
    ledger.add("9", name="Wrong Person")
    sub, payment = pulled(ledger, "8"), pay(bob, pulled(ledger, "9"), "5")
    move, client = f"/cashdesk/payments/{payment.key}/move/", signed_in(bob)
    assert "billed through <bdi>Customer 7</bdi>" in text(client, f"{move}?q=below")
    assert f'value="{anna.pk}"' in client.get(f"{move}?customer={sub.pk}").content.decode()
