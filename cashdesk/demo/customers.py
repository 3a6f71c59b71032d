"""Made-up customers and invoices, written as the two CSV files that a billing system would give."""

import csv
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

COUNT = 400
FIRST_ID = 1001
RESELLERS = {"north": "North Net", "south": "South Fibre"}
# first and last names that go together
NAMES = [
    (["Jan", "Petr", "Tomáš", "Václav"], ["Novák", "Svoboda", "Dvořák", "Černý"]),
    (["Jana", "Eva", "Zuzana"], ["Nováková", "Dvořáková", "Malá"]),
    (["José", "María", "Núria", "Tomás"], ["García", "Fernández", "Puig", "de la Cruz"]),
    (["Aoife", "Seán", "Emma", "Oliver"], ["O'Brien", "McCarthy", "Smith", "Jones"]),
    (["Jean-Luc", "Chloé", "Zoé"], ["Lefèvre", "Moreau", "d'Arc"]),
    (["Jürgen", "Käthe", "Søren"], ["Groß", "Müller", "Ærø"]),
    (["Łukasz", "Agnieszka", "Marta"], ["Wójcik", "Żak", "Nowak"]),
    (["Тарас", "Олена", "Софія"], ["Шевченко", "Коваленко", "Бондар"]),
    (["João", "Beatriz", "Inês"], ["Araújo", "Conceição", "Silva"]),
    (["Γιώργος", "Ελένη"], ["Παππάς", "Νικολάου"]),
    (["محمد", "فاطمة"], ["العلي", "حسن"]),
    (["İpek", "Deniz"], ["Yılmaz", "Öztürk"]),
]
COMPANIES = ["Bakery Sunrise", "Hotel Adriatic", "Novák s.r.o.", "Cafe Müller", "Blue Dolphin Ltd", "Школа № 5"]
FEES = [Decimal("19.90"), Decimal("24.50"), Decimal("29.90"), Decimal("39.00"), Decimal("59.90")]


def write_files(folder: Path, today: date) -> tuple[Path, Path]:
    """Write customers.csv and invoices.csv into the folder, always the same for one day, and return their paths."""
    random = Random(20261123)  # noqa: S311  # made-up people need no secrets
    customers, invoices = [], []
    for number in range(FIRST_ID, FIRST_ID + COUNT):
        fee = random.choice(FEES)
        own = list(_invoices(random, number, fee, today))
        invoices += own
        customers.append(_customer(random, number, _balance(random, own)))
    folder.mkdir(parents=True, exist_ok=True)
    return (
        _write(folder / "customers.csv", ["external_id", "login", "name", "company", "reseller", "balance"], customers),
        _write(
            folder / "invoices.csv", ["number", "kind", "customer", "issued_on", "due_on", "total", "due"], invoices
        ),
    )


def ids() -> set[str]:
    """Return the ids of the demo's customers."""
    return {str(number) for number in range(FIRST_ID, FIRST_ID + COUNT)}


def _customer(random: Random, number: int, balance: Decimal) -> list[str]:
    name = " ".join(random.choice(part) for part in NAMES[number % len(NAMES)])
    company = random.choice(COMPANIES) if number % 17 == 0 else ""
    reseller = random.choices(["", *RESELLERS], weights=[6, 3, 2])[0]
    return [str(number), f"c{number}", name, company, reseller, str(balance)]


def _invoices(random: Random, number: int, fee: Decimal, today: date) -> Iterator[list[str]]:
    """Give up to three unpaid invoices, now and then one partly paid, and now and then a proforma."""
    for month in range(random.choices([0, 1, 2, 3], weights=[3, 5, 2, 1])[0]):
        issued = today.replace(day=1) - timedelta(days=30 * month)
        due = fee if random.random() > 0.15 else (fee / 2).quantize(Decimal("0.01"))
        name = f"INV-{issued:%Y%m}-{number}"
        yield [name, "invoice", str(number), str(issued), str(issued + timedelta(days=14)), str(fee), str(due)]
    if number % 13 == 0:
        row = ["proforma", str(number), str(today), str(today + timedelta(days=10)), "49.00", "49.00"]
        yield [f"PF-{number}", *row]


def _balance(random: Random, invoices: Sequence[Sequence[str]]) -> Decimal:
    """Return what the customer owes by invoices, or now and then a credit."""
    owed = sum((Decimal(row[6]) for row in invoices if row[1] == "invoice"), Decimal(0))
    return -owed if owed or random.random() > 0.2 else random.choice(FEES)


def _write(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path
