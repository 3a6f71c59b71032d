"""A line's document as it would be signed with the names of today, written out at once.

Most documents are exactly this, and comparing two texts costs a fraction of reading one. What is not exactly this is
read and compared column by column (documents.py), which has the last word.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring as quoted
from typing import Any

from payments.verifying.rows import LineRow, ReversalRow, TillFacts
from tills import proofs

END = f',"version":{proofs.VERSION}}}'
PARTS = ',"parts":'
READER = json.JSONDecoder()  # json.loads looks at its options each time


def spell_line(row: LineRow, till: TillFacts, document: str, operator: str, method: str) -> str:
    """Return how the document begins; `operator` and `method` are spelled already."""
    customer = "null"
    if row.customer_id is not None:
        customer = f'{{"external_id":{quoted(row.customer_external_id or "")},"id":{row.customer_id}}}'
    shift = "null" if row.shift_id is None else row.shift_id
    return (
        f'{{"line":{{"amount":{row.amount},"balance_after":{row.balance_after},"balance_before":{row.balance_before},'
        f'"business_date":"{row.business_date}","cash":{row.cash},"comment":{quoted(row.comment)},'
        f'"customer":{customer},"document":{document},"effect":{row.effect},"key_id":"{row.key_id}",'
        f'"kind":"{row.kind}","method":{method},"number":{row.number},"operator":{operator},'
        f'"recorded_at":"{row.recorded_at}","reseller":{till.spelled_reseller},"shift":{shift},{till.spelled}}}'
    )


def spell_payment(row: LineRow) -> str:
    """Return how the document of a payment ends, after its parts."""
    return (
        f',"payment":{{"customer_balance_after":{row.customer_balance_after},'
        f'"customer_balance_before":{row.customer_balance_before},"customer_login":{quoted(row.customer_login)},'
        f'"customer_name":{quoted(row.customer_name)},"key":"{row.payment_key}","paid_on":"{row.paid_on}",'
        f'"reference":{quoted(row.reference)}}}{END}'
    )


def spell_reversal(reversal: ReversalRow, document: str) -> str:
    """Return how the document of a reversal ends; `document` is the number of what it undoes."""
    replacement = "null" if reversal.replacement_key is None else quoted(reversal.replacement_key)
    return (
        f',"reversal":{{"document":{quoted(document)},"key":"{reversal.payment_key}",'
        f'"reason":{quoted(reversal.reason)},"replacement":{replacement}}}{END}'
    )


def parts_between(payload: str, begin: str, end: str) -> list[dict[str, Any]] | None:
    """Return the parts as signed when all of the document around them is spelled so; else None. Any: JSON."""
    place = len(begin) + len(PARTS)
    if not (payload.startswith(begin) and payload.endswith(end) and payload.startswith(PARTS, len(begin))):
        return None
    try:
        found, ended = READER.raw_decode(payload, place)
    except ValueError:
        return None
    return found if isinstance(found, list) and ended == len(payload) - len(end) else None


def on_account(amount: int) -> str:
    """Return how a payment's parts are spelled when all of it is on account."""
    return f'{PARTS}[{{"amount":{amount},"document":null}}]'
