"""check_billing: plain words, nothing changed, and 1 for what would stop pull or delivery."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from billing.fake.faults import FaultKind
from billing.fake.server import FakeSplynx
from customers.models import Customer
from tests.billing.files import write
from tests.factories import ResellerFactory
from tills.models import PaymentMethod

Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(fake: FakeSplynx, house: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Return the command over a connection where everything is well."""
    monkeypatch.setattr("billing.connectors.splynx.session.PAUSES", (0.0, 0.0))
    settings.CASHDESK_BILLING = "splynx"
    settings.CASHDESK_SPLYNX_URL = fake.url
    settings.CASHDESK_SPLYNX_KEY, settings.CASHDESK_SPLYNX_SECRET = fake.key.key, fake.key.secret
    PaymentMethod.objects.update(external_id="1")
    ResellerFactory.create(external_id="1")
    fake.ledger.add_customer()

    def checked(*arguments: str) -> tuple[int, str]:
        said = io.StringIO()
        try:
            call_command("check_billing", *arguments, stdout=said, no_color=True)
        except SystemExit as end:
            return int(str(end.code)), said.getvalue()
        return 0, said.getvalue()

    return checked


def test_good_connection_is_told_and_nothing_is_changed(check: Check, fake: FakeSplynx) -> None:
    code, said = check()
    assert (code, "stop  " in said, "note  " in said) == (0, False, False)
    assert "accepts the API key" in said
    assert "The payment method “Cash” is “Cash” there." in said
    assert {asked.method for asked in fake.asked} == {"POST", "GET", "HEAD"}
    assert {asked.path for asked in fake.asked if asked.method == "POST"} == {"admin/auth/tokens"}


def test_files_have_nothing_to_check(check: Check, fake: FakeSplynx, settings: Settings) -> None:
    settings.CASHDESK_BILLING = "files"
    code, said = check()
    assert code == 0
    assert "files" in said
    assert fake.asked == []


def test_files_that_are_named_are_read_and_nothing_is_changed(check: Check, settings: Settings, tmp_path: Path) -> None:
    settings.CASHDESK_BILLING = "files"
    good = write(tmp_path, ["1,anna,Anna,,,0.00"])
    code, said = check(*good.arguments)
    assert (code, "1 customers, 0 documents" in said) == (0, True)
    good.customers.write_text(good.customers.read_text().replace("0.00", "none"))
    code, said = check(*good.arguments)
    assert code == 1
    assert "line 2, column balance" in said
    assert "The import would be refused." in said
    assert not Customer.objects.exists()


@pytest.mark.parametrize("source", ["files", "splynx"])
def test_one_file_alone_or_files_of_a_live_desk_are_refused(
    check: Check, settings: Settings, tmp_path: Path, source: str
) -> None:
    settings.CASHDESK_BILLING = source
    arguments = write(tmp_path).arguments
    with pytest.raises(CommandError):
        check(*(arguments[:2] if source == "files" else arguments))


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("CASHDESK_SPLYNX_SECRET", "wrong-secret-0815", "refuses the API key"),
        ("CASHDESK_SPLYNX_KEY", "wrong-key-0815", "refuses the API key"),
        ("CASHDESK_SPLYNX_URL", "http://127.0.0.1:1", "cannot be reached"),
        ("CASHDESK_SPLYNX_URL", "http://billing.example.com", "Write https"),
    ],
)
def test_wrong_setting_stops_and_no_secret_is_told(
    check: Check, settings: Settings, setting: str, value: str, words: str
) -> None:
    setattr(settings, setting, value)
    code, said = check()
    assert (code, words in said) == (1, True)
    assert "0815" not in said
    assert settings.CASHDESK_SPLYNX_SECRET not in said


def test_address_that_is_something_else_stops(check: Check, settings: Settings) -> None:
    settings.CASHDESK_SPLYNX_URL += "/other"
    code, said = check()
    assert (code, "There is no Splynx API at this address: it answers 404" in said) == (1, True)


def test_address_not_allowed_for_the_key_stops(check: Check, fake: FakeSplynx) -> None:
    fake.key.addresses = {"10.1.1.1"}
    code, said = check()
    assert (code, "FORBIDDEN" in said) == (1, True)


