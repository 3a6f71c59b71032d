"""Every guard of the database, broken by SQL that goes round the Python: each is refused, and only by its guard."""

from itertools import pairwise
from uuid import uuid4

import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.db.models import UniqueConstraint

from payments.models import Delivery
from tests.house.books import (
    Books,
    content,
    copied,
    delivery_step,
    drop_guard,
    our_models,
    pretend_reversed,
    refusal_of,
    run,
    settle,
    switch_off_triggers,
    undone,
)
from tests.shifts.desk import cash_of, counted
from tills import guard_rules, guards
from tills.models import Shift
from tills.shifts import open_shift

LINE, PART = "tills_transaction", "payments_allocation"
POSTGRESQL = connection.vendor == "postgresql"
KEYS = {"billing_batch": "number", "billing_counter": "name", "billing_import": "number"}
NEXT = {
    "number": "number + 1",
    "balance_before": "balance_after",
    "balance_after": "balance_after + effect",
    "previous_digest": "digest",
    "digest": f"'{'d' * 64}'",
}
HEAD = "id = {reversal_line}"
CASH_LINE = {
    **NEXT,
    "kind": "'payment'",
    "effect": "-effect",
    "cash": "-cash",
    "balance_after": "balance_after - effect",
}
BOB = "SELECT id FROM accounts_operator WHERE username = 'bob'"
OTHER_EFFECT = "stays_with_operator = NOT stays_with_operator, in_drawer = NOT in_drawer"
NOT_WAITING = (
    {"state": "'delivered'"}, {"state": "'cancelled'"}, {"state": "'delivered'", "batch": "1"}, {"attempts": "1"},
    {"remote_id": "'17'"},
)  # fmt: skip
EARLIER = "'2026-01-01 12:00:00'"
SLIP = {"what": "'slip'", "pieces": "1"}
MISSING = "999999"  # an id of no row yet: foreign keys are checked at COMMIT, so a child can be written first
FIRST_LINE = {
    "number": "1", "balance_before": "0", "balance_after": "-effect", "previous_digest": f"'{'0' * 64}'",
}  # fmt: skip
NEW_PAYMENT = {"key": f"'{'a' * 32}'" if not POSTGRESQL else "gen_random_uuid()"}


def next_line(**changes: str) -> str:
    """Return the INSERT of the payment in cash that follows the till's last line, the reversal of one."""
    return copied(LINE, HEAD, **{**CASH_LINE, **changes})


