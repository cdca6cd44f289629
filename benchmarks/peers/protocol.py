"""What driver and contender say to each other: the task by environment, the run in lines of JSON.

It needs nothing but Python, since contenders run in environments of their own. README.md says it in words.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Task:
    """What one process of a contender is to do."""

    name: str
    """Unlike that of any other run: for consumer groups and the like."""
    bootstrap: str
    topic: str
    ends: tuple[int, ...]
    """How many records each partition has; the first one's offset is 0."""
    table: Path
    """Meter to feeder, CSV with a header."""
    state: Path
    """An empty folder."""
    threads: int = 1
    runs: int = 1
    """How often the job is done, one after the other in one process."""
    process: int = 0
    processes: int = 1

    def to_environment(self) -> dict[str, str]:
        """Return the variables that say all this."""
        return {
            "PEERS_NAME": self.name,
            "PEERS_BOOTSTRAP": self.bootstrap,
            "PEERS_TOPIC": self.topic,
            "PEERS_ENDS": ",".join(map(str, self.ends)),
            "PEERS_TABLE": str(self.table),
            "PEERS_STATE": str(self.state),
            "PEERS_THREADS": str(self.threads),
            "PEERS_RUNS": str(self.runs),
            "PEERS_PROCESS": str(self.process),
            "PEERS_PROCESSES": str(self.processes),
        }

    @classmethod
    def from_environment(cls) -> Task:
        """Read the variables; raises `KeyError` outside the driver."""
        given = os.environ
        return cls(
            name=given["PEERS_NAME"],
            bootstrap=given["PEERS_BOOTSTRAP"],
            topic=given["PEERS_TOPIC"],
            ends=tuple(map(int, given["PEERS_ENDS"].split(","))),
            table=Path(given["PEERS_TABLE"]),
            state=Path(given["PEERS_STATE"]),
            threads=int(given["PEERS_THREADS"]),
            runs=int(given["PEERS_RUNS"]),
            process=int(given["PEERS_PROCESS"]),
            processes=int(given["PEERS_PROCESSES"]),
        )

    def partitions(self) -> list[int]:
        """Return the partitions that this process owns."""
        return list(range(self.process, len(self.ends), self.processes))

    def records(self) -> int:
        """Count the records of the partitions that this process owns."""
        return sum(self.ends[partition] for partition in self.partitions())

    def read_table(self) -> dict[str, str]:
        """Read the feeder of every meter."""
        with self.table.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            next(rows)
            return {meter: sys.intern(feeder) for meter, feeder in rows}


class Progress:
    """One run's words to the driver: ready, first, last, answer, in this order."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.seen = 0

    def ready(self) -> None:
        """Say that all is loaded, and wait for the driver's word."""
        _say({"said": "ready"})
        _wait_for_driver()

    def see(self, records: int = 1) -> None:
        """Note records that are done with; the first and the last of them are told."""
        if self.seen == 0:
            self.first()
        self.seen += records
        if self.seen >= self.records:
            self.last()

    def first(self) -> None:
        """Say that the first record came."""
        _say({"said": "first", "at": time.monotonic_ns()})

    def last(self) -> None:
        """Say that the last record is counted, and wait until the driver has read how much CPU that took."""
        _say({"said": "last", "at": time.monotonic_ns()})
        _wait_for_driver()

    def answer(self, dropped: int, out: dict[str, int]) -> None:
        """Give the number of copies dropped, and of meters out by feeder."""
        _say({"said": "answer", "dropped": dropped, "out": out})

    def no_answer(self) -> None:
        """Say that this contender only reads."""
        _say({"said": "answer"})


def _say(line: dict[str, object]) -> None:
    print(json.dumps(line), flush=True)


def _wait_for_driver() -> None:
    if not sys.stdin.readline():
        sys.exit("the driver is gone")
