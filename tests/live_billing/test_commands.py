"""The commands: which one may run with which billing system, and what they say at the end."""

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Operator
from billing.delivering import deliver_next
from billing.exporting import commit_batch
from billing.models import Import, Source
from billing.pulling import pull_all, pull_changed
from billing.switching import SwitchRefused, use_source
from customers.models import Customer
from payments.models import Delivery, Reversal
from payments.reversing import reverse_payment
from payments.verifying import Asked, verify_books
from tests.factories import CustomerFactory, pay
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import balance


@pytest.fixture
def live(ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Return the billing system in memory, in the place of the one that the settings name."""
    settings.CASHDESK_BILLING = "splynx"
    for command in ("pull_billing", "deliver_payments"):
        monkeypatch.setattr(f"billing.management.commands.{command}.billing_system", lambda: ledger)
    return ledger


def run(*arguments: str) -> str:
    """Return what a command says."""
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_pull_and_deliver_say_what_they_did(live: Ledger, alice: Operator) -> None:
    assert "1 created" in run("pull_billing")
    pay(alice, Customer.objects.get(), "60")
    assert "Still waiting: 0, unknown: 0, refused: 0." in run("deliver_payments")
    assert "now contained in the figures: 1." in run("pull_billing")
    assert "Customer 7: written." in run("pull_billing", "--customer", "7")


def test_what_could_not_be_delivered_ends_with_an_error(live: Ledger, alice: Operator) -> None:
    run("pull_billing")
    pay(alice, Customer.objects.get(), "60")
    live.is_down = True
    with pytest.raises(CommandError, match="1 part was not delivered"):
        run("deliver_payments")
    with pytest.raises(CommandError, match="connection refused"):
        run("pull_billing")


@pytest.mark.parametrize("command", ["pull_billing", "deliver_payments"])
def test_a_desk_fed_by_files_neither_pulls_nor_delivers(command: str, db: None) -> None:
    with pytest.raises(CommandError, match="CASHDESK_BILLING is files"):
        run(command)
    assert not Source.objects.exists()


def test_a_live_desk_neither_imports_nor_exports(live: Ledger, alice: Operator, tmp_path: Path) -> None:
    pay(alice, CustomerFactory.create(), "60")
    file = tmp_path / "empty.csv"
    file.touch()
    for arguments in (
        ["import_billing", "--customers", str(file), "--invoices", str(file)],
        ["export_payments", "--to", str(tmp_path)],
    ):
        with pytest.raises(CommandError, match="CASHDESK_BILLING is splynx"):
            run(*arguments)
    assert not Import.objects.exists()
    assert Delivery.objects.get().state == "waiting"


def test_switching_over_is_refused_while_a_part_is_open(live: Ledger, alice: Operator, settings: Settings) -> None:
    use_source("splynx")
    pull_all(live)
    pay(alice, Customer.objects.get(), "60")
    settings.CASHDESK_BILLING = "files"
    with pytest.raises(SwitchRefused, match="1 part"):
        use_source("files")
    deliver_next(live)
    with pytest.raises(SwitchRefused):
        use_source("files")  # delivered, but the figures do not contain it
    assert Source.objects.get().name == "splynx"
    pull_all(live)
    use_source("files")
    assert Source.objects.get().name == "files"


def test_after_switching_to_files_a_reversal_of_what_was_delivered_live_leaves_the_books_sound(
    live: Ledger, alice: Operator, settings: Settings
) -> None:
    use_source("splynx")
    pull_all(live)
    payment = pay(alice, Customer.objects.get(), "60")
    deliver_next(live)
    pull_all(live)
    settings.CASHDESK_BILLING = "files"
    use_source("files")
    reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    commit_batch()
    assert list(Delivery.objects.order_by("pk").values_list("kind", "batch")) == [("apply", None), ("undo", 1)]
    assert verify_books(Asked()).faults == []


def test_a_customer_deleted_over_there_does_not_keep_the_desk_from_switching(
    live: Ledger, alice: Operator, settings: Settings
) -> None:
    """Nobody will ever state figures that contain the delivered part; on the balance it still counts."""
    use_source("splynx")
    pull_all(live)
    anna = Customer.objects.get()
    pay(alice, anna, "60")
    deliver_next(live)
    del live.accounts["7"]
    settings.CASHDESK_BILLING = "files"
    with pytest.raises(SwitchRefused, match="1 part"):
        use_source("files")
    pull_changed(live)
    use_source("files")
    assert Source.objects.get().name == "files"
    assert (anna.balance, balance(anna)) == (Decimal(-100), Decimal(-40))


def test_a_waiting_part_of_a_customer_deleted_over_there_keeps_the_desk_from_switching(
    live: Ledger, alice: Operator, settings: Settings
) -> None:
    use_source("splynx")
    pull_all(live)
    pay(alice, Customer.objects.get(), "60")
    del live.accounts["7"]
    pull_all(live, allow_vanished=True)
    settings.CASHDESK_BILLING = "files"
    with pytest.raises(SwitchRefused, match="1 part"):
        use_source("files")


@pytest.mark.parametrize("state", ["cancelled", "refused"])
def test_an_ended_part_does_not_keep_the_desk_from_switching(
    state: str, live: Ledger, alice: Operator, settings: Settings
) -> None:
    use_source("splynx")
    payment = pay(alice, CustomerFactory.create(), "60")
    if state == "refused":
        live.faults = ["refused"]
        deliver_next(live)
    else:
        reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.OTHER, comment="no")
    assert Delivery.objects.get().state == state
    settings.CASHDESK_BILLING = "files"
    use_source("files")
    assert Source.objects.get().name == "files"


def test_a_desk_with_imports_has_come_from_files(live: Ledger, alice: Operator) -> None:
    Import.objects.create(number=1, as_of=timezone.now(), started_at=timezone.now())
    pay(alice, CustomerFactory.create(), "60")
    with pytest.raises(SwitchRefused):
        use_source("splynx")
