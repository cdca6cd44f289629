"""Pathway: its JSON connector, meters grouped so that copies vanish, and counted by feeder. No persistence."""

from __future__ import annotations

import os
from typing import Any

import pathway as pw

from benchmarks.peers.consumer import CLIENT
from benchmarks.peers.protocol import Progress, Task

FIELDS = {
    "event_id": str,
    "meter_id": str,
    "kind": str,
    "observed_at": str,
    "received_at": str,
    "source": str,
    "voltage": float,
    "code": str,
}
RECORDS = ""
"""The name of the row that counts records and not a feeder's meters."""


class Answer:
    """What the output has said so far: its newest rows."""

    def __init__(self, records: int) -> None:
        self.progress = Progress(records)
        self.counts: dict[str, int] = {}

    def hear(self, *, row: dict[str, Any], is_addition: bool, **_: object) -> None:
        """Take a row that came or went."""
        if not self.counts:
            self.progress.first()
        if is_addition:
            self.counts[row["name"]] = row["count"]

    def end_if_all(self, _time: int) -> None:
        """End the process when all records are counted: a streaming run has no end of its own."""
        if self.counts.get(RECORDS) == self.progress.records:
            self.progress.last()
            del self.counts[RECORDS]
            self.progress.answer(self.progress.records - sum(self.counts.values()), self.counts)
            os._exit(0)


def lay(task: Task, answer: Answer) -> None:
    """Lay the graph; rows of records and of feeders go out by one output, so that an instant's end is one."""
    feeder_of = task.read_table()
    gasps = pw.io.kafka.read(
        {
            "bootstrap.servers": task.bootstrap,
            "group.id": task.name,
            "auto.offset.reset": "earliest",
            **{name: str(value) for name, value in CLIENT.items()},
        },
        topic=task.topic,
        format="json",
        schema=pw.schema_from_types(**FIELDS),
        autocommit_duration_ms=100,
    )
    meters = gasps.groupby(gasps.meter_id).reduce(gasps.meter_id)
    located = meters.select(feeder=pw.apply_with_type(feeder_of.__getitem__, str, meters.meter_id))
    out = located.groupby(located.feeder).reduce(name=located.feeder, count=pw.reducers.count())
    records = gasps.reduce(name=RECORDS, count=pw.reducers.count())
    pw.io.subscribe(pw.Table.concat_reindex(records, out), on_change=answer.hear, on_time_end=answer.end_if_all)


def main() -> None:
    task = Task.from_environment()
    answer = Answer(task.records())
    lay(task, answer)
    os.environ["PATHWAY_THREADS"] = str(task.threads)  # its engine looks there when it starts
    answer.progress.ready()
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)


if __name__ == "__main__":
    main()
