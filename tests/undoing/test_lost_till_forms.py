"""A form about a till whose answer was lost: its key leads to what it did; given up, it does nothing any more."""

from decimal import Decimal
from threading import Event
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Operator
from payments.giving_up import give_up, is_given_up
from payments.verifying import Asked, verify_books
from tests.desk.pages import page, soup_of, words
from tests.factories import OperatorFactory
from tests.people import grant, signed_in
from tests.racing import PATIENCE, at_once, let_the_other_try
from tests.shifts.desk import issued, opened, supervisor, till_with_shifts
from tills.deposits import create_deposit, refill_deposit
from tills.models import Kind, Till, Transaction, UsedForm
from tills.refusals import FormGivenUp

D = Decimal
SHIFT = "/cashdesk/shift/"


@pytest.fixture
def bob(bob: Operator) -> Operator:
    return grant(supervisor(bob), "tills.manage_deposits")


@pytest.fixture
def deposit(alice: Operator, bob: Operator) -> str:
    line = create_deposit(operator=bob, holder=alice, amount=D(100), comment="", key=uuid4())
    return f"/cashdesk/deposits/{line.till_id}/"


def refill() -> dict[str, str]:
    return {"act": "refill", "key": str(uuid4()), "amount": "50", "comment": ""}


def lost(client: Client, address: str, fields: dict[str, str]) -> str:
    """Send a form that is carried out, and lose its answer: return the page that the browser gets instead."""
    client.raise_request_exception = False
    with patch("cashdesk.views.deposits.see_other", side_effect=RuntimeError("the answer is lost")):
        return client.post(address, fields).content.decode()


def test_a_lost_refill_is_found_by_its_key_and_cannot_be_given_up(bob: Operator, deposit: str) -> None:
    client, fields = signed_in(bob), refill()
    found = f"/cashdesk/payments/{fields['key']}/"
    assert f'href="{found}"' in lost(client, deposit, fields)
    line = Transaction.objects.get(kind=Kind.REFILL)
    assert client.get(found)["Location"] == f"/cashdesk/movements/{line.pk}/"

    answer = client.post(f"{found}give-up/", follow=True)

    assert "€50.00" in words(soup_of(answer).select_one(".receipt"))
    assert not is_given_up(operator=bob, key=fields["key"])  # type: ignore[arg-type]  # Django reads the text
    assert client.post(deposit, fields)["Location"] == f"/cashdesk/movements/{line.pk}/"
    assert Transaction.objects.filter(kind=Kind.REFILL).count() == 1


def test_a_till_form_that_arrives_after_it_was_given_up_moves_nothing(bob: Operator, deposit: str) -> None:
    client, fields = signed_in(bob), refill()
    told = client.post(f"/cashdesk/payments/{fields['key']}/give-up/", follow=True)
    assert "Nothing was recorded, and nothing will be" in told.text
    assert "If it was about a till, or to move a payment, it has changed nothing." in told.text
    soup = soup_of(client.post(deposit, fields), 422)
    assert "This form was given up" in words(soup.select_one(".error-summary"))
    assert soup.select_one("#refill_amount[value='50']")
    assert not Transaction.objects.filter(kind=Kind.REFILL).exists()
    assert [str(fault) for fault in verify_books(Asked()).faults] == []


def test_a_drawers_form_given_up_takes_nothing_out_of_it(alice: Operator, bob: Operator) -> None:
    till_with_shifts(alice)
    shift = opened(bob, alice)
    client, key = signed_in(alice), str(uuid4())
    client.post(f"/cashdesk/payments/{key}/give-up/")
    fields = {"act": "pay_out", "key": key, "shift": str(shift.pk), "amount": "20", "comment": "Stamps", "voucher": ""}
    assert "This form was given up" in words(soup_of(client.post(SHIFT, fields), 422).select_one(".error-summary"))
    assert not Transaction.objects.filter(kind=Kind.PAY_OUT).exists()


def test_what_a_shifts_form_did_is_found_by_its_key(alice: Operator, bob: Operator) -> None:
    till_with_shifts(alice)
    shift = issued(bob, alice)
    client, chief = signed_in(alice), signed_in(bob)
    for act, more in (("open", {}), ("count", {"d500000": "2"}), ("close", {"comment": "", "count": "2"})):
        key = str(uuid4())
        client.post(SHIFT, {"act": act, "key": key, "shift": str(shift.pk), **more})
        expected = SHIFT if act != "close" else f"/cashdesk/shifts/{shift.pk}/"
        assert client.get(f"/cashdesk/payments/{key}/")["Location"] == expected, act
    issue = UsedForm.objects.get(act="issue")
    assert chief.get(f"/cashdesk/payments/{issue.key}/")["Location"] == f"/cashdesk/shifts/{shift.pk}/"
    assert client.get(f"/cashdesk/payments/{issue.key}/").status_code == 404  # somebody else's form


def test_giving_up_makes_no_till(bob: Operator) -> None:
    give_up(operator=bob, key=uuid4())
    assert not Till.objects.exists()


def test_somebody_elses_till_form_is_not_given_up(alice: Operator, bob: Operator, deposit: str) -> None:
    client, fields = signed_in(bob), refill()
    client.post(deposit, fields)
    give_up(operator=alice, key=UsedForm.objects.latest("pk").key)
    other = signed_in(OperatorFactory.create())
    assert "Not saved so far" in words(soup_of(other.get(f"/cashdesk/payments/{fields['key']}/"), 404))
    assert "€50.00" in words(page(client, client.get(f"/cashdesk/payments/{fields['key']}/")["Location"]))


@pytest.mark.postgres
@pytest.mark.usefixtures("committed_db")
def test_a_refill_that_is_just_being_written_is_not_given_up(
    alice: Operator, bob: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page would say that nothing was recorded. It waits for the key, and finds the line."""
    till = create_deposit(operator=bob, holder=alice, amount=D(100), comment="", key=uuid4()).till
    key, there, over = uuid4(), Event(), Event()
    note = UsedForm.objects.create

    def linger(**fields: Any) -> UsedForm:
        made = note(**fields)
        if fields["act"] == "refill":
            there.set()
            let_the_other_try(over)
        return made

    monkeypatch.setattr(UsedForm.objects, "create", linger)

    def abandon() -> object:
        there.wait(PATIENCE)
        try:
            return give_up(operator=bob, key=key)
        finally:
            over.set()

    fields: dict[str, Any] = {"till_id": till.pk, "amount": D(50), "comment": "", "key": key}
    line, found = at_once([lambda: refill_deposit(operator=bob, **fields), abandon])
    assert (type(line), found) == (Transaction, None)
    assert not is_given_up(operator=bob, key=key)


@pytest.mark.postgres
@pytest.mark.usefixtures("committed_db")
def test_given_up_and_sent_at_one_moment_never_both(alice: Operator, bob: Operator) -> None:
    till = create_deposit(operator=bob, holder=alice, amount=D(100), comment="", key=uuid4()).till
    for _round in range(10):
        key = uuid4()

        def send(key: Any = key) -> Transaction:
            return refill_deposit(operator=bob, till_id=till.pk, amount=D(1), comment="", key=key)

        def abandon(key: Any = key) -> object:
            return give_up(operator=bob, key=key)

        sent, _given_up = at_once([send, abandon])
        assert isinstance(sent, Transaction) != is_given_up(operator=bob, key=key)
        assert isinstance(sent, Transaction | FormGivenUp)
