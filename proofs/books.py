"""What must be true of the books, asked once more in plain SQL and apart from the desk's own verification."""

from __future__ import annotations

from django.db import connection

from payments.verifying import Asked, verify_books

UNIT = 100  # ten-thousandths in a cent: the proofs run in euros
# name: a query that returns one number, how often the rule is broken
RULES = {
    "gaps_in_numbers": """
        SELECT COUNT(*) FROM (SELECT till_id FROM tills_transaction GROUP BY till_id
        HAVING COUNT(*) <> MAX(number) OR MIN(number) <> 1 OR COUNT(DISTINCT number) <> COUNT(*)) AS t""",
    "lines_off_the_chain": """
        SELECT COUNT(*) FROM (SELECT number, balance_before, previous_digest,
            LAG(balance_after, 1, 0) OVER lines AS balance, LAG(digest) OVER lines AS digest
            FROM tills_transaction WINDOW lines AS (PARTITION BY till_id ORDER BY number, id)) AS t
        WHERE balance_before <> balance OR previous_digest <> COALESCE(digest, previous_digest)""",
    "keys_with_two_payments": """
        SELECT COUNT(*) FROM (SELECT key FROM payments_payment GROUP BY key HAVING COUNT(*) > 1) AS t""",
    "parts_that_do_not_sum": """
        SELECT COUNT(*) FROM (SELECT l.id FROM tills_transaction l JOIN payments_payment p ON p.transaction_id = l.id
        LEFT JOIN payments_allocation a ON a.payment_id = p.id
        GROUP BY l.id, l.amount HAVING COALESCE(SUM(a.amount), 0) <> l.amount) AS t""",
    "invoices_paid_beyond_their_due": f"""
        SELECT COUNT(*) FROM (SELECT i.id FROM customers_invoice i JOIN payments_allocation a ON a.invoice_id = i.id
        JOIN payments_delivery d ON d.allocation_id = a.id AND NOT d.reflected AND d.state <> 'cancelled'
        GROUP BY i.id, i.due HAVING SUM(CASE d.kind WHEN 'apply' THEN a.amount ELSE -a.amount END)
            > (i.due + {UNIT - 1}) / {UNIT} * {UNIT}) AS t""",
    "lines_without_their_document": """
        SELECT COUNT(*) FROM tills_transaction l LEFT JOIN payments_payment p ON p.transaction_id = l.id
        LEFT JOIN payments_reversal r ON r.transaction_id = l.id
        WHERE (l.kind = 'payment') <> (p.id IS NOT NULL) OR (l.kind = 'reversal') <> (r.id IS NOT NULL)""",
    "payments_reversed_twice": """
        SELECT COUNT(*) FROM (SELECT payment_id FROM payments_reversal GROUP BY payment_id HAVING COUNT(*) > 1) AS t""",
    "deliveries_against_the_books": """
        SELECT COUNT(*) FROM (SELECT a.id FROM payments_allocation a
        LEFT JOIN payments_delivery d ON d.allocation_id = a.id
        LEFT JOIN payments_reversal r ON r.payment_id = a.payment_id
        GROUP BY a.id HAVING SUM(CASE WHEN d.kind = 'apply' THEN 1 ELSE 0 END) <> 1 OR (COUNT(r.id) = 0)
        <> (SUM(CASE WHEN d.kind = 'undo' OR d.state = 'cancelled' THEN 1 ELSE 0 END) = 0)) AS t""",
    "used_keys_given_up_before": """
        SELECT COUNT(*) FROM payments_givenupkey g JOIN payments_payment p ON p.key = g.key
        JOIN tills_transaction l ON l.id = p.transaction_id AND l.operator_id = g.operator_id""",
}


def broken_rules(*, but: str = "") -> dict[str, int]:
    """Return how often each rule (but one) is broken, the desk's own verification included; empty: the books hold."""
    found = {}
    with connection.cursor() as cursor:
        for name, query in RULES.items():
            cursor.execute(query)
            found[name] = int(cursor.fetchone()[0]) if name != but else 0
    found["faults_found_by_verify_books"] = verify_books(Asked()).faults_in_all
    return {name: count for name, count in found.items() if count}


def documents() -> int:
    """Return how many numbered documents there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM tills_transaction")
        return int(cursor.fetchone()[0])


def deadlocks() -> int:
    """Return how many deadlocks PostgreSQL has had to break in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
