"""A till that works with shifts, and a supervisor."""

import pytest

from accounts.models import Operator
from tests.shifts.desk import supervisor, till_with_shifts
from tills.models import Till


@pytest.fixture
def bob(bob: Operator) -> Operator:
    """Return Bob, who supervises tills."""
    return supervisor(bob)


@pytest.fixture
def till(alice: Operator) -> Till:
    """Return Alice's till, which requires a shift."""
    return till_with_shifts(alice)
