"""The COMMIT arrives and its answer does not; and a POST that arrives after its form was given up."""

from __future__ import annotations

import socket
import time
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

from django.db import connection

from payments.giving_up import is_given_up
from payments.models import Payment
from proofs import running
from proofs.books import broken_rules
from proofs.crowd import at_work, cash_id, make_crowd
from proofs.cutting import cutting
from proofs.serving import serving
from tests.counter import Counter
from tests.factories import CustomerFactory, OperatorFactory

PROMISE = (
    "a COMMIT whose answer is lost is neither lost nor doubled, and no page calls it failed; a given-up form is dead"
)
NOT_SHOWN = (
    "The line is cut between desk and database; what a cut between browser and desk does is in application_kills."
)
CLIENTS = 8
CONTROL_IN_FULL_ONLY = True  # chance decides what a kill finds: a few of them may find nothing to lose
OFTEN = 0.15
SECONDS, SMALL_SECONDS = 15, 1  # how long the POST is held back
LED_ON = 303  # to the receipt, or to the page of the form that was given up
REFUSED = 422
MUST_BE_ZERO = (
    "acknowledged_lost", "doubled", "never_meant", "left_unresolved", "false_claims", "broken_rules", "late_payments",
)  # fmt: skip


def run(*, small: bool, seed: int) -> running.Result:
    """Return the figures of the desk as shipped, and of clients that make a new key for each try."""
    cuts = 4 if small else 200
    seconds = SMALL_SECONDS if small else SECONDS
    figures = cut(cuts, seed) | hold_back(seconds=seconds)
    doubled = 0 if small else cut(cuts, seed, new_key_per_try=True)["doubled"]
    return {
        **figures,
        "control": {"without": "the same key", "doubled": doubled, "caught": doubled > 0},
        "holds": holds(figures, cuts=cuts, seconds=seconds),
    }


def holds(figures: dict[str, int], *, cuts: int, seconds: int) -> bool:
    """Return whether nothing went wrong, and all was tried: the cuts, the give-up, and a late POST that was refused."""
    return (
        not any(figures[name] for name in MUST_BE_ZERO)
        and figures["cuts"] >= cuts
        and figures["without_answer"] > 0
        and figures["held_back_seconds"] >= seconds
        and (figures["give_up_answer"], figures["given_up"]) == (LED_ON, 1)
        and figures["late_answer"] == REFUSED
        and (figures["late_answer_if_not_given_up"], figures["late_payments_if_not_given_up"]) == (LED_ON, 1)
    )


def cut(cuts: int, seed: int, **habits: bool) -> dict[str, int]:
    """Let the crowd work until so many COMMITs were cut and return what the books say."""
    settings = connection.settings_dict
    with cutting(int(settings["PORT"]), seed, OFTEN) as cutter:
        login = f"{settings['USER']}:{settings['PASSWORD']}"
        through = f"postgres://{login}@127.0.0.1:{cutter.own_port}/{settings['NAME']}?sslmode=disable"
        with serving(database_url=through) as desk:
            crowd, notes = make_crowd(desk.url, CLIENTS, **habits)
            with at_work(crowd):
                cutter.is_on = True
                while cutter.cuts < cuts:
                    notes.wait_for_more(CLIENTS)
                cutter.is_on = False
    return {"cuts": cutter.cuts, **notes.figures(), "broken_rules": sum(broken_rules().values())}


class Late(NamedTuple):
    """What came of a POST that was held back."""

    seconds: int  # whole ones, in which the desk had half of it
    give_up_answer: int
    is_given_up: bool
    answer: int
    payments: int


def hold_back(*, seconds: int) -> dict[str, int]:
    """Hold a payment's POST back and give its form up meanwhile; then hold another one back and give nothing up.

    The second one is taken, so it was the giving up that refused the first one.
    """
    late, other = send_late(seconds=seconds, gives_up=True), send_late(seconds=seconds, gives_up=False)
    return {
        "held_back_seconds": late.seconds,
        "give_up_answer": late.give_up_answer,
        "given_up": int(late.is_given_up),
        "late_answer": late.answer,
        "late_payments": late.payments,
        "late_answer_if_not_given_up": other.answer,
        "late_payments_if_not_given_up": other.payments,
    }


def send_late(*, seconds: int, gives_up: bool) -> Late:
    """Send half of a payment's POST, give its form up meanwhile or do not, and send the rest."""
    operator, customer = OperatorFactory.create(), CustomerFactory.create(balance=Decimal(-1000))
    before, key = Payment.objects.count(), uuid4()
    with serving() as desk, Counter(desk.url).take_place(operator) as counter:
        form = counter.form(f"/cashdesk/customers/{customer.pk}/", "key")
        form |= {"key": str(key), "amount": "10.00", "method": str(cash_id())}
        with held_back(desk.url, f"/cashdesk/customers/{customer.pk}/", form, counter) as rest:
            began = time.monotonic()
            time.sleep(seconds)  # how long it is held back is the experiment
            said = counter.post(f"/cashdesk/payments/{key}/give-up/", form).status_code if gives_up else 0
            given_up = is_given_up(operator=operator, key=key)
            held = int(time.monotonic() - began)
            answer = rest.finish()
    return Late(held, said, given_up, answer, Payment.objects.count() - before)


class held_back:  # noqa: N801  # used as a statement: with held_back(...)
    """A POST whose body has been sent but for its last bytes."""

    def __init__(self, url: str, path: str, form: dict[str, str], counter: Counter) -> None:
        body = urlencode(form).encode()
        host = url.removeprefix("http://")
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in counter.client.cookies.jar)
        head = [
            f"POST {path} HTTP/1.1", f"Host: {host}", f"Cookie: {cookies}", "Connection: close",
            "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}", "", "",
        ]  # fmt: skip
        name, _, port = host.partition(":")
        self.line = socket.create_connection((name, int(port)))
        self.line.sendall("\r\n".join(head).encode() + body[:-4])
        self.rest = body[-4:]

    def __enter__(self) -> held_back:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def finish(self) -> int:
        """Send the rest and return the answer's status."""
        self.line.sendall(self.rest)
        answer = b""
        while data := self.line.recv(65536):
            answer += data
        return int(answer.split(b" ", 2)[1])


if __name__ == "__main__":
    running.alone(run)
