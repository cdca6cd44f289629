"""Quix Streams: a stateful filter by the topic's key (RocksDB and its changelog), and a count of what passes it.

The count is kept in memory and not in the state: by feeder it would need another topic in between, which costs a third
of the rate.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from quixstreams import Application, State

from benchmarks.peers.consumer import CLIENT
from benchmarks.peers.protocol import Progress, Task


class Job:
    """The job's steps, as the frame calls them."""

    def __init__(self, app: Application, task: Task) -> None:
        self.app = app
        self.feeder_of = task.read_table()
        self.progress = Progress(task.records())
        self.dropped = 0
        self.out: Counter[str] = Counter()

    def keep_first(self, _gasp: dict[str, Any], state: State) -> bool:
        """Pass on a meter's first message."""
        if state.exists("out"):
            self.dropped += 1
            self.see()
            return False
        state.set("out", True)  # noqa: FBT003 (the state's value)
        return True

    def count(self, gasp: dict[str, Any]) -> None:
        """Count a meter that is out."""
        self.out[self.feeder_of[gasp["meter_id"]]] += 1
        self.see()

    def see(self) -> None:
        """Note a record that is done with; after the last one the application ends."""
        self.progress.see()
        if self.progress.seen == self.progress.records:
            self.app.stop()


def main() -> None:
    task = Task.from_environment()
    app = Application(
        broker_address=task.bootstrap,
        consumer_group=task.name,
        auto_offset_reset="earliest",
        commit_interval=10,
        consumer_extra_config=dict(CLIENT),
        producer_extra_config={"compression.type": "lz4", "linger.ms": 50},
        state_dir=task.state,
        loglevel="WARNING",
    )
    job = Job(app, task)
    frame = app.dataframe(app.topic(task.topic, key_deserializer="str", value_deserializer="json"))
    frame = frame.filter(job.keep_first, stateful=True)
    frame.update(job.count)
    job.progress.ready()
    app.run()
    job.progress.answer(job.dropped, job.out)


if __name__ == "__main__":
    main()
