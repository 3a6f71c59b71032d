"""Every named constraint and every unique column, broken by SQL: the database refuses, and names the rule."""

import pytest
from django.db import connection, models

from customers.money import MoneyField
from tests.house.books import Books, content, our_models, refusal_of, switch_off_triggers, undone

OTHER_RESELLER = "SELECT id FROM accounts_reseller WHERE external_id = '7'"
FIRST_PART = "SELECT MIN(id) FROM payments_allocation"
FIRST_KEY = "SELECT key FROM payments_givenupkey ORDER BY id LIMIT 1"


NOT_CLOSED = "closed_at = NULL, closed_by_id = NULL, last_number = NULL"
CANCELLED = "state = 'cancelled', closed_at = issued_at, closed_by_id = issued_by_id"


def moves(effect: str, cash: str) -> str:
    """Return the SQL that makes a line move so much, with the balance after it right."""
    return f"effect = {effect}, cash = {cash}, balance_after = balance_before + ({effect})"


# What breaks a constraint, after UPDATE; each breaks no other one, as far as that can be.
BROKEN = {
    "reseller_has_code": "accounts_reseller SET code = '' WHERE id = {north}",
    "reseller_external_id_once": "accounts_reseller SET external_id = '7'",
    "operator_login_once_in_any_case": "accounts_operator SET username = 'BOB' WHERE id = {alice}",
    "operator_has_login": "accounts_operator SET username = '' WHERE id = {alice}",
    "customer_has_id": "customers_customer SET external_id = '' WHERE id = {customer}",
    "customer_has_name_or_company": "customers_customer SET name = '', company = '' WHERE id = {customer}",
    "invoice_once_per_customer": "customers_invoice SET external_id = 'same' WHERE customer_id = {customer}",
    "invoice_has_number": "customers_invoice SET number = '' WHERE id = {invoice}",
    "invoice_kind_known": "customers_invoice SET kind = 'bill' WHERE id = {invoice}",
    "invoice_due_not_negative": "customers_invoice SET due = -1 WHERE id = {invoice}",
    "invoice_due_within_total": "customers_invoice SET due = total + 1 WHERE id = {invoice}",
    "search_key_once": "customers_searchkey SET key = 'same'",
    "till_has_code": "tills_till SET code = '' WHERE id = {till}",
    "till_has_one_holder_at_most": f"tills_till SET reseller_id = ({OTHER_RESELLER}) WHERE id = {{till}}",
    "till_limit_not_negative": 'tills_till SET "limit" = -1 WHERE id = {till}',
    "method_in_drawer_stays": "tills_paymentmethod SET stays_with_operator = NOT stays_with_operator WHERE id = {cash}",
    "method_required_has_label": "tills_paymentmethod SET reference_label = '' WHERE name = 'Cheque'",
    "line_number_once_per_till": "tills_transaction SET number = 1 WHERE till_id = {till}",
    "line_number_from_one": "tills_transaction SET number = 0 WHERE id = {line}",
    "line_kind_known": "tills_transaction SET kind = 'gift' WHERE id = {line}",
    "line_amount_positive": f"tills_transaction SET amount = 0, {moves('0', '0')} WHERE id = {{line}}",
    "line_effect_of_amount": f"tills_transaction SET {moves('-1', '0')} WHERE id = {{line}}",
    "line_cash_of_amount": f"tills_transaction SET {moves('-1', '1')} WHERE id = {{line}}",
    "line_balance_follows": "tills_transaction SET balance_after = balance_after + 1 WHERE id = {line}",
    "line_payment_complete": "tills_transaction SET customer_id = NULL WHERE id = {line}",
    "line_reversal_complete": "tills_transaction SET method_id = NULL WHERE id = {reversal_line}",
    "line_cash_moves_balance": f"tills_transaction SET {moves('0', 'cash')} WHERE id = {{line}}",
    "line_deposit_complete": "tills_transaction SET kind = 'deposit' WHERE id = {line}",
    "line_refill_complete": "tills_transaction SET kind = 'refill' WHERE id = {line}",
    "line_withdrawal_complete": "tills_transaction SET kind = 'withdrawal' WHERE id = {line}",
    "line_closing_complete": "tills_transaction SET kind = 'closing' WHERE id = {line}",
    "line_float_complete": "tills_transaction SET kind = 'float' WHERE id = {line}",
    "line_float_given_complete": "tills_transaction SET kind = 'float_given' WHERE id = {line}",
    "line_pay_in_complete": "tills_transaction SET kind = 'pay_in' WHERE id = {line}",
    "line_pay_out_complete": "tills_transaction SET kind = 'pay_out' WHERE id = {line}",
    "line_drop_complete": "tills_transaction SET kind = 'drop' WHERE id = {line}",
    "line_drop_taken_complete": "tills_transaction SET kind = 'drop_taken' WHERE id = {line}",
    "line_over_complete": "tills_transaction SET kind = 'over' WHERE id = {line}",
    "line_short_complete": "tills_transaction SET kind = 'short' WHERE id = {line}",
    "line_write_off_complete": "tills_transaction SET kind = 'write_off' WHERE id = {line}",
    "line_closing_leaves_nothing": (
        f"tills_transaction SET kind = 'closing', customer_id = NULL, method_id = NULL, {moves('-amount', '0')}"
        " WHERE id = {line}"
    ),
    "till_shifts_of_one_operator": "tills_till SET requires_shift = NOT requires_shift WHERE id = {norths_till}",
    "till_tolerance_not_negative": "tills_till SET tolerance = -1 WHERE id = {till}",
    "shift_number_once_per_till": "tills_shift SET number = 1",
    "shift_one_at_a_time": f"tills_shift SET state = 'open', {NOT_CLOSED}",
    "shift_number_from_one": "tills_shift SET number = 0 WHERE id = {shift}",
    "shift_state_known": "tills_shift SET state = 'lost' WHERE id = {shift}",
    "shift_float_not_negative": "tills_shift SET float_amount = -1 WHERE id = {shift}",
    "shift_tolerance_not_negative": "tills_shift SET tolerance = -1 WHERE id = {shift}",
    "shift_opened_complete": "tills_shift SET opened_at = NULL WHERE id = {shift}",
    "shift_closed_complete": "tills_shift SET closed_by_id = NULL WHERE id = {shift}",
    "count_number_once_per_shift": "tills_count SET number = 1",
    "count_number_from_one": "tills_count SET number = 0 WHERE id = {counted}",
    "count_purpose_known": "tills_count SET purpose = 'fun' WHERE id = {counted}",
    "count_cash_not_negative": "tills_count SET cash = -1 WHERE id = {counted}",
    "count_closing_has_expected": "tills_count SET expected = NULL WHERE id = {counted}",
    "count_row_once_per_denomination": "tills_countrow SET value = 1",
    "count_row_what_known": "tills_countrow SET what = 'gold', pieces = 1",
    "count_row_value_positive": "tills_countrow SET value = 0 WHERE value = 10000",
    "count_row_pieces_from_one": "tills_countrow SET pieces = 0 WHERE value = 10000",
    "count_row_paper_is_one_piece": "tills_countrow SET what = 'slip', pieces = 2",
    "booking_once_per_method": "tills_booking SET kind = 'payment', method_id = {cash}",
    "booking_once_per_kind": "tills_booking SET kind = 'over' WHERE method_id IS NULL",
    "booking_kind_known": "tills_booking SET kind = 'reversal' WHERE kind = 'over'",
    "booking_method_of_payment": "tills_booking SET kind = 'payment' WHERE kind = 'over'",
    "booking_two_accounts": "tills_booking SET debit = credit WHERE kind = 'over'",
    "z_number_once_per_till": "tills_zreport SET number = 1",
    "z_number_from_one": "tills_zreport SET number = 0 WHERE number = 1",
    "part_amount_positive": "payments_allocation SET amount = 0",
    "part_once_per_document": "payments_allocation SET invoice_id = {invoice} WHERE payment_id = {payment}",
    "part_on_account_once": "payments_allocation SET invoice_id = NULL WHERE payment_id = {payment}",
    "delivery_once_per_part_and_kind": f"payments_delivery SET allocation_id = ({FIRST_PART})",
    "delivery_kind_known": "payments_delivery SET kind = 'tell' WHERE id = {delivery}",
    "delivery_state_known": "payments_delivery SET state = 'lost' WHERE id = {delivery}",
    "delivery_reflected_is_delivered": "payments_delivery SET reflected = NOT reflected WHERE id = {delivery}",
    "delivery_batched_is_delivered": "payments_delivery SET batch = 1 WHERE id = {delivery}",
    "delivery_batch_from_one": "payments_delivery SET state = 'delivered', batch = 0 WHERE id = {delivery}",
    "delivery_delivered_says_where": "payments_delivery SET state = 'delivered' WHERE id = {delivery}",
    "delivery_sending_has_lease": "payments_delivery SET state = 'sending' WHERE id = {delivery}",
    "reversal_reason_known": "payments_reversal SET reason = 'mood' WHERE id = {reversal}",
    "reversal_replacement_is_another": "payments_reversal SET replacement_id = payment_id WHERE id = {reversal}",
    "given_up_key_once": f"payments_givenupkey SET key = ({FIRST_KEY})",
    "printing_number_once": "payments_printing SET number = 2",
    "printing_number_from_one": "payments_printing SET number = 0 WHERE number = 1",
    "import_number_from_one": "billing_import SET number = 0 WHERE number = 1",
    "pull_number_from_one": "billing_pull SET number = 0",
    "missed_has_id": "billing_missed SET external_id = ''",
    "settlement_step_known": "billing_settlement SET step = 'wish'",
    "settlement_says_why": "billing_settlement SET comment = '' WHERE step = 'entered'",
}

