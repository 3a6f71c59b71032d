"""kill -9 of gunicorn's workers and master while cashiers take payments over HTTP."""

from __future__ import annotations

from random import Random

from proofs import running
from proofs.books import broken_rules
from proofs.crowd import at_work, make_crowd
from proofs.serving import Desk, Kills, kill, serving, wait

PROMISE = "a killed worker or master loses no acknowledged payment, doubles none, and leaves nothing half-written"
NOT_SHOWN = "One machine on loopback; the database goes on running."
CLIENTS = 8
CONTROL_IN_FULL_ONLY = True  # chance decides what a kill finds: a few of them may find nothing to lose
MUST_BE_ZERO = ("acknowledged_lost", "doubled", "never_meant", "left_unresolved", "false_claims", "broken_rules")
EVERY = 10  # each tenth time the master dies as well


def run(*, small: bool, seed: int) -> running.Result:
    """Return the figures of the desk as shipped, and of one that answers before it commits."""
    wanted = 2 if small else 200
    figures = shake(wanted, seed)
    lost = 0 if small else shake(wanted // 4, seed, without="commit", gives_up=True)["acknowledged_lost"]
    return {
        **figures,
        "control": {"without": "commit before the answer", "acknowledged_lost": lost, "caught": lost > 0},
        "holds": not any(figures[name] for name in MUST_BE_ZERO) and hit(figures, wanted, small=small),
    }


def hit(figures: dict[str, int], wanted: int, *, small: bool) -> bool:
    """Return whether so often somebody was killed, and that was felt; a few kills may find nobody waiting."""
    return figures["kills"] >= wanted and (small or figures["without_answer"] > 0)


def shake(wanted: int, seed: int, *, without: str = "", gives_up: bool = False) -> dict[str, int]:
    """Kill so many times while the crowd works and return what the books say afterwards."""
    chance, kills = Random(seed), Kills(wanted)
    application = "tests.without_guards" if without else "cashdesk.wsgi"
    with serving(application=application, without=without) as desk:
        crowd, notes = make_crowd(desk.url, CLIENTS, gives_up=gives_up)
        with at_work(crowd):
            while kills.go_on():
                works = notes.wait_for_more(CLIENTS)
                wait(chance.uniform(0, 0.2))
                is_masters_turn = kills.tried % EVERY == EVERY - 1
                kills.note(desk.kill_master() if is_masters_turn else kill_some(desk, chance), at_work=works)
    return {**kills.figures(), **notes.figures(), "broken_rules": sum(broken_rules().values())}


def kill_some(desk: Desk, chance: Random) -> int:
    """Kill up to two of the workers and return how many were killed."""
    workers = desk.workers()
    return kill(chance.sample(workers, min(2, len(workers))))


if __name__ == "__main__":
    running.alone(run)
