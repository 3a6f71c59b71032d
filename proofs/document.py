"""The page docs/proofs.md: its table is written from the lines of real runs, the words around it are kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "proofs.md"
LINES = PAGE.with_suffix(".jsonl")  # the lines as printed: the last full run of each proof
BEGIN, END = "<!-- table: written by make proof -->", "<!-- end of the table -->"
HEAD = "| Proof | Figures | Without the guard | Does not show |\n|---|---|---|---|"
AROUND = {"proof", "database", "small", "seed", "commit", "day", "seconds", "control", "holds", "promise", "not_shown"}
LONGEST = 600  # seconds on two cores, for each proof in full

Facts = dict[str, object]


def write(found: Sequence[Facts], *, order: Sequence[tuple[str, str]]) -> None:
    """Put the new lines in the place of the older ones of the same proofs, and write the page's table from all."""
    lines = {_place(facts): facts for facts in (*_kept(), *found)}
    sorted_lines = [lines[place] for place in order if place in lines]
    LINES.write_text("".join(json.dumps(facts, ensure_ascii=False) + "\n" for facts in sorted_lines))
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = "\n".join([HEAD, *(row(facts) for facts in sorted_lines)])
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


def _kept() -> list[Facts]:
    return [json.loads(line) for line in LINES.read_text().splitlines()] if LINES.exists() else []


def _place(facts: Facts) -> tuple[str, str]:
    return str(facts["proof"]), str(facts["database"])


def row(facts: Facts) -> str:
    """Return one row of the table: what was proved and where, the figures, the control's beside them."""
    control = facts["control"] if isinstance(facts["control"], dict) else {}
    run = f"{facts.get('day')}, commit {facts.get('commit')}, seed {facts.get('seed')}, {facts.get('seconds')} s"
    cells = [
        f"**{facts['proof']}** on {facts['database']}: {facts.get('promise', '')}",
        f"{warnings(facts)}{in_words(facts, AROUND)} ({run})",
        f"{'' if control.get('caught') else '**NOT CAUGHT.** '}{in_words(control, {'caught'})}",
        str(facts.get("not_shown", "")),
    ]
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


def warnings(facts: Facts) -> str:
    """Return in bold what a run did not reach."""
    return ("" if facts["holds"] else "**DOES NOT HOLD.** ") + ("" if in_time(facts) else "**TOOK TOO LONG.** ")


def in_time(facts: Facts) -> bool:
    """Return whether a full run was done in its time; a small one takes what it takes."""
    return facts.get("small") is not False or int(str(facts["seconds"])) <= LONGEST


def in_words(facts: Facts, without: set[str]) -> str:
    """Return names and values of the figures: over_allocated 0, documents 50 000."""
    shown = [f"{name.replace('_', ' ')} {_value(value)}" for name, value in facts.items() if name not in without]
    return "; ".join(shown)


def _value(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}".replace(",", " ")
    if isinstance(value, dict):
        return "(" + in_words(value, set()) + ")"
    return str(value)
