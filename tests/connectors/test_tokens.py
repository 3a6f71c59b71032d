"""Signing in: one token for everybody, one sign-in for all who ask at once, no secret anywhere (fixture 1)."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from billing.connectors.protocol import BillingUnavailable, NotSent
from billing.connectors.splynx.system import Splynx
from billing.fake.faults import FaultKind
from billing.fake.server import FakeSplynx
from billing.models import ApiSession
from tests.connectors.conftest import Connect
from tests.connectors.parts import part

SIGN_IN = "admin/auth/tokens"
PAYMENTS = "admin/finance/payments"
CUSTOMERS = "admin/customers/customer"


def test_many_questions_sign_in_once_and_always_as_the_same_agent(fake: FakeSplynx, connect: Connect) -> None:
    system = connect()
    for _ in range(3):
        system.count_customers()
    assert fake.gate.sign_ins == 1
    assert {asked.headers["User-Agent"] for asked in fake.asked} == {"Cashdesk"}


def test_another_process_uses_the_stored_token(fake: FakeSplynx, connect: Connect) -> None:
    connect().count_customers()
    connect().count_customers()
    assert fake.gate.sign_ins == 1


@pytest.mark.parametrize(("left", "sign_ins"), [(6, 1), (4, 2)])
def test_token_is_renewed_five_seconds_before_its_end(
    fake: FakeSplynx, connect: Connect, left: int, sign_ins: int
) -> None:
    with time_machine.travel("2026-11-23 10:00:00+00:00", tick=False) as clock:
        system = connect()
        system.count_customers()
        clock.shift(timedelta(seconds=fake.gate.token_seconds - left))
        system.count_customers()
    assert fake.gate.sign_ins == sign_ins
    assert all(asked.status != 401 for asked in fake.asked)


@pytest.mark.parametrize("skew", [-7200, 7200])
def test_wrong_clock_over_there_does_not_sign_in_at_every_question(
    fake: FakeSplynx, connect: Connect, skew: float
) -> None:
    fake.skew = skew
    system = connect()
    system.count_customers()
    system.count_customers()
    assert fake.gate.sign_ins == 1


def test_expired_token_is_renewed_and_the_question_asked_once_more(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.gate.expire_all()
    assert splynx.count_customers() == 0
    assert fake.gate.sign_ins == 2
    assert [asked.status for asked in fake.asked if asked.path == CUSTOMERS][-2:] == [401, 204]


def test_payment_met_by_an_expired_token_is_entered_once(fake: FakeSplynx, splynx: Splynx) -> None:
    customer = fake.ledger.add_customer()
    fake.faults.add(FaultKind.EXPIRED, "POST", PAYMENTS)
    splynx.deliver(part(customer))
    assert len(fake.ledger.rows("payments")) == 1


def test_token_refused_twice_is_given_up(fake: FakeSplynx, splynx: Splynx) -> None:
    customer = fake.ledger.add_customer()
    fake.faults.add(FaultKind.EXPIRED, "POST", PAYMENTS, times=2)
    assert isinstance(splynx.deliver(part(customer)), NotSent)
    assert fake.count("POST", PAYMENTS) == 2
    assert fake.ledger.rows("payments") == []


def test_nonce_grows_although_our_clock_goes_back(fake: FakeSplynx, connect: Connect) -> None:
    with time_machine.travel("2026-11-23 10:00:00+00:00", tick=False) as clock:
        connect().count_customers()
        first = fake.key.last_nonce
        fake.gate.expire_all()
        clock.shift(timedelta(hours=-3))
        connect().count_customers()
    assert fake.key.last_nonce == first + 1


def test_threads_that_ask_at_once_sign_in_once(committed_db: None, fake: FakeSplynx, connect: Connect) -> None:
    system, barrier = connect(), threading.Barrier(8)

    def ask(_: int) -> int:
        barrier.wait()
        try:
            return system.count_customers()
        finally:
            assert connections["default"].connection is None  # signing in leaves none behind

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [0] * 8
    assert fake.gate.sign_ins == 1


def test_threads_that_wait_for_a_refused_sign_in_do_not_all_try_it(
    committed_db: None, fake: FakeSplynx, connect: Connect
) -> None:
    system, barrier = connect(secret="wrong"), threading.Barrier(6)
    fake.faults.add(FaultKind.SLOW, "POST", SIGN_IN, seconds=1)

    def ask(_: int) -> None:
        barrier.wait()
        with pytest.raises(BillingUnavailable):
            system.count_customers()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(ask, range(6)))
    assert fake.count("POST", SIGN_IN) < 6


@pytest.fixture
def claimed(connect: Connect) -> Iterator[ApiSession]:
    """Return the row while another process is signing in."""
    session = ApiSession.objects.create(name=connect()._access.name)
    session.claimed_until = timezone.now() + timedelta(minutes=5)
    session.save()
    yield session
    session.delete()


def test_process_that_waits_for_another_ones_sign_in_does_not_wait_for_ever(
    fake: FakeSplynx, connect: Connect, claimed: ApiSession
) -> None:
    with pytest.raises(BillingUnavailable, match="Another process"):
        connect(timeout=0.05).count_customers()
    assert fake.gate.sign_ins == 0


def test_claim_of_a_process_that_died_runs_out(fake: FakeSplynx, connect: Connect, claimed: ApiSession) -> None:
    claimed.claimed_until = timezone.now() - timedelta(seconds=1)
    claimed.save()
    assert connect().count_customers() == 0
    assert ApiSession.objects.get().claimed_until is None


def test_failed_sign_in_leaves_no_claim(fake: FakeSplynx, connect: Connect) -> None:
    with pytest.raises(BillingUnavailable):
        connect(secret="wrong").count_customers()
    assert ApiSession.objects.get().claimed_until is None
    assert ApiSession.objects.get().token == ""


def test_wrong_secret_is_told_and_nothing_is_sent(fake: FakeSplynx, connect: Connect) -> None:
    customer = fake.ledger.add_customer()
    outcome = connect(secret="another-secret").deliver(part(customer))
    assert isinstance(outcome, NotSent)
    assert "refuses the API key" in outcome.reason
    assert fake.count("POST", PAYMENTS) == 0


def test_refused_key_is_not_tried_again_at_once(fake: FakeSplynx, connect: Connect) -> None:
    """Splynx counts attempts."""
    with pytest.raises(BillingUnavailable):
        connect(secret="wrong").count_customers()
    assert fake.count("POST", SIGN_IN) == 1


def test_sign_in_that_fails_by_the_way_is_tried_again(fake: FakeSplynx, connect: Connect) -> None:
    fake.faults.add(FaultKind.PAGE_BEFORE, "POST", SIGN_IN)
    assert connect().count_customers() == 0


def test_secrets_are_in_no_log_no_message_and_no_repr(
    fake: FakeSplynx, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    system = connect()
    customer = fake.ledger.add_customer()
    system.customer(str(customer))
    token = ApiSession.objects.get().token
    assert token
    fake.faults.add(FaultKind.PAGE_BEFORE, "GET", times=3)
    with pytest.raises(BillingUnavailable) as failure:
        system.customer(str(customer))
    shown = f"{caplog.text} {failure.value!r} {system._access!r} {system._session._tokens._known!r}"
    for secret in (fake.key.key, fake.key.secret, token):
        assert secret not in shown


def test_secret_repeated_by_the_server_is_hidden(connect: Connect, fake: FakeSplynx) -> None:
    access = connect()._access
    assert access.hide(f"wrong key {access.key} and {access.secret}") == "wrong key … and …"
