"""The people of the administration."""

import pytest

from accounts.models import Operator
from tests.factories import OperatorFactory
from tests.people import grant


@pytest.fixture
def root(house: None) -> Operator:
    """Return a superuser."""
    return OperatorFactory.create(username="root", name="Root", is_staff=True, is_superuser=True)


@pytest.fixture
def clerk(house: None) -> Operator:
    """Return staff who make and change operators, and may do nothing beyond that."""
    clerk = OperatorFactory.create(username="clerk", name="Clerk", is_staff=True)
    return grant(clerk, "accounts.add_operator", "accounts.change_operator", "accounts.view_operator")