# Statements that a guard refuses, by the guard's name; what refuses is compared with the guards that there are.
BROKEN: dict[str, list[str]] = {
    "line_follows": [
        next_line(number="number + 2"),
        next_line(number="number"),
        next_line(number="1"),
        next_line(number="0"),
        next_line(balance_before="balance_before", balance_after="balance_before - effect"),
        next_line(balance_before="balance_after + 1", balance_after="balance_after + 1 - effect"),
        next_line(previous_digest="previous_digest"),
        next_line(previous_digest=f"'{'0' * 64}'"),
        copied(LINE, HEAD, **{**CASH_LINE, "till_id": "{norths_till}", "reseller_id": "{north}"}),
        copied(LINE, "id = {line}"),
    ],
    "line_reseller": [
        next_line(reseller_id="{north}"),
        copied(
            LINE,
            "id = {line}",
            till_id="{norths_till}",
            digest=f"'{'d' * 64}'",
        ),
        next_line(till_id=MISSING, **FIRST_LINE),
    ],
    "line_method": [
        next_line(effect="0", cash="0", balance_after="balance_after"),
        next_line(cash="0"),
        next_line(method_id="(SELECT id FROM tills_paymentmethod WHERE name = 'Cheque')"),
        next_line(method_id="(SELECT id FROM tills_paymentmethod WHERE name = 'Card')"),
        next_line(method_id=MISSING),
    ],
    "line_shift": [
        next_line(shift_id="{shift}"),
        next_line(shift_id=MISSING),
        next_line(kind="'pay_in'", customer_id="NULL", method_id="NULL", shift_id="{shift}"),
    ],
    "shift_begins": [
        copied("tills_shift", "id = {shift}", number="number + 10"),
        copied("tills_shift", "id = {shift}", number="number + 10", state="'issued'", closed_at="NULL"),
        copied("tills_shift", "till_id = {drawer}", till_id="{till}", opened_at="issued_at"),
        copied("tills_shift", "till_id = {drawer}", till_id="{till}", first_number="1"),
    ],
    "shift_step": [
        "UPDATE tills_shift SET state = 'open', closed_at = NULL WHERE id = {shift}",
        "UPDATE tills_shift SET tolerance = tolerance + 1 WHERE id = {shift}",
        "UPDATE tills_shift SET last_number = last_number + 1 WHERE id = {shift}",
    ],
    "count_in_time": [
        copied("tills_count", "id = {counted}", number="number + 1"),
        copied("tills_count", "id = {counted}", number="number + 5"),
        copied("tills_count", "id = {counted}", shift_id=MISSING, number="1"),
        copied("tills_count", "id = (SELECT MAX(id) FROM tills_count)", number="number + 2"),
    ],
    "count_row_in_time": [
        copied("tills_countrow", "count_id = {counted}", **SLIP),
        copied("tills_countrow", "count_id = {counted}", count_id=MISSING),
    ],
    "count_row_fits": [
        copied("tills_countrow", "id = (SELECT MAX(id) FROM tills_countrow)", value="1", pieces="1"),
    ],
    "z_follows": [
        copied("tills_zreport", "shift_id = {shift}", digest=f"'{'d' * 64}'"),
        copied("tills_zreport", "shift_id = {shift}", number="9", digest=f"'{'d' * 64}'"),
        copied(
            "tills_zreport",
            "number = 2",
            shift_id=MISSING,
            number="3",
            previous_digest="digest",
            digest=f"'{'d' * 64}'",
        ),
    ],
    "write_off_line": [
        copied("tills_writeoff", "id > 0", short_id="{line}", transaction_id="{reversal_line}"),
        copied("tills_writeoff", "id > 0", short_id="{line}"),
        copied("tills_writeoff", "id > 0", short_id=MISSING),
        copied("tills_writeoff", "id > 0", transaction_id=MISSING),
    ],
    "payment_line": [
        copied("payments_payment", "id = {payment}", transaction_id="{reversal_line}", **NEW_PAYMENT),
        copied("payments_payment", "id = {payment}", transaction_id=MISSING, **NEW_PAYMENT),
    ],
    "reversal_line": [
        copied("payments_reversal", "id = {reversal}", payment_id="{payment}"),  # another amount
        copied("payments_reversal", "id = {reversal}", payment_id="{second}", transaction_id="{line}"),
        copied("payments_reversal", "id = {reversal}", replacement_id="{payment}"),  # not the next line
        copied("payments_reversal", "id = {reversal}", payment_id=MISSING),
        copied("payments_reversal", "id = {reversal}", payment_id="{payment}", transaction_id=MISSING),
        copied("payments_reversal", "id = {reversal}", replacement_id=MISSING),
    ],
    "part_fits": [
        copied(PART, "payment_id = {second} AND invoice_id IS NOT NULL", amount="1", invoice_id="{invoice}"),
        copied(PART, "payment_id = {second} AND invoice_id IS NOT NULL", amount="1", invoice_id="NULL"),
        copied(PART, "payment_id = {second} AND invoice_id IS NOT NULL", payment_id=MISSING, invoice_id="NULL"),
        copied(PART, "payment_id = {payment} AND invoice_id = {invoice}", payment_id=MISSING, amount="99990000"),
    ],
    "method_effect": [
        "UPDATE tills_paymentmethod SET in_drawer = NOT in_drawer WHERE id = {cash}",
        f"UPDATE tills_paymentmethod SET {OTHER_EFFECT} WHERE id = {{cash}}",
    ],
    "operator_reseller": ["UPDATE accounts_operator SET reseller_id = {north} WHERE id = {alice}"],
    "till_holder": [
        "UPDATE tills_till SET operator_id = NULL, reseller_id = NULL WHERE id = {till}",
        f"UPDATE tills_till SET operator_id = ({BOB}) WHERE id = {{till}}",
        "UPDATE tills_till SET code = 'Z9' WHERE id = {till}",
        "UPDATE tills_till SET code = 'Z9' WHERE id = {drawer}",  # a shift without a line: its Z report names the code
    ],
    "batch_stays": [
        "UPDATE billing_batch SET number = number + 1000",
        "UPDATE billing_batch SET made_at = (SELECT MIN(recorded_at) FROM tills_transaction) WHERE number = 2",
    ],
    "counter_grows": [
        "UPDATE billing_counter SET value = 4 WHERE name = 'fetch'",
        "UPDATE billing_counter SET name = 'other' WHERE name = 'fetch'",
    ],
    "import_stays": [
        "UPDATE billing_import SET includes_batch = 0 WHERE number = 2",
        "UPDATE billing_import SET number = 3 WHERE number = 2",
        f"UPDATE billing_import SET as_of = {EARLIER} WHERE number = 2",
        f"UPDATE billing_import SET started_at = {EARLIER} WHERE number = 2",
        f"UPDATE billing_import SET finished_at = {EARLIER} WHERE number = 1",
        "UPDATE billing_import SET finished_at = NULL WHERE number = 1",
    ],
    "invoice_stays": [
        "UPDATE customers_invoice SET customer_id = {other_customer} WHERE id = {invoice}",
        "UPDATE customers_invoice SET kind = 'proforma' WHERE id = {invoice}",
        "UPDATE customers_invoice SET external_id = 'other' WHERE id = {invoice}",
        "UPDATE customers_invoice SET id = id + 1000 WHERE id = {invoice}",
    ],
    "delivery_step": [
        "UPDATE payments_delivery SET reference = 'other' WHERE id = {delivery}",
        "UPDATE payments_delivery SET kind = 'undo' WHERE id = {delivery}",
        "UPDATE payments_delivery SET allocation_id = allocation_id + 1 WHERE id = {delivery}",
        "UPDATE payments_delivery SET state = 'sending' WHERE state = 'cancelled'",
        "UPDATE payments_delivery SET state = 'cancelled' WHERE id = {delivery}",  # of a payment that stands
        "UPDATE payments_delivery SET id = id + 1000 WHERE id = {delivery}",
    ],
    "delivery_begins": [
        *(copied("payments_delivery", "id = {delivery}", reference="'other'", **wrong) for wrong in NOT_WAITING),
        copied("payments_delivery", "id = {delivery}", reference="'other'", kind="'undo'"),  # of what was never told
        copied("payments_delivery", "id = {delivery}", allocation_id=MISSING, reference="'other'", kind="'undo'"),
    ],
    "printing_follows": [
        copied("payments_printing", "number = 2", number="4"),
        copied("payments_printing", "number = 2", number="1"),
        copied("payments_printing", "number = 2", payment_id="{second}"),
    ],
    "payment_not_given_up": [
        copied("payments_payment", "id = {payment}", key="(SELECT key FROM payments_givenupkey LIMIT 1)"),
    ],
    "given_up_not_taken": [
        copied(
            "payments_givenupkey",
            "id = (SELECT MIN(id) FROM payments_givenupkey)",
            key="(SELECT key FROM payments_payment WHERE id = {payment})",
        ),
    ],
}
for table in guard_rules.APPEND_ONLY:
    column = KEYS.get(table, "id")
    BROKEN[f"{table}_no_update"] = [
        f"UPDATE {table} SET {column} = {column}",
        f"UPDATE {table} SET {column} = {column} + 1000",
    ]
