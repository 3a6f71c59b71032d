"""The HTTP server of the fake: one thread for each connection, faults as planned, everything asked is remembered."""

from __future__ import annotations

import json
import select
import socket
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlsplit

from billing.fake import administration
from billing.fake.api import Api, Reply, error
from billing.fake.faults import Fault, FaultKind, FaultPlan
from billing.fake.hooks import Hooks
from billing.fake.keys import ApiKey, Denied, Gate
from billing.fake.ledger import Ledger
from billing.fake.spelling import as_json, garbled

ROOT = "/api/2.0/"
ADMINISTRATION = "/fake/"
TOKENS = "admin/auth/tokens"
PROXY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
LOOPBACK = "127.0.0.1"
LOOK_AGAIN = 0.02  # for a client that has gone, and for the end of the server
NOT_APPLIED = {
    FaultKind.LOST_BEFORE, FaultKind.LATE, FaultKind.ERROR_BEFORE, FaultKind.PAGE_BEFORE, FaultKind.CLOSED,
    FaultKind.BUSY, FaultKind.EXPIRED,
}  # fmt: skip
LOST = {FaultKind.LOST_BEFORE, FaultKind.LOST_AFTER, FaultKind.LATE}


@dataclass(frozen=True)
class Asked:
    """One question that came in: as it stood on the wire, and what became of it."""

    method: str
    path: str
    query: str
    content: Mapping[str, Any]
    headers: Mapping[str, str]
    status: int  # 0: no answer


