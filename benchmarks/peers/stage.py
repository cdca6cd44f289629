"""The stage all contenders play on: one broker, one topic, one table, and the truth."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from shutil import rmtree
from typing import TYPE_CHECKING

from benchmarks.peers.protocol import Task
from benchmarks.peers.run import ContenderError, Figures, run_contender
from benchmarks.peers.topic import delete_others, fill, write_table
from models.contracts.topics import METER_EVENTS

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.peers.contenders import Contender
    from benchmarks.peers.data import Answer, Storm
    from scripts.kafka.broker import KafkaBroker


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything laid: contenders may come on, one after the other."""

    broker: KafkaBroker
    ends: tuple[int, ...]
    folder: Path
    truth: Answer

    @classmethod
    def lay(cls, broker: KafkaBroker, storm: Storm, folder: Path) -> Stage:
        """Produce the storm and write the table into the folder."""
        write_table(folder / "table.csv", storm)
        return cls(broker, fill(broker.bootstrap, storm), folder, storm.truth())

    def run(self, contender: Contender, command: list[str], turn: int) -> list[Figures]:
        """Run a contender, a figure for each time that it does the job; raises `ContenderError`."""
        name = f"{contender.name}-{turn}"
        states = [self.folder / f"{name}-state-{process}" for process in range(contender.processes)]
        for state in states:
            state.mkdir()
        tasks = [self._task(contender, name, state, process) for process, state in enumerate(states)]
        try:
            figures = run_contender(command, tasks, self.folder / f"{name}.log", self._broker_pid())
        finally:
            for state in states:
                rmtree(state, ignore_errors=True)
            delete_others(self.broker.bootstrap)
        for run in figures:
            self._check(contender, run.answer)
            rate, cost = sum(self.ends) / run.seconds, run.cpu_seconds / sum(self.ends) * 1e6
            print(f"round {turn + 1}, {contender.name}: {rate:,.0f}/s, {cost:.2f} us", file=sys.stderr)
        return figures

    def _broker_pid(self) -> int:
        if self.broker.process is None:
            raise RuntimeError("the broker was never started")
        return self.broker.process.pid

    def _task(self, contender: Contender, name: str, state: Path, process: int) -> Task:
        return Task(
            name=name,
            bootstrap=self.broker.bootstrap,
            topic=METER_EVENTS,
            ends=self.ends,
            table=self.folder / "table.csv",
            state=state,
            threads=contender.threads,
            runs=contender.runs,
            process=process,
            processes=contender.processes,
        )

    def _check(self, contender: Contender, answer: Answer | None) -> None:
        if not contender.answers:
            return
        if answer is None:
            raise ContenderError("gave no answer")
        if wrong := answer.differ(self.truth):
            raise ContenderError(f"wrong answer: {wrong}")
