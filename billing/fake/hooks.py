"""Telling somebody that something has happened, as Splynx's web hooks do (splynx.md 4.10)."""

from __future__ import annotations

import hashlib
import hmac
import queue
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from billing.fake.ledger import Row
from billing.fake.spelling import as_json

SECONDS = 10
MODELS = {
    "Customer": r"models\common\customers\Customers",
    "Invoices": r"models\common\finance\Invoices",
    "Payments": r"models\common\finance\Payments",
}


@dataclass
class Hooks:
    """Sends events one after the other in a thread of its own; nothing waits for them."""

    url: str = ""  # empty: nobody is told
    secret: str = "fake-hook-secret"  # noqa: S105  # opens nothing
    answers: list[int] = field(default_factory=list)  # what the other side said; 0: nothing
    _queue: queue.Queue[Row | None] = field(default_factory=queue.Queue, repr=False)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to send."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send what is waiting, then end."""
        if self._thread:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def tell(self, event: Row) -> None:
        """Send an event, in its turn."""
        if self.url:
            self._queue.put(event)

    def drain(self) -> None:
        """Wait until everything told so far has been sent."""
        self._queue.join()

    def _run(self) -> None:
        while (event := self._queue.get()) is not None:
            self.answers.append(self._send(event))
            self._queue.task_done()
        self._queue.task_done()

    def _send(self, event: Row) -> int:
        raw = as_json(body_of(event))
        headers = {"Content-Type": "application/json", "X-Splynx-Signature": signature(self.secret, raw)}
        request = urllib.request.Request(self.url, data=raw, headers=headers)  # noqa: S310  # set by a test on loopback
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code
        except OSError:
            return 0


def body_of(event: Row) -> Row:
    """Return the body of the hook for an event of the ledger."""
    return {
        "type": "event",
        "call": f"{event['model']}::{event['action']}",
        "data": {
            "source": "fake",
            "model": MODELS[event["model"]],
            "action": event["action"],
            "administrator_id": 1,
            "customer_id": event["customer_id"],
            "result": "success",
            "attributes": {"id": event["id"], "customer_id": event["customer_id"]},
            "attributes_additional": {},
            "changed_attributes": {},
            "extra": {},
            "errors": {},
            "hook_id": 1,
        },
    }


def signature(secret: str, raw: bytes) -> str:
    """Return what the header X-Splynx-Signature holds for this body."""
    return hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest()
