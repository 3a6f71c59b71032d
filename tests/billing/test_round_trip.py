"""Round trips by files: at each step the shown balance and the open dues are right; nothing twice, nothing missing."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Operator
from billing import exporting
from billing.faults import BatchRefused
from billing.importing import Run
from billing.models import Import
from customers import projecting
from customers.figures import Changes
from customers.models import Customer
from payments.balances import open_documents, shown_balance
from payments.models import Delivery, Payment, Reversal
from payments.reversing import reverse_payment
from tests.billing.files import Files, everything
from tests.billing.system import BillingSystem
from tests.factories import pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def system(tmp_path: Path) -> BillingSystem:
    """Jan (1) owes two invoices of 60.00, Eva (2) one."""
    system = BillingSystem(tmp_path)
    system.bill("1", "INV-1", "INV-2")
    system.bill("2", "INV-3")
    system.state().run()
    return system


def export(folder: Path) -> Path:
    number = exporting.commit_batch()
    assert number is not None
    return exporting.write_batch(number=number, folder=folder)


def shown(operator: Operator, external_id: str) -> tuple[str, dict[str, str]]:
    """Return what the card shows: the balance, and what is open by number."""
    customer = Customer.objects.get(external_id=external_id)
    documents = {d.invoice.number: f"{d.due:.2f}" for d in open_documents(customer, operator)}
    return f"{shown_balance(customer):.2f}", documents


def take(operator: Operator, external_id: str, amount: str) -> Payment:
    return pay(operator, Customer.objects.get(external_id=external_id), amount)


def test_what_was_paid_is_counted_once_at_every_step(alice: Operator, system: BillingSystem, tmp_path: Path) -> None:
    assert shown(alice, "1") == ("-120.00", {"INV-1": "60.00", "INV-2": "60.00"})

    take(alice, "1", "150.00")  # both invoices, and 30.00 on account
    take(alice, "2", "20.00")
    after = [("30.00", {}), ("-40.00", {"INV-3": "40.00"})]
    assert [shown(alice, "1"), shown(alice, "2")] == after

    batch = export(tmp_path)
    assert [shown(alice, "1"), shown(alice, "2")] == after  # exported, not yet in the figures

    before_it_read = system.state()
    before_it_read.run(includes_batch=0)
    assert [shown(alice, "1"), shown(alice, "2")] == after

    system.read(batch)
    files = system.state()
    assert files.run(includes_batch=1).reflected == 4
    assert [shown(alice, "1"), shown(alice, "2")] == after
    assert Customer.objects.get(external_id="1").balance == Decimal(30)
    assert set(Delivery.objects.values_list("reflected", flat=True)) == {True}

    again = files.run(includes_batch=1)
    assert (again.reflected, again.changes.written) == (0, 0)
    assert [shown(alice, "1"), shown(alice, "2")] == after


def test_a_payment_between_export_and_import_stays_on_top(
    alice: Operator, system: BillingSystem, tmp_path: Path
) -> None:
    take(alice, "1", "60.00")
    first = export(tmp_path)
    take(alice, "1", "10.00")
    system.read(first)
    files = system.state()
    take(alice, "1", "5.00")

    files.run(includes_batch=1)

    assert Customer.objects.get(external_id="1").balance == Decimal(-60)
    assert shown(alice, "1") == ("-45.00", {"INV-2": "45.00"})
    system.read(export(tmp_path))
    assert shown(alice, "1") == ("-45.00", {"INV-2": "45.00"})
    assert system.state().run(includes_batch=2).reflected == 2
    assert shown(alice, "1") == ("-45.00", {"INV-2": "45.00"})


def test_a_second_batch_that_the_files_do_not_contain_stays_on_top(
    alice: Operator, system: BillingSystem, tmp_path: Path
) -> None:
    take(alice, "1", "60.00")
    first = export(tmp_path)
    take(alice, "2", "60.00")
    export(tmp_path)
    system.read(first)

    system.state().run(includes_batch=1)

    assert shown(alice, "1") == ("-60.00", {"INV-2": "60.00"})
    assert shown(alice, "2") == ("0.00", {})
    assert Customer.objects.get(external_id="2").balance == Decimal(-60)


def test_the_parts_of_a_customer_whose_figures_do_not_change_are_marked_too(
    alice: Operator, system: BillingSystem, tmp_path: Path
) -> None:
    take(alice, "1", "60.00")
    batch = export(tmp_path)
    system.read(batch)
    system.bill("1", "INV-4")  # a new invoice of the same amount: the balance stays as it was
    system.dues["1", "INV-1"] = Decimal(60)
    del system.dues["1", "INV-4"]

    run = system.state().run(includes_batch=1)

    assert (run.changes.written, run.reflected) == (0, 1)
    assert shown(alice, "1") == ("-120.00", {"INV-1": "60.00", "INV-2": "60.00"})


def test_a_reversal_goes_there_and_comes_back(alice: Operator, system: BillingSystem, tmp_path: Path) -> None:
    payment = take(alice, "1", "60.00")
    system.read(export(tmp_path))
    system.state().run(includes_batch=1)
    assert shown(alice, "1") == ("-60.00", {"INV-2": "60.00"})

    reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_CUSTOMER)
    owed = ("-120.00", {"INV-1": "60.00", "INV-2": "60.00"})
    assert shown(alice, "1") == owed
    batch = export(tmp_path)
    system.state().run(includes_batch=1)
    assert shown(alice, "1") == owed
    system.read(batch)
    assert system.state().run(includes_batch=2).reflected == 1
    assert shown(alice, "1") == owed


def test_an_interrupted_import_is_right_at_every_moment_and_run_again(
    alice: Operator, system: BillingSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3, 1004):
        system.bill(str(number), f"INV-{number + 1}")
    system.state().run()
    for customer in ("1", "700"):
        take(alice, customer, "60.00")
    system.read(export(tmp_path))
    files = system.state()
    right = [shown(alice, customer) for customer in ("1", "700")]
    real, calls = projecting.write_customers, []

    def interrupted(**arguments: Any) -> Changes:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(**arguments)

    with monkeypatch.context() as patch:
        patch.setattr(projecting, "write_customers", interrupted)
        with pytest.raises(KeyboardInterrupt):
            files.run(includes_batch=1)

    assert sorted(Delivery.objects.values_list("reflected", flat=True)) == [False, True]
    assert [shown(alice, customer) for customer in ("1", "700")] == right
    last = Import.objects.order_by("-number").first()
    assert last is not None
    assert last.finished_at is None
    with pytest.raises(BatchRefused):
        files.run(includes_batch=0)

    run: Run = files.run(includes_batch=1)

    assert (run.reflected, run.changes.changed) == (1, 1)
    assert [shown(alice, customer) for customer in ("1", "700")] == right


def test_paid_invoices_may_vanish_with_the_batch_that_paid_them(
    alice: Operator, system: BillingSystem, tmp_path: Path
) -> None:
    take(alice, "1", "120.00")
    system.read(export(tmp_path))
    system.dues = {key: due for key, due in system.dues.items() if due}  # it lists what is unpaid, nothing else

    assert system.state().run(includes_batch=1).changes.documents_closed == 2

    assert shown(alice, "1") == ("0.00", {})


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (None, "Say with --includes-batch which batch the files contain"),
        (-1, "Batch -1 has not been exported. The last one is 2."),
        (0, "An import that contains batch 1 has already begun"),
        (3, "Batch 3 has not been exported. The last one is 2."),
    ],
)
def test_a_batch_that_cannot_be_right_is_refused(
    alice: Operator, system: BillingSystem, tmp_path: Path, number: int | None, message: str
) -> None:
    take(alice, "1", "60.00")
    system.read(export(tmp_path))
    system.state().run(includes_batch=1)
    take(alice, "2", "60.00")
    export(tmp_path)
    before = everything()
    files: Files = system.state()

    with pytest.raises(BatchRefused, match=message):
        files.run(includes_batch=number)
    given = [] if number is None else [f"--includes-batch={number}"]
    with pytest.raises(CommandError, match=message):
        call_command("import_billing", *files.arguments, *given, "--dry-run")

    assert everything() == before
    files.run(includes_batch=1)


def test_no_batch_is_asked_for_before_the_first_payment(system: BillingSystem) -> None:
    system.state().run()
    system.state().run(includes_batch=0)

    assert set(Import.objects.values_list("includes_batch", flat=True)) == {0}


def test_the_parts_of_a_customer_who_is_gone_stay_until_they_are_named_again(
    alice: Operator, system: BillingSystem, tmp_path: Path
) -> None:
    take(alice, "1", "60.00")
    system.read(export(tmp_path))
    names, dues = dict(system.balances), dict(system.dues)
    system.balances = {"2": names["2"]}
    system.dues = {key: due for key, due in dues.items() if key[0] == "2"}
    system.state().run(includes_batch=1, allow_vanished=True)
    assert shown(alice, "1")[0] == "-60.00"  # what it last said, and the payment on top

    system.balances, system.dues = names, dues
    system.state().run(includes_batch=1)

    assert shown(alice, "1") == ("-60.00", {"INV-2": "60.00"})
