"""What the database itself refuses, as conditions in SQL that both databases read; tills/guards.py puts them there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

REFUSED = "the books are append-only"
APPEND_ONLY = (
    "tills_transaction", "payments_payment", "payments_allocation", "payments_reversal",
    "payments_givenupkey", "payments_printing", "billing_settlement",
    "tills_usedform", "tills_writeoff", "tills_count", "tills_countrow", "tills_zreport",
)  # fmt: skip
NEVER_DELETED = (
    "accounts_operator", "accounts_reseller", "tills_till", "tills_paymentmethod",
    "customers_customer", "customers_invoice", "payments_delivery", "billing_batch",
    "billing_counter", "billing_import", "tills_shift",
)  # fmt: skip


def changed(*columns: str) -> str:
    """Return the condition that an UPDATE changes one of these columns, from nothing or to nothing as well."""
    return " OR ".join(f"OLD.{c} <> NEW.{c} OR (OLD.{c} IS NULL) <> (NEW.{c} IS NULL)" for c in columns)


def beside_the_steps(steps: Mapping[str, Sequence[str]], fixed: Sequence[str]) -> str:
    """Return the condition that an UPDATE goes no listed step, or changes a column that its step does not.

    `steps` holds for each step, as `from>to`, the columns that change with it and with no other.
    """
    step = "OLD.state || '>' || NEW.state"
    listed = ", ".join(f"'{name}'" for name in steps)
    wrong = [changed(*fixed), f"(OLD.state <> NEW.state AND {step} NOT IN ({listed}))"]
    for column in sorted({column for columns in steps.values() for column in columns}):
        with_it = ", ".join(f"'{name}'" for name, columns in steps.items() if column in columns)
        wrong.append(f"({step} NOT IN ({with_it}) AND ({changed(column)}))")
    return " OR ".join(wrong)


HEAD = "FROM tills_transaction WHERE till_id = NEW.till_id ORDER BY number DESC LIMIT 1"
FOLLOWS = f"""
    COALESCE((SELECT number {HEAD}), 0) + 1 <> NEW.number
    OR COALESCE((SELECT balance_after {HEAD}), 0) <> NEW.balance_before
    OR COALESCE((SELECT digest {HEAD}), '{"0" * 64}') <> NEW.previous_digest
"""
# Also refuses a line before its till: foreign keys are checked at COMMIT, when no guard looks at the line any more.
FOREIGN_LINE = """
    NOT EXISTS (
        SELECT 1 FROM tills_till WHERE id = NEW.till_id AND COALESCE(reseller_id, 0) = COALESCE(NEW.reseller_id, 0))
"""
OTHER_EFFECT = """
    NEW.kind = 'payment' AND NOT EXISTS (
        SELECT 1 FROM tills_paymentmethod WHERE id = NEW.method_id
        AND NEW.effect = CASE WHEN stays_with_operator THEN -NEW.amount ELSE 0 END
        AND NEW.cash = CASE WHEN in_drawer THEN NEW.amount ELSE 0 END)
"""
USED_METHOD = """
    (OLD.stays_with_operator <> NEW.stays_with_operator OR OLD.in_drawer <> NEW.in_drawer)
    AND EXISTS (SELECT 1 FROM tills_transaction WHERE method_id = OLD.id)
"""
MOVED_OPERATOR = """
    COALESCE(OLD.reseller_id, 0) <> COALESCE(NEW.reseller_id, 0)
    AND EXISTS (SELECT 1 FROM tills_transaction WHERE operator_id = OLD.id)
"""
MOVED_TILL = """
    (COALESCE(OLD.reseller_id, 0) <> COALESCE(NEW.reseller_id, 0)
        OR COALESCE(OLD.operator_id, 0) <> COALESCE(NEW.operator_id, 0) OR OLD.code <> NEW.code)
    AND (EXISTS (SELECT 1 FROM tills_transaction WHERE till_id = OLD.id)
        OR EXISTS (SELECT 1 FROM tills_shift WHERE till_id = OLD.id))
