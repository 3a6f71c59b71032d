"""A fake Splynx on a free port, and connectors that speak with it over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from billing.connectors.splynx.access import Access, api_address
from billing.connectors.splynx.system import Splynx
from billing.fake.server import FakeSplynx

Connect = Callable[..., Splynx]


@pytest.fixture
def fake() -> Iterator[FakeSplynx]:
    """Return a Splynx with no customer."""
    with FakeSplynx() as fake:
        yield fake


@pytest.fixture
def connect(fake: FakeSplynx, house: None, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Return what connects to it; a question that reads is asked again without a pause."""
    monkeypatch.setattr("billing.connectors.splynx.session.PAUSES", (0.0, 0.0))

    def made(*, timeout: float = 20, undo: str = "delete", secret: str = "") -> Splynx:
        key = fake.key
        return Splynx(Access(api_address(fake.url), key.key, secret or key.secret, timeout=timeout, undo=undo))

    return made


@pytest.fixture
def splynx(connect: Connect) -> Splynx:
    """Return a connector that has signed in already, and is patient."""
    system = connect()
    system.count_customers()
    return system


@pytest.fixture
def hasty(connect: Connect, splynx: Splynx) -> Splynx:
    """Return a connector that gives up soon, with the token that `splynx` has got: for answers that never come."""
    return connect(timeout=1)
