"""Runs proofs: one in this process, or all, each in a process of its own; and writes down what came out."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from proofs import document
from proofs.ground import scratch_database

ROOT = Path(__file__).resolve().parent.parent
# In the order of issue and table. The second part is the database that the proof runs on.
PROOFS = (
    ("database_kills", "postgresql"),
    ("application_kills", "postgresql"),
    ("lost_answers", "postgresql"),
    ("faults", "postgresql"),
    ("faults", "sqlite"),
    ("races", "postgresql"),
    ("tamper", "postgresql"),
    ("tamper", "sqlite"),
    ("stateful", "postgresql"),
    ("stateful", "sqlite"),
    ("amounts", "postgresql"),
    ("amounts", "sqlite"),
    ("days", "postgresql"),
    ("days", "sqlite"),
    ("billing", "sqlite"),
)
HANGS = 2 * document.LONGEST  # seconds; what takes longer than it may shows nothing, but its figures say why

Result = dict[str, object]


class Proof(Protocol):
    """What a proof's `run` looks like."""

    def __call__(self, *, small: bool, seed: int) -> Result:
        """Return the figures, `control` and `holds`."""
        ...


def alone(run: Proof) -> None:
    """Run the proof of the main module on a scratch database, print one JSON line, and end with 1 if it fails."""
    asked = _options("one proof").parse_args()
    module = sys.modules["__main__"]
    began = time.monotonic()
    with scratch_database(asked.seed):
        result = run(small=asked.small, seed=asked.seed)
    facts: Result = {"proof": Path(str(module.__file__)).stem, "database": asked.database, "small": asked.small}
    facts |= {"seed": asked.seed, "commit": commit(), "day": datetime.now(UTC).date().isoformat()}
    facts |= {"seconds": round(time.monotonic() - began), **result}
    facts |= {"promise": module.PROMISE, "not_shown": module.NOT_SHOWN}
    sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    sys.exit(0 if is_shown(facts) else 1)


def is_shown(facts: Result) -> bool:
    """Return whether the proof holds, would have seen it if it did not, and, in full, was done in its time."""
    control = facts["control"]
    caught = isinstance(control, dict) and control.get("caught") is True
    return facts["holds"] is True and caught and document.in_time(facts)


def everything() -> int:
    """Run the proofs asked for (all, if none is named), print a line for each, and return 1 unless all are shown.

    A full run writes its lines into docs/proofs.md; a small one leaves the page as it is.
    """
    options = _options("all proofs, or those named")
    options.add_argument("names", nargs="*")
    asked = options.parse_args()
    found = []
    for name, database in PROOFS:
        if asked.names and name not in asked.names:
            continue
        facts = run_apart(name, ["--database", database, "--seed", str(asked.seed), *["--small"] * asked.small])
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        found.append(facts)
    if not asked.small:
        document.write(found, order=PROOFS)
    return 0 if found and all(is_shown(facts) for facts in found) else 1


def run_apart(name: str, options: Sequence[str]) -> Result:
    """Run one proof in a process of its own and return its line; one that crashes or hangs does not hold."""
    command = [sys.executable, "-m", f"proofs.{name}", *options]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        written, _ = child.communicate(timeout=HANGS)
        facts: Result = json.loads(written.splitlines()[-1])
    except subprocess.TimeoutExpired:
        child.terminate()  # the cluster's keeper ends the proof and then the cluster
        child.communicate()
        return {"proof": name, "database": options[1], "holds": False, "control": {}, "error": "did not end"}
    except (IndexError, json.JSONDecodeError):
        return {"proof": name, "database": options[1], "holds": False, "control": {}, "error": "wrote no line"}
    return facts


def commit() -> str:
    """Return the short name of the commit that was proved, with a + when the tree held changes beside it."""
    said = ["git", "describe", "--always", "--abbrev=10", "--exclude=*", "--dirty=+"]
    return subprocess.run(said, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def _options(about: str) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=f"Run {about} on a database that is thrown away afterwards.")
    options.add_argument("--small", action="store_true", help="a minute instead of ten")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    return options
