"""kill -9 of the whole database, again and again, while cashiers take payments over HTTP."""

from __future__ import annotations

from random import Random

from django.db import connections

from proofs import running
from proofs.books import broken_rules
from proofs.crowd import at_work, make_crowd
from proofs.own_cluster import own_cluster
from proofs.serving import Kills, serving, wait

PROMISE = "a killed database loses no acknowledged payment, doubles none, leaves no gap; the same key resolves the rest"
NOT_SHOWN = "kill -9 is not a power cut: what the kernel had taken was kept. One machine, one disk, no replica."
CLIENTS = 8
CONTROL_IN_FULL_ONLY = True  # chance decides what a kill finds: a few of them may find nothing to lose
MUST_BE_ZERO = ("acknowledged_lost", "doubled", "never_meant", "left_unresolved", "false_claims", "broken_rules")


def run(*, small: bool, seed: int) -> running.Result:
    """Return the figures of the desk as shipped, and of one that does not wait for the disk."""
    wanted = 1 if small else 100
    figures = shake(wanted, seed)
    lost = 0 if small else shake(25, seed, without="durability")["acknowledged_lost"]
    return {
        **figures,
        "control": {"without": "synchronous_commit", "acknowledged_lost": lost, "caught": lost > 0},
        "holds": not any(figures[name] for name in MUST_BE_ZERO) and hit(figures, wanted, small=small),
    }


def hit(figures: dict[str, int], wanted: int, *, small: bool) -> bool:
    """Return whether so often somebody was killed, and that was felt; a few kills may find nobody waiting."""
    return figures["kills"] >= wanted and (small or figures["without_answer"] > 0)


def shake(wanted: int, seed: int, *, without: str = "") -> dict[str, int]:
    """Kill the database so many times while the crowd works and return what the books say afterwards."""
    chance, kills = Random(seed), Kills(wanted)
    application = "tests.without_guards" if without else "cashdesk.wsgi"
    options = {"synchronous_commit": "off"} if without else {}
    with own_cluster(**options) as cluster:
        with serving(application=application, without=without, database_url=cluster.database_url) as desk:
            crowd, notes = make_crowd(desk.url, CLIENTS)
            with at_work(crowd):
                while kills.go_on():
                    works = notes.wait_for_more(CLIENTS)
                    wait(chance.uniform(0, 0.2))
                    kills.note(cluster.kill_and_start(), at_work=works)
        connections.close_all()  # ours died with the server as well
        return {**kills.figures(), **notes.figures(), "broken_rules": sum(broken_rules().values())}


if __name__ == "__main__":
    running.alone(run)
