"""Bare: consume and decode into a typed record, and do nothing with it. The floor of all that is written in Python."""

from __future__ import annotations

from benchmarks.peers.consumer import open_consumer
from benchmarks.peers.protocol import Progress, Task
from models.contracts.inputs.meter import MeterEvent
from models.decoding.wire_types import fast_decoder


def main() -> None:
    task = Task.from_environment()
    decode = fast_decoder(MeterEvent)
    consumer = open_consumer(task)
    progress = Progress(task.records())
    progress.ready()
    while progress.seen < task.records():
        messages = consumer.consume(1_000, 0.1)
        for message in messages:
            if error := message.error():
                raise RuntimeError(str(error))
            decode(message.value() or b"")
        if messages:
            progress.see(len(messages))
    progress.no_answer()


if __name__ == "__main__":
    main()
