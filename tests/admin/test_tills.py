"""Tills, methods and resellers in the administration."""

from decimal import Decimal

import pytest

from accounts.models import Operator, Reseller
from tests.admin.forms import form_of
from tests.factories import CustomerFactory, ResellerFactory, cash, pay
from tests.people import grant, signed_in
from tills.models import PaymentMethod, Till

TILLS = "/admin/tills/till/"
METHODS = "/admin/tills/paymentmethod/"
RESELLERS = "/admin/accounts/reseller/"
METHOD = {"name": "Voucher", "order": "60", "is_active": "on", "external_id": "", "reference_label": ""}


def test_a_till_is_made_for_a_reseller_with_its_limit(root: Operator, north: Reseller) -> None:
    answer = signed_in(root).post(f"{TILLS}add/", {"operator": "", "reseller": north.pk, "limit": "500"})
    assert answer.status_code == 302
    till = Till.objects.get()
    assert (till.reseller, till.code, till.limit) == (north, f"R{north.pk}", Decimal(500))


@pytest.mark.parametrize(("typed", "limit"), [("", None), ("0", Decimal(0)), ("1 000,50", Decimal("1000.5"))])
def test_a_till_is_made_for_an_operator(root: Operator, alice: Operator, typed: str, limit: Decimal | None) -> None:
    signed_in(root).post(f"{TILLS}add/", {"operator": alice.pk, "reseller": "", "limit": typed})
    assert (Till.objects.get().operator, Till.objects.get().limit) == (alice, limit)


def test_a_resellers_till_without_a_limit_of_its_own_pays_in_first(root: Operator, north: Reseller) -> None:
    signed_in(root).post(f"{TILLS}add/", {"operator": "", "reseller": north.pk, "limit": ""})
    assert Till.objects.get().limit == 0


def test_a_till_that_cannot_be_is_not_made(root: Operator, alice: Operator, charlie: Operator, north: Reseller) -> None:
    client = signed_in(root)
    for operator, reseller, limit in (
        ("", "", ""),
        (alice.pk, north.pk, ""),
        (charlie.pk, "", ""),  # works with the reseller's
        (alice.pk, "", "-1"),
        (alice.pk, "", "1e5"),
        (999999, "", ""),
    ):
        answer = client.post(f"{TILLS}add/", {"operator": operator, "reseller": reseller, "limit": limit})
        assert answer.status_code == 200
        assert b"errornote" in answer.content
    assert not Till.objects.exists()


def test_nobody_has_two_tills(root: Operator, alice: Operator) -> None:
    pay(alice, CustomerFactory.create())
    answer = signed_in(root).post(f"{TILLS}add/", {"operator": alice.pk, "reseller": "", "limit": ""})
    assert answer.status_code == 200
    assert Till.objects.count() == 1


def test_a_limit_and_a_switch_are_changed_and_the_rest_is_fixed_once_used(root: Operator, alice: Operator) -> None:
    pay(alice, CustomerFactory.create())
    till = Till.objects.get()
    client, page = signed_in(root), f"{TILLS}{till.pk}/change/"
    form = form_of(client, page)
    assert not {"code", "operator", "reseller"} & set(form)
    form.pop("is_active")
    assert client.post(page, form | {"limit": "70", "code": "X1", "operator": ""}).status_code == 302
    till.refresh_from_db()
    assert (till.limit, till.is_active, till.code, till.operator) == (Decimal(70), False, f"A{alice.pk}", alice)


def test_a_limit_saved_beside_a_first_payment_is_a_sentence_and_no_failure(
    root: Operator, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay(alice, CustomerFactory.create())
    till, client = Till.objects.get(), signed_in(root)
    page = f"{TILLS}{till.pk}/change/"
    monkeypatch.setattr("tills.admin.is_used", lambda row: False)  # as it was when the form was checked
    answer = client.post(page, form_of(client, page) | {"code": "X1", "limit": "70"}, follow=True)
    assert "Not saved" in answer.content.decode()
    till.refresh_from_db()
    assert (till.code, till.limit) == (f"A{alice.pk}", None)


def test_a_method_is_added_and_changed(root: Operator) -> None:
    client = signed_in(root)
    assert client.post(f"{METHODS}add/", METHOD).status_code == 302
    voucher = PaymentMethod.objects.get(name="Voucher")
    page = f"{METHODS}{voucher.pk}/change/"
    client.post(page, form_of(client, page) | {"stays_with_operator": "on", "reference_label": "Code"})
    voucher.refresh_from_db()
    assert (voucher.stays_with_operator, voucher.reference_label) == (True, "Code")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"in_drawer": "on"}, "Cash in the drawer stays with the operator: tick both."),
        ({"reference_required": "on"}, "Name the reference that is required."),
        ({"name": "Cash"}, "already exists"),
        ({"name": ""}, "required"),
    ],
)
def test_a_method_that_contradicts_itself_is_refused_in_words(
    root: Operator, wrong: dict[str, str], sentence: str
) -> None:
    before = PaymentMethod.objects.count()
    answer = signed_in(root).post(f"{METHODS}add/", METHOD | wrong)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert "is violated" not in answer.content.decode()
    assert PaymentMethod.objects.count() == before


