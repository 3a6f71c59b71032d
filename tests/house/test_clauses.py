"""What a row that names others asks of them, one clause at a time: all else about the row and them is as it was."""

import pytest
from django.db import IntegrityError

from tests.house.books import Books, put_in, run, switch_off_triggers, take_out, undone
from tests.shifts.desk import issued
from tills import guard_rules
from tills.models import Till, ZReport

UNDONE, TAKEN = "id = {reversal_line}", "id = {taken_line}"
NO_CASH, NO_EFFECT = "cash = 0", "cash = 0, effect = 0, balance_after = balance_before"
MORE = "amount = amount + 1"
OFF = "id = (SELECT MAX(id) FROM tills_transaction WHERE kind = 'write_off')"
ELSEWHERE = "till_id = {norths_till}, number = number + 1000"
SPOILED_LINES = {  # what is done to the lines before the row that names them is written again
    "write_off_line": [
        [(OFF, ELSEWHERE)],
        [(OFF, f"{MORE}, effect = effect + 1, balance_after = balance_after + 1")],
        [(OFF, "kind = 'refill'")],
    ],
    "reversal_line": [
        [(UNDONE, ELSEWHERE)],
        [(TAKEN, "number = number + 1000")],
        [(UNDONE, "customer_id = {other_customer}")],
        [(UNDONE, "method_id = (SELECT id FROM tills_paymentmethod WHERE name = 'Cheque')")],
        [(UNDONE, NO_EFFECT), (TAKEN, NO_CASH)],
        [(UNDONE, NO_CASH)],
        [(UNDONE, f"{NO_EFFECT}, {MORE}"), (TAKEN, NO_EFFECT)],
        [(UNDONE, f"{NO_EFFECT}, kind = 'payment'"), (TAKEN, NO_EFFECT)],
    ],
}
SPOILED = [(name, spoiled) for name, scenes in SPOILED_LINES.items() for spoiled in scenes]


@pytest.mark.parametrize(("name", "spoiled"), SPOILED)
def test_a_row_that_names_a_line_fits_it_in_everything(books: Books, name: str, spoiled: list[tuple[str, str]]) -> None:
    row = take_out(guard_rules.CHECKS[name][0])
    with undone():
        put_in(guard_rules.CHECKS[name][0], row)
    taken = books.reversal.payment.transaction_id
    switch_off_triggers("tills_transaction")
    for which, setting in spoiled:
        where = which.replace("{taken_line}", str(taken))
        run(books.fill(f"UPDATE tills_transaction SET {setting} WHERE {where}"))
    with pytest.raises(IntegrityError, match=guard_rules.CHECKS[name][3]):
        put_in(guard_rules.CHECKS[name][0], row)


NOT_AFTER = (
    {"previous_digest": "0" * 64}, {"number": 3}, {"shift_id": "issued"},
    {"till_id": "drawer", "number": 1, "previous_digest": "0" * 64},
)  # fmt: skip


@pytest.mark.parametrize("wrong", NOT_AFTER)
def test_a_z_report_follows_in_everything(books: Books, wrong: dict[str, object]) -> None:
    last = ZReport.objects.latest("number").shift
    assert last.till.operator is not None
    ids = {
        "issued": issued(last.issued_by, last.till.operator).pk,
        "drawer": Till.objects.get(operator__username="dave").pk,
    }
    row = take_out("tills_zreport")
    with undone():
        put_in("tills_zreport", row)
    spoiled = {column: ids.get(str(value), value) for column, value in wrong.items()}
    with pytest.raises(IntegrityError, match=guard_rules.CHECKS["z_follows"][3]):
        put_in("tills_zreport", row | spoiled)
