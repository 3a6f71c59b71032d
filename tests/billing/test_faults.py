"""Files with faults: each fault is told with file, line, column and reason, all in one run, and nothing is written."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Reseller
from billing.faults import FilesFaulty
from billing.importing import preview_files
from tests.billing.files import CUSTOMERS, INVOICES, Files, everything, invoice, write

pytestmark = pytest.mark.django_db

GOOD = "1,jan,Jan Novák,,,-60.00"
C = "customers"
I = "invoices"  # noqa: E741


def told(files: Files) -> list[tuple[str, int, str, str]]:
    """Return the faults of an import that must be refused and must have written nothing."""
    before = everything()
    with pytest.raises(FilesFaulty) as refused:
        files.run()
    assert everything() == before
    return [(Path(f.file).stem, f.line, f.column, f.reason) for f in refused.value.faults]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("2,x,Y", "company", "is missing"),
        ("2,x,Y,,", "balance", "is missing"),
        ("2", "login", "is missing"),
        ("2,x,Y,,,0,0", "7", "there are 7 columns instead of 6"),
        (",x,Y,,,0", "external_id", "is empty"),
        ("  ,x,Y,,,0", "external_id", "is empty"),
        (" 2,x,Y,,,0", "external_id", "begins or ends with a space"),
        ("2,x ,Y,,,0", "login", "begins or ends with a space"),
        ("1,x,Y,,,0", "external_id", "stands on line 2 already"),
        (f"{'9' * 65},x,Y,,,0", "external_id", "is longer than 64 characters"),
        (f"2,{'x' * 129},Y,,,0", "login", "is longer than 128 characters"),
        (f"2,x,{'Y' * 256},,,0", "name", "is longer than 255 characters"),
        (f"2,x,,{'Y' * 256},,0", "company", "is longer than 255 characters"),
        ("2,x,,,,0", "name", "there is neither a name nor a company"),
        ('2,x,  ," ",,0', "name", "there is neither a name nor a company"),
        ("2,x,Y,,south,0", "reseller", "is not the code of a reseller"),
        ("2,x,Y,,North,0", "reseller", "is not the code of a reseller"),
        ("2,x,Y,,,", "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,,NaN", "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,,Infinity", "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,,1e5", "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,,+5", "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,,.5", "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,,5.", "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,, 5", "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,,--5", "balance", "is not a decimal like 1234.50"),
        ('2,x,Y,,,"1,5"', "balance", "is not a decimal like 1234.50"),
        ('2,x,Y,,,"1,000.00"', "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,,1_000", "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,,−5", "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,,١٢", "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,,0x10", "balance", "is not a decimal like 1234.50"),
        ("2,x,Y,,,1.23456", "balance", "has more than 4 decimals"),
        ("2,x,Y,,,123456789012", "balance", "has more than 11 digits before the dot"),
        ("2,x,Y,,,-922337203685478", "balance", "has more than 11 digits before the dot"),
        ("2,x,Y\0,,,0", "name", "holds a NUL character"),
        ("2,x,Y\x1b[31m,,,0", "name", "holds a control character"),
        ('2,x,"Y,,,0', "", "the quotes cannot be read: unexpected end of data"),
        ('2,x,"Y"Z,,,0', "", "the quotes cannot be read: ',' expected after '\"'"),
    ],
)
def test_a_faulty_customer_is_told(north: Reseller, tmp_path: Path, row: str, column: str, reason: str) -> None:
    assert told(write(tmp_path, [GOOD, row], [invoice("A")])) == [(C, 3, column, reason)]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("B,invoice,1,2026-10-01,2026-10-15,60", "due", "is missing"),
        ("B,invoice,1,2026-10-01,2026-10-15,60,60,60", "8", "there are 8 columns instead of 7"),
        (invoice(""), "number", "is empty"),
        (invoice("A"), "number", "stands on line 2 already"),
        (invoice("9" * 65), "number", "is longer than 64 characters"),
        (invoice("B", kind="Invoice"), "kind", "is neither invoice nor proforma"),
        (invoice("B", kind=""), "kind", "is neither invoice nor proforma"),
        (invoice("B", kind="credit"), "kind", "is neither invoice nor proforma"),
        (invoice("B", "2"), "customer", "is not in the customers file"),
        (invoice("B", ""), "customer", "is empty"),
        ("B,invoice,1,2026-13-01,2026-10-15,60,60", "issued_on", "is not a day like 2026-11-23"),
        ("B,invoice,1,2026-02-30,2026-10-15,60,60", "issued_on", "is not a day like 2026-11-23"),
        ("B,invoice,1,0000-01-01,2026-10-15,60,60", "issued_on", "is not a day like 2026-11-23"),
        ("B,invoice,1,20261001,2026-10-15,60,60", "issued_on", "is not a day like 2026-11-23"),
        ("B,invoice,1,2026-10-01,15.10.2026,60,60", "due_on", "is not a day like 2026-11-23"),
        ("B,invoice,1,2026-10-01,2026-W01-1,60,60", "due_on", "is not a day like 2026-11-23"),
        ("B,invoice,1,2026-10-01,2026-10-15T00:00,60,60", "due_on", "is not a day like 2026-11-23"),
        ("B,invoice,1,2026-10-01,,60,60", "due_on", "is not a day like 2026-11-23"),
        (invoice("B", due="-1"), "due", "is below zero"),
        (invoice("B", due="0", total="-1"), "total", "is below zero"),
        (invoice("B", due="60.01"), "due", "is above the total"),
        (invoice("B", due="60.0001"), "due", "is above the total"),
        (invoice("B", due="1e5"), "due", "is not a decimal like 1234.50"),
        (invoice("B", total="NaN"), "total", "is not a decimal like 1234.50"),
        (invoice("B", total="1234567890123.45"), "total", "has more than 11 digits before the dot"),
        (invoice("B\0"), "number", "holds a NUL character"),
        (invoice('"B\nC"'), "number", "holds a control character"),
    ],
)
def test_a_faulty_document_is_told(tmp_path: Path, row: str, column: str, reason: str) -> None:
    assert told(write(tmp_path, [GOOD], [invoice("A"), row])) == [(I, 3, column, reason)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"external_id,login\n", f"the header is not {CUSTOMERS}"),
        (f"{CUSTOMERS},phone\n".encode(), f"the header is not {CUSTOMERS}"),
        (b"login,external_id,name,company,reseller,balance\n", f"the header is not {CUSTOMERS}"),
        (CUSTOMERS.replace(",", ";").encode(), f"the header is not {CUSTOMERS}"),
        (f"{INVOICES}\n".encode(), f"the header is not {CUSTOMERS}"),
        (f"{CUSTOMERS}\n{GOOD}\n".encode("utf-16"), "the file is not UTF-8"),
        (f"{CUSTOMERS}\n".encode(), "there is no customer in this file"),
    ],
)
def test_a_customers_file_that_is_none_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    files = write(tmp_path)
    files.customers.write_bytes(content)

    [(file, _line, column, found)] = told(files)

    assert (file, column, found) == (C, "", reason)


def test_bytes_that_are_not_utf8_are_told_with_their_place(tmp_path: Path) -> None:
    files = write(tmp_path)
    rows = [CUSTOMERS, GOOD, "2,x,Novák,,,0", "3,x,Y,Žižkov,,0", ""]
    files.customers.write_bytes("\n".join(rows[:2]).encode() + b"\n" + "\n".join(rows[2:]).encode("cp1250"))

    assert told(files) == [
        (C, 3, "name", "holds bytes that are not UTF-8"),
        (C, 4, "company", "holds bytes that are not UTF-8"),
    ]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    files = write(tmp_path, [GOOD])
    files.invoices.unlink()

    assert told(files) == [(I, 1, "", "the file cannot be read: No such file or directory")]


def test_every_fault_of_both_files_is_told_in_one_run(tmp_path: Path) -> None:
    files = write(
        tmp_path,
        [GOOD, "", '2,x,"Two\nlines",,,x', "1,y,,,south,1e5", "4,z"],
        [invoice("A"), invoice("A", "4", due="-1"), invoice("B", "nobody"), invoice("C", "2", due="61")],
    )

    assert told(files) == [
        (C, 4, "balance", "is not a decimal like 1234.50"),
        (C, 6, "balance", "is not a decimal like 1234.50"),
        (C, 6, "external_id", "stands on line 2 already"),
        (C, 6, "name", "there is neither a name nor a company"),
        (C, 6, "reseller", "is not the code of a reseller"),
        (C, 7, "name", "is missing"),
        (I, 3, "due", "is below zero"),
        (I, 3, "number", "stands on line 2 already"),
        (I, 4, "customer", "is not in the customers file"),
        (I, 5, "due", "is above the total"),
    ]


def test_the_command_lists_the_faults_and_exits_with_one(tmp_path: Path) -> None:
    files = write(tmp_path, ["1,x,,,,1e5"])
    before = everything()

    for options in ([], ["--dry-run"]):
        with pytest.raises(CommandError) as refused:
            call_command("import_billing", *files.arguments, *options)
        assert refused.value.returncode == 1
        assert str(refused.value).splitlines() == [
            "Nothing was imported. The files hold 2 faults:",
            f"{files.customers}, line 2, column balance: is not a decimal like 1234.50",
            f"{files.customers}, line 2, column name: there is neither a name nor a company",
        ]
    assert everything() == before


def test_a_dry_run_tells_the_same_faults(tmp_path: Path) -> None:
    files = write(tmp_path, ["1,x,,,,1e5"])

    with pytest.raises(FilesFaulty) as refused:
        preview_files(customers=files.customers, invoices=files.invoices)

    assert len(refused.value.faults) == 2


@pytest.mark.parametrize("balance", ["0", "-0.00", "007.50", "99999999999.9999", "-99999999999.9999", "12"])
def test_well_written_decimals_are_taken(tmp_path: Path, balance: str) -> None:
    assert write(tmp_path, [f"1,x,Y,,,{balance}"]).run().changes.created == 1