@pytest.mark.parametrize(
    ("skew", "code", "mark"), [(3, 0, "fine"), (90, 0, "note"), (-90, 0, "note"), (400, 1, "stop")]
)
def test_clocks_that_differ_are_told(check: Check, fake: FakeSplynx, skew: float, code: int, mark: str) -> None:
    fake.skew = skew
    found, said = check()
    assert found == code
    assert f"{mark}  The clocks of Splynx and of this machine are" in said


@pytest.mark.parametrize(
    ("controller", "action"),
    [(r"admin\finance\Payments", "add"), (r"admin\finance\Payments", "delete"), (r"admin\finance\Invoices", "index")],
)
def test_denied_right_stops(check: Check, fake: FakeSplynx, controller: str, action: str) -> None:
    fake.key.rights[controller][action] = "deny"
    code, said = check()
    assert code == 1
    assert f"lacks the right “{action}” on {controller}" in said


def test_right_to_delete_is_not_needed_for_negative_payments(
    check: Check, fake: FakeSplynx, settings: Settings
) -> None:
    settings.CASHDESK_SPLYNX_UNDO = "negative"
    fake.key.rights[r"admin\finance\Payments"]["delete"] = "deny"
    assert check()[0] == 0


def test_right_that_is_not_named_is_unknown_not_refused(check: Check, fake: FakeSplynx) -> None:
    fake.key.rights.clear()
    code, said = check()
    assert code == 0
    assert "does not tell whether the key may" in said


def test_list_that_cannot_be_read_stops(check: Check, fake: FakeSplynx) -> None:
    fake.faults.add(FaultKind.ERROR_BEFORE, "GET", "admin/finance/proforma-invoices", times=3)
    code, said = check()
    assert (code, "proforma-invoices cannot be read" in said) == (1, True)


def test_balance_that_cannot_be_read_stops(check: Check, fake: FakeSplynx) -> None:
    fake.key.rights[r"admin\customers\CustomerBilling"] = {"view": "deny"}
    code, said = check()
    assert (code, "customer-billing cannot be read" in said) == (1, True)


def test_active_method_without_an_id_stops(check: Check) -> None:
    PaymentMethod.objects.filter(name="Card").update(external_id="")
    code, said = check()
    assert (code, "“Card” has no id" in said) == (1, True)
    PaymentMethod.objects.filter(name="Card").update(is_active=False)
    assert check()[0] == 0


def test_method_with_an_unknown_id_stops(check: Check) -> None:
    PaymentMethod.objects.filter(name="Card").update(external_id="99")
    code, said = check()
    assert (code, "“Card” has the id 99" in said) == (1, True)


def test_method_switched_off_over_there_is_a_note(check: Check, fake: FakeSplynx) -> None:
    fake.ledger.tables["methods"][1]["is_active"] = False
    code, said = check()
    assert (code, "is switched off in the billing system" in said) == (0, True)


def test_partner_without_a_reseller_is_a_note(check: Check, fake: FakeSplynx) -> None:
    fake.ledger.add_partner("North")
    code, said = check()
    assert (code, "The partner “North” (2) is no reseller here" in said) == (0, True)


def test_reseller_without_a_partner_is_a_note(check: Check) -> None:
    ResellerFactory.create(name="South", external_id="77")
    code, said = check()
    assert (code, "The reseller “South” has the id 77" in said) == (0, True)


def test_key_that_sees_nobody_is_a_note(check: Check, fake: FakeSplynx) -> None:
    fake.key.partner_id = fake.ledger.add_partner("North")
    code, said = check()
    assert (code, "sees no customer" in said) == (0, True)


def test_payments_not_found_by_reference_are_a_note(check: Check, fake: FakeSplynx) -> None:
    fake.api.ignored_filters = {"receipt_number"}
    fake.ledger.enter_payment(fake.api._payment({"customer_id": 1, "amount": "1"}, fake.key))
    code, said = check()
    assert (code, "does not filter payments by receipt number" in said) == (0, True)
