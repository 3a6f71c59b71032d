"""Secrets are read from the environment or from a file, and a desk that lacks one does not start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import OURS

ROOT = Path(__file__).resolve().parents[2]
SHOW = "from django.conf import settings as s; print(s.CASHDESK_SPLYNX_KEY, s.CASHDESK_SPLYNX_SECRET)"
SPLYNX = {"CASHDESK_BILLING": "splynx", "CASHDESK_SPLYNX_URL": "https://billing.example.com"}


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of its own, as a desk does when it starts."""
    command = [sys.executable, "-c", SHOW]
    environ = {**OURS, "DATABASE_URL": "sqlite://:memory:", **variables}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def test_the_key_and_the_secret_of_splynx_come_from_files(tmp_path: Path) -> None:
    for name in ("key", "secret"):
        (tmp_path / name).write_text(f"the-{name}\n", encoding="utf-8")
    files = {f"CASHDESK_SPLYNX_{name.upper()}_FILE": str(tmp_path / name) for name in ("key", "secret")}
    assert start(**SPLYNX, **files).stdout.split() == ["the-key", "the-secret"]


@pytest.mark.parametrize("missing", ["CASHDESK_SPLYNX_URL", "CASHDESK_SPLYNX_KEY", "CASHDESK_SPLYNX_SECRET"])
def test_without_address_key_or_secret_a_connected_desk_does_not_start(missing: str) -> None:
    given = {**SPLYNX, "CASHDESK_SPLYNX_KEY": "the-key", "CASHDESK_SPLYNX_SECRET": "the-secret"}
    ended = start(**given | {missing: ""})
    assert ended.returncode != 0
    assert "CASHDESK_BILLING is splynx" in ended.stderr
    assert "the-secret" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CASHDESK_BILLING", "splinx", "Write files or splynx"),
        ("CASHDESK_SPLYNX_UNDO", "remove", "Write delete or negative"),
        ("CASHDESK_BILLING_SETTLE", "0", "at least one second"),
    ],
)
def test_a_word_or_number_that_means_nothing_stops_the_start(name: str, value: str, words: str) -> None:
    ended = start(**{name: value})
    assert ended.returncode != 0
    assert words in ended.stderr
