"""What an import makes of two good files: created, changed, unchanged, closed, gone and back."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Operator, Reseller
from billing.faults import Superseded, TooManyVanished
from billing.importing import import_files, preview_files
from billing.models import Import
from customers import projecting
from customers.figures import Changes
from customers.models import Customer, Invoice, SearchKey
from customers.searching import search
from payments.refusals import CustomerGone
from tests.billing.files import everything, invoice, write
from tests.factories import pay

pytestmark = pytest.mark.django_db

JAN = "1,jan,Jan Novák,,,-60.00"
MANY = [f"{n},login{n},Name {n},,,0" for n in range(2, 32)]


def written(queries: CaptureQueriesContext) -> list[str]:
    """Return the statements that change customers, documents or words."""
    tables = ("customers_customer", "customers_invoice", "customers_searchkey")
    writing = [q["sql"] for q in queries.captured_queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    return [sql for sql in writing if any(table in sql for table in tables)]


def test_customers_and_documents_come_in_as_they_stand(north: Reseller, tmp_path: Path) -> None:
    files = write(
        tmp_path,
        [JAN, '2,,"  Acme,\n  s.r.o. ",Acme,north,10.1234'],
        [invoice("INV-1"), invoice("INV-1", "2", due="0.5", total="99999999999.9999", kind="proforma")],
    )

    run = files.run(as_of=datetime(2026, 11, 1, tzinfo=UTC))

    jan, acme = Customer.objects.order_by("external_id")
    assert (jan.login, jan.name, jan.company, jan.reseller, jan.balance) == ("jan", "Jan Novák", "", None, Decimal(-60))
    assert (acme.login, acme.name, acme.company, acme.reseller) == ("", "Acme, s.r.o.", "Acme", north)
    assert (acme.balance, acme.as_of) == (Decimal("10.1234"), datetime(2026, 11, 1, tzinfo=UTC))
    [document] = jan.invoices.all()
    assert (document.number, document.external_id, document.kind) == ("INV-1", "INV-1", "invoice")
    assert (document.issued_on, document.due_on) == (date(2026, 10, 1), date(2026, 10, 15))
    [proforma] = acme.invoices.all()
    assert (proforma.kind, proforma.total, proforma.due) == ("proforma", Decimal("99999999999.9999"), Decimal("0.5"))
    assert run.changes == Changes(created=2, documents_created=2)
    assert run.record.finished_at is not None


def test_a_byte_order_mark_and_line_ends_of_windows_are_taken(tmp_path: Path) -> None:
    files = write(tmp_path, [JAN], [invoice("INV-1")])
    for path in (files.customers, files.invoices):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert files.run().changes == Changes(created=1, documents_created=1)
    assert Customer.objects.get().external_id == "1"


def test_run_again_it_writes_nothing(tmp_path: Path) -> None:
    files = write(tmp_path, [JAN, *MANY], [invoice("INV-1"), invoice("INV-2", "2")])
    files.run()
    before = everything()

    with CaptureQueriesContext(connection) as queries:
        run = files.run()

    assert written(queries) == []
    assert run.changes == Changes(unchanged=31, documents_unchanged=2)
    assert {**everything(), "Import": before["Import"]} == before


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    write(tmp_path, [JAN, *MANY], [invoice("INV-1"), invoice("INV-2", "2"), invoice("INV-3", "3")]).run()
    before = {customer.external_id: customer for customer in Customer.objects.all()}

    run = write(
        tmp_path,
        ["1,jan,Jan Novák,,,-30.00", *MANY],
        [invoice("INV-1", due="30"), invoice("INV-2", "2"), invoice("INV-3", "3"), invoice("INV-4", "4")],
    ).run()

    counted = {"documents_created": 1, "documents_changed": 1, "documents_unchanged": 2}
    assert run.changes == Changes(changed=1, unchanged=30, **counted)
    changed = Customer.objects.get(external_id="1")
    assert (changed.balance, changed.fetched) == (Decimal(-30), run.record.number)
    assert Invoice.objects.get(number="INV-1").due == Decimal(30)
    untouched = Customer.objects.exclude(external_id="1").values_list("external_id", "as_of", "fetched")
    assert all((before[pk].as_of, before[pk].fetched) == (as_of, fetched) for pk, as_of, fetched in untouched)


def test_a_document_no_longer_named_is_closed(tmp_path: Path) -> None:
    documents = [invoice(f"INV-{n}") for n in range(20)]
    write(tmp_path, [JAN], documents).run()

    run = write(tmp_path, [JAN], documents[1:]).run()

    assert run.changes.documents_closed == 1
    assert Invoice.objects.get(number="INV-0").due == 0
    assert Invoice.objects.filter(due__gt=0).count() == 19
    assert write(tmp_path, [JAN], documents[1:]).run().changes.documents_closed == 0


def test_the_same_number_of_another_customer_or_kind_is_another_document(tmp_path: Path) -> None:
    write(tmp_path, [JAN, *MANY], [invoice("A"), invoice("A", kind="proforma")]).run()

    write(tmp_path, [JAN, *MANY], [invoice("A", "2")]).run(allow_vanished=True)

    found = Invoice.objects.order_by("pk").values_list("customer__external_id", "kind", "due")
    assert list(found) == [("1", "invoice", Decimal(0)), ("1", "proforma", Decimal(0)), ("2", "invoice", Decimal(60))]


def test_a_customer_no_longer_named_is_gone_and_comes_back(alice: Operator, tmp_path: Path) -> None:
    write(tmp_path, [JAN, *MANY], [invoice("INV-1")]).run()
    jan = Customer.objects.get(external_id="1")

    gone = write(tmp_path, MANY).run(allow_vanished=True)
    stored = Customer.objects.get(external_id="1")
    assert (gone.changes.gone, gone.changes.documents_closed) == (1, 1)
    assert stored.gone_at is not None
    assert stored.balance == Decimal(-60)
    assert not SearchKey.objects.filter(customer=jan).exists()
    assert search(operator=alice, text="novak").rows == []
    with pytest.raises(CustomerGone):
        pay(alice, jan)

    back = write(tmp_path, [JAN, *MANY], [invoice("INV-1")]).run()
    returned = Customer.objects.get(external_id="1")
    assert (back.changes.changed, back.changes.returned, back.changes.documents_changed) == (1, 1, 1)
    assert returned.gone_at is None
    assert search(operator=alice, text="novak").rows == [returned]
    pay(alice, jan)


def test_who_moves_to_a_reseller_is_found_by_theirs(
    alice: Operator, charlie: Operator, north: Reseller, tmp_path: Path
) -> None:
    write(tmp_path, [JAN], [invoice("INV-1")]).run()
    assert not search(operator=charlie, text="jan").rows

    write(tmp_path, ["1,jan,Jan Novák,,north,-60.00"], [invoice("INV-1")]).run()

    for typed in ("jan", "1", "INV-1"):
        assert search(operator=charlie, text=typed).one == Customer.objects.get() or typed == "jan"
        assert len(search(operator=charlie, text=typed).rows) == 1
    write(tmp_path, [JAN], [invoice("INV-1")]).run()
    for typed in ("jan", "1", "INV-1"):
        assert not search(operator=charlie, text=typed).rows
        assert search(operator=alice, text=typed).rows


@pytest.mark.parametrize(
    ("known", "named", "refused"),
    [(20, 19, False), (20, 18, True), (19, 18, True), (40, 38, False), (40, 37, True), (1, 0, True)],
)
def test_more_than_one_in_twenty_vanishing_is_refused(tmp_path: Path, known: int, named: int, refused: bool) -> None:  # noqa: FBT001
    rows = [f"{n},login{n},Name {n},,,0" for n in range(known)]
    documents = [invoice(f"INV-{n}", "new") for n in range(known)]
    new = "new,new,New,,,0"
    write(tmp_path, [*rows, *MANY[:0]], []).run()
    check(tmp_path, [*rows[:named], new], [], refused)
    write(tmp_path, [*rows, new], documents).run(allow_vanished=True)
    check(tmp_path, [*rows, new], documents[:named], refused)


def check(folder: Path, customers: Sequence[str], invoices: Sequence[str], refused: bool) -> None:  # noqa: FBT001
    """Fail unless an import of these files is refused, or not, by itself and when it is only tried."""
    files = write(folder, customers, invoices)
    before = everything()
    if not refused:
        preview_files(customers=files.customers, invoices=files.invoices)
        assert everything() == before
        files.run()
        return
    for act in (files.run, lambda: preview_files(customers=files.customers, invoices=files.invoices)):
        with pytest.raises(TooManyVanished, match="--allow-vanished"):
            act()
        assert everything() == before


def test_who_is_gone_already_does_not_count_as_vanishing(tmp_path: Path) -> None:
    write(tmp_path, [JAN, *MANY], [invoice("INV-1")]).run()
    write(tmp_path, MANY[:20]).run(allow_vanished=True)

    assert write(tmp_path, MANY[:20]).run().changes == Changes(unchanged=20)


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path, [JAN, *MANY], [invoice("INV-1"), invoice("INV-2", "2")]).run()
    files = write(
        tmp_path,
        ["1,jan,Jan Nový,,,-30.00", *MANY[1:], "99,new,New,,,0"],
        [invoice("INV-1", due="30"), invoice("INV-9", "99"), invoice("INV-3", "3")],
    )
    before = everything()

    said = preview_files(customers=files.customers, invoices=files.invoices, allow_vanished=True)
    assert everything() == before
    done = files.run(allow_vanished=True).changes

    assert said == done
    assert said == Changes(
        created=1, changed=1, unchanged=29, gone=1, documents_created=2, documents_changed=1, documents_closed=1
    )


def test_an_older_import_that_runs_late_stops_before_it_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer, older = tmp_path / "newer", tmp_path / "older"
    for folder in (newer, older):
        folder.mkdir()
    late = write(older, ["1,jan,Old,,,-10.00"])
    real = projecting.write_customers

    def overtaken(**arguments: Any) -> Changes:
        monkeypatch.setattr(projecting, "write_customers", real)
        write(newer, ["1,jan,New,,,-90.00"]).run()
        return real(**arguments)

    monkeypatch.setattr(projecting, "write_customers", overtaken)
    with pytest.raises(Superseded):
        late.run()

    assert list(Customer.objects.values_list("name", "balance")) == [("New", Decimal(-90))]


def test_more_customers_than_one_transaction_takes_come_in_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    real = projecting.write_customers

    def noting(**arguments: Any) -> Changes:
        sizes.append(len(arguments["figures"]))
        return real(**arguments)

    monkeypatch.setattr(projecting, "write_customers", noting)
    rows = [f"{n},login{n},Name {n},,,{n}" for n in range(1201)]
    documents = [invoice(f"INV-{n}", str(1200 - n)) for n in range(1201)]
    run = write(tmp_path, rows, documents).run()

    assert sizes == [500, 500, 201]
    assert run.changes == Changes(created=1201, documents_created=1201)
    assert Customer.objects.get(external_id="1200").balance == 1200
    assert Invoice.objects.get(number="INV-0").customer.external_id == "1200"
    gone = write(tmp_path, rows[:1], documents[-1:]).run(allow_vanished=True)
    assert (gone.changes.gone, gone.changes.documents_closed) == (1200, 1200)


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = write(tmp_path, [JAN], [invoice("INV-1")])

    call_command("import_billing", *files.arguments, "--dry-run")
    assert "Dry run: nothing was written." in capsys.readouterr().out
    assert not Import.objects.exists()
    call_command("import_billing", *files.arguments, "--as-of", "2026-11-01T06:00")

    assert capsys.readouterr().out.splitlines() == [
        "Import 1, contains batches up to 0.",
        "Customers: 1 created, 0 changed (of these back again: 0), 0 unchanged, 0 gone.",
        "Documents: 1 created, 0 changed, 0 unchanged, 0 closed.",
        "Parts of payments now contained in the figures: 0.",
    ]
    assert Import.objects.get().as_of == datetime(2026, 11, 1, 6, tzinfo=UTC)


def test_a_moment_that_is_none_is_refused(tmp_path: Path) -> None:
    files = write(tmp_path, [JAN])

    with pytest.raises(CommandError, match="2026-11-23T06:00"):
        call_command("import_billing", *files.arguments, "--as-of", "yesterday")

    assert not Customer.objects.exists()


@pytest.mark.postgres
def test_the_database_knows_the_size_of_its_tables_right_after(tmp_path: Path) -> None:
    write(tmp_path, [JAN, *MANY], [invoice("INV-1")]).run()

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'customers_customer'")
        assert cursor.fetchone() == (31,)


def test_imports_are_numbered_in_the_order_they_begin(tmp_path: Path) -> None:
    files = write(tmp_path, [JAN])
    numbers = [import_files(customers=files.customers, invoices=files.invoices).record.number for _ in range(3)]

    assert numbers == sorted(set(numbers))
