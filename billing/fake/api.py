"""The addresses of the fake's API, and what each of them does to the ledger; no HTTP in here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from billing.fake import filtering
from billing.fake.keys import ApiKey, Denied
from billing.fake.ledger import CannotBeDeleted, Invalid, Ledger, NotThere, Row
from billing.fake.spelling import Spelling, spelled

LONGEST = {"receipt_number": 32, "comment": 256, "field_1": 512, "field_2": 512}


@dataclass
class Reply:
    """A status, a body or none, and the total of a HEAD."""

    status: int
    body: Any = None  # Any: whatever JSON can say
    total: int | None = None


@dataclass(frozen=True)
class Noun:
    """One address: its table, the controller of its rights, whether it has rows of customers."""

    table: str
    controller: str
    is_of_customers: bool = True
    by_customer: bool = False  # its id is the customer's


NOUNS = {
    "admin/customers/customer": Noun("customers", r"admin\customers\Customer"),
    "admin/customers/customer-billing": Noun("billing", r"admin\customers\CustomerBilling", by_customer=True),
    "admin/finance/invoices": Noun("invoices", r"admin\finance\Invoices"),
    "admin/finance/proforma-invoices": Noun("proformas", r"admin\finance\ProformaInvoices"),
    "admin/finance/payments": Noun("payments", r"admin\finance\Payments"),
    "admin/finance/transactions": Noun("transactions", r"admin\finance\Transactions"),
    "admin/finance/invoice-relations": Noun("relations", r"admin\finance\InvoiceRelations"),
    "admin/finance/payment-methods": Noun("methods", r"admin\finance\PaymentMethods", is_of_customers=False),
    "admin/finance/transaction-categories": Noun(
        "transaction_categories", r"admin\finance\TransactionCategories", is_of_customers=False
    ),
    "admin/administration/partners": Noun("partners", r"admin\administration\Partners", is_of_customers=False),
}
PATH = re.compile(r"(?P<noun>admin/[a-z]+/[a-z-]+)(?:/(?P<id>[^/]+))?")


@dataclass
class Api:
    """Answers questions out of a ledger."""

    ledger: Ledger
    spelling: Spelling = Spelling.V5
    ignored_filters: set[str] = field(default_factory=set)
    switched_off: set[str] = field(default_factory=set)  # "POST admin/finance/payments"
    longest_page: int | None = None  # shorter than a client may ask for
    complaint: str = "field"  # or attribute: the two spellings of 422; anything else: neither

    def answer(self, method: str, path: str, query: str, content: Mapping[str, Any], key: ApiKey) -> Reply:
        """Return the reply to one authorized question."""
        if path == "admin/api/check":
            return Reply(200, {"status": "ok", "message": "API is valid", "same_server": 0})
        found = PATH.fullmatch(path)
        noun = NOUNS.get(found["noun"]) if found else None
        if found is None or noun is None:
            return error(404, "NOT_FOUND", "Page not found")
        if f"{method} {found['noun']}" in self.switched_off:
            return error(405, "METHOD_DISABLED", "Method is disabled!")
        acts: dict[tuple[str, bool], Callable[[], Reply]] = {
            ("GET", False): lambda: self._list(noun, query, key),
            ("HEAD", False): lambda: self._total(noun, query, key),
            ("OPTIONS", False): lambda: self._columns(noun, key),
            ("POST", False): lambda: self._add(noun, content, key),
            ("GET", True): lambda: self._view(noun, found["id"], key),
            ("PUT", True): lambda: self._update(noun, found["id"], content, key),
            ("DELETE", True): lambda: self._delete(noun, found["id"], key),
        }
        act = acts.get((method, found["id"] is not None))
        if act is None:
            return error(405, "METHOD_NOT_ALLOWED", "Method is not allowed")
        try:
            with self.ledger.lock:
                return act()
        except NotThere:
            return error(404, "NOT_FOUND", "Entity not found")
        except Denied as denial:
            return error(denial.status, denial.code, denial.code.replace("_", " ").capitalize())
        except Invalid as fault:
            return self._complain(fault)
        except CannotBeDeleted as fault:
            return error(400, "ENTITY_CANNOT_BE_DELETED", str(fault))

    def _list(self, noun: Noun, query: str, key: ApiKey) -> Reply:
        tree = filtering.parse_php(query)
        rows = filtering.page(self._selected(noun, tree, key), tree)[: self.longest_page]
        return Reply(200, [spelled(row, self.spelling) for row in rows])

    def _total(self, noun: Noun, query: str, key: ApiKey) -> Reply:
        return Reply(204, total=len(self._selected(noun, filtering.parse_php(query), key)))

    def _selected(self, noun: Noun, tree: filtering.Tree, key: ApiKey) -> list[Row]:
        key.require(noun.controller, "index")
        rows = self.ledger.rows(noun.table)
        if key.partner_id and noun.is_of_customers:
            rows = [row for row in rows if self._partner_of(noun, row) == key.partner_id]
        return filtering.select(rows, tree, self.ignored_filters)

    def _columns(self, noun: Noun, key: ApiKey) -> Reply:
        key.require(noun.controller, "index")
        row = next(iter(self.ledger.rows(noun.table)), {})
        names = [name for name in row if not name.startswith("_")]
        attributes = [{"name": n, "title": n, "type": "string", "required": n == "customer_id"} for n in names]
        return Reply(200, {"attributes": attributes, "additional_attributes": []})

    def _view(self, noun: Noun, number: str, key: ApiKey) -> Reply:
        key.require(noun.controller, "view")
        row = spelled(self._found(noun, number, key), self.spelling)
        if noun.by_customer:
            del row["id"]  # the balance's row has none of its own
        return Reply(200, row)

    def _add(self, noun: Noun, content: Mapping[str, Any], key: ApiKey) -> Reply:
        key.require(noun.controller, "add")
        if noun.table != "payments":
            return error(405, "METHOD_NOT_ALLOWED", "Method is not allowed")
        return Reply(201, {"id": self.ledger.enter_payment(self._payment(content, key))})

    def _update(self, noun: Noun, number: str, content: Mapping[str, Any], key: ApiKey) -> Reply:
        key.require(noun.controller, "update")
        row = self._found(noun, number, key)
        if noun.table == "payments" and "amount" in content:
            self.ledger.change_payment(row["id"], _money(content["amount"]))
        elif noun.table == "customers":
            kept = {name: value for name, value in content.items() if name in ("login", "name", "status", "category")}
            self.ledger.change_customer(row["id"], **kept)
        return Reply(202)

    def _delete(self, noun: Noun, number: str, key: ApiKey) -> Reply:
        key.require(noun.controller, "delete")
        row = self._found(noun, number, key)
        if noun.table == "payments":
            self.ledger.delete_payment(row["id"])
        elif noun.table == "invoices":
            self.ledger.delete_invoice(row["id"])
        else:
            raise CannotBeDeleted("kept")
        return Reply(204)

    def _found(self, noun: Noun, number: str, key: ApiKey) -> Row:
        if not (number.isascii() and number.isdigit()):
            raise NotThere(number)
        row = self.ledger.get(noun.table, int(number))
        if key.partner_id and noun.is_of_customers and self._partner_of(noun, row) != key.partner_id:
            raise Denied("NOT_ALLOWED_BY_PARTNER_RESTRICTION", 405)
        return row

    def _partner_of(self, noun: Noun, row: Row) -> int:
        customer_id = row["id"] if noun.table == "customers" else row["customer_id"]
        return int(self.ledger.get("customers", customer_id)["partner_id"])

    def _payment(self, content: Mapping[str, Any], key: ApiKey) -> Row:
        """Return the columns of a payment; raises Invalid, NotThere and Denied before anything is written."""
        values: Row = {
            "customer_id": self._reference(content, "customer_id", "customers", key),
            "invoice_id": self._reference(content, "invoice_id", "invoices", key),
            "request_id": self._reference(content, "request_id", "proformas", key),
            "credit_note_id": None,
            "payment_type": self._reference({"payment_type": 1, **content}, "payment_type", "methods", key),
            "amount": _money(content.get("amount")),
            "date": _day(content["date"]) if content.get("date") else self.ledger.today(),
            "note": str(content.get("note") or ""),
            "is_sent": False,
        }
        if values["customer_id"] is None:
            raise Invalid("customer_id", "Customer ID is required")
        if values["invoice_id"] and values["request_id"]:
            raise Invalid("request_id", "One document for one payment")
        for column, table in (("invoice_id", "invoices"), ("request_id", "proformas")):
            number = values[column]
            if number and self.ledger.get(table, number)["customer_id"] != values["customer_id"]:
                raise Invalid(column, "The document is another customer's")
        for column in ("receipt_number", "comment", "field_1", "field_2"):
            values[column] = str(content.get(column) or "")
            if len(values[column]) > LONGEST[column]:
                raise Invalid(column, f"{column} should contain at most {LONGEST[column]} characters.")
        return values

    def _reference(self, content: Mapping[str, Any], column: str, table: str, key: ApiKey) -> int | None:
        number = content.get(column)
        if number in (None, "", 0, "0"):
            return None
        if not str(number).isdigit() or int(str(number)) not in self.ledger.tables[table]:
            raise Invalid(column, f"{column} does not exist")
        if table == "customers":
            self._found(NOUNS["admin/customers/customer"], str(number), key)
        return int(str(number))

    def _complain(self, fault: Invalid) -> Reply:
        if self.complaint == "field":
            return Reply(422, [{"field": fault.field, "message": str(fault)}])
        if self.complaint == "attribute":
            return Reply(422, [{"attribute": fault.field, "error": str(fault)}])
        return Reply(422, {"unexpected": str(fault)})


def error(status: int, code: str, message: str) -> Reply:
    """Return an error in Splynx's shape."""
    return Reply(status, {"error": {"message": message, "code": status, "internal_code": code}})


def _money(value: object) -> Decimal:
    try:
        amount = Decimal(str(value)).quantize(Decimal("0.0001"))
    except InvalidOperation as fault:
        raise Invalid("amount", "Amount must be a number.") from fault
    if not amount:
        raise Invalid("amount", "Invalid sum, only a value greater or less than 0 is allowed!")
    return amount


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as fault:
        raise Invalid("date", "Date is wrong") from fault
