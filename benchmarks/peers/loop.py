"""A plain loop: the whole answer from a set and two dictionaries in memory. No state is kept, nothing can resume."""

from __future__ import annotations

from collections import Counter

from benchmarks.peers.consumer import open_consumer
from benchmarks.peers.protocol import Progress, Task
from models.contracts.inputs.meter import MeterEvent
from models.decoding.wire_types import fast_decoder


def main() -> None:
    task = Task.from_environment()
    feeder_of = task.read_table()
    decode = fast_decoder(MeterEvent)
    consumer = open_consumer(task)
    seen: set[str] = set()
    out: Counter[str] = Counter()
    progress = Progress(task.records())
    progress.ready()
    while progress.seen < task.records():
        messages = consumer.consume(1_000, 0.1)
        for message in messages:
            if error := message.error():
                raise RuntimeError(str(error))
            meter = decode(message.value() or b"").meter_id
            if meter not in seen:
                seen.add(meter)
                out[feeder_of[meter]] += 1
        if messages:
            progress.see(len(messages))
    progress.answer(progress.seen - len(seen), out)


if __name__ == "__main__":
    main()
