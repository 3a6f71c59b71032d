"""What files and Splynx both meet: the same people stated by either come out as the same plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Reseller
from billing.connectors.files import Files
from billing.connectors.protocol import DocumentKind, FigureSource, RemoteBalance, RemoteCustomer, Severity
from billing.connectors.splynx.system import Splynx
from billing.fake.server import FakeSplynx
from billing.gathering import gather, gather_by_id
from billing.reading import read_files
from customers.figures import CustomerFigures, DocumentFigures
from tests.billing.files import write
from tests.connectors.parts import part
from tests.factories import ResellerFactory

ISSUED, DUE = date(2026, 10, 1), date(2026, 10, 15)
State = Callable[[], FigureSource]


@pytest.fixture
def north(house: None) -> Reseller:
    """Return the reseller of the second customer: the same one by the partner's id and by its code."""
    return ResellerFactory.create(code="north", external_id="2")


def stated_in_files(folder: Path) -> Iterator[FigureSource]:
    """Yield two files; a document's number is its id."""
    files = write(
        folder,
        ["1,anna,Anna Novák,,,-60.00", "2,acme,,Acme,north,0.00"],
        ["1,invoice,1,2026-10-01,2026-10-15,80.00,60.00", "1,proforma,2,2026-10-01,2026-10-15,120.00,120.00"],
    )
    with read_files(customers=files.customers, invoices=files.invoices) as staging:
        yield Files(staging)


def stated_by_splynx(fake: FakeSplynx, splynx: Splynx) -> Iterator[FigureSource]:
    """Yield a Splynx where Anna has paid 20.00 of 80.00."""
    days = {"date_created": ISSUED, "date_till": DUE}
    anna = fake.ledger.add_customer("Anna Novák", login="anna")
    acme = fake.ledger.add_customer(
        "Acme", login="acme", partner_id=fake.ledger.add_partner("North"), category="company"
    )
    fake.ledger.add_invoice(anna, Decimal(80), number="1", **days)
    fake.ledger.add_proforma(acme, Decimal(120), number="1", **days)
    splynx.deliver(part(anna, "20.00", document_kind=DocumentKind.INVOICE, document_id="1"))
    yield splynx


@pytest.fixture(params=["files", "splynx"])
def source(
    request: pytest.FixtureRequest, tmp_path: Path, fake: FakeSplynx, splynx: Splynx, north: Reseller
) -> Iterator[FigureSource]:
    """Yield a source that states Anna, who owes 60.00 of 80.00, and Acme of North, with a proforma."""
    yield from stated_in_files(tmp_path) if request.param == "files" else stated_by_splynx(fake, splynx)


def test_everybody_comes_out_as_the_same_figures(source: FigureSource, north: Reseller) -> None:
    customers = [customer for page in source.customers() for customer in page.rows]
    assert source.count_customers() == len(customers) == 2
    gathered = gather(source, customers)
    bill = DocumentFigures("invoice", "1", "1", ISSUED, DUE, Decimal(80), Decimal(60))
    request = DocumentFigures("proforma", "1", "1", ISSUED, DUE, Decimal(120), Decimal(120))
    assert gathered.figures == [
        CustomerFigures("1", "anna", "Anna Novák", "", None, Decimal(-60), [bill]),
        CustomerFigures("2", "acme", "", "Acme", north.pk, Decimal(0), [request]),
    ]
    assert not gathered.unclear


def test_one_customer_is_asked_for_by_id(source: FigureSource) -> None:
    gathered = gather_by_id(source, ["2", "77"])
    assert [figures.external_id for figures in gathered.figures] == ["2"]
    assert gathered.absent == ["77"]
    anna = source.customer("1")
    assert anna is not None
    assert source.balance(anna) == RemoteBalance("1", Decimal(-60))


def test_who_may_have_changed_is_named(source: FigureSource) -> None:
    since = timezone.now() - timedelta(hours=1)
    assert {customer for page in source.changed_customers(since) for customer in page} == {"1", "2"}


def test_what_is_not_there_has_neither_balance_nor_documents(source: FigureSource) -> None:
    nobody = RemoteCustomer("77", "x", "X", "", "")
    assert source.balance(nobody) is None
    assert source.documents(["77"]).rows == []


def test_a_check_finds_it_fine_and_changes_nothing(source: FigureSource) -> None:
    before = [customer for page in source.customers() for customer in page.rows]
    assert {finding.severity for finding in source.check()} <= {Severity.FINE, Severity.WARNING}
    assert [customer for page in source.customers() for customer in page.rows] == before
