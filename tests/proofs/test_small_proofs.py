"""Every proof in its small version: what is promised holds, and the same proof sees it when the guard is gone."""

import importlib
from pathlib import Path

import pytest
from django.db import connection

import proofs
from proofs.running import PROOFS, is_shown

NAMES = [name for name, database in PROOFS if database == connection.vendor]


@pytest.mark.parametrize("name", NAMES)
def test_it_holds_and_would_be_seen_if_it_did_not(name: str, committed_db: None, static_files: None) -> None:
    proof = importlib.import_module(f"proofs.{name}")
    figures = proof.run(small=True, seed=1)
    assert figures["holds"] is True, figures
    assert hasattr(proof, "CONTROL_IN_FULL_ONLY") or is_shown(figures), figures


def test_every_proof_is_in_the_list_and_says_what_it_does_not_show() -> None:
    folder = Path(proofs.__file__).parent
    written = {path.stem for path in folder.glob("*.py") if "\ndef run(*" in path.read_text()}
    assert written == {name for name, _ in PROOFS}
    for name in written:
        proof = importlib.import_module(f"proofs.{name}")
        assert proof.PROMISE
        assert proof.NOT_SHOWN