"""
OTHER_SHIFT = """
    COALESCE(NEW.shift_id, 0) <> COALESCE(
        (SELECT id FROM tills_shift WHERE till_id = NEW.till_id AND state IN ('open', 'counted')), 0)
    OR (NEW.kind = 'payment' AND (
        EXISTS (SELECT 1 FROM tills_shift WHERE id = NEW.shift_id AND state <> 'open')
        OR (NEW.shift_id IS NULL AND EXISTS (SELECT 1 FROM tills_till WHERE id = NEW.till_id AND requires_shift))))
"""
SHIFT_BEGINS = "NEW.state <> 'issued' OR NEW.opened_at IS NOT NULL OR NEW.first_number IS NOT NULL"
ENDS = ("closed_by_id", "closed_at")
SHIFT_STEPS = {
    "issued>open": ("opened_at", "opened_on", "first_number"),
    "issued>cancelled": ENDS,
    "open>counted": (),
    "open>closed": (*ENDS, "last_number"),
    "counted>closed": (*ENDS, "last_number"),
}
SHIFT_FIXED = ("id", "till_id", "number", "blind", "tolerance", "float_amount", "issued_by_id", "issued_at")
SHIFT_STEP = f"OLD.state IN ('closed', 'cancelled') OR {beside_the_steps(SHIFT_STEPS, SHIFT_FIXED)}"
COUNT_TOO_LATE = """
    NOT EXISTS (SELECT 1 FROM tills_shift WHERE id = NEW.shift_id
        AND (state IN ('open', 'counted') OR (state = 'issued' AND NEW.purpose = 'float')))
    OR NEW.number <> COALESCE((SELECT MAX(number) FROM tills_count WHERE shift_id = NEW.shift_id), 0) + 1
"""
COUNT_ROW_TOO_LATE = """
    NOT EXISTS (SELECT 1 FROM tills_count counted, tills_shift shift
        WHERE counted.id = NEW.count_id AND shift.id = counted.shift_id
        AND shift.state IN ('issued', 'open', 'counted')
        AND counted.number = (SELECT MAX(number) FROM tills_count WHERE shift_id = shift.id))
"""
COUNT_ROW_TOO_MUCH = """
    NEW.what = 'cash'
    AND COALESCE((SELECT SUM(value * pieces) FROM tills_countrow WHERE count_id = NEW.count_id AND what = 'cash'), 0)
        + NEW.value * NEW.pieces > (SELECT cash FROM tills_count WHERE id = NEW.count_id)
"""
Z_HEAD = "FROM tills_zreport WHERE till_id = NEW.till_id ORDER BY number DESC LIMIT 1"
Z_FOLLOWS = f"""
    COALESCE((SELECT number {Z_HEAD}), 0) + 1 <> NEW.number
    OR COALESCE((SELECT digest {Z_HEAD}), '{"0" * 64}') <> NEW.previous_digest
    OR NOT EXISTS (SELECT 1 FROM tills_shift WHERE id = NEW.shift_id AND till_id = NEW.till_id AND state = 'closed')
"""  # noqa: S608  # made of our own words only
NOT_A_SHORT = """
    NOT EXISTS (
        SELECT 1 FROM tills_transaction off, tills_transaction short
        WHERE off.id = NEW.transaction_id AND short.id = NEW.short_id AND off.kind = 'write_off'
        AND short.kind = 'short' AND off.till_id = short.till_id AND off.amount = short.amount)
"""
NOT_A_PAYMENTS_LINE = """
    NOT EXISTS (SELECT 1 FROM tills_transaction WHERE id = NEW.transaction_id AND kind = 'payment')
