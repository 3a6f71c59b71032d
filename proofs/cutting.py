"""A TCP proxy before PostgreSQL that lets a COMMIT through and cuts the line before its answer comes back."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from threading import Lock, Thread

COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"  # the message as psycopg2 sends it


class Cutter:
    """Passes bytes on between the desk and the database, and cuts by chance after a COMMIT was answered."""

    def __init__(self, port: int, seed: int, often: float) -> None:
        self.port, self.often, self.chance = port, often, Random(seed)
        self.cuts, self.lock, self.is_on = 0, Lock(), False
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.own_port: int = self.listener.getsockname()[1]
        self.lines: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
                self.lines += [near, far]
                Thread(target=self._pass_on, args=[near, far], daemon=True).start()

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        """Pass on both ways in one thread: the protocol takes turns."""
        near.setblocking(True)
        back = Thread(target=self._pass_back, args=[far, near], daemon=True)
        back.start()
        with suppress(OSError):
            while data := near.recv(65536):
                if COMMIT in data and self._cuts_now():
                    near.shutdown(socket.SHUT_RDWR)  # the desk hears nothing any more
                    far.sendall(data)
                    back.join()  # until the answer of the COMMIT came, which it cannot pass on
                    break
                far.sendall(data)
        for line in (near, far):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)  # wakes whoever reads from it: else the database keeps its end open
            line.close()

    def _pass_back(self, far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError):
            while data := far.recv(65536):
                near.sendall(data)
        with suppress(OSError):
            near.close()

    def _cuts_now(self) -> bool:
        with self.lock:
            cuts = self.is_on and self.chance.random() < self.often
            self.cuts += cuts
            return cuts

    def close(self) -> None:
        """Close the listener and every line."""
        for line in (self.listener, *self.lines):
            with suppress(OSError):
                line.close()


@contextmanager
def cutting(port: int, seed: int, often: float) -> Iterator[Cutter]:
    """Stand between the desk and the database at this port for the block."""
    cutter = Cutter(port, seed, often)
    try:
        yield cutter
    finally:
        cutter.close()
