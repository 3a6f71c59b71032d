"""Deliveries and shifts change state: each listed step may change its columns, and nothing else may change."""

import pytest
from django.db import IntegrityError, connection

from tests.house.books import Books, columns_of, content, delivery_step, pretend_reversed, run, settle, undone
from tests.shifts.desk import issued
from tills import guard_rules
from tills.models import Shift

SHIFT, DELIVERY = "tills_shift", "payments_delivery"
ZONE = "+00" if connection.vendor == "postgresql" else ""
NOW, LATER = f"'2026-11-23 12:00:00{ZONE}'", f"'2026-11-23 13:00:00{ZONE}'"
OTHER = {  # another value than any in the books, by column
    "id": "id + 1000", "till_id": "{norths_till}", "number": "number + 1000", "state": "'lost'", "blind": "NOT blind",
    "tolerance": "tolerance + 1", "float_amount": "float_amount + 1", "issued_by_id": "{alice}", "issued_at": LATER,
    "first_number": "COALESCE(first_number, 0) + 1", "opened_at": LATER, "opened_on": "'2026-11-24'",
    "last_number": "COALESCE(last_number, 0) + 50", "closed_by_id": "{alice}", "closed_at": LATER,
    "allocation_id": "allocation_id + 1000", "kind": "'undo'", "reference": "'other'", "reflected": "NOT reflected",
    "batch": "COALESCE(batch, 0) + 1", "attempts": "attempts + 1", "look_ups": "look_ups + 1", "lease": LATER,
    "remote_id": "'17'", "error": "'other'",
}  # fmt: skip
OPENING = {"opened_at": NOW, "opened_on": "'2026-11-23'", "first_number": "1"}
ENDING = {"closed_by_id": "{alice}", "closed_at": NOW}
CLOSING = {**ENDING, "last_number": "50"}
SHIFT_STEPS = {
    ("issued", "open"): OPENING, ("issued", "cancelled"): ENDING, ("open", "counted"): {}, ("open", "closed"): CLOSING,
    ("counted", "closed"): CLOSING,
}  # fmt: skip
SHIFT_WAY = {"issued": [], "open": ["open"], "counted": ["open", "counted"], "closed": ["open", "closed"],
             "cancelled": ["cancelled"]}  # fmt: skip
BESIDE = {"attempts", "look_ups", "lease", "error"}  # how the telling goes, as long as it goes on
DELIVERY_WAY = {
    "waiting": [], "sending": ["sending"], "unknown": ["sending", "unknown"], "refused": ["sending", "refused"],
    "delivered": ["delivered"], "cancelled": ["cancelled"],
}  # fmt: skip


@pytest.fixture
def shift(books: Books) -> Shift:
    """Return a shift whose float was issued."""
    carol = Shift.objects.earliest("pk").till.operator
    chief = Shift.objects.earliest("pk").issued_by
    assert carol is not None
    return issued(chief, carol)


def change(books: Books, table: str, pk: int, columns: dict[str, str]) -> None:
    """Change columns of one row by SQL."""
    settle()
    setting = ", ".join(f"{column} = {value}" for column, value in columns.items())
    run(books.fill(f"UPDATE {table} SET {setting} WHERE id = {pk}"))


def go(books: Books, pk: int, way: list[str]) -> None:
    """Take a shift along its way."""
    state = "issued"
    for to in way:
        change(books, SHIFT, pk, {"state": f"'{to}'", **SHIFT_STEPS[state, to]})
        state = to


def deliver(books: Books, way: list[str]) -> None:
    """Take the delivery, of a payment that is undone, along its way."""
    pretend_reversed(books)
    state = "waiting"
    for to in way:
        change(books, DELIVERY, books.delivery.pk, delivery_step(state, to))
        state = to


def refused(books: Books, table: str, pk: int, columns: dict[str, str]) -> None:
    before = content(table)
    with pytest.raises(IntegrityError, match="cannot go this way"):
        change(books, table, pk, columns)
    assert content(table) == before


def test_every_column_has_another_value() -> None:
    assert {*columns_of(SHIFT), *columns_of(DELIVERY)} == set(OTHER)


def test_the_steps_of_a_shift_are_those_of_the_guard() -> None:
    listed = {name: set(columns) for name, columns in guard_rules.SHIFT_STEPS.items()}
    assert listed == {">".join(step): set(columns) for step, columns in SHIFT_STEPS.items()}
    assert set(SHIFT_WAY) == set(Shift.State.values)


@pytest.mark.parametrize("begin", SHIFT_WAY)
@pytest.mark.parametrize("end", SHIFT_WAY)
def test_a_shift_goes_the_listed_steps_and_no_other(books: Books, shift: Shift, begin: str, end: str) -> None:
    go(books, shift.pk, SHIFT_WAY[begin])
    if begin == end:
        return
    complete = {**OPENING, **CLOSING} if end == "closed" else OPENING if end in {"open", "counted"} else {}
    if (begin, end) in SHIFT_STEPS:
        change(books, SHIFT, shift.pk, {"state": f"'{end}'", **SHIFT_STEPS[begin, end]})
        assert Shift.objects.get(pk=shift.pk).state == end
    else:
        refused(books, SHIFT, shift.pk, {"state": f"'{end}'", **complete})


@pytest.mark.parametrize("step", SHIFT_STEPS, ids=">".join)
def test_a_step_of_a_shift_changes_its_own_columns_only(books: Books, shift: Shift, step: tuple[str, str]) -> None:
    begin, end = step
    go(books, shift.pk, SHIFT_WAY[begin])
    own = {"state": f"'{end}'", **SHIFT_STEPS[step]}
    for column in set(columns_of(SHIFT)) - set(own):
        refused(books, SHIFT, shift.pk, {**own, column: OTHER[column]})


@pytest.mark.parametrize("state", SHIFT_WAY)
def test_without_a_step_nothing_of_a_shift_changes(books: Books, shift: Shift, state: str) -> None:
    go(books, shift.pk, SHIFT_WAY[state])
    for column in columns_of(SHIFT):
        refused(books, SHIFT, shift.pk, {column: OTHER[column]})


@pytest.mark.parametrize("state", DELIVERY_WAY)
def test_without_a_step_only_how_the_telling_goes_may_change(books: Books, state: str) -> None:
    pk = books.delivery.pk
    deliver(books, DELIVERY_WAY[state])
    free = BESIDE if state not in {"delivered", "cancelled"} else {"reflected"} if state == "delivered" else set()
    for column in columns_of(DELIVERY):
        if column in free:
            with undone():
                change(books, DELIVERY, pk, {column: OTHER[column]})
        elif column == "reflected":
            with pytest.raises(IntegrityError, match="delivery_reflected_is_delivered"):
                change(books, DELIVERY, pk, {column: OTHER[column]})
        else:
            refused(books, DELIVERY, pk, {column: OTHER[column]})


@pytest.mark.parametrize("step", guard_rules.DELIVERY_STEPS)
def test_a_delivery_gets_its_batch_or_its_id_over_there_when_it_is_delivered_and_never_else(
    books: Books, step: str
) -> None:
    begin, end = step.split(">")
    pk = books.delivery.pk
    deliver(books, DELIVERY_WAY[begin])
    allowed = {"waiting>delivered": "batch", "sending>delivered": "remote_id", "unknown>delivered": "remote_id"}
    for column in ("batch", "remote_id"):
        with undone():
            moved = {"state": f"'{end}'", column: OTHER[column]}
            if allowed.get(step) == column:
                change(books, DELIVERY, pk, moved)
            else:
                refused(books, DELIVERY, pk, moved)