for table in (*guard_rules.APPEND_ONLY, *guard_rules.NEVER_DELETED):
    BROKEN[f"{table}_no_delete"] = [f"DELETE FROM {table}"]
    if POSTGRESQL:
        BROKEN[f"{table}_no_truncate"] = [f"TRUNCATE {table} CASCADE"]

STATEMENTS = [(name, statement) for name, statements in BROKEN.items() for statement in statements]


def words_of(name: str) -> str:
    """Return what the guard says when it refuses."""
    return guard_rules.CHECKS[name][3] if name in guard_rules.CHECKS else guard_rules.REFUSED


def table_of(name: str) -> str:
    """Return the table that a guard watches."""
    return guard_rules.CHECKS[name][0] if name in guard_rules.CHECKS else name.rpartition("_no_")[0]


def test_every_guard_is_in_the_table_and_stands_in_the_database(books: Books) -> None:
    assert set(BROKEN) == guards.names(connection.vendor)
    assert guards.missing(connection) == set()


@pytest.mark.parametrize(("name", "statement"), STATEMENTS, ids=[name for name, _ in STATEMENTS])
def test_what_goes_round_the_python_is_refused_and_changes_nothing(books: Books, name: str, statement: str) -> None:
    before = content(table_of(name))
    assert before

    said = refusal_of(books.fill(statement))

    assert words_of(name) in said
    assert content(table_of(name)) == before


