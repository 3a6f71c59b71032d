"""A receipt as PDF where WeasyPrint is installed; without it neither button nor page."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which
from types import ModuleType

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Operator
from cashdesk import pdf_files
from cashdesk.views import payment as views
from payments.models import Payment, Printing
from tests.desk.pages import page
from tests.factories import CustomerFactory, pay
from tests.people import signed_in

needs_weasyprint = pytest.mark.skipif(pdf_files.weasyprint() is None, reason="WeasyPrint is an optional extra")


def address(payment: Payment) -> str:
    return f"/cashdesk/payments/{payment.key}/"


def links(client: Client, payment: Payment) -> list[str]:
    return [str(link["href"]) for link in page(client, address(payment)).select("a[download]")]


def test_without_the_library_there_is_neither_button_nor_page(alice: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "weasyprint", lambda: None)
    payment, client = pay(alice, CustomerFactory.create()), signed_in(alice)
    assert links(client, payment) == []
    assert client.get(f"{address(payment)}receipt.pdf").status_code == 404


@pytest.mark.parametrize("fault", [ImportError, OSError])
def test_a_library_that_cannot_be_loaded_counts_as_missing(
    monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    def fail(_name: str) -> ModuleType:
        raise fault

    monkeypatch.setattr(pdf_files, "import_module", fail)
    assert pdf_files.weasyprint.__wrapped__() is None


@needs_weasyprint
def test_the_pdf_says_what_the_receipt_says_and_counts_no_printing(
    alice: Operator, settings: Settings, tmp_path: Path
) -> None:
    settings.CASHDESK_BASE_URL = "https://desk.example.com"
    payment = pay(alice, CustomerFactory.create(name="Jan Novák"), "1234.50", comment="<img src=file:///etc/passwd>")
    client = signed_in(alice)
    assert links(client, payment) == [f"{address(payment)}receipt.pdf"]

    answer = client.get(f"{address(payment)}receipt.pdf")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"].endswith(f'receipt-{payment.transaction.document_number}.pdf"')
    assert answer.content.startswith(b"%PDF-")
    assert Printing.objects.count() == 0
    if which("pdftotext") is None:
        return
    file = tmp_path / "receipt.pdf"
    file.write_bytes(answer.content)
    run = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True)
    for said in ("Jan Novák", payment.transaction.document_number, "€1,234.50", "Copy", "<img", "Alice"):
        assert said in run.stdout


@needs_weasyprint
def test_somebody_elses_receipt_is_missing_as_a_pdf_too(alice: Operator, charlie: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())
    assert signed_in(charlie).get(f"{address(payment)}receipt.pdf").status_code == 404


@needs_weasyprint
@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1/", "data:text/html,x", "//host/x"])
def test_nothing_is_fetched(url: str) -> None:
    library = pdf_files.weasyprint()
    assert library is not None
    with pytest.raises(ValueError, match="Nothing is fetched"):
        pdf_files._fetcher(library).fetch(url)
