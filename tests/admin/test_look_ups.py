"""Customers, invoices, payments and the journal: looked up by who has the right, changed by nobody."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import admin_pages
from accounts.models import Operator, Reseller
from billing.models import Batch, Difference, Import, Pull, Reconciliation, Settlement
from customers.models import Customer
from customers.words import exact_key
from payments.models import Allocation, Delivery, Payment, Reversal
from payments.printing import print_receipt
from payments.reversing import reverse_payment
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory, ResellerFactory, pay
from tests.people import grant, signed_in
from tills.models import Till, Transaction

LOOK_UPS = [
    "customers.customer", "customers.invoice", "payments.payment", "payments.allocation", "payments.delivery",
    "tills.transaction", "billing.batch", "billing.import", "payments.printing",
    "billing.pull", "billing.settlement", "billing.reconciliation", "billing.difference",
]  # fmt: skip
OF_THE_HOUSE = {"billing.batch", "billing.import", "billing.pull", "billing.reconciliation"}
KEPT = ["accounts.operator", "accounts.reseller", "tills.till", "tills.paymentmethod"]
EDITED = [*KEPT, "tills.booking"]


def listing(name: str) -> str:
    return f"/admin/{name.replace('.', '/')}/"


def rows(page: bytes) -> int:
    return len(BeautifulSoup(page, "html.parser").select("#result_list tbody tr"))


def make_rows(operator: Operator, number: int) -> None:
    """Make this many rows of everything that is looked up."""
    for _ in range(number):
        customer = CustomerFactory.create(reseller=operator.reseller)
        InvoiceFactory.create(customer=customer)
        payment = pay(operator, customer)
        print_receipt(operator=operator, key=payment.key)
        Batch.objects.create(number=Batch.objects.count() + 1, made_at=timezone.now())
        moment = timezone.now()
        Import.objects.create(number=Import.objects.count() + 1, as_of=moment, started_at=moment)
        make_live_rows(operator, payment)


def make_live_rows(operator: Operator, payment: Payment) -> None:
    """Make a row of everything that the live billing system leaves, about this payment."""
    part, moment = Delivery.objects.get(allocation__payment=payment), timezone.now()
    Pull.objects.create(number=Pull.objects.count() + 1, is_full=True, started_at=moment)
    Settlement.objects.create(
        delivery=part, operator=operator, step=Settlement.Step.RETRY, was=part.state, recorded_at=moment
    )
    record = Reconciliation.objects.create(since=moment.date(), started_at=moment)
    Difference.objects.create(reconciliation=record, kind=Difference.Kind.TWICE, delivery=part, reference="x")


@pytest.fixture
def room(north: Reseller) -> None:
    """Let the reseller's till go below zero."""
    Till.objects.create(reseller=north, code=f"R{north.pk}", limit=None)


def test_every_registered_model_is_kept_or_looked_up() -> None:
    ours = {"accounts", "billing", "cashdesk", "customers", "payments", "tills"}
    found = {model._meta.label_lower for model in admin.site._registry if model._meta.app_label in ours}
    assert found >= {*LOOK_UPS, *EDITED}
    for model, page in admin.site._registry.items():
        assert isinstance(page, admin_pages.ScopedAdmin), model
        assert isinstance(page, admin_pages.LookUpAdmin) == (model._meta.label_lower not in EDITED), model