def test_control_without_its_tables_guards_a_statement_passes_or_something_else_stops_it(books: Books) -> None:
    for name, statement in STATEMENTS:
        if name.endswith("_no_truncate"):
            continue  # it goes on to the tables that point here, and their guards say the same words
        with undone():
            switch_off_triggers(table_of(name))
            try:
                run(books.fill(statement))
            except Error as error:
                assert words_of(name) not in str(error), statement  # noqa: PT017  # either outcome is right


def test_control_the_line_that_follows_is_taken(books: Books) -> None:
    """The statements above differ from this one only in what they break."""
    with undone():
        run(books.fill(next_line()))


def test_control_what_the_guards_do_not_forbid_is_done(books: Books) -> None:
    for statement in (
        "UPDATE tills_paymentmethod SET name = 'Notes', is_active = NOT is_active WHERE id = {cash}",
        f"UPDATE tills_paymentmethod SET {OTHER_EFFECT} WHERE name = 'Other'",
        "UPDATE accounts_operator SET name = 'Another name', is_active = NOT is_active WHERE id = {alice}",
        "UPDATE accounts_operator SET reseller_id = NULL WHERE username = 'bob'",
        'UPDATE tills_till SET "limit" = 5, is_active = NOT is_active WHERE id = {till}',
        "UPDATE tills_till SET code = 'Z9' WHERE id = {norths_till}",
        "UPDATE billing_counter SET value = value + 1",
        "UPDATE billing_import SET finished_at = started_at WHERE number = 2",
        "UPDATE customers_invoice SET number = 'Z9', total = total + 1, due = 0 WHERE id = {invoice}",
    ):
        with undone():
            run(books.fill(statement))


def test_a_part_pays_the_payers_own_document_and_no_more_than_was_paid(books: Books) -> None:
    """A payment without parts yet, as nobody but raw SQL writes one."""
    new_line = "(SELECT MAX(id) FROM tills_transaction)"
    new_payment = f"(SELECT id FROM payments_payment WHERE transaction_id = {new_line})"
    source = "payment_id = {payment} AND invoice_id = {invoice}"
    with undone():
        run(books.fill(next_line()))
        run(books.fill(copied("payments_payment", "id = {payment}", transaction_id=new_line, **NEW_PAYMENT)))
        for wrong in ({"invoice_id": "{foreign_invoice}"}, {"amount": "600001"}):
            with pytest.raises(IntegrityError, match="the parts are more than their payment, or not its own"):
                run(books.fill(copied(PART, source, payment_id=new_payment, **wrong)))
        run(books.fill(copied(PART, source, payment_id=new_payment)))


def test_a_row_is_added_to_the_last_count_only_and_no_more_cash_than_was_counted(books: Books) -> None:
    shift = Shift.objects.get(state="issued")
    cashier = shift.till.operator
    assert cashier is not None
    open_shift(operator=cashier, shift_id=shift.pk, key=uuid4())
    counted(cashier, shift, cash_of("90.00"))
    first, last = shift.counts.order_by("number")
    source = f"count_id = {first.pk}"
    assert words_of("count_row_in_time") in refusal_of(copied("tills_countrow", source, **SLIP))
    run(copied("tills_countrow", source, count_id=str(last.pk), **SLIP))
    cent = copied("tills_countrow", source, count_id=str(last.pk), value="100", pieces="1")
    assert words_of("count_row_fits") in refusal_of(cent)
    with undone():
        drop_guard("count_row_fits")
        run(cent)


# --- A delivery's way ------------------------------------------------------------------------------------------------

