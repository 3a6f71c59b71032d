"""Where a Splynx may be: https, or http on this machine."""

import pytest
from pytest_django import Settings

from billing.connectors.choosing import CARD_SECONDS, NotConnected, billing_system, system_for_cards
from billing.connectors.protocol import BillingSystem, BillingUnavailable
from billing.connectors.splynx.access import Access, WrongAddress, api_address
from billing.connectors.splynx.system import Splynx
from billing.fake.faults import FaultKind
from billing.fake.server import FakeSplynx


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://billing.example.com", "https://billing.example.com/api/2.0/"),
        (" https://billing.example.com/ ", "https://billing.example.com/api/2.0/"),
        ("https://billing.example.com:8443/splynx", "https://billing.example.com:8443/splynx/api/2.0/"),
        ("https://billing.example.com/api/2.0/", "https://billing.example.com/api/2.0/"),
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090/api/2.0/"),
        ("http://localhost", "http://localhost/api/2.0/"),
        ("http://[::1]:8090", "http://[::1]:8090/api/2.0/"),
    ],
)
def test_address_of_the_api_is_made_from_the_hosts(url: str, address: str) -> None:
    assert api_address(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "http://billing.example.com", "http://10.0.0.5", "http://localhost.example.com", "billing.example.com", "",
        "ftp://billing.example.com", "https://", "https://key:secret@billing.example.com",
        "https://billing.example.com?key=1", "https://billing.example.com#x", "https://[::1", "https://a]b",
        "https://bill..example.com", f"https://{'a' * 64}.example.com", "https://billing.example.com:https",
        "https://billing.example.com:99999", "https://xn--a.example.com", "https://℀.example.com",
    ],
)  # fmt: skip
def test_other_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(WrongAddress) as refusal:
        api_address(url)
    assert "secret" not in str(refusal.value)


def test_signature_is_the_documented_one() -> None:
    """Computed by another tool: openssl dgst -sha256 -hmac SECRET over 160985900700KEY."""
    access = Access("https://x/api/2.0/", "KEY", "SECRET")
    assert access.signature(160985900700) == "B3CAE779BE14A2B05ACF309B5B81DC0B2F12D34EC77F547A508E38E847196CE5"


def test_nothing_of_the_key_is_shown() -> None:
    shown = repr(Access("https://x/api/2.0/", "the-key", "the-secret"))
    assert "the-key" not in shown
    assert "the-secret" not in shown


def test_name_tells_keys_apart_and_tells_nothing() -> None:
    one, other = (Access("https://x/api/2.0/", key, "the-secret").name for key in ("key-1", "key-2"))
    assert one != other
    assert "key-1" not in one


def test_files_have_nothing_to_connect_to(settings: Settings) -> None:
    settings.CASHDESK_BILLING = "files"
    with pytest.raises(NotConnected):
        billing_system()


def test_wrong_address_is_told(settings: Settings) -> None:
    settings.CASHDESK_BILLING = "splynx"
    settings.CASHDESK_SPLYNX_URL = "http://billing.example.com"
    with pytest.raises(NotConnected, match="https"):
        billing_system()


def test_threads_share_one_connector(settings: Settings) -> None:
    settings.CASHDESK_BILLING = "splynx"
    settings.CASHDESK_SPLYNX_URL = "http://127.0.0.1:1"
    settings.CASHDESK_SPLYNX_KEY = settings.CASHDESK_SPLYNX_SECRET = "x"
    assert billing_system() is billing_system()


def test_a_card_has_less_patience_and_shares_the_token(
    settings: Settings, fake: FakeSplynx, house: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker asks again after a pause; whoever stands at the counter is told at once that there is no answer."""
    monkeypatch.setattr("billing.connectors.splynx.session.PAUSES", (0.0, 0.0))
    settings.CASHDESK_BILLING, settings.CASHDESK_SPLYNX_URL = "splynx", fake.url
    settings.CASHDESK_SPLYNX_KEY, settings.CASHDESK_SPLYNX_SECRET = fake.key.key, fake.key.secret
    fake.ledger.add_customer()
    fake.faults.add(FaultKind.PAGE_BEFORE, "GET", "admin/customers/customer", times=2)
    assert billing_system().customer("1")
    fake.faults.add(FaultKind.PAGE_BEFORE, "GET", "admin/customers/customer")
    with pytest.raises(BillingUnavailable):
        system_for_cards().customer("1")
    assert fake.count("POST", "admin/auth/tokens") == 1
    assert system_for_cards().longest_call <= 3 * (2 * CARD_SECONDS + 3 * CARD_SECONDS)
    assert system_for_cards() is system_for_cards() is not billing_system()


def test_splynx_is_a_billing_system() -> None:
    system: BillingSystem = Splynx(Access("http://127.0.0.1:1/api/2.0/", "x", "x", timeout=15))
    assert system.longest_call == 3 * (2 * 15 + 3 * 5)
