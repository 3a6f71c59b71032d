"""How an amount is split: worked examples, and what holds for every amount."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from customers.models import Invoice
from payments.allocating import OpenDocument, Part, allocate

D = Decimal


def document(number: int, due: str, *, due_on: date = date(2026, 1, 1), proforma: bool = False) -> OpenDocument:
    kind = Invoice.Kind.PROFORMA if proforma else Invoice.Kind.INVOICE
    return OpenDocument(Invoice(pk=number, number=f"INV-{number}", kind=kind, due_on=due_on), D(due))


def split(parts: list[Part]) -> list[tuple[str, Decimal]]:
    return [(part.document.invoice.number if part.document else "on account", part.amount) for part in parts]


def test_the_oldest_due_date_is_paid_first_and_the_rest_is_on_account() -> None:
    late, early = document(1, "60", due_on=date(2026, 3, 1)), document(2, "40", due_on=date(2026, 2, 1))
    assert split(allocate(D("110"), [], [late, early])) == [
        ("INV-2", D("40.00")),
        ("INV-1", D("60.00")),
        ("on account", D("10")),
    ]


def test_two_invoices_of_one_day_are_paid_in_the_order_they_came() -> None:
    assert split(allocate(D("50"), [], [document(2, "40"), document(1, "40")])) == [("INV-1", D(40)), ("INV-2", D(10))]


def test_chosen_documents_come_first_in_the_order_shown() -> None:
    first, second, third = document(1, "10"), document(2, "20"), document(3, "30")
    parts = allocate(D("55"), [second, third], [first, second, third])
    assert split(parts) == [("INV-2", D(20)), ("INV-3", D(30)), ("INV-1", D(5))]


def test_a_proforma_is_paid_only_when_chosen() -> None:
    proforma = document(9, "25", proforma=True)
    assert split(allocate(D("25"), [], [proforma])) == [("on account", D("25"))]
    assert split(allocate(D("25"), [proforma], [proforma])) == [("INV-9", D(25))]


def test_a_due_of_a_fraction_of_a_cent_more_is_rounded_up_once() -> None:
    assert split(allocate(D("30"), [], [document(1, "10.0001"), document(2, "10")])) == [
        ("INV-1", D("10.01")),
        ("INV-2", D("10.00")),
        ("on account", D("9.99")),
    ]


def test_a_due_below_one_unit_counts_as_paid() -> None:
    assert split(allocate(D("5"), [], [document(1, "0.0099")])) == [("on account", D("5"))]


def test_an_overpaid_document_takes_nothing() -> None:
    assert split(allocate(D("5"), [], [document(1, "-3")])) == [("on account", D("5"))]


dues = st.decimals(min_value=D("-5"), max_value=D("999999"), places=4)
documents = st.lists(st.tuples(dues, st.booleans(), st.booleans(), st.dates()), max_size=8).map(
    lambda rows: [
        (document(n, str(due), due_on=due_on, proforma=proforma), chosen)
        for n, (due, proforma, chosen, due_on) in enumerate(rows, start=1)
    ]
)


@given(st.decimals(min_value=D("0.01"), max_value=D("999999"), places=2), documents)
def test_parts_sum_to_the_payment_and_no_document_takes_more_than_its_due(
    amount: Decimal, shown: list[tuple[OpenDocument, bool]]
) -> None:
    parts = allocate(amount, [d for d, chosen in shown if chosen], [d for d, _ in shown])
    assert sum(part.amount for part in parts) == amount
    assert all(part.amount > 0 and part.amount == part.amount.quantize(D("0.01")) for part in parts)
    assert all(part.document is None or part.amount <= part.document.due + D("0.01") for part in parts)
    paid = [part.document.invoice.pk for part in parts if part.document]
    assert len(paid) == len(set(paid))
    assert [part.document for part in parts].count(None) <= 1
    untouched_proformas = {d.invoice.pk for d, chosen in shown if d.is_proforma and not chosen}
    assert not untouched_proformas & set(paid)


@given(st.decimals(min_value=D("0.01"), max_value=D("999999"), places=2), documents)
def test_money_goes_on_account_only_when_every_open_invoice_is_paid(
    amount: Decimal, shown: list[tuple[OpenDocument, bool]]
) -> None:
    parts = allocate(amount, [], [d for d, _ in shown])
    if parts[-1].document is None:
        invoices = [d for d, _ in shown if not d.is_proforma]
        assert sum(d.takes for d in invoices) == sum(part.amount for part in parts[:-1])