ALLOWED = {
    "waiting": {"sending", "delivered", "cancelled"},
    "sending": {"delivered", "unknown", "refused", "waiting"},
    "unknown": {"delivered", "waiting", "refused", "cancelled"},
    "refused": {"waiting", "unknown", "cancelled"},
    "delivered": set(),
    "cancelled": set(),
}
WAY_TO = {
    "waiting": [],
    "sending": ["sending"],
    "unknown": ["sending", "unknown"],
    "refused": ["sending", "refused"],
    "delivered": ["delivered"],
    "cancelled": ["cancelled"],
}


UNDO = {
    "reference": "'other'", "kind": "'undo'", "state": "'waiting'", "batch": "NULL", "lease": "NULL",
}  # fmt: skip


def step(books: Books, begin: str, end: str) -> None:
    setting = ", ".join(f"{column} = {value}" for column, value in delivery_step(begin, end).items())
    run(books.fill(f"UPDATE payments_delivery SET {setting} WHERE id = {{delivery}}"))


def test_the_table_of_steps_knows_every_state() -> None:
    assert set(ALLOWED) == set(WAY_TO) == set(Delivery.State.values)


@pytest.mark.parametrize("begin", ALLOWED)
def test_a_delivery_goes_the_allowed_ways_and_no_other(books: Books, begin: str) -> None:
    pretend_reversed(books)
    for before, state in pairwise(["waiting", *WAY_TO[begin]]):
        step(books, before, state)

    for end in ALLOWED[begin]:
        with undone():
            step(books, begin, end)
            assert Delivery.objects.get(pk=books.delivery.pk).state == end
    for end in set(ALLOWED) - ALLOWED[begin] - {begin}:
        with pytest.raises(IntegrityError, match="a delivery cannot go this way"):
            step(books, begin, end)
        assert Delivery.objects.get(pk=books.delivery.pk).state == begin


def test_only_a_payment_that_was_reversed_is_undone(books: Books) -> None:
    undo = books.fill(copied("payments_delivery", "id = {delivery}", **UNDO))
    step(books, "waiting", "delivered")
    assert words_of("delivery_begins") in refusal_of(undo)
    pretend_reversed(books)
    run(undo)


def test_an_undo_is_not_cancelled_while_its_part_stands_over_there(books: Books) -> None:
    pretend_reversed(books)
    for begin, end in pairwise(["waiting", "sending", "unknown"]):
        step(books, begin, end)
    run(books.fill(copied("payments_delivery", "id = {delivery}", **UNDO)))
    cancel = "UPDATE payments_delivery SET state = 'cancelled' WHERE kind = 'undo' AND reference = 'other'"
    with undone():
        step(books, "unknown", "waiting")
        run(cancel)
    assert words_of("delivery_step") in refusal_of(cancel)
    step(books, "unknown", "delivered")
    assert words_of("delivery_step") in refusal_of(cancel)


def test_what_was_reflected_and_what_was_batched_stays_so(books: Books) -> None:
    own = "WHERE id = {delivery}"
    run(books.fill(f"UPDATE payments_delivery SET state = 'delivered', batch = 1 {own}"))
    run(books.fill(f"UPDATE payments_delivery SET reflected = NOT reflected {own}"))

    for change in ("batch = 2", "batch = NULL", "reflected = NOT reflected"):
        with pytest.raises(IntegrityError, match="a delivery cannot go this way"):
            run(books.fill(f"UPDATE payments_delivery SET {change} {own}"))
    found = Delivery.objects.get(pk=books.delivery.pk)
    assert (found.batch, found.reflected) == (1, True)


# --- Ways round a trigger --------------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_no_row_is_replaced(books: Books) -> None:
    """REPLACE deletes without saying so; only with recursive_triggers are the triggers asked."""
    for table in (*guard_rules.APPEND_ONLY, *guard_rules.NEVER_DELETED):
        before, key = content(table), KEYS.get(table, "id")
        for statement in (
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
            f"UPDATE OR REPLACE {table} SET {key} = (SELECT MIN({key}) FROM {table})",
        ):
            refusal_of(statement)
        assert len(before) > 1, table
        assert content(table) == before


