"""What becomes of customers and documents that change over there, and of a pull that is stopped or not believed."""

import threading
from dataclasses import replace
from decimal import Decimal

import pytest

from accounts.models import Operator, Reseller
from billing.connectors.protocol import BillingUnavailable, DocumentKind
from billing.delivering import deliver_next
from billing.faults import TooManyVanished
from billing.models import Contact, Pull
from billing.ordering import ask_again
from billing.pulling import Refreshed, pull_all, pull_changed, pull_customer
from customers.models import Customer, Invoice
from tests.factories import pay
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import balance, dues, pulled, states


def add_many(ledger: Ledger, count: int) -> None:
    """Add customers enough that one who vanishes is not too many."""
    for number in range(100, 100 + count):
        ledger.add(str(number))
        ledger.issue(str(number), f"D{number}", "10")


def test_a_first_pull_brings_everybody_with_their_documents(ledger: Ledger, alice: Operator) -> None:
    add_many(ledger, 12)
    ledger.per_page = 5
    run = pull_all(ledger)
    assert (run.changes.created, run.changes.documents_created) == (13, 14)
    anna = Customer.objects.get(external_id="7")
    assert (balance(anna), dues(anna, alice)) == (Decimal(-100), {"A": Decimal(60), "B": Decimal(40)})


def test_a_second_pull_changes_nothing(ledger: Ledger) -> None:
    pull_all(ledger)
    assert pull_all(ledger).changes.written == 0


def test_a_proforma_is_fetched_and_never_owed(ledger: Ledger, alice: Operator) -> None:
    ledger.issue("7", "P", "30", kind=DocumentKind.PROFORMA)
    anna = pulled(ledger, "7")
    assert (balance(anna), dues(anna, alice)["P"]) == (Decimal(-100), Decimal(30))


def test_a_deleted_customer_is_gone_and_may_return(ledger: Ledger, anna: Customer, alice: Operator) -> None:
    add_many(ledger, 25)
    pull_all(ledger)
    account = ledger.accounts.pop("7")
    assert pull_all(ledger).changes.gone == 1
    anna.refresh_from_db()
    assert anna.gone_at is not None
    assert dues(anna, alice) == {}
    ledger.accounts["7"] = account
    assert pull_all(ledger).changes.returned == 1
    assert dues(anna, alice) == {"A": Decimal(60), "B": Decimal(40)}


def test_a_customer_missing_in_the_list_alone_is_not_gone(ledger: Ledger, anna: Customer) -> None:
    add_many(ledger, 25)
    pull_all(ledger)
    ledger.unlisted = {"7"}
    assert pull_all(ledger).changes.gone == 0
    anna.refresh_from_db()
    assert anna.gone_at is None


