"""The books of the fake: customers, documents, payments and the transactions whose sum is the balance."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]  # Any: a row of somebody else's database, with its own types

ZERO = Decimal(0)
FIRST_METHODS = ("Cash", "Bank transfer", "Credit card", "PayPal", "Other", "Refill card")
CATEGORIES = ("Service", "Discount", "Payment", "Refund", "Correction")
PAYMENT_CATEGORY = 3


class Invalid(Exception):
    """A validation complains; field and message as 422 tells them."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NotThere(Exception):
    """There is no such object."""


class CannotBeDeleted(Exception):
    """It is there, and stays."""


class Ledger:
    """Tables of rows by id, and what happens in them; every public method is atomic."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.tables: dict[str, dict[int, Row]] = defaultdict(dict)
        self.events: list[Row] = []  # what hooks tell
        self.undeletable: set[int] = set()
        self._next: dict[str, int] = defaultdict(int)
        self.now = datetime.now  # local time over there, without a zone
        self.add_partner("Main")
        for name in FIRST_METHODS:
            self.add_method(name)
        for name in CATEGORIES:
            self._insert("transaction_categories", name=name, is_base=True)

    # --- What stands in the books ------------------------------------------------------------------------------------
    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table by id, without deleted payments."""
        with self.lock:
            return [row for row in self.tables[table].values() if not row.get("_deleted")]

    def get(self, table: str, number: int) -> Row:
        """Return one row; raises NotThere."""
        row = self.tables[table].get(number)
        if row is None or row.get("_deleted"):
            raise NotThere(f"{table} {number}")
        return row

    def balance(self, customer_id: int) -> Decimal:
        """Return what the transactions sum to; below zero the customer owes."""
        with self.lock:
            return sum((signed(row) for row in self.rows("transactions") if row["customer_id"] == customer_id), ZERO)

    def payments_under(self, reference: str) -> list[Row]:
        """Return the payments that stand under this receipt number."""
        return [row for row in self.rows("payments") if row["receipt_number"] == reference]

    # --- What the provider does --------------------------------------------------------------------------------------
    def add_partner(self, name: str) -> int:
        """Make a partner and return its id."""
        return int(self._insert("partners", name=name)["id"])

    def add_method(self, name: str, *, is_active: bool = True) -> int:
        """Make a payment method and return its id."""
        labels = {f"name_{n}": "" for n in range(1, 6)}
        return int(self._insert("methods", name=name, is_active=is_active, **labels)["id"])

    def add_customer(self, name: str = "", **values: Any) -> int:  # Any: columns of the row
        """Make a customer who owes nothing and return the id."""
        with self.lock:
            number = self._next["customers"] + 1
            row = {
                "login": f"{number:06d}", "name": name or f"Customer {number}", "status": "active", "partner_id": 1,
                "location_id": 1, "parent_id": None, "category": "person", "email": f"{number}@example.com",
                "billing_email": "", "phone": "", "street_1": "", "zip_code": "", "city": "", "date_add": self.today(),
                "last_update": self.now(), "last_online": None, "billing_type": "recurring", "added_by": "admin",
                "password": f"secret-{number}", "additional_attributes": {},
            }  # fmt: skip
            billing = {"sub_billing_mode": values.pop("sub_billing_mode", "independent")}
            self._insert("customers", **(row | values))
            self._insert("billing", customer_id=number, enabled=True, deposit=ZERO, payment_method=1, **billing)
            self._tell("Customer", "create", number, self.tables["customers"][number])
            return number

    def change_customer(self, number: int, **values: Any) -> None:  # Any: columns of the row
        """Change columns of a customer."""
        with self.lock:
            row = self.get("customers", number)
            row.update(values, last_update=self.now())
            self._tell("Customer", "edit", number, row)

    def delete_customer(self, number: int) -> None:
        """Remove a customer with documents, as if never entered."""
        with self.lock:
            del self.tables["customers"][number]
            for table in ("billing", "invoices", "proformas", "payments", "transactions", "relations"):
                self.tables[table] = {
                    key: row for key, row in self.tables[table].items() if row["customer_id"] != number
                }

    def charge(self, customer_id: int, total: Decimal, description: str = "Service") -> int:
        """Enter a debit without an invoice and return its id."""
        with self.lock:
            self.get("customers", customer_id)
            return int(self._transaction(customer_id, "debit", total, 1, description)["id"])

    def add_invoice(self, customer_id: int, total: Decimal, **values: Any) -> int:  # Any: columns of the row
        """Issue an invoice, which debits the customer, and return its id."""
        with self.lock:
            self.get("customers", customer_id)
            row = self._document("invoices", customer_id, total, f"{self.today():%Y}01", values)
            row |= {"type": "recurring", "due": total, "payd_from_deposit": False}
            debit = self._transaction(customer_id, "debit", total, 1, f"Invoice {row['number']}")
            debit["invoice_id"] = row["id"]
            self._tell("Invoices", "create", customer_id, row)
            return int(row["id"])

    def add_proforma(self, customer_id: int, total: Decimal, **values: Any) -> int:  # Any: columns of the row
        """Issue a request for money, which debits nobody, and return its id."""
        with self.lock:
            self.get("customers", customer_id)
            row = self._document("proformas", customer_id, total, f"{self.today():%Y}", values)
            row["is_crm_request"] = False
            return int(row["id"])

    def delete_invoice(self, number: int) -> None:
        """Delete an unpaid invoice with its debit; its status says deleted, and it stays in lists."""
        with self.lock:
            row = self.get("invoices", number)
            if row["due"] != row["total"]:
                raise CannotBeDeleted("paid")
            row.update(status="deleted", due=ZERO, date_updated=self.now())
            for debit in [d for d in self.rows("transactions") if d.get("invoice_id") == number]:
                self._remove_transaction(debit)

    # --- Payments ----------------------------------------------------------------------------------------------------
    def enter_payment(self, values: Row) -> int:
        """Enter a payment and its credit transaction, allocate it, and return its id; raises Invalid or NotThere."""
        with self.lock:
            row = self._insert("payments", **values, added_by="api", real_create_datetime=self.now())
            row |= {"remind_amount": row["amount"], "updated_at": self.now()}
            method = self.tables["methods"][row["payment_type"]]["name"]
            credit = self._transaction(row["customer_id"], "credit", row["amount"], PAYMENT_CATEGORY, method)
            credit["payment_id"], row["transaction_id"] = row["id"], credit["id"]
            row["receipt_number"] = row["receipt_number"] or (
                f"{row['date']:%Y}-{row['payment_type']:02d}-{row['id']:05d}"
            )
            self._allocate(row)
            self._tell("Payments", "create", row["customer_id"], row)
            return int(row["id"])

    def delete_payment(self, number: int) -> None:
        """Take a payment back with its credit, and open again what it had paid."""
        with self.lock:
            row = self.get("payments", number)
            if number in self.undeletable:
                raise CannotBeDeleted("synced to accounting")
            for relation in [r for r in self.rows("relations") if r["payer_id"] == number]:
                invoice = self.tables["invoices"][relation["invoice_id"]]
                due = invoice["due"] + relation["amount"]
                invoice.update(due=due, status="not_paid", date_payment=None, payment_id=None)
                invoice["date_updated"] = self.now()
                del self.tables["relations"][relation["id"]]
            if row["request_id"]:
                self.tables["proformas"][row["request_id"]].update(status="not_paid", date_payment=None)
            self._remove_transaction(self.tables["transactions"][row["transaction_id"]])
            row["_deleted"] = True
            self._tell("Payments", "delete", row["customer_id"], row)

    def change_payment(self, number: int, amount: Decimal) -> None:
        """Change the amount of a payment, as somebody over there might; its allocation is left alone."""
        with self.lock:
            row = self.get("payments", number)
            self._remove_transaction(self.tables["transactions"][row["transaction_id"]])
            credit = self._transaction(row["customer_id"], "credit", amount, PAYMENT_CATEGORY, "Changed")
            row.update(amount=amount, transaction_id=credit["id"], updated_at=self.now())

    def today(self) -> date:
        """Return the day over there."""
        return self.now().date()

    def _allocate(self, payment: Row) -> None:
        """Pay the chosen document, else unpaid invoices in order of creation; what is left stays unallocated."""
        if payment["request_id"]:
            proforma = self.tables["proformas"][payment["request_id"]]
            if payment["amount"] >= proforma["total"]:
                proforma.update(status="paid", date_payment=payment["date"], payment_id=payment["id"])
            return
        for invoice in list(self._payable(payment)):
            part = min(payment["remind_amount"], invoice["due"])
            if part <= 0:
                return
            payment["remind_amount"] -= part
            invoice["due"] -= part
            invoice["date_updated"] = self.now()
            if not invoice["due"]:
                invoice.update(status="paid", date_payment=payment["date"], payment_id=payment["id"])
            owner = payment["customer_id"]
            ids = {"payer_id": payment["id"], "invoice_id": invoice["id"]}
            self._insert("relations", customer_id=owner, type="payment", transaction_id=None, amount=part, **ids)

    def _payable(self, payment: Row) -> Iterator[Row]:
        if payment["invoice_id"]:
            yield self.tables["invoices"][payment["invoice_id"]]
            return
        for invoice in self.rows("invoices"):
            if invoice["customer_id"] == payment["customer_id"] and invoice["status"] == "not_paid":
                yield invoice

    # --- Rows --------------------------------------------------------------------------------------------------------
    def _document(self, table: str, customer_id: int, total: Decimal, year: str, values: Row) -> Row:
        number = self._next[table] + 1
        row = {
            "customer_id": customer_id, "number": f"{year}{number:06d}", "date_created": self.today(),
            "real_create_datetime": self.now(), "date_updated": self.now(), "date_payment": None,
            "date_till": self.today() + timedelta(days=14), "status": "not_paid", "total": total, "payment_id": None,
            "is_sent": False, "note": "", "memo": "", "added_by": "system", "items": [], "additional_attributes": {},
        }  # fmt: skip
        return self._insert(table, **(row | values))

    def _transaction(self, customer_id: int, kind: str, total: Decimal, category: int, description: str) -> Row:
        row = self._insert(
            "transactions", customer_id=customer_id, type=kind, quantity=1, price=total, total=total, date=self.today(),
            category=category, description=description, comment="", payment_id=None, invoice_id=None, source="manual",
        )  # fmt: skip
        self._billing(customer_id)["deposit"] += signed(row)
        return row

    def _remove_transaction(self, row: Row) -> None:
        self._billing(row["customer_id"])["deposit"] -= signed(row)
        del self.tables["transactions"][row["id"]]

    def _billing(self, customer_id: int) -> Row:
        return self.tables["billing"][customer_id]

    def _insert(self, table: str, **values: Any) -> Row:  # Any: columns of the row
        with self.lock:
            self._next[table] += 1
            row = self.tables[table][self._next[table]] = {"id": self._next[table], **values}
            return row

    def _tell(self, model: str, action: str, customer_id: int, row: Row) -> None:
        self.events.append({"model": model, "action": action, "customer_id": customer_id, "id": row["id"]})


def signed(transaction: Row) -> Decimal:
    """Return what a transaction does to the balance: a debit charges, a credit gives (splynx.md 3)."""
    total: Decimal = transaction["total"]
    return -total if transaction["type"] == "debit" else total
