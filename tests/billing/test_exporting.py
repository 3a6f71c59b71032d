"""Batches: committed first, written from what was committed, the same bytes each time."""

import csv
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Operator
from billing import exporting
from billing.models import Batch
from customers.models import Customer, Invoice
from payments.models import Delivery, Payment, Reversal
from payments.reversing import reverse_payment
from tests.billing.files import everything
from tests.factories import CustomerFactory, InvoiceFactory, pay
from tills.days import today
from tills.models import PaymentMethod

pytestmark = pytest.mark.django_db
HEADER = "batch,reference,customer,document,kind,amount,method,paid_on,operator,comment"


@pytest.fixture
def jan() -> Customer:
    customer = CustomerFactory.create(external_id="42", balance=-60)
    InvoiceFactory.create(customer=customer, number="INV-1")
    return customer


def exported(folder: Path, *options: str) -> None:
    call_command("export_payments", "--to", str(folder), *options)


def rows(folder: Path, number: int) -> list[list[str]]:
    with (folder / f"batch-{number:06d}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_part_is_a_row_in_the_next_batch(
    alice: Operator, jan: Customer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = pay(alice, jan, "75.50", comment="Thanks, Jan").transaction.till.code
    exported(tmp_path)
    pay(alice, jan, "10")
    exported(tmp_path)

    day = str(today())
    assert (tmp_path / "batch-000001.csv").read_text(encoding="utf-8").splitlines()[0] == HEADER
    assert rows(tmp_path, 1)[1:] == [
        ["1", f"{code}-000001/1", "42", "INV-1", "invoice", "60.00", "Cash", day, "alice", "Thanks, Jan"],
        ["1", f"{code}-000001/2", "42", "", "", "15.50", "Cash", day, "alice", "Thanks, Jan"],
    ]
    assert rows(tmp_path, 2)[1:] == [["2", f"{code}-000002/1", "42", "", "", "10.00", "Cash", day, "alice", ""]]
    assert capsys.readouterr().out.splitlines()[0] == f"Batch 1 is in {tmp_path / 'batch-000001.csv'}."
    assert set(Delivery.objects.values_list("state", "reflected")) == {("delivered", False)}
    assert names(tmp_path) == ["batch-000001.csv", "batch-000002.csv"]


def test_nothing_waiting_makes_no_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported(tmp_path)

    assert capsys.readouterr().out.strip() == "No payment is waiting. Nothing was exported."
    assert not Batch.objects.exists()
    assert names(tmp_path) == []


def test_an_old_batch_is_written_again_byte_for_byte(alice: Operator, jan: Customer, tmp_path: Path) -> None:
    pay(alice, jan, "75.50", comment="x")
    exported(tmp_path)
    content = (tmp_path / "batch-000001.csv").read_bytes()
    pay(alice, jan, "1")
    before = everything()
    Operator.objects.update(username="alicia", name="Other")
    Invoice.objects.update(number="OTHER")
    Customer.objects.update(external_id="77")
    PaymentMethod.objects.filter(name="Cash").update(name="Coins", is_active=False)

    again = tmp_path / "again"
    again.mkdir()
    exported(again, "--batch", "1")
    exported(tmp_path, "--batch", "1")

    assert (again / "batch-000001.csv").read_bytes() == content
    assert (tmp_path / "batch-000001.csv").read_bytes() == content
    assert everything()["Delivery"] == before["Delivery"]
    assert Batch.objects.count() == 1


def test_a_batch_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"There is no batch 1\."):
        exported(tmp_path, "--batch", "1")
    assert names(tmp_path) == []


def test_a_folder_that_is_not_there_is_told_before_anything_is_committed(
    alice: Operator, jan: Customer, tmp_path: Path
) -> None:
    pay(alice, jan)
    before = everything()

    with pytest.raises(CommandError, match="There is no folder"):
        exported(tmp_path / "missing")

    assert everything() == before


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_when_the_file_cannot_be_written_it_is_said_how_to_write_it_again(
    alice: Operator, jan: Customer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    pay(alice, jan)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(step, full)
        with pytest.raises(CommandError) as refused:
            exported(tmp_path)

    assert refused.value.returncode == 1
    assert "No space left on device" in str(refused.value)
    assert f"export_payments --to {tmp_path} --batch 1" in str(refused.value)
    assert names(tmp_path) == []  # not even half a file
    exported(tmp_path, "--batch", "1")
    assert len(rows(tmp_path, 1)) == 2


def test_a_file_with_other_content_is_not_overwritten(alice: Operator, jan: Customer, tmp_path: Path) -> None:
    there = tmp_path / "batch-000001.csv"
    there.write_text("somebody's")
    pay(alice, jan)

    with pytest.raises(CommandError, match="--batch 1"):
        exported(tmp_path)

    assert there.read_text() == "somebody's"
    there.unlink()
    exported(tmp_path, "--batch", "1")
    assert len(rows(tmp_path, 1)) == 2


def test_a_reversed_part_that_was_exported_goes_out_again_with_a_minus(
    alice: Operator, jan: Customer, tmp_path: Path
) -> None:
    payment = pay(alice, jan, "75.50")
    exported(tmp_path)
    reversal = reverse_payment(
        operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT, comment="typed wrongly"
    )
    exported(tmp_path)

    number = reversal.transaction.document_number
    assert [[row[1], row[2], row[3], row[5], row[9]] for row in rows(tmp_path, 2)[1:]] == [
        [f"{number}/1", "42", "INV-1", "-60.00", "typed wrongly"],
        [f"{number}/2", "42", "", "-15.50", "typed wrongly"],
    ]


def test_a_payment_reversed_before_it_was_exported_never_goes_out(
    alice: Operator, jan: Customer, tmp_path: Path
) -> None:
    reverse_payment(operator=alice, key=pay(alice, jan).key, reason=Reversal.Reason.CHANGED_MIND)

    exported(tmp_path)

    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("comment", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+420 777", "'+420 777"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("'quoted", "''quoted"),
        ('say "hi", ok\nthere', 'say "hi", ok\nthere'),
        ("5 = 5", "5 = 5"),
        ("Žluťoučký 😀", "Žluťoučký 😀"),
    ],
)
def test_a_comment_is_no_formula_and_comes_back_whole(
    alice: Operator, jan: Customer, tmp_path: Path, comment: str, cell: str
) -> None:
    pay(alice, jan, "1", comment=comment)

    exported(tmp_path)

    [[*_, found]] = rows(tmp_path, 1)[1:]
    assert found == cell
    assert (found.removeprefix("'") if found.startswith("'") else found) == comment


def test_the_number_of_queries_does_not_grow_with_the_batch(
    alice: Operator, jan: Customer, django_assert_num_queries: Any
) -> None:
    for count in (1, 20):
        for _ in range(count):
            pay(alice, jan, "1")
        number = exporting.commit_batch()
        assert number is not None
        with django_assert_num_queries(1):
            exporting.batch_text(number)
    assert Payment.objects.count() == 21
