"""Anchors: what they say, where they go, and what only they can show."""

import json
import smtplib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from accounts.models import Operator
from customers.models import Customer
from payments.anchoring import AnchorBroken, AnchorRefused, append_anchor, make_anchor, read_anchor
from payments.models import Payment
from payments.printing import print_receipt
from payments.verifying import Asked, verify_books
from payments.verifying.beside import faults_beside
from payments.verifying.report import Fault, Tally
from proofs.tampering import cut_tails, cut_tills
from tests.evidence.conftest import Told
from tests.evidence.looking import execute, faults, verified
from tests.factories import pay
from tills import proofs
from tills.models import Till, Transaction

Command = Callable[..., Told]


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    return tmp_path / "anchors.jsonl"


def change(path: Path, place: int, what: Callable[[dict[str, Any]], object]) -> None:
    """Change one anchor as somebody can who may write the file but does not have the key."""
    lines = path.read_text().splitlines()
    anchor = json.loads(lines[place])
    what(anchor)
    lines[place] = json.dumps(anchor)
    path.write_text("\n".join(lines) + "\n")


# --- What they say ---------------------------------------------------------------------------------------------------


def test_an_anchor_holds_the_head_of_every_till(ledger: list[Payment], charlie: Operator) -> None:
    other = Till.objects.create(code="R", reseller=charlie.reseller)
    last = Transaction.objects.order_by("number").last()
    assert last is not None
    anchor = read_anchor(make_anchor(None))
    assert anchor["tills"] == [
        {"till": last.till_id, "code": last.till.code, "number": 6, "digest": last.digest, "balance": -750_000},
        {"till": other.pk, "code": "R", "number": 0, "digest": proofs.FIRST, "balance": 0},
    ]


def test_its_signature_is_made_with_a_key_of_its_own(house: None) -> None:
    text = json.loads(make_anchor(None))
    mac = text.pop("mac")
    assert mac != proofs.digest(payload=proofs.spell(text), previous="")
    assert proofs.derive(settings.CASHDESK_PROOF_KEY, "anchor") != settings.CASHDESK_PROOF_KEY.encode()


def test_an_anchor_verifies_with_the_former_key_that_signed_it(house: None) -> None:
    line = make_anchor(None)
    with override_settings(CASHDESK_PROOF_KEY="k" * 32, CASHDESK_PROOF_KEYS_OLD=(settings.CASHDESK_PROOF_KEY,)):
        assert read_anchor(line)["anchor"] == "cashdesk anchor"
    with override_settings(CASHDESK_PROOF_KEY="k" * 32), pytest.raises(AnchorBroken, match="is not configured"):
        read_anchor(line)