def drop_checks(table: str) -> None:
    """Take away the checks of single rows until the transaction is undone: what stays is that nothing changes."""
    settle()
    for name, (watched, *_rest) in guard_rules.CHECKS.items():
        if watched == table:
            run(f"DROP TRIGGER {name} ON {table}" if POSTGRESQL else f"DROP TRIGGER {name}")


def test_an_insert_cannot_turn_into_an_update(books: Books) -> None:
    for table in guard_rules.APPEND_ONLY:
        before, key = content(table), KEYS.get(table, "id")
        act = f"ON CONFLICT ({key}) DO UPDATE SET {key} = excluded.{key} + 1000"
        with undone():
            drop_checks(table)
            assert guard_rules.REFUSED in refusal_of(f"INSERT INTO {table} SELECT * FROM {table} WHERE {key} > 0 {act}")
        assert before
        assert content(table) == before


def unique_columns(table: str) -> list[list[str]]:
    """Return every list of columns that no two rows of a table share, besides the primary key."""
    model = next(model for model in our_models() if model._meta.db_table == table)
    columns = {field.name: field.column for field in model._meta.concrete_fields}
    single = [[f.column] for f in model._meta.concrete_fields if f.unique and not f.primary_key]
    rules = [c for c in model._meta.constraints if isinstance(c, UniqueConstraint) and c.condition is None]
    return single + [[columns[name] for name in rule.fields] for rule in rules]


UPSERTED = [
    (t, columns) for t in guard_rules.APPEND_ONLY for columns in unique_columns(t) if "replacement_id" not in columns
]


@pytest.mark.parametrize(("table", "columns"), UPSERTED)
def test_a_row_with_the_same_unique_values_does_not_overwrite_the_one_there(
    books: Books, table: str, columns: list[str]
) -> None:
    """The upsert that a helpful library writes."""
    before, key = content(table), KEYS.get(table, "id")
    there = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    act = f"ON CONFLICT ({', '.join(columns)}) DO UPDATE SET {key} = 0"
    with undone():
        drop_checks(table)
        said = refusal_of(f"{copied(table, there)} {act}")
    assert guard_rules.REFUSED in said or not POSTGRESQL  # SQLite may name another column that is unique, too
    assert content(table) == before


@pytest.mark.postgres
def test_a_merge_changes_and_deletes_nothing(books: Books) -> None:
    for table in guard_rules.APPEND_ONLY:
        before, key = content(table), KEYS.get(table, "id")
        for act in (f"UPDATE SET {key} = old.{key}", "DELETE"):
            with pytest.raises(IntegrityError, match=guard_rules.REFUSED):
                run(f"MERGE INTO {table} old USING {table} new ON old.{key} = new.{key} WHEN MATCHED THEN {act}")
        assert content(table) == before


@pytest.mark.postgres
def test_the_role_of_the_desk_cannot_play_a_replica(books: Books) -> None:
    """A replica's changes ask no ordinary trigger."""
    with pytest.raises(Error, match="permission denied"):
        run("SET session_replication_role = replica")
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A'")
        assert cursor.fetchall() == []


@pytest.mark.postgres
def test_a_temporary_table_of_the_same_name_fools_no_guard(books: Books) -> None:
    """PostgreSQL looks for a table among the temporary ones first: there a line stands that the till never had."""
    after_it = next_line().replace(f"INTO {LINE}", f"INTO public.{LINE}")
    with undone():
        run(f"CREATE TEMPORARY TABLE {LINE} (LIKE public.{LINE})")
        run(books.fill(f"INSERT INTO pg_temp.{LINE} SELECT * FROM public.{LINE} WHERE {HEAD}"))
        run(f"UPDATE pg_temp.{LINE} SET number = 98")
        assert words_of("line_follows") in refusal_of(books.fill(after_it))
        drop_guard("line_follows")
        run(books.fill(after_it))


@pytest.mark.sqlite
def test_sqlite_asks_the_triggers_about_replaced_rows_and_checks_foreign_keys(house: None) -> None:
    with connection.cursor() as cursor:
        for pragma in ("recursive_triggers", "foreign_keys"):
            assert cursor.execute(f"PRAGMA {pragma}").fetchone() == (1,)


# --- Every table -----------------------------------------------------------------------------------------------------