"""
NOT_ITS_REVERSAL = """
    NOT EXISTS (
        SELECT 1 FROM tills_transaction undone, payments_payment payment, tills_transaction taken
        WHERE undone.id = NEW.transaction_id AND payment.id = NEW.payment_id AND taken.id = payment.transaction_id
        AND undone.kind = 'reversal' AND undone.till_id = taken.till_id AND undone.number > taken.number
        AND undone.customer_id = taken.customer_id AND undone.method_id = taken.method_id
        AND undone.amount = taken.amount AND undone.effect = -taken.effect AND undone.cash = -taken.cash)
    OR (NEW.replacement_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM tills_transaction undone, payments_payment moved, tills_transaction line
        WHERE undone.id = NEW.transaction_id AND moved.id = NEW.replacement_id AND line.id = moved.transaction_id
        AND line.till_id = undone.till_id AND line.number = undone.number + 1 AND line.amount = undone.amount))
"""
DOES_NOT_FIT = """
    COALESCE((SELECT SUM(amount) FROM payments_allocation WHERE payment_id = NEW.payment_id), 0) + NEW.amount
    > COALESCE((
        SELECT taken.amount FROM tills_transaction taken, payments_payment payment
        WHERE payment.id = NEW.payment_id AND taken.id = payment.transaction_id), 0)
    OR (NEW.invoice_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM customers_invoice invoice, tills_transaction taken, payments_payment payment
        WHERE payment.id = NEW.payment_id AND taken.id = payment.transaction_id
        AND invoice.id = NEW.invoice_id AND invoice.customer_id = taken.customer_id))
"""
IS_REVERSED = """
    EXISTS (SELECT 1 FROM payments_reversal undone, payments_allocation part
        WHERE part.id = NEW.allocation_id AND undone.payment_id = part.payment_id)
"""
DELIVERY_BEGINS = f"""
    NEW.state <> 'waiting' OR NEW.reflected OR NEW.batch IS NOT NULL OR NEW.remote_id <> '' OR NEW.attempts <> 0
    OR (NEW.kind = 'undo' AND NOT EXISTS (
        SELECT 1 FROM payments_delivery WHERE allocation_id = NEW.allocation_id AND kind = 'apply'
        AND state IN ('sending', 'unknown', 'delivered')))
    OR (NEW.kind = 'undo' AND NOT {IS_REVERSED})
"""  # noqa: S608  # made of our own words only
TOLD = ("remote_id",)
DELIVERY_STEPS = {
    "waiting>sending": (), "waiting>delivered": ("batch",), "waiting>cancelled": (),
    "sending>delivered": TOLD, "sending>unknown": (), "sending>refused": (), "sending>waiting": (),
    "unknown>delivered": TOLD, "unknown>waiting": (), "unknown>refused": (), "unknown>cancelled": (),
    "refused>waiting": (), "refused>unknown": (), "refused>cancelled": (),
}  # fmt: skip
DELIVERY_FIXED = ("id", "allocation_id", "kind", "reference")
DELIVERY_STEP = f"""
    {beside_the_steps(DELIVERY_STEPS, DELIVERY_FIXED)}
    OR (OLD.reflected AND NOT NEW.reflected)
    OR (OLD.state IN ('delivered', 'cancelled') AND ({changed("attempts", "look_ups", "lease", "error")}))
    OR (NEW.state = 'cancelled' AND OLD.state <> 'cancelled' AND (
        NOT {IS_REVERSED}
        OR (NEW.kind = 'undo' AND NOT EXISTS (
            SELECT 1 FROM payments_delivery WHERE allocation_id = NEW.allocation_id AND kind = 'apply'
            AND state IN ('waiting', 'refused', 'cancelled')))))
"""  # noqa: S608  # made of our own words only
IMPORT_CHANGES = f"""
    {changed("number", "includes_batch", "as_of", "started_at")}
    OR (OLD.finished_at IS NOT NULL AND ({changed("finished_at")}))
"""
PRINTING_SKIPS = """
    NEW.number <> COALESCE((SELECT MAX(number) FROM payments_printing WHERE payment_id = NEW.payment_id), 0) + 1
