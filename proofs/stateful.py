"""Everything that people and the billing system do, drawn by hypothesis, on the desk and on a model of dicts."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any
from unittest.mock import patch

import hypothesis
from django.db import connections
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from payments import recording
from payments.allocating import Part, allocate
from proofs.books import broken_rules
from proofs.ground import kept_scene, own_copy
from proofs.machine import DeskAndModel
from proofs.running import Result, alone

PROMISE = (
    "whatever row of payments, forms sent again, reversals, moves, forms given up, prints, limits, batches and imports "
    "(customers gone, back and elsewhere, documents new and paid elsewhere): outcome, parts, balances, dues, tills, "
    "numbers and refusals are those of a model of dicts written from the design"
)
NOT_SHOWN = "two things at once (races); shifts, deposits and the live billing connection"

STEPS, SMALL_STEPS = 50_000, 150
PROCESSES = 2
WORLDS_BEFORE_RESET, SMALL_WORLDS = 20, 4  # so long the database grows before it is put back
LONGEST = 570  # seconds; after them no new world begins, and the figures say how far it came
CONTROL_SECONDS = 60


def run(*, small: bool, seed: int) -> Result:
    """Let desk and model run side by side in one process (small) or two; then break allocation and let it be found."""
    until = time.monotonic() + LONGEST
    control = with_off_by_one(seed)
    if small:
        found = [run_side_by_side(("a", seed, SMALL_STEPS, until))]
    else:
        work = [(mark, seed * 1000 + n * 500, STEPS // PROCESSES, until) for n, mark in enumerate("ab")]
        connections.close_all()
        with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
            found = pool.map(run_side_by_side, work)
    steps, breaks = sum(steps for steps, _, _ in found), [line for *_, line in found if line]
    return {
        "steps": steps,
        "worlds": sum(worlds for _, worlds, _ in found),
        "breaks": len(breaks),
        "which": breaks,
        "control": control,
        "holds": not breaks and steps >= (SMALL_STEPS if small else STEPS),
    }


def run_side_by_side(work: tuple[str, int, int, float]) -> tuple[int, int, str]:
    """Run machines on a copy of the database until so many steps are done; return steps, worlds, and what broke."""
    mark, seed, wanted, until = work
    machine = counting(DeskAndModel)
    with own_copy(mark), kept_scene() as put_back:
        try:
            while machine.steps < wanted and time.monotonic() < until:
                seed += 1
                run_machine(machine, seed, worlds=SMALL_WORLDS if wanted == SMALL_STEPS else WORLDS_BEFORE_RESET)
                # A document may have been paid elsewhere as well, as a later import says: the model knows.
                if rules := broken_rules(but="invoices_paid_beyond_their_due"):
                    return machine.steps, machine.worlds, f"broken rules {rules} with seed {seed}"
                put_back()
        except Exception as fault:  # noqa: BLE001  # whatever broke is the result
            return machine.steps, machine.worlds, f"{type(fault).__name__}: {fault} with seed {seed}"
    return machine.steps, machine.worlds, ""


def counting(machine: type[DeskAndModel]) -> type[DeskAndModel]:
    """Return the machine with counters of its own."""
    return type("DeskAndModel", (machine,), {"worlds": 0, "steps": 0})


def run_machine(machine: type[DeskAndModel], seed: int, *, worlds: int, shrink: bool = False) -> None:
    """Let hypothesis draw so many worlds from the seed; raises what a world breaks with."""
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    how = settings(
        max_examples=worlds,
        stateful_step_count=50,
        deadline=None,
        database=None,
        derandomize=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    run_state_machine_as_test(hypothesis.seed(seed)(machine), settings=how)


def with_off_by_one(seed: int) -> dict[str, object]:
    """Split payments so that a cent too much stays on the first document, and count how long it goes unnoticed."""

    def off_by_one(amount: Any, chosen: Any, documents: Any) -> list[Part]:
        parts = allocate(amount, chosen, documents)
        if len(parts) > 1 and parts[-1].document is None:
            cent = parts[0].amount / parts[0].amount / 100
            return [Part(parts[0].document, parts[0].amount + cent), *parts[1:-1], *less(parts[-1], cent)]
        return parts

    def less(part: Part, cent: Any) -> list[Part]:
        return [Part(None, part.amount - cent)] if part.amount > cent else []

    machine, began, caught = counting(DeskAndModel), time.monotonic(), ""
    with own_copy("c"), patch.object(recording, "allocate", off_by_one):
        try:
            run_machine(machine, seed, worlds=400)
        except Exception as fault:  # noqa: BLE001  # whatever noticed it
            caught = type(fault).__name__
    seconds = time.monotonic() - began
    return {
        "without": "right allocation (a cent too much on the first document)",
        "found_after_steps": machine.steps,
        "seconds": round(seconds, 1),
        "caught": caught == "Disagreement" and seconds < CONTROL_SECONDS,
    }


if __name__ == "__main__":
    alone(run)
