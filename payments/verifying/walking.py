"""Walking through all journals, a stretch at a time, in one process or in several that read as of the same moment."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing.util import Finalize

from django.db import connection, connections

from payments.snapshot import one_moment, share_moment
from payments.verifying.belonging import Ground
from payments.verifying.lines import Examined, examine
from payments.verifying.report import Fault
from payments.verifying.rows import Stretch

_open = ExitStack()  # in a worker: the moment as of which it reads, until it ends


class Walkers:
    """Examines stretches, in this process alone or in others beside it."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool

    def walk(self, stretches: Iterable[Stretch], ground: Ground) -> Iterator[Examined]:
        """Return what came out of each stretch, in their order. Needs the moment that `one_moment` holds."""
        if self._pool is None:
            return (examine(stretch, ground) for stretch in stretches)
        return self._pool.map(partial(_examine_beside, share_moment(), ground), stretches)

    def begin(self, look: Callable[[], Iterable[Fault]]) -> Callable[[], list[Fault]]:
        """Begin to look at something beside the lines; return what waits for the faults that were found there."""
        if self._pool is None:
            return lambda: list(look())
        return self._pool.submit(_look_beside, share_moment(), look).result


@contextmanager
def walkers(processes: int) -> Iterator[Walkers]:
    """Open the processes for a block; must stand around the moment, since a fork may not inherit a connection.

    With one process, on SQLite (whose moments cannot be shared), or inside a transaction, this process does it alone.
    """
    if processes < 2 or connection.vendor != "postgresql" or connection.in_atomic_block:
        yield Walkers(None)
        return
    connections.close_all()
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("fork")) as pool:
        pool.submit(os.getpid).result()  # the first task makes all processes
        yield Walkers(pool)


def _examine_beside(moment: str, ground: Ground, stretch: Stretch) -> Examined:
    """Examine a stretch in a worker."""
    _join(moment)
    return examine(stretch, ground)


def _look_beside(moment: str, look: Callable[[], Iterable[Fault]]) -> list[Fault]:
    """Look at something else in a worker."""
    _join(moment)
    return list(look())


def _join(moment: str) -> None:
    """Let this worker read as of the moment that the first process shares."""
    if connection.connection is None:
        gc.freeze()
        gc.disable()  # rows make no cycles, and looking for some takes a tenth of the time
        _open.enter_context(one_moment(shared_by=moment))
        Finalize(None, connections.close_all, exitpriority=1)  # a worker runs no atexit
