"""What the verification meets that nobody should have written: it names the place and goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from accounts.models import Operator
from payments.anchoring import append_anchor
from payments.giving_up import give_up
from payments.models import Payment
from payments.printing import print_receipt
from tests.evidence.conftest import Told
from tests.evidence.looking import execute, faults, verified
from tests.house.books import columns_of, run_two_shifts, undone

Command = Callable[..., Told]
TABLES = (
    "tills_transaction", "payments_payment", "payments_allocation", "payments_reversal", "payments_delivery",
    "payments_printing", "payments_givenupkey", "tills_shift", "tills_count", "tills_countrow", "tills_zreport",
    "tills_usedform", "tills_writeoff",
)  # fmt: skip


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    return tmp_path / "anchors.jsonl"


@pytest.mark.sqlite
@pytest.mark.parametrize("column", ["amount", "effect", "cash", "balance_before", "balance_after", "number"])
def test_text_where_a_number_belongs_is_named_with_its_line(bare: list[Payment], column: str, told: Command) -> None:
    line = bare[0].transaction
    execute("PRAGMA ignore_check_constraints = ON")
    execute(f"UPDATE tills_transaction SET \"{column}\" = 'much' WHERE id = %s", line.pk)
    code, said = told("verify_books")
    assert code == 1
    assert line.till.code in said.partition("\n")[0]
    if column != "number":
        assert f"WRONG: {line.document_number}: " in said


@pytest.mark.sqlite
@pytest.mark.parametrize("table", TABLES)
def test_text_in_any_column_stops_no_verification(bare: list[Payment], alice: Operator, table: str) -> None:
    print_receipt(operator=alice, key=bare[0].key)
    give_up(operator=alice, key=uuid4())
    run_two_shifts()
    for column in set(columns_of(table)) - {"id"}:  # SQLite itself takes only numbers there
        with undone():
            execute("PRAGMA defer_foreign_keys = ON")
            execute("PRAGMA ignore_check_constraints = ON")
            execute(f'UPDATE "{table}" SET "{column}" = \'much\' WHERE rowid = (SELECT MIN(rowid) FROM "{table}")')
            verified()
    assert faults() == []


@pytest.mark.parametrize("name", ["at", "mac", "papers"])
def test_half_a_character_in_an_anchor_is_named_with_its_place(
    ledger: list[Payment], anchors: Path, name: str, told: Command
) -> None:
    anchor = json.loads(append_anchor(anchors)) | {name: "\ud800"}
    anchors.write_text(json.dumps(anchor) + "\n")
    assert faults(anchors)[0] == "anchors.jsonl line 1: this is not an anchor"
    assert told("anchor_books", file=str(anchors))[0] == 1


@pytest.mark.parametrize("line", ["[" * 100_000, '{"a":' * 100_000])
def test_what_cannot_be_an_anchor_is_named_with_its_place(
    ledger: list[Payment], anchors: Path, told: Command, line: str
) -> None:
    append_anchor(anchors)
    anchors.write_text(anchors.read_text() + line + "\n")
    assert faults(anchors) == ["anchors.jsonl line 2: this is not an anchor"]
    code, said = told("anchor_books", file=str(anchors))
    assert (code, "this is not an anchor. Keep this file, and begin another one." in said) == (1, True)


def test_bytes_that_are_no_text_are_not_continued(house: None, anchors: Path, told: Command) -> None:
    anchors.write_bytes(b"\xff\xfe\n")
    code, said = told("anchor_books", file=str(anchors))
    assert (code, "Keep this file, and begin another one." in said) == (1, True)


def test_an_anchor_goes_on_a_line_of_its_own_when_the_last_one_has_lost_its_end(
    ledger: list[Payment], anchors: Path
) -> None:
    append_anchor(anchors)
    anchors.write_text(anchors.read_text().removesuffix("\n"))
    append_anchor(anchors)
    report = verified(anchors)
    assert (report.anchors, report.faults) == (2, [])
