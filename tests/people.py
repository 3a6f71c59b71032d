"""The three people of the tests: Alice (cashier), Bob (her supervisor), Charlie (another reseller's operator)."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import Operator, Reseller
from tests.factories import OperatorFactory, ResellerFactory


def grant(operator: Operator, *names: str) -> Operator:
    """Give permissions named app.codename and return the operator as read anew (permissions are cached)."""
    for name in names:
        app, codename = name.split(".")
        operator.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return Operator.objects.get(pk=operator.pk)


def signed_in(operator: Operator) -> Client:
    """Return a browser in which this operator is signed in."""
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def house(request: pytest.FixtureRequest) -> None:
    """Open the database: rolled back afterwards, or really committed in a test that asks for `committed_db`."""
    request.getfixturevalue("committed_db" if "committed_db" in request.fixturenames else "db")


@pytest.fixture
def north(house: None) -> Reseller:
    """Return the reseller whose customers Charlie serves."""
    return ResellerFactory.create(name="North", code="north")


@pytest.fixture
def alice(house: None) -> Operator:
    """Return a cashier with zero permissions who serves all customers."""
    return OperatorFactory.create(username="alice", name="Alice")


@pytest.fixture
def bob(house: None) -> Operator:
    """Alice's supervisor: sees the payments of all operators."""
    return grant(OperatorFactory.create(username="bob", name="Bob"), "payments.view_all_payments")


@pytest.fixture
def charlie(north: Reseller) -> Operator:
    """Return an operator of the reseller North."""
    return OperatorFactory.create(username="charlie", name="Charlie", reseller=north)
