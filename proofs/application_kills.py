"""kill -9 of gunicorn's workers and master while cashiers take payments over HTTP."""

from __future__ import annotations

from random import Random

from proofs import running
from proofs.books import broken_rules
from proofs.crowd import at_work, make_crowd
from proofs.serving import kill, serving, wait

PROMISE = "a killed worker or master loses no acknowledged payment, doubles none, and leaves nothing half-written"
NOT_SHOWN = "One machine on loopback; the database goes on running."
CLIENTS = 8
CONTROL_IN_FULL_ONLY = True  # chance decides what a kill finds: a few of them may find nothing to lose
MUST_BE_ZERO = ("acknowledged_lost", "doubled", "never_meant", "left_unresolved", "false_claims", "broken_rules")
EVERY = 10  # each tenth time the master dies as well


def run(*, small: bool, seed: int) -> running.Result:
    """Return the figures of the desk as shipped, and of one that answers before it commits."""
    kills = 2 if small else 200
    figures = shake(kills, seed)
    lost = 0 if small else shake(kills // 4, seed, without="commit", gives_up=True)["acknowledged_lost"]
    return {
        **figures,
        "control": {"without": "commit before the answer", "acknowledged_lost": lost, "caught": lost > 0},
        "holds": not any(figures[name] for name in MUST_BE_ZERO),
    }


def shake(kills: int, seed: int, *, without: str = "", gives_up: bool = False) -> dict[str, int]:
    """Kill so many times while the crowd works and return what the books say afterwards."""
    chance = Random(seed)
    application = "tests.without_guards" if without else "cashdesk.wsgi"
    with serving(application=application, without=without) as desk:
        crowd, notes = make_crowd(desk.url, CLIENTS, gives_up=gives_up)
        with at_work(crowd):
            for number in range(1, kills + 1):
                notes.wait_for_more(CLIENTS)
                wait(chance.uniform(0, 0.2))
                if number % EVERY == 0:
                    desk.kill_master()
                else:
                    kill(chance.sample(workers := desk.workers(), min(2, len(workers))))
    return {"kills": kills, **notes.figures(), "broken_rules": sum(broken_rules().values())}


if __name__ == "__main__":
    running.alone(run)
