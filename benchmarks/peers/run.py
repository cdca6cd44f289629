"""One contender's run: its processes started, led through the protocol, and measured."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from operator import add
from threading import Barrier, BrokenBarrierError, Timer
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from benchmarks.peers.contenders import HOME
from benchmarks.peers.data import Answer
from benchmarks.peers.processes import Use, cpu_seconds, used_by

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.peers.protocol import Task

READY_SECONDS: Final = 180
SLOWEST: Final = 4_000
"""Records a second: who is slower is ended."""


class ContenderError(Exception):
    """A contender ended or fell silent before its answer; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run of the job took, all processes of the contender together."""

    seconds: float
    """From the first record of the first process to the last of the last."""
    cpu_seconds: float
    """Of that time, client threads, compilers and collectors included."""
    start_seconds: float
    """From the command, or the driver's word in a warm virtual machine, to the first record."""
    start_cpu_seconds: float
    peak_mib: float
    broker_cpu_seconds: float
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class _Share:
    """One process's part of it."""

    asked: float
    first: float
    last: float
    before: Use
    """Up to the first record."""
    at_asking: Use
    after: Use
    broker_cpu_seconds: float
    answer: Answer | None


def run_contender(command: list[str], tasks: Sequence[Task], log: Path, broker: int) -> list[Figures]:
    """Run a contender's processes side by side, one a task, and measure each run of the job.

    `broker` is the broker's process. Raises `ContenderError`; no process is left.
    """
    barrier = Barrier(len(tasks))
    followers = [_Follower(command, task, log, barrier, broker) for task in tasks]
    with ThreadPoolExecutor(len(followers)) as pool:
        try:
            shares = list(pool.map(_Follower.follow, followers))
        finally:  # the pool waits for its threads, and they for their processes
            for follower in followers:
                follower.end()
    return [_add(list(run)) for run in zip(*shares, strict=True)]


class _Follower:
    """One process, in a session of its own so that all it starts is counted with it."""

    def __init__(self, command: list[str], task: Task, log: Path, barrier: Barrier, broker: int) -> None:
        self.task, self.log, self.barrier, self.broker = task, log, barrier, broker
        self.started = monotonic()
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                command,
                cwd=HOME,
                env={**os.environ, "PYTHONPATH": str(HOME), **task.to_environment()},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                start_new_session=True,
            )

    def follow(self) -> list[_Share]:
        """Lead the process through all its runs of the job."""
        limit = Timer(READY_SECONDS + self.task.runs * self.task.records() / SLOWEST, self.end)
        limit.start()
        try:
            return [self._follow_run(run) for run in range(self.task.runs)]
        except BrokenBarrierError:
            raise ContenderError("another process of it failed") from None
        finally:
            self.barrier.abort()
            limit.cancel()

    def _follow_run(self, run: int) -> _Share:
        self._hear("ready")
        self.barrier.wait(READY_SECONDS)
        asked, at_asking = (monotonic(), self._use()) if run else (self.started, Use(0, 0))
        self._go_on()
        first = self._hear("first")["at"] / 1e9
        before, broker = self._use(), cpu_seconds(self.broker)
        last = self._hear("last")["at"] / 1e9
        after, broker = self._use(), cpu_seconds(self.broker) - broker
        self._go_on()
        told = self._hear("answer")
        answer = Answer(told["dropped"], told["out"]) if "out" in told else None
        return _Share(asked, first, last, before, at_asking, after, broker, answer)

    def _hear(self, word: str) -> dict[str, Any]:
        """Wait for a line of the protocol; what else a contender prints is none."""
        for line in self.process.stdout or ():
            if line.startswith('{"said"'):
                told: dict[str, Any] = json.loads(line)
                if told["said"] == word:
                    return told
        end = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        raise ContenderError("\n".join([f'ended or was ended before it said "{word}"; its log ends:', *end]))

    def _go_on(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.write("\n")
            self.process.stdin.flush()

    def _use(self) -> Use:
        return used_by(self.process.pid)

    def end(self) -> None:
        """End the process with all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _add(shares: list[_Share]) -> Figures:
    """Put the processes' shares of one run together."""
    first = min(share.first for share in shares)
    answers = [share.answer for share in shares if share.answer is not None]
    return Figures(
        seconds=max(share.last for share in shares) - first,
        cpu_seconds=sum(share.after.cpu_seconds - share.before.cpu_seconds for share in shares),
        start_seconds=first - min(share.asked for share in shares),
        start_cpu_seconds=sum(share.before.cpu_seconds - share.at_asking.cpu_seconds for share in shares),
        peak_mib=sum(share.after.peak_mib for share in shares),
        broker_cpu_seconds=max(share.broker_cpu_seconds for share in shares),
        answer=reduce(add, answers) if answers else None,
    )