# Columns of a shift that do not fit how far it has come: one that is closed, and one whose float was only issued.
MISFITS = {
    "shift_opened_complete": [
        "opened_on = NULL WHERE id = {shift}", "first_number = NULL WHERE id = {shift}",
        "first_number = 0 WHERE id = {shift}", "opened_at = issued_at WHERE till_id = {drawer}",
        "opened_on = '2026-11-23' WHERE till_id = {drawer}", "first_number = 1 WHERE till_id = {drawer}",
        f"{CANCELLED}, first_number = 1 WHERE till_id = {{drawer}}",
    ],
    "shift_closed_complete": [
        "closed_at = NULL WHERE id = {shift}", "last_number = NULL WHERE id = {shift}",
        "first_number = last_number + 2 WHERE id = {shift}", "closed_at = issued_at WHERE till_id = {drawer}",
        "closed_by_id = issued_by_id WHERE till_id = {drawer}", "last_number = 9 WHERE till_id = {drawer}",
        f"{CANCELLED}, last_number = 9 WHERE till_id = {{drawer}}",
        "state = 'cancelled', closed_at = issued_at WHERE till_id = {drawer}",
    ],
}  # fmt: skip

# What follows from other rules cannot be broken alone, and the database names one of them.
ALSO_BROKEN = {
    "line_cash_of_amount": ["line_effect_of_amount"],
    "shift_state_known": ["shift_opened_complete", "shift_closed_complete"],
    "count_purpose_known": ["count_closing_has_expected"],
    "accounts_operator.username": ["operator_login_once_in_any_case"],
}