def test_a_used_methods_effect_is_fixed(root: Operator, alice: Operator) -> None:
    client, page = signed_in(root), f"{METHODS}{cash().pk}/change/"
    assert {"stays_with_operator", "in_drawer"} <= set(form_of(client, page))
    pay(alice, CustomerFactory.create())
    form = form_of(client, page)
    assert not {"stays_with_operator", "in_drawer"} & set(form)
    assert client.post(page, form | {"order": "3"}).status_code == 302
    assert (cash().order, cash().stays_with_operator, cash().in_drawer) == (3, True, True)


def test_a_method_used_between_form_and_save_is_a_sentence_and_no_failure(
    root: Operator, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, page = signed_in(root), f"{METHODS}{cash().pk}/change/"
    form = form_of(client, page)
    pay(alice, CustomerFactory.create())
    monkeypatch.setattr("tills.admin.is_used", lambda row: False)
    answer = client.post(page, {**form, "in_drawer": ""}, follow=True)
    assert "Not saved" in answer.content.decode()
    assert cash().in_drawer


def test_a_reseller_is_added_changed_and_switched_off(root: Operator) -> None:
    client = signed_in(root)
    client.post(f"{RESELLERS}add/", {"name": "West", "code": "west", "external_id": "7", "is_active": "on"})
    west = Reseller.objects.get(code="west")
    page = f"{RESELLERS}{west.pk}/change/"
    form = form_of(client, page)
    form.pop("is_active")
    client.post(page, form)
    west.refresh_from_db()
    assert not west.is_active


def test_two_resellers_do_not_share_an_id_of_the_billing_system(root: Operator) -> None:
    ResellerFactory.create(external_id="7")
    answer = signed_in(root).post(f"{RESELLERS}add/", {"name": "West", "code": "west", "external_id": "7"})
    assert b"Another reseller has this id." in answer.content
    assert b"is violated" not in answer.content
    assert Reseller.objects.count() == 1


def test_a_resellers_administrator_sees_the_resellers_till_only(
    charlie: Operator, alice: Operator, north: Reseller
) -> None:
    pay(alice, CustomerFactory.create())
    own = Till.objects.create(code="N1", reseller=north)
    Operator.objects.filter(pk=charlie.pk).update(is_staff=True)
    client = signed_in(grant(charlie, "tills.view_till"))
    page = client.get(TILLS).content.decode()
    assert "N1" in page
    assert f"A{alice.pk}" not in page
    assert client.get(f"{TILLS}{own.pk}/change/").status_code == 200
    assert client.get(f"{TILLS}{Till.objects.get(operator=alice).pk}/change/")["Location"] == "/admin/"


def test_a_resellers_administrator_makes_and_changes_no_rules(charlie: Operator, north: Reseller) -> None:
    Operator.objects.filter(pk=charlie.pk).update(is_staff=True)
    names = ("reseller", "till", "paymentmethod")
    apps = ("accounts", "tills", "tills")
    grant(charlie, *(f"{app}.{act}_{name}" for app, name in zip(apps, names, strict=True) for act in ("add", "change")))
    client = signed_in(charlie)
    for app, name in zip(apps, names, strict=True):
        assert client.get(f"/admin/{app}/{name}/add/").status_code == 403
    assert client.post(f"{RESELLERS}{north.pk}/change/", {"name": "Mine", "code": "mine"}).status_code == 403
    assert client.post(f"{METHODS}{cash().pk}/change/", METHOD).status_code == 403
    north.refresh_from_db()
    assert north.name == "North"
    assert cash().name == "Cash"