class FakeSplynx:
    """A Splynx on a free port of this machine, from `start` to `stop`; also a context manager."""

    def __init__(self, *, key: ApiKey | None = None, ledger: Ledger | None = None, port: int = 0) -> None:
        self.ledger = ledger or Ledger()
        self.key = key or ApiKey()
        self.skew = 0.0  # seconds by which its clock is ahead
        self.gate = Gate(self.key, self.clock)
        self.api = Api(self.ledger)
        self.faults = FaultPlan()
        self.hooks = Hooks()
        self.drops_used_connections = False  # as a server does whose patience ends just when we ask
        self.asked: list[Asked] = []
        self.ending = threading.Event()
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address of the host, as it stands in CASHDESK_SPLYNX_URL."""
        return f"http://{LOOPBACK}:{self._port}"

    def clock(self) -> float:
        """Return the time over there."""
        return time.time() + self.skew

    def start(self) -> Self:
        """Listen, on the same port as before if there was one."""
        self.ending.clear()
        self._server = _Server((LOOPBACK, self._port), _Handler)
        self._server.fake = self
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": LOOK_AGAIN})
        self._thread.start()
        self.hooks.start()
        return self

    def stop(self) -> None:
        """Refuse connections and end those that are open; what stands in the ledger stays."""
        self.ending.set()
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()  # waits for the threads of open connections
            self._server = self._thread = None
        self.hooks.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def count(self, method: str, path: str) -> int:
        """Return how often this was asked."""
        return sum(asked.method == method and asked.path == path for asked in list(self.asked))

    def wait_for_quiet(self) -> None:
        """Wait until no question is being worked on, those that are applied late included."""
        while self._server and self._server.busy:
            self.ending.wait(LOOK_AGAIN)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close joins them: nothing is applied after stop
    fake: FakeSplynx

    def __init__(self, *args: Any) -> None:  # Any: HTTPServer's own
        self.busy = 0
        self.count_lock = threading.Lock()
        super().__init__(*args)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client has gone; anything else is a mistake of ours and shows."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(cast(Any, request), client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: the second would wait for the first's receipt
    server_version = "FakeSplynx"
    server: _Server
    timeout = 0.5  # looks so often whether the server ends while a connection is idle
    answered = 0  # on this connection

    @property
    def fake(self) -> FakeSplynx:
        return self.server.fake

    def handle(self) -> None:
        """Serve one connection until either side ends it."""
        self.close_connection = False
        while not self.close_connection and not self.fake.ending.is_set():
            if select.select([self.connection], [], [], LOOK_AGAIN)[0]:
                self.handle_one_request()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # Any: the base class's own names
        """Log nothing: logins stand in addresses."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the time over there, for the header Date."""
        return formatdate(timestamp or self.fake.clock(), usegmt=True)

    def do(self) -> None:
        """Answer one question of any method."""
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.fake.drops_used_connections and self.answered:
            self.close_connection = True
            return
        self.answered += 1
        if parts.path.startswith(ADMINISTRATION):
            self.send(administration.answer(self.fake, self.command, parts.path.removeprefix(ADMINISTRATION), raw))
            return
        if not parts.path.startswith(ROOT):
            self.send_page(404, b"<html><body>Not found</body></html>")
            return
        with self.server.count_lock:
            self.server.busy += 1
        try:
            self.answer(parts.path.removeprefix(ROOT), parts.query, raw)
        finally:
            with self.server.count_lock:
                self.server.busy -= 1

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do  # noqa: N815

    def answer(self, path: str, query: str, raw: bytes) -> None:
        """Apply and answer, or do wrong what is planned."""
        fault = self.fake.faults.next_for(self.command, path)
        kind = fault.kind if fault else None
        if fault and fault.kind is FaultKind.LATE:
            self.wait_for_client_to_go()
            self.fake.ending.wait(fault.seconds)
            if self.fake.ending.is_set():  # a server that has ended applies nothing
                kind = FaultKind.LOST_BEFORE
        if kind is FaultKind.SLOW and fault:
            self.fake.ending.wait(fault.seconds)
        reply = None
        if kind not in NOT_APPLIED or kind is FaultKind.LATE:
            reply = self.applied(path, query, raw)
        self.remember(path, query, raw, reply, kind)
        if kind in LOST:
            self.wait_for_client_to_go()
            self.close_connection = True
            return
        self.send_as(fault, reply)

    def applied(self, path: str, query: str, raw: bytes) -> Reply:
        """Do what is asked, and let the hooks tell it."""
        try:
            content = _content(raw)
        except ValueError:
            return error(400, "BAD_REQUEST", "Body is not readable")
        before = len(self.fake.ledger.events)
        try:
            reply = self.authorized(path, query, content)
        except Denied as denial:
            return error(denial.status, denial.code, denial.code.replace("_", " ").capitalize())
        for event in self.fake.ledger.events[before:]:
            self.fake.hooks.tell(event)
        return reply

    def authorized(self, path: str, query: str, content: Mapping[str, Any]) -> Reply:
        """Return the reply to somebody who may ask; raises Denied."""
        gate, who = self.fake.gate, (self.client_address[0], self.headers.get("User-Agent", ""))
        if path == TOKENS and self.command == "POST":
            return Reply(201, gate.sign_in(content, *who))
        if path.startswith(f"{TOKENS}/"):
            refresh = path.removeprefix(f"{TOKENS}/")
            if self.command == "DELETE":
                gate.sign_out(refresh)
                return Reply(204)
            return Reply(200, gate.renew(refresh, *who))
        key = gate.require(self.headers.get("Authorization", ""), *who)
        return self.fake.api.answer(self.command, path, query, content, key)

    def remember(self, path: str, query: str, raw: bytes, reply: Reply | None, kind: FaultKind | None) -> None:
        """Keep what was asked, for tests."""
        try:
            content = _content(raw)
        except ValueError:
            content = {}
        status = reply.status if reply and kind is None else 0
        self.fake.asked.append(Asked(self.command, path, query, content, dict(self.headers), status))

    def send_as(self, fault: Fault | None, reply: Reply | None) -> None:
        """Send the reply, or what a fault puts in its place."""
        kind = fault.kind if fault else None
        if kind is FaultKind.CLOSED:
            self.close_connection = True
        elif kind in (FaultKind.PAGE_BEFORE, FaultKind.PAGE_AFTER):
            self.send_page(502, PROXY_PAGE)
        elif kind is FaultKind.EXPIRED:
            self.fake.gate.expire_all()
            self.send(error(401, "EXPIRED_ACCESS_TOKEN", "Access token is expired"))
        elif kind is FaultKind.BUSY:
            self.send(error(429, "TOO_MANY_REQUESTS", "Too many requests"))
        elif reply is None or kind is FaultKind.ERROR_AFTER:
            self.send(error(500, "SERVER_ERROR", "Internal server error"))
        elif kind is FaultKind.CUT:
            self.send(reply, length=10_000)
            self.close_connection = True
        else:
            if kind is FaultKind.TWICE and self.fake.ledger.events:
                self.fake.hooks.tell(self.fake.ledger.events[-1])
            self.send(_garbled(reply) if kind is FaultKind.WRONG_TYPES else reply)

    def send(self, reply: Reply, length: int | None = None) -> None:
        """Send a reply; 202 and 204 have no body, nor has the answer to a HEAD."""
        body = b"" if reply.status in (202, 204) or self.command == "HEAD" else as_json(reply.body)
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        if reply.total is not None:
            self.send_header("X-total-count", str(reply.total))
        if reply.status != 204:
            self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_page(self, status: int, page: bytes) -> None:
        """Send what a proxy sends."""
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)

    def wait_for_client_to_go(self) -> None:
        """Wait until the client has closed the connection, or the server ends."""
        while not self.fake.ending.is_set():
            if not select.select([self.connection], [], [], LOOK_AGAIN)[0]:
                continue
            try:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    return
            except ConnectionError:
                return
            self.fake.ending.wait(LOOK_AGAIN)  # something was sent meanwhile


def _content(raw: bytes) -> Mapping[str, Any]:
    found = json.loads(raw) if raw else {}
    if not isinstance(found, dict):
        raise ValueError("an object is wanted")
    return found


def _garbled(reply: Reply) -> Reply:
    if isinstance(reply.body, list):
        return Reply(reply.status, [garbled(row) for row in reply.body], reply.total)
    return Reply(reply.status, garbled(reply.body) if isinstance(reply.body, dict) else reply.body, reply.total)
