"""Bytewax as its documentation has it: its own Kafka source, keyed operators, recovery with ten seconds an epoch."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import run_main

from benchmarks.peers.consumer import CLIENT
from benchmarks.peers.protocol import Progress, Task
from models.contracts.inputs.meter import MeterEvent
from models.decoding.wire_types import fast_decoder

if TYPE_CHECKING:
    from bytewax.connectors.kafka import KafkaError, KafkaSourceMessage


class Answer(DynamicSink[tuple[str, int]]):
    """Where the counts go: into memory, the newest of each feeder."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.out: dict[str, int] = {}

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> AnswerPart:
        """Open the sink of the one worker."""
        return AnswerPart(self)


class AnswerPart(StatelessSinkPartition[tuple[str, int]]):
    """Writes for one worker."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def write_batch(self, items: list[tuple[str, int]]) -> None:
        """Keep the newest counts."""
        self.answer.out.update(items)
        self.answer.progress.see(len(items))


class Job:
    """The job's steps, as the operators call them."""

    def __init__(self, task: Task, progress: Progress) -> None:
        self.feeder_of = task.read_table()
        self.decode = fast_decoder(MeterEvent)
        self.progress = progress
        self.dropped = 0

    def lay(self, task: Task, answer: Answer) -> Dataflow:
        """Lay the flow, from the topic to the answer."""
        settings = {name: str(value) for name, value in CLIENT.items()}
        source = KafkaSource([task.bootstrap], [task.topic], tail=False, add_config=settings)
        flow = Dataflow("peers")
        gasps = op.map("decode", op.input("gasps", flow, source), self.read)
        by_meter = op.key_on("meter", gasps, lambda gasp: gasp.meter_id)
        first = op.stateful_flat_map("drop_copies", by_meter, self.drop_copies)
        by_feeder = op.map("feeder", first, lambda keyed: (self.feeder_of[keyed[0]], keyed[1]))
        counts = op.stateful_map("count", by_feeder, count)
        op.output("answer", counts, answer)
        return flow

    def read(self, message: KafkaSourceMessage[Any, Any] | KafkaError[Any, Any]) -> Any:  # noqa: ANN401 (made at run time)
        """Decode a message; the source itself raises errors."""
        return self.decode(cast("KafkaSourceMessage[Any, Any]", message).value)

    def drop_copies(self, already: bool | None, gasp: Any) -> tuple[bool, list[Any]]:  # noqa: ANN401, FBT001 (operator's)
        """Pass on a meter's first message."""
        if already:
            self.dropped += 1
            self.progress.see()
            return True, []
        return True, [gasp]


def count(before: int | None, _: object) -> tuple[int, int]:
    now = (before or 0) + 1
    return now, now


def main() -> None:
    task = Task.from_environment()
    progress = Progress(task.records())
    job, answer = Job(task, progress), Answer(progress)
    flow = job.lay(task, answer)
    init_db_dir(task.state, 1)  # type: ignore[no-untyped-call]
    progress.ready()
    recovery = RecoveryConfig(task.state)  # type: ignore[no-untyped-call]
    run_main(flow, epoch_interval=timedelta(seconds=10), recovery_config=recovery)  # type: ignore[no-untyped-call]
    progress.answer(job.dropped, answer.out)


if __name__ == "__main__":
    main()