def test_a_customer_of_whom_a_part_is_on_its_way_is_not_marked_as_gone(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    payment = pay(alice, anna, "60")
    ledger.faults = ["before"]
    deliver_next(ledger)
    del ledger.accounts["7"]
    assert pull_customer(ledger, "7") == Refreshed.LEFT_ALONE
    anna.refresh_from_db()
    assert (anna.gone_at, states(payment)) == (None, ["unknown"])


def test_too_many_vanished_customers_are_not_believed(ledger: Ledger) -> None:
    add_many(ledger, 10)
    pull_all(ledger)
    del ledger.accounts["7"]
    with pytest.raises(TooManyVanished):
        pull_all(ledger)
    assert not Customer.objects.exclude(gone_at=None).exists()
    assert Contact.objects.get(role="pull").failures == 1
    assert pull_all(ledger, allow_vanished=True).changes.gone == 1


def test_too_many_vanished_documents_are_not_believed(ledger: Ledger, anna: Customer, alice: Operator) -> None:
    pull_all(ledger)
    ledger.accounts["7"].documents.clear()
    with pytest.raises(TooManyVanished):
        pull_all(ledger)
    assert dues(anna, alice) == {"A": Decimal(60), "B": Decimal(40)}
    pull_all(ledger, allow_vanished=True)
    assert dues(anna, alice) == {}


def test_documents_that_we_paid_may_vanish(ledger: Ledger, anna: Customer, alice: Operator) -> None:
    pull_all(ledger)
    payment = pay(alice, anna, "100")
    while deliver_next(ledger).did_something:
        pass
    assert pull_all(ledger).reflected == 2
    assert (states(payment), dues(anna, alice)) == (["delivered+", "delivered+"], {})


def test_a_customer_moved_to_another_partner_changes_scope(
    ledger: Ledger, anna: Customer, alice: Operator, charlie: Operator, north: Reseller
) -> None:
    assert not Customer.objects.visible_to(charlie).exists()
    Reseller.objects.filter(pk=north.pk).update(external_id="3")
    ledger.accounts["7"].customer = replace(ledger.accounts["7"].customer, partner_id="3")
    pull_customer(ledger, "7")
    assert [customer.pk for customer in Customer.objects.visible_to(charlie)] == [anna.pk]
    assert set(anna.search_keys.values_list("reseller", flat=True)) == {north.pk}


def test_a_partner_without_a_reseller_is_named_and_its_customers_belong_to_none(
    ledger: Ledger, charlie: Operator
) -> None:
    ledger.accounts["7"].customer = replace(ledger.accounts["7"].customer, partner_id="9")
    assert pull_all(ledger).unmapped == {"9"}
    assert Pull.objects.get().unmapped == "9"
    assert Customer.objects.get(external_id="7").reseller is None
    assert not Customer.objects.visible_to(charlie).exists()


def test_a_renamed_login_is_found_under_the_new_name(ledger: Ledger, anna: Customer) -> None:
    ledger.accounts["7"].customer = replace(ledger.accounts["7"].customer, login="newlogin")
    pull_customer(ledger, "7")
    keys = set(anna.search_keys.values_list("key", flat=True))
    assert any("newlogin" in key for key in keys)
    assert not any("login7" in key for key in keys)


def test_a_deleted_invoice_is_closed(ledger: Ledger, anna: Customer, alice: Operator) -> None:
    del ledger.accounts["7"].documents[DocumentKind.INVOICE, "A"]
    ledger.accounts["7"].balance += 60
    pull_customer(ledger, "7")
    assert (balance(anna), dues(anna, alice)) == (Decimal(-40), {"B": Decimal(40)})


def test_a_number_that_is_used_again_is_another_document(ledger: Ledger, anna: Customer, alice: Operator) -> None:
    old = ledger.accounts["7"].documents.pop((DocumentKind.INVOICE, "A"))
    ledger.accounts["7"].documents[DocumentKind.INVOICE, "A2"] = replace(old, external_id="A2", due=Decimal(15))
    pull_customer(ledger, "7")
    assert dues(anna, alice) == {"A": Decimal(15), "B": Decimal(40)}
    assert list(Invoice.objects.filter(number="A").order_by("pk").values_list("due", flat=True)) == [0, 15]


def test_a_sub_account_names_who_pays_for_it(ledger: Ledger, anna: Customer) -> None:
    ledger.add("8").pays_through = "7"
    assert pulled(ledger, "8").paid_through == "7"
    ledger.accounts["8"].pays_through = ""
    assert pulled(ledger, "8").paid_through == ""


def test_a_pull_of_changes_asks_for_the_changed_and_for_those_who_wait(ledger: Ledger, alice: Operator) -> None:
    add_many(ledger, 5)
    pull_all(ledger)
    paid = pay(alice, Customer.objects.get(external_id="100"), "10")
    deliver_next(ledger)
    ledger.changed = ["101", "101"]
    ledger.asked.clear()
    run = pull_changed(ledger)
    assert [what for what in ledger.asked if what.startswith("customer ")] == ["customer 101", "customer 100"]
    assert (run.asked, states(paid)) == (2, ["delivered+"])


def test_a_pull_of_changes_does_not_ask_for_whom_it_could_not_write(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    pull_all(ledger)
    pay(alice, anna, "60")
    ledger.faults = ["before"]
    deliver_next(ledger)
    ledger.asked.clear()
    pull_changed(ledger)
    assert "customer 7" not in ledger.asked


def test_without_a_full_pull_before_a_pull_of_changes_is_a_full_one(ledger: Ledger) -> None:
    pull_changed(ledger)
    assert Pull.objects.get().is_full


def test_a_pull_that_was_stopped_is_not_a_full_pull(ledger: Ledger) -> None:
    ledger.is_down = True
    with pytest.raises(BillingUnavailable):
        pull_all(ledger)
    ledger.is_down = False
    pull_changed(ledger)
    assert [(pull.is_full, pull.finished_at is not None) for pull in Pull.objects.order_by("pk")] == [
        (True, False),
        (True, True),
    ]


def test_one_customer_without_an_answer_is_asked_for_again_and_stops_nobody(ledger: Ledger) -> None:
    add_many(ledger, 3)
    pull_all(ledger)
    ledger.silent = {"101"}
    for number in ("100", "101", "102"):
        ledger.accounts[number].balance = Decimal(-99)
    run = pull_all(ledger)
    assert list(run.unclear) == ["101"]
    stored = dict(Customer.objects.values_list("external_id", "balance"))
    assert (stored["100"], stored["101"], stored["102"]) == (Decimal(-99), Decimal(-10), Decimal(-99))
    ledger.silent.clear()
    pull_changed(ledger)
    assert Customer.objects.get(external_id="101").balance == -99


def test_somebody_new_without_an_answer_is_asked_for_again_until_there_is_one(ledger: Ledger) -> None:
    add_many(ledger, 3)
    ledger.silent, ledger.unreadable = {"101"}, {"102"}
    assert set(pull_all(ledger).unclear) == {"101", "102"}
    for _ in range(2):
        pull_changed(ledger)  # nothing has changed over there since, so nothing tells of them
        assert not Customer.objects.filter(external_id="101").exists()
    ledger.silent.clear()
    pull_changed(ledger)
    assert Customer.objects.filter(external_id__in=["101", "102"]).count() == 2
    ledger.asked.clear()
    pull_changed(ledger)
    assert not [what for what in ledger.asked if what.startswith("customer ")]


def test_somebody_new_who_is_not_there_any_more_is_not_asked_for_for_ever(ledger: Ledger) -> None:
    add_many(ledger, 1)
    ledger.silent = {"100"}
    pull_all(ledger)
    del ledger.accounts["100"]
    pull_changed(ledger)
    ledger.asked.clear()
    pull_changed(ledger)
    assert not [what for what in ledger.asked if what.startswith("customer ")]


def test_balances_are_asked_for_beside_each_other_and_never_more_than_the_system_bears(ledger: Ledger) -> None:
    add_many(ledger, 40)
    out, most, two = 0, 0, threading.Barrier(2)
    lock = threading.Lock()

    def between(what: str) -> None:
        nonlocal out, most
        if not what.startswith("balance"):
            return
        with lock:
            out += 1
            most = max(most, out)
        if what in {"balance 100", "balance 101"}:
            two.wait(10)  # neither is answered before both are asked
        with lock:
            out -= 1

    ledger.between = between
    pull_all(ledger)
    assert 1 < most <= ledger.questions_at_once


def test_an_unreadable_customer_is_left_alone_and_not_gone(ledger: Ledger, anna: Customer) -> None:
    add_many(ledger, 25)
    pull_all(ledger)
    ledger.unreadable = {"7"}
    assert pull_all(ledger).changes.gone == 0
    anna.refresh_from_db()
    assert (anna.gone_at, anna.balance) == (None, Decimal(-100))


def test_nobody_answering_stops_the_pull(ledger: Ledger) -> None:
    add_many(ledger, 30)
    pull_all(ledger)
    ledger.silent = set(ledger.accounts)
    with pytest.raises(BillingUnavailable):
        pull_all(ledger)
    assert Pull.objects.latest("number").error == "no answer"


def test_many_customers_without_figures_keep_nobody_else_from_being_asked_for(ledger: Ledger) -> None:
    """Each of 25 is asked for again; whoever has changed is asked for first, and the pull comes to its end."""
    add_many(ledger, 30)
    pull_all(ledger)
    ledger.silent = {str(number) for number in range(100, 125)}
    assert len(pull_all(ledger).unclear) == 25
    ledger.accounts["129"].balance, ledger.changed = Decimal(-99), ["129"]
    for _ in range(2):
        assert len(pull_changed(ledger).unclear) == 25
    assert Customer.objects.get(external_id="129").balance == -99
    assert Pull.objects.latest("number").finished_at is not None
    ledger.silent.clear()
    assert pull_changed(ledger).unclear == {}


def test_whoever_gave_no_figures_waits_behind_those_who_have_not_been_asked_for(ledger: Ledger) -> None:
    add_many(ledger, 150)
    pull_all(ledger)
    ledger.silent = {str(number) for number in range(100, 249)}
    ask_again(list(ledger.accounts))
    ledger.accounts["249"].balance = Decimal(-99)
    for _ in range(3):
        pull_changed(ledger)
    assert Customer.objects.get(external_id="249").balance == -99


def test_changed_customers_of_whom_none_answers_stop_the_pull(ledger: Ledger) -> None:
    add_many(ledger, 30)
    pull_all(ledger)
    ledger.silent, ledger.changed = set(ledger.accounts), list(ledger.accounts)
    with pytest.raises(BillingUnavailable):
        pull_changed(ledger)
    assert Pull.objects.latest("number").finished_at is None


def test_over_long_and_empty_names_do_not_stop_a_pull(ledger: Ledger) -> None:
    ledger.accounts["7"].customer = replace(ledger.accounts["7"].customer, name="x" * 400, login="y" * 400)
    ledger.add("8", name="", login="")
    pull_all(ledger)
    assert {len(name) for name in Customer.objects.values_list("name", flat=True)} == {255, 1}
