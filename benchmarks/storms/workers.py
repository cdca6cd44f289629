"""Storms in processes of their own, each with a limit, so that one that does not end stops nothing but itself."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from math import ceil
from multiprocessing import get_context
from multiprocessing.connection import wait
from time import monotonic, process_time
from typing import TYPE_CHECKING, Final

from benchmarks.storms.storm import Outcome, Task, play, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from pathlib import Path

_SPAWN: Final = get_context("spawn")
_ON_THE_CLOCK: Final = 600, 10
"""Seconds and times its limit that may pass on the clock: a process that waits for ever uses no processor time."""


def play_all(storms: Sequence[Task], processes: int, limit: int, home: Path) -> Iterator[Outcome]:
    """Play storms, in the order given, and yield each when it is over; `limit` is in seconds of processor time."""
    waiting = list(reversed(storms))
    workers: list[_Worker] = []
    try:
        while waiting or workers:
            while waiting and len(workers) < processes:
                workers.append(_Worker.start(limit, home))
                workers[-1].begin(waiting.pop())
            for worker in _over(workers):
                outcome = worker.outcome()
                if worker.process.is_alive() and waiting:
                    worker.begin(waiting.pop())
                else:
                    worker.stop()
                    workers.remove(worker)
                yield outcome
    finally:
        for worker in workers:
            worker.stop()


def _over(workers: list[_Worker]) -> list[_Worker]:
    """Wait until some workers are done, dead, or waited for too long."""
    ready = wait([worker.connection for worker in workers], max(0, min(w.deadline for w in workers) - monotonic()))
    return [worker for worker in workers if worker.connection in ready or worker.deadline <= monotonic()]


@dataclass(eq=False)
class _Worker:
    process: SpawnProcess
    connection: Connection
    limit: int
    task: Task | None = None
    deadline: float = 0.0

    @classmethod
    def start(cls, limit: int, home: Path) -> _Worker:
        here, there = _SPAWN.Pipe()
        process = _SPAWN.Process(target=serve, args=(there, limit, home), daemon=True)
        process.start()
        there.close()
        return cls(process, here, limit)

    def begin(self, task: Task) -> None:
        self.task, self.deadline = task, monotonic() + _ON_THE_CLOCK[0] + _ON_THE_CLOCK[1] * self.limit
        self.connection.send(task)

    def outcome(self) -> Outcome:
        """Return what came of the storm; the process is dead if it was too much for it."""
        assert self.task is not None  # noqa: S101
        if not self.connection.poll():
            self.stop()
            return unfinished(self.task, "stood still")
        try:
            outcome: Outcome = self.connection.recv()
        except EOFError:
            self.process.join()
            return unfinished(self.task, f"over {self.limit} s, or its process died ({self.process.exitcode})")
        return outcome

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def serve(connection: Connection, limit: int, home: Path) -> None:
    """Play one storm after the other; the system ends the process where one takes too long."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            task: Task = connection.recv()
        except EOFError:
            return
        resource.setrlimit(resource.RLIMIT_CPU, (ceil(process_time()) + limit, resource.RLIM_INFINITY))
        try:
            outcome = play(task, home)
        except Exception as error:  # noqa: BLE001  a storm that fails is one that is shown as such
            outcome = unfinished(task, f"{type(error).__name__}: {error}")
        connection.send(outcome)