# Columns that no two rows share: which rows get the value of the first, and it where that needs saying.
EVERY_ROW = "{column} = (SELECT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 1)"
UNIQUE = {
    "accounts_reseller.code": EVERY_ROW,
    "accounts_operator.username": EVERY_ROW,
    "customers_customer.external_id": EVERY_ROW,
    "payments_payment.transaction_id": EVERY_ROW,
    "payments_payment.key": EVERY_ROW,
    "payments_delivery.reference": EVERY_ROW,
    "payments_reversal.payment_id": EVERY_ROW,
    "payments_reversal.transaction_id": EVERY_ROW,
    "payments_reversal.replacement_id": "replacement_id = (SELECT MIN(id) FROM payments_payment)",
    "tills_till.code": EVERY_ROW,
    "tills_till.operator_id": f"{EVERY_ROW} WHERE reseller_id IS NULL",
    "tills_till.reseller_id": f"{EVERY_ROW} WHERE operator_id IS NULL",
    "tills_paymentmethod.name": EVERY_ROW,
    "tills_transaction.digest": EVERY_ROW,
    "tills_usedform.key": EVERY_ROW,
    "tills_writeoff.short_id": EVERY_ROW,
    "tills_writeoff.transaction_id": EVERY_ROW,
    "tills_zreport.shift_id": EVERY_ROW,
    "tills_zreport.digest": EVERY_ROW,
}