"""
TAKEN_KEY = """
    EXISTS (SELECT 1 FROM payments_payment payment, tills_transaction taken WHERE payment.key = NEW.key
        AND taken.id = payment.transaction_id AND taken.operator_id = NEW.operator_id)
"""
GIVEN_UP = """
    EXISTS (SELECT 1 FROM payments_givenupkey given_up, tills_transaction taken WHERE given_up.key = NEW.key
        AND taken.id = NEW.transaction_id AND taken.operator_id = given_up.operator_id)
"""
# name of the guard: table, event, the condition under which the change is refused, and what is said then
CHECKS = {
    "line_follows": ("tills_transaction", "INSERT", FOLLOWS, "this line does not follow the till's last line"),
    "line_reseller": ("tills_transaction", "INSERT", FOREIGN_LINE, "a line has its till's reseller"),
    "line_method": ("tills_transaction", "INSERT", OTHER_EFFECT, "a payment does to the till what its method says"),
    "line_shift": ("tills_transaction", "INSERT", OTHER_SHIFT, "a line stands in its till's open shift"),
    "shift_begins": ("tills_shift", "INSERT", SHIFT_BEGINS, "a shift begins with the issue of its float"),
    "shift_step": ("tills_shift", "UPDATE", SHIFT_STEP, "a shift cannot go this way"),
    "count_in_time": ("tills_count", "INSERT", COUNT_TOO_LATE, "a count belongs to a shift that is not closed"),
    "count_row_in_time": (
        "tills_countrow",
        "INSERT",
        COUNT_ROW_TOO_LATE,
        "rows belong to the last count of an open shift",
    ),
    "count_row_fits": ("tills_countrow", "INSERT", COUNT_ROW_TOO_MUCH, "these are more notes than were counted"),
    "z_follows": ("tills_zreport", "INSERT", Z_FOLLOWS, "a Z report follows its till's last one, after the close"),
    "write_off_line": ("tills_writeoff", "INSERT", NOT_A_SHORT, "a write-off takes back exactly its short"),
    "method_effect": ("tills_paymentmethod", "UPDATE", USED_METHOD, "a used method's effect cannot be changed"),
    "operator_reseller": ("accounts_operator", "UPDATE", MOVED_OPERATOR, "this operator has taken money already"),
    "till_holder": ("tills_till", "UPDATE", MOVED_TILL, "this till has journal lines or shifts already"),
    "payment_line": ("payments_payment", "INSERT", NOT_A_PAYMENTS_LINE, "a payment has a payment's line"),
    "reversal_line": ("payments_reversal", "INSERT", NOT_ITS_REVERSAL, "a reversal undoes exactly its payment"),
    "part_fits": (
        "payments_allocation",
        "INSERT",
        DOES_NOT_FIT,
        "the parts are more than their payment, or not its own",
    ),
    "batch_stays": ("billing_batch", "UPDATE", changed("number", "made_at"), "a batch stays as it was committed"),
    "counter_grows": (
        "billing_counter",
        "UPDATE",
        f"NEW.value < OLD.value OR {changed('name')}",
        "a counter only grows",
    ),
    "import_stays": ("billing_import", "UPDATE", IMPORT_CHANGES, "an import stays as it began, and ends once"),
    "invoice_stays": (
        "customers_invoice",
        "UPDATE",
        changed("id", "customer_id", "kind", "external_id"),
        "a document stays its customer's",
    ),
    "payment_not_given_up": ("payments_payment", "INSERT", GIVEN_UP, "this form was given up"),
    "given_up_not_taken": ("payments_givenupkey", "INSERT", TAKEN_KEY, "this form has taken a payment"),
    "printing_follows": ("payments_printing", "INSERT", PRINTING_SKIPS, "printings are numbered without a gap"),
    "delivery_begins": ("payments_delivery", "INSERT", DELIVERY_BEGINS, "a delivery begins with waiting"),
    "delivery_step": ("payments_delivery", "UPDATE", DELIVERY_STEP, "a delivery cannot go this way"),
}
