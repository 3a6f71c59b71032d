"""Making and changing operators in the administration, and who may not."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Operator, Reseller
from accounts.powers import grantable
from tests.admin.forms import form_of
from tests.factories import PASSWORD, CustomerFactory, OperatorFactory, ResellerFactory, pay
from tests.people import grant, signed_in

LIST = "/admin/accounts/operator/"
ADD = "/admin/accounts/operator/add/"
NEW = {"username": "dora", "name": "Dora", "password": "a first word for dora", "cashdesk_access": "on"}


def change(person: Operator) -> str:
    return f"{LIST}{person.pk}/change/"


def rights_of(person: Operator) -> set[str]:
    return set(person.user_permissions.values_list("codename", flat=True))


def test_adding_an_operator_is_one_short_form(root: Operator) -> None:
    client = signed_in(root)
    page = BeautifulSoup(client.get(ADD).content, "html.parser")
    names = {box.get("name") for box in page.select("#operator_form input, #operator_form select")}
    ours = {name for name in names if name and not str(name).startswith("_") and name != "csrfmiddlewaretoken"}
    assert ours == {"username", "name", "password", "reseller", "cashdesk_access"}


def test_a_new_operator_can_work_at_the_desk_and_do_nothing_else(root: Operator) -> None:
    answer = signed_in(root).post(ADD, NEW)
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    dora = Operator.objects.get(username="dora")
    assert (dora.is_staff, dora.is_superuser, rights_of(dora)) == (False, False, set())
    client = Client()
    client.post("/cashdesk/login/", {"username": "Dora", "password": NEW["password"]})
    assert client.get("/cashdesk/preferences/").status_code == 200
    assert client.get("/admin/").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": ""}, {"username": "two words"}, {"username": "ROOT"}, {"name": ""}, {"password": ""},
        {"password": "short"}, {"password": "password123"}, {"password": "x" * 1025}, {"reseller": "999999"},
        {"username": "a" * 151}, {"username": "nul\0"},
    ],
)  # fmt: skip
def test_a_wrong_form_makes_nobody(root: Operator, wrong: dict[str, str]) -> None:
    answer = signed_in(root).post(ADD, NEW | wrong)
    assert answer.status_code == 200
    assert b"errornote" in answer.content
    assert Operator.objects.count() == 1


def test_the_password_is_in_no_log_of_the_administration(root: Operator) -> None:
    client = signed_in(root)
    client.post(ADD, NEW)
    dora = Operator.objects.get(username="dora")
    assert NEW["password"].encode() not in client.get(f"{LIST}{dora.pk}/history/").content
    assert NEW["password"].encode() not in client.get(change(dora)).content


def test_the_list_shows_at_a_glance_who_is_what(
    root: Operator, alice: Operator, bob: Operator, charlie: Operator
) -> None:
    OperatorFactory.create(username="dora", is_active=False)
    OperatorFactory.create(username="emil", cashdesk_access=False)
    south = ResellerFactory.create(name="South", is_active=False)
    OperatorFactory.create(username="fay", reseller=south)
    page = BeautifulSoup(signed_in(root).get(LIST).content, "html.parser")
    rows = {row.select_one(".field-login").text: row for row in page.select("#result_list tbody tr")}  # type: ignore[union-attr]
    kinds = {name: row.select_one(".field-shown_kind").text for name, row in rows.items()}  # type: ignore[union-attr]
    assert kinds == {
        "alice": "CashDesk only",
        "bob": "CashDesk with extra rights",
        "charlie": "CashDesk only",
        "dora": "Switched off",
        "emil": "No access",
        "fay": "Switched off",
        "root": "Administrator",
    }
    assert rows["charlie"].select_one(".field-reseller").text == "North"  # type: ignore[union-attr]
    assert rows["root"].select_one(".field-last_seen_at").text != "-"  # type: ignore[union-attr]
    assert rows["alice"].select_one(".field-last_seen_at").text == "-"  # type: ignore[union-attr]


@pytest.mark.parametrize(("kind", "names"), [("rights", {"bob"}), ("administrator", {"root"}), ("off", set())])
def test_the_list_can_be_narrowed_to_a_kind(
    root: Operator, alice: Operator, bob: Operator, kind: str, names: set[str]
) -> None:
    page = BeautifulSoup(signed_in(root).get(LIST, {"kind": kind}).content, "html.parser")
    assert {cell.text for cell in page.select(".field-login")} == names


def test_the_list_asks_the_same_number_of_queries_for_1_and_for_20(root: Operator, north: Reseller) -> None:
    client = signed_in(root)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(LIST)
        counts.append(len(queries))
        for operator in OperatorFactory.create_batch(20, reseller=north):
            grant(operator, "payments.view_all_payments")
    assert counts[0] == counts[1]


def test_a_superuser_gives_our_rights_and_no_others(root: Operator, alice: Operator) -> None:
    client = signed_in(root)
    ours = {right.codename for right in grantable()}
    assert {"view_all_payments", "view_customer", "view_transaction"} <= ours
    assert not {name for name in ours if name.startswith(("add_", "change_", "delete_"))}
    form = form_of(client, change(alice))
    wanted = Permission.objects.get(codename="view_all_payments")
    client.post(change(alice), form | {"user_permissions": [wanted.pk]})
    assert rights_of(alice) == {"view_all_payments"}
    other = Permission.objects.get(codename="change_operator")
    answer = client.post(change(alice), form | {"user_permissions": [other.pk]})
    assert answer.status_code == 200
    assert rights_of(alice) == {"view_all_payments"}


def test_saving_keeps_rights_that_the_form_does_not_show(root: Operator, clerk: Operator) -> None:
    client = signed_in(root)
    before = rights_of(clerk)
    assert client.post(change(clerk), form_of(client, change(clerk)) | {"name": "Clara"}).status_code == 302
    assert rights_of(clerk) == before
    clerk.refresh_from_db()
    assert clerk.name == "Clara"


def test_a_clerk_makes_and_changes_plain_operators(clerk: Operator, alice: Operator) -> None:
    client = signed_in(clerk)
    assert client.post(ADD, NEW).status_code == 302
    assert Operator.objects.get(username="dora").cashdesk_access
    form = form_of(client, change(alice))
    assert client.post(change(alice), form | {"name": "Alice B"}).status_code == 302
    alice.refresh_from_db()
    assert alice.name == "Alice B"


def test_a_clerk_gives_nobody_any_right(clerk: Operator, alice: Operator) -> None:
    client = signed_in(clerk)
    right = Permission.objects.get(codename="view_all_payments").pk
    more = {"is_staff": "on", "is_superuser": "on", "user_permissions": [right], "groups": ["1"]}
    client.post(ADD, NEW | more)
    for person in (Operator.objects.get(username="dora"), alice):
        form = form_of(client, change(person))
        assert not {"is_staff", "is_superuser", "user_permissions", "groups"} & set(form)
        assert client.post(change(person), form | more).status_code == 302
        person.refresh_from_db()
        assert (person.is_staff, person.is_superuser, rights_of(person)) == (False, False, set())
        assert not person.groups.exists()
    own = rights_of(clerk)
    client.post(change(clerk), form_of(client, change(clerk)) | more)
    clerk.refresh_from_db()
    assert (clerk.is_superuser, rights_of(clerk)) == (False, own)


@pytest.mark.parametrize("state", [{"is_active": True}, {"is_active": False}])
@pytest.mark.parametrize("who", ["root", "bob"])
def test_a_clerk_touches_nobody_who_may_do_more(
    clerk: Operator, root: Operator, bob: Operator, who: str, state: dict[str, bool]
) -> None:
    person = Operator.objects.get(username=who)
    Operator.objects.filter(pk=person.pk).update(**state)
    client = signed_in(clerk)
    new = {"password1": "taken over 123", "password2": "taken over 123", "usable_password": "true"}
    assert client.post(change(person), {"username": who, "name": "Mine", "is_active": "on"}).status_code == 403
    assert client.post(f"{LIST}{person.pk}/password/", new).status_code == 403
    assert client.get(f"{LIST}{person.pk}/password/").status_code == 403
    page = client.get(change(person))
    assert page.status_code == 200
    assert b"pbkdf2" not in page.content
    person.refresh_from_db()
    assert person.name != "Mine"
    assert person.check_password(PASSWORD)


def test_a_clerk_resets_the_password_of_a_plain_operator(clerk: Operator, alice: Operator) -> None:
    client = signed_in(clerk)
    new = {"password1": "a new first word", "password2": "a new first word", "usable_password": "true"}
    assert client.post(f"{LIST}{alice.pk}/password/", new).status_code == 302
    assert Client().login(username="alice", password="a new first word")


def test_a_resellers_clerk_sees_and_makes_only_the_resellers(
    clerk: Operator, north: Reseller, charlie: Operator
) -> None:
    south = ResellerFactory.create(name="South")
    OperatorFactory.create(username="sue", reseller=south)
    Operator.objects.filter(pk=clerk.pk).update(reseller=north)
    client = signed_in(clerk)
    page = client.get(LIST).content
    assert b"charlie" in page
    assert b"sue" not in page
    assert b"South" not in page
    assert b"South" not in client.get(ADD).content
    assert client.post(ADD, NEW | {"reseller": south.pk}).status_code == 200
    assert client.post(ADD, NEW | {"reseller": ""}).status_code == 200
    assert not Operator.objects.filter(username="dora").exists()
    assert client.post(ADD, NEW | {"reseller": north.pk}).status_code == 302
    form = form_of(client, change(charlie))
    assert client.post(change(charlie), form | {"reseller": ""}).status_code == 200
    charlie.refresh_from_db()
    assert charlie.reseller == north
    for hidden in (Operator.objects.get(username="sue"),):
        gone = client.get(f"{LIST}{hidden.pk + 1000}/change/", follow=True)
        foreign = client.get(change(hidden), follow=True)
        assert foreign.redirect_chain == gone.redirect_chain == [("/admin/", 302)]
        assert client.get(f"{LIST}{hidden.pk}/password/").status_code == 404


def test_the_reseller_is_fixed_once_money_was_taken(root: Operator, alice: Operator, north: Reseller) -> None:
    client = signed_in(root)
    assert "reseller" in form_of(client, change(alice))
    pay(alice, CustomerFactory.create())
    form = form_of(client, change(alice))
    assert "reseller" not in form
    assert client.post(change(alice), form | {"reseller": north.pk}).status_code == 302
    alice.refresh_from_db()
    assert alice.reseller is None


def test_a_payment_between_form_and_save_is_a_sentence_and_no_failure(
    root: Operator, alice: Operator, north: Reseller, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(root)
    pay(alice, CustomerFactory.create())
    form = form_of(client, change(alice)) | {"reseller": north.pk, "name": "Changed"}
    monkeypatch.setattr("accounts.admin.has_taken_money", lambda person: False)  # as it was when the form was checked
    answer = client.post(change(alice), form, follow=True)
    assert "Not saved: somebody has used or changed this meanwhile." in answer.content.decode()
    alice.refresh_from_db()
    assert (alice.reseller, alice.name) == (None, "Alice")


def test_nobody_locks_themselves_out(root: Operator) -> None:
    client = signed_in(root)
    form = form_of(client, change(root))
    assert not {"is_active", "is_superuser", "is_staff"} & set(form)
    client.post(change(root), form)
    root.refresh_from_db()
    assert root.is_active
    assert root.is_superuser


def test_groups_are_no_way_round(root: Operator) -> None:
    assert signed_in(root).get("/admin/auth/group/").status_code == 404