def constraints() -> dict[str, list[str]]:
    """Return every named constraint of the house, with the columns by which SQLite names it where that is a rule."""
    found = {}
    for model in our_models():
        for constraint in model._meta.constraints:
            fields = constraint.fields if isinstance(constraint, models.UniqueConstraint) else ()
            columns = [field.column for name in fields for field in model._meta.concrete_fields if field.name == name]
            found[constraint.name] = [f"{model._meta.db_table}.{column}" for column in columns]
    return found


def unique_columns() -> set[str]:
    """Return every column of the house that is unique by itself and no primary key."""
    fields = [field for model in our_models() for field in model._meta.concrete_fields]
    return {f"{f.model._meta.db_table}.{f.column}" for f in fields if f.unique and not f.primary_key}


def money_columns() -> list[tuple[str, str]]:
    """Return table and column of all money."""
    fields = [field for model in our_models() for field in model._meta.concrete_fields]
    return [(f.model._meta.db_table, f.column) for f in fields if isinstance(f, MoneyField)]


def refusal_in(books: Books, table: str, assignments: str) -> str:
    """Return what the database says to this UPDATE with all triggers out of the way, having changed nothing."""
    before = content(table)
    with undone():
        switch_off_triggers(table)
        said = refusal_of(books.fill(f"UPDATE {table} SET {assignments}"))
    assert content(table) == before
    return said


def test_every_constraint_and_every_unique_column_is_in_the_tables() -> None:
    assert set(BROKEN) == set(constraints())
    assert set(UNIQUE) == unique_columns()


@pytest.mark.parametrize("name", BROKEN)
def test_a_constraint_refuses_what_breaks_it(books: Books, name: str) -> None:
    table, _, assignments = BROKEN[name].partition(" SET ")
    said = refusal_in(books, table, assignments)

    if connection.vendor == "sqlite" and (columns := constraints()[name]):
        assert f": {', '.join(columns)}" in said
    else:
        assert any(word in said for word in (name, *ALSO_BROKEN.get(name, ())))


@pytest.mark.parametrize(("name", "misfit"), [(name, misfit) for name in MISFITS for misfit in MISFITS[name]])
def test_the_columns_of_a_shift_fit_how_far_it_has_come(books: Books, name: str, misfit: str) -> None:
    assert name in refusal_in(books, "tills_shift", misfit)


@pytest.mark.parametrize("column", UNIQUE)
def test_no_two_rows_share_what_is_unique(books: Books, column: str) -> None:
    table, _, name = column.partition(".")
    said = refusal_in(books, table, UNIQUE[column].format(table=table, column=name))

    own = column if connection.vendor == "sqlite" else f"({name})="
    assert any(word in said for word in (own, *ALSO_BROKEN.get(column, ())))


@pytest.mark.parametrize("wrong", ["'NaN'", "'Infinity'", "'many'", "99999999999999999999", "'1.5'"])
def test_money_is_a_whole_number_that_fits(books: Books, wrong: str) -> None:
    columns = money_columns()
    assert ("tills_transaction", "amount") in columns
    for table, column in columns:
        with undone():
            switch_off_triggers(table)
            refusal_of(f'UPDATE {table} SET "{column}" = {wrong}')