def test_an_anchor_written_while_the_books_are_verified_is_no_alarm(
    committed_db: None,
    alice: Operator,
    debtor: Customer,
    anchors: Path,
    beside: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pay(alice, debtor, "1.00")
    append_anchor(anchors)

    def meanwhile(tally: Tally) -> Iterator[Fault]:
        beside(lambda: [pay(alice, debtor, "2.00"), append_anchor(anchors)])
        return faults_beside(tally)

    monkeypatch.setattr("payments.verifying.books.faults_beside", meanwhile)
    report = verify_books(Asked(anchors=anchors))
    assert (report.faults, report.anchors) == ([], 1)
    monkeypatch.undo()
    assert verify_books(Asked(anchors=anchors)).anchors == 2


# --- Where they go ---------------------------------------------------------------------------------------------------


def test_each_run_appends_one_line_chained_to_the_one_before(
    ledger: list[Payment], anchors: Path, told: Command
) -> None:
    for _run in range(3):
        assert told("anchor_books", file=str(anchors)) == (0, f"Anchored the books: {anchors}.\n")
    first, second, third = (json.loads(line) for line in anchors.read_text().splitlines())
    assert [first["previous"], second["previous"], third["previous"]] == [proofs.FIRST, first["mac"], second["mac"]]
    assert told("verify_books", anchors=anchors)[1].endswith("3 anchors: nothing is wrong.\n")


def test_standard_output_gets_nothing_but_the_line(ledger: list[Payment], told: Command, anchors: Path) -> None:
    code, said = told("anchor_books", file="-")
    assert (code, read_anchor(said)["previous"]) == (0, None)
    anchors.write_text(said + told("anchor_books", file="-")[1])  # collected elsewhere, each stands alone
    assert faults(anchors) == []


def test_it_is_mailed_where_that_is_configured(ledger: list[Payment], told: Command, anchors: Path) -> None:
    with override_settings(CASHDESK_ANCHOR_EMAIL=["owner@example.com"]):
        assert told("anchor_books", file=str(anchors)) == (0, f"Anchored the books: {anchors}, owner@example.com.\n")
        assert told("anchor_books")[0] == 0
    assert [message.to for message in mail.outbox] == [["owner@example.com"]] * 2
    assert mail.outbox[0].body == anchors.read_text()


def test_a_mail_server_that_does_not_take_it_is_a_failure(
    ledger: list[Payment], told: Command, anchors: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    with override_settings(CASHDESK_ANCHOR_EMAIL=["owner@example.com"]):
        code, said = told("anchor_books", file=str(anchors))
    assert (code, said) == (1, "The anchor could not be sent by mail: Connection unexpectedly closed")
    assert len(anchors.read_text().splitlines()) == 1  # it stands in the file all the same


def test_without_a_place_to_go_it_says_so(house: None, told: Command) -> None:
    code, said = told("anchor_books")
    assert (code, "Say where the anchor goes" in said) == (1, True)


def test_a_file_that_cannot_be_written_is_a_failure(house: None, told: Command, tmp_path: Path) -> None:
    code, said = told("anchor_books", file=str(tmp_path / "nowhere" / "anchors"))
    assert (code, "cannot be written" in said) == (1, True)


def test_a_file_that_does_not_end_with_an_anchor_is_not_continued(house: None, anchors: Path) -> None:
    append_anchor(anchors)
    before = anchors.read_text() + '{"half'
    anchors.write_text(before)
    with pytest.raises(AnchorRefused, match="Keep this file, and begin another one"):
        append_anchor(anchors)
    assert anchors.read_text() == before


# --- What only they can show -----------------------------------------------------------------------------------------


def test_a_tail_that_is_cut_off_is_missed_without_anchors_and_found_with_them(
    bare: list[Payment], anchors: Path
) -> None:
    append_anchor(anchors)
    list(cut_tails(2))[-1].do()
    assert faults() == []
    assert ["this line is gone; it was the till's last one in anchors.jsonl line 1" in f for f in faults(anchors)] == [
        True
    ]


def test_a_till_that_is_gone_is_found(bare: list[Payment], anchors: Path) -> None:
    append_anchor(anchors)
    code = Till.objects.get().code
    next(iter(cut_tills())).do()
    assert faults() == []
    assert [fault.split(":")[0] for fault in faults(anchors)] == [f"till {code}", f"{code}-000006"]


def test_a_till_that_was_renamed_before_its_first_line_is_no_fault(
    ledger: list[Payment], anchors: Path, bob: Operator, debtor: Customer
) -> None:
    till = Till.objects.create(code="NEW", operator=bob)
    append_anchor(anchors)
    Till.objects.filter(pk=till.pk).update(code="B7")
    assert faults(anchors) == []
    append_anchor(anchors)
    pay(bob, debtor, "1.00")
    append_anchor(anchors)
    assert faults(anchors) == []


def test_an_empty_till_that_is_gone_and_a_used_one_that_was_renamed_are_found(
    bare: list[Payment], anchors: Path, bob: Operator
) -> None:
    used = Till.objects.get().code
    Till.objects.create(code="NEW", operator=bob)
    append_anchor(anchors)
    execute("DELETE FROM tills_till WHERE code = 'NEW'")
    execute("UPDATE tills_till SET code = 'X9'")
    found = [fault.split(";")[0] for fault in faults(anchors) if fault.startswith("till ")]
    assert found == [f"till {used}: it is not there any more", "till NEW: it is not there any more"]


def test_another_history_of_the_same_length_is_found(
    bare: list[Payment], anchors: Path, alice: Operator, debtor: Customer
) -> None:
    """The tail is cut and written again by the desk itself, with the real key: only the anchor knows the first one."""
    append_anchor(anchors)
    list(cut_tails(2))[-1].do()
    for _line in range(2):
        pay(alice, debtor, "1.00")
    assert faults() == []
    assert ["this is another line than the till's last one" in fault for fault in faults(anchors)] == [True]


def test_lines_written_after_the_anchor_are_no_fault(
    ledger: list[Payment], anchors: Path, alice: Operator, debtor: Customer
) -> None:
    append_anchor(anchors)
    pay(alice, debtor, "1.00")
    print_receipt(operator=alice, key=ledger[0].key)
    assert faults(anchors) == []


def test_the_last_printing_taken_away_is_found(bare: list[Payment], anchors: Path, alice: Operator) -> None:
    print_receipt(operator=alice, key=bare[0].key)
    append_anchor(anchors)
    execute("DELETE FROM payments_printing")
    assert faults() == []
    assert ["1 rows up to" in fault for fault in faults(anchors)] == [True]


@pytest.mark.parametrize(
    "what",
    [
        lambda anchor: anchor["tills"][0].update(number=5),
        lambda anchor: anchor["tills"].clear(),
        lambda anchor: anchor.update(at="2030-01-01T00:00:00.000000Z"),
        lambda anchor: anchor.update(previous=None),
        lambda anchor: anchor.update(mac="0" * 64),
        lambda anchor: anchor.update(mac="Ž"),
        lambda anchor: anchor.pop("mac"),
    ],
)
def test_an_anchor_changed_without_the_key_is_found(
    ledger: list[Payment], anchors: Path, what: Callable[[dict[str, Any]], object]
) -> None:
    append_anchor(anchors)
    change(anchors, 0, what)
    assert faults(anchors)[0] == "anchors.jsonl line 1: its signature does not fit: it was changed"


@pytest.mark.parametrize("line", ["", "{}", "[]", "7", '"text"', '{"anchor": 1.5}', "\udcff", "{" * 100])
def test_what_is_no_anchor_is_found_and_does_not_stop_the_rest(ledger: list[Payment], anchors: Path, line: str) -> None:
    append_anchor(anchors)
    anchors.write_text(anchors.read_text() + line + "\n", errors="surrogateescape")
    report = verified(anchors)
    assert (report.anchors, [str(fault) for fault in report.faults]) == (
        1, ["anchors.jsonl line 2: this is not an anchor"],
    )  # fmt: skip


def test_an_anchor_taken_from_the_middle_is_found(ledger: list[Payment], anchors: Path) -> None:
    for _run in range(3):
        append_anchor(anchors)
    first, _second, third = anchors.read_text().splitlines()
    anchors.write_text(f"{first}\n{third}\n")
    assert faults(anchors) == [
        "anchors.jsonl line 2: it was not written after the line before it: anchors were taken away, or added"
    ]


def test_a_file_without_any_anchor_is_a_fault(ledger: list[Payment], anchors: Path, told: Command) -> None:
    anchors.touch()
    assert faults(anchors) == ["anchors.jsonl: there is no anchor in this file"]
    code, said = told("verify_books", anchors=anchors.with_name("missing"))
    assert (code, "The anchors cannot be read" in said) == (1, True)


def test_anchors_that_nobody_wrote_for_too_long_are_a_fault(
    ledger: list[Payment], anchors: Path, told: Command
) -> None:
    append_anchor(anchors)
    assert told("verify_books", anchors=anchors, max_age=60)[0] == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        code, said = told("verify_books", anchors=anchors, max_age=60)
    assert (code, "which is longer ago than allowed" in said) == (1, True)
    code, said = told("verify_books", max_age=60)
    assert (code, said) == (1, "--max-age is about the anchors: name their file with --anchors.")


def test_the_anchors_of_another_shop_are_not_taken_for_ours(ledger: list[Payment], anchors: Path) -> None:
    with override_settings(CASHDESK_PROOF_KEY="the proof key of quite another shop"):
        append_anchor(anchors)
    report = verified(anchors)
    assert (report.anchors, len(report.faults)) == (0, 2)