@pytest.mark.parametrize("name", [*LOOK_UPS, *KEPT])
def test_nobody_deletes_anything(root: Operator, alice: Operator, north: Reseller, name: str) -> None:
    make_rows(alice, 1)
    client, model = signed_in(root), apps.get_model(name)
    before = model.objects.count()
    row = model.objects.first()
    assert client.get(f"{listing(name)}{row.pk}/delete/").status_code == 403
    assert client.post(f"{listing(name)}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    answer = client.post(listing(name), {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert answer.status_code in {200, 302, 403}
    assert model.objects.count() == before


@pytest.mark.parametrize("name", LOOK_UPS)
def test_a_superuser_looks_up_and_changes_nothing(root: Operator, alice: Operator, name: str) -> None:
    make_rows(alice, 1)
    client, model = signed_in(root), apps.get_model(name)
    before = list(model.objects.values())
    row = model.objects.first()
    assert rows(client.get(listing(name)).content) == 1
    page = client.get(f"{listing(name)}{row.pk}/change/")
    assert page.status_code == 200
    assert not BeautifulSoup(page.content, "html.parser").select("#content-main input[type=submit]")
    assert client.get(f"{listing(name)}{row.pk}/history/").status_code == 200
    assert client.post(f"{listing(name)}{row.pk}/change/", {"_save": "Save"}).status_code == 403
    assert client.get(f"{listing(name)}add/").status_code == 403
    assert client.post(f"{listing(name)}add/", {"_save": "Save"}).status_code == 403
    assert list(model.objects.values()) == before


@pytest.mark.parametrize("name", LOOK_UPS)
def test_staff_need_the_right_to_view(alice: Operator, name: str) -> None:
    make_rows(alice, 1)
    app, model = name.split(".")
    clerk = OperatorFactory.create(username="viewer", is_staff=True)
    row = apps.get_model(name).objects.first()
    assert signed_in(clerk).get(listing(name)).status_code == 403
    grant(clerk, f"{app}.view_{model}", "payments.view_all_payments")
    assert rows(signed_in(clerk).get(listing(name)).content) == 1
    assert signed_in(clerk).get(f"{listing(name)}{row.pk}/change/").status_code == 200
    assert signed_in(clerk).post(f"{listing(name)}{row.pk}/change/").status_code == 403


@pytest.mark.parametrize("name", LOOK_UPS)
def test_a_resellers_staff_see_the_resellers_rows_only(
    alice: Operator, charlie: Operator, room: None, name: str
) -> None:
    make_rows(alice, 2)
    make_rows(charlie, 1)
    app, model = name.split(".")
    Operator.objects.filter(pk=charlie.pk).update(is_staff=True)
    client = signed_in(grant(charlie, f"{app}.view_{model}", "payments.view_all_payments"))
    own = 0 if name in OF_THE_HOUSE else 1
    assert rows(client.get(listing(name)).content) == own
    foreign = apps.get_model(name).objects.order_by("pk").first()
    answer = client.get(f"{listing(name)}{foreign.pk}/change/")
    missing = client.get(f"{listing(name)}999999/change/")
    assert (answer.status_code, answer["Location"]) == (missing.status_code, missing["Location"]) == (302, "/admin/")


def test_a_list_asks_the_same_number_of_queries_for_1_and_for_20(root: Operator, alice: Operator) -> None:
    client, counts = signed_in(root), []
    for expected, more in ((1, 1), (20, 19)):
        make_rows(alice, more)
        asked = {}
        for name in LOOK_UPS:
            with CaptureQueriesContext(connection) as queries:
                assert rows(client.get(listing(name)).content) == expected
            asked[name] = len(queries)
        counts.append(asked)
    assert counts[0] == counts[1]


def test_a_long_list_is_not_counted_to_its_end(
    root: Operator, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_pages, "MOST_COUNTED", 3)
    make_rows(alice, 5)
    with CaptureQueriesContext(connection) as queries:
        page = signed_in(root).get(listing("tills.transaction")).content
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert len(counts) == 1
    assert "LIMIT 4" in counts[0]
    assert b"The first 3 of many." in page


def test_rows_are_found_by_what_stands_on_paper(root: Operator, alice: Operator) -> None:
    make_rows(alice, 3)
    client = signed_in(root)
    payment = Payment.objects.select_related("transaction__till", "transaction__customer").first()
    assert payment is not None
    customer = payment.transaction.customer
    assert customer is not None
    Customer.objects.filter(pk=customer.pk).update(
        id_key=exact_key(customer.external_id), login_key=exact_key(customer.login)
    )
    number = payment.transaction.document_number
    reference = f"{number}/1"
    for name, text in (
        ("payments.payment", number), ("payments.payment", number.lower()), ("payments.payment", str(payment.key)),
        ("payments.allocation", number), ("tills.transaction", number), ("payments.delivery", reference),
        ("customers.customer", customer.external_id), ("customers.customer", customer.login.upper()),
    ):  # fmt: skip
        assert rows(client.get(listing(name), {"q": text}).content) == 1, (name, text)


def test_customers_who_are_gone_are_found_by_their_id(root: Operator) -> None:
    gone = CustomerFactory.create(external_id="G-77", gone_at=timezone.now())
    Customer.objects.filter(pk=gone.pk).update(id_key="g77")
    assert rows(signed_in(root).get(listing("customers.customer"), {"q": "G-77"}).content) == 1


@pytest.mark.parametrize("name", LOOK_UPS)
def test_any_text_may_be_searched_for(root: Operator, alice: Operator, name: str) -> None:
    make_rows(alice, 1)
    client = signed_in(root)
    if admin.site._registry[apps.get_model(name)].search_fields:
        for text in ("nothing", "'", "%", "A1-99999999999999999999", "-", "A1-٣", "A1-²", "x" * 5000):
            assert rows(client.get(listing(name), {"q": text}).content) == 0, text[:50]


@pytest.mark.parametrize("name", LOOK_UPS)
def test_a_search_that_no_database_takes_is_no_failure(root: Operator, alice: Operator, name: str) -> None:
    assert signed_in(root).get(listing(name), {"q": "\0"}).status_code == 200


def test_amounts_are_written_as_everywhere(root: Operator, alice: Operator) -> None:
    make_rows(alice, 1)
    for name, row in (
        ("tills.transaction", Transaction.objects.get()),
        ("payments.payment", Payment.objects.get()),
        ("payments.allocation", Allocation.objects.get()),
    ):
        assert "€60.00" in signed_in(root).get(listing(name)).content.decode()
        assert "€60.00" in signed_in(root).get(f"{listing(name)}{row.pk}/change/").content.decode()
    assert Delivery.objects.count() == 1


def test_another_resellers_rows_are_not_hinted_at_by_filters(charlie: Operator) -> None:
    ResellerFactory.create(name="Southern Cross")
    Operator.objects.filter(pk=charlie.pk).update(is_staff=True)
    client = signed_in(grant(charlie, "accounts.view_operator", "accounts.view_reseller"))
    for name in ("accounts.operator", "accounts.reseller"):
        assert b"Southern Cross" not in client.get(listing(name)).content


def test_a_reversal_is_looked_up_by_the_number_of_what_it_undid(alice: Operator, root: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())
    pay(alice, CustomerFactory.create())
    reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    desk = signed_in(root)
    number = payment.transaction.document_number
    assert rows(desk.get(listing("payments.reversal"), {"q": number}).content) == 1
    assert rows(desk.get(listing("payments.reversal"), {"q": "A1-999999"}).content) == 0
    assert desk.get(f"{listing('payments.reversal')}{payment.reversal.pk}/delete/").status_code == 403