# What says nothing of money that was taken, or follows from elsewhere; every other table must be guarded.
FREE = {
    "customers_searchkey": "the words by which a customer is found, made anew from the customer",
    "tills_booking": "the accounts on which movements will be booked, as the administrator keeps them",
    "billing_apisession": "a token of the billing system's API",
    "billing_pull": "how a pull went",
    "billing_missed": "whom the next pull asks for",
    "billing_contact": "how the last conversation with the billing system went",
    "billing_source": "which billing system the figures come from",
    "billing_reconciliation": "one comparison with the billing system",
    "billing_difference": "what differed in one",
}


def test_no_table_is_forgotten() -> None:
    """A new table is guarded, or stands above with a reason."""
    tables = {model._meta.db_table for model in our_models()}
    assert tables == {*guard_rules.APPEND_ONLY, *guard_rules.NEVER_DELETED, *FREE}
    assert not set(FREE) & {*guard_rules.APPEND_ONLY, *guard_rules.NEVER_DELETED}


# --- Missing guards are seen -----------------------------------------------------------------------------------------


def test_a_guard_that_was_dropped_is_reported_and_made_again(house: None) -> None:
    for name in guards.names(connection.vendor):
        with undone():
            run(f"DROP TRIGGER {name} ON {table_of(name)}" if POSTGRESQL else f"DROP TRIGGER {name}")
            assert guards.missing(connection) == {name}
    with undone():
        run(f"DROP TRIGGER line_follows ON {LINE}" if POSTGRESQL else "DROP TRIGGER line_follows")
        guards.install()
        assert guards.missing(connection) == set()


@pytest.mark.postgres
@pytest.mark.parametrize("how", ["DISABLE", "ENABLE", "ENABLE REPLICA"])
def test_a_guard_that_is_not_always_asked_is_reported(house: None, how: str) -> None:
    with undone():
        run(f"ALTER TABLE {LINE} {how} TRIGGER line_follows")
        assert guards.missing(connection) == {"line_follows"}


def test_a_guard_that_stands_on_another_table_or_says_something_else_is_reported(house: None) -> None:
    """Its name alone keeps nothing."""
    drop = f"DROP TRIGGER line_follows ON {LINE}" if POSTGRESQL else "DROP TRIGGER line_follows"
    made = (
        "FOR EACH ROW EXECUTE FUNCTION cashdesk_line_follows()"
        if POSTGRESQL
        else "BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    for event, table in (("INSERT", PART), ("DELETE", LINE)):
        with undone():
            run(drop)
            run(f"CREATE TRIGGER line_follows BEFORE {event} ON {table} {made}")
            if POSTGRESQL:
                run(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER line_follows")
            assert guards.missing(connection) == {"line_follows"}


@pytest.mark.postgres
def test_a_guard_whose_function_lets_everything_through_is_reported(house: None) -> None:
    with undone():
        run(
            "CREATE OR REPLACE FUNCTION cashdesk_line_follows() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RETURN NEW; END $$"
        )
        assert guards.missing(connection) == {"line_follows"}
    with undone():
        body = "BEGIN RETURN OLD; END"
        run(f"CREATE OR REPLACE FUNCTION cashdesk_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        assert f"{LINE}_no_update" in guards.missing(connection)


@pytest.mark.postgres
@pytest.mark.parametrize("path", ["RESET search_path", "SET search_path = pg_temp, public"])
def test_a_guard_that_looks_for_its_tables_elsewhere_is_reported(house: None, path: str) -> None:
    with undone():
        run(f"ALTER FUNCTION cashdesk_line_follows() {path}")
        assert guards.missing(connection) == {"line_follows"}


@pytest.mark.sqlite
def test_a_guard_whose_condition_is_never_met_is_reported(house: None) -> None:
    with undone():
        run("DROP TRIGGER line_follows")
        run(f"CREATE TRIGGER line_follows BEFORE INSERT ON {LINE} BEGIN SELECT RAISE(ABORT, 'no') WHERE 0; END")
        assert guards.missing(connection) == {"line_follows"}


def test_installing_twice_changes_nothing(house: None) -> None:
    with transaction.atomic():
        guards.install()
        guards.install()
    assert guards.missing(connection) == set()
