"""The floor: consume all records of a topic and decode them with the typed decoder, nothing else.

`python -m benchmarks.kafka.bare BOOTSTRAP TOPIC RECORDS`: prints a JSON line, records and CPU and wall seconds from the
first record on.
"""

from __future__ import annotations

import json
import sys
import time

from confluent_kafka import Consumer, TopicPartition

from adapters.kafka.clients.consumer import READING
from adapters.kafka.connectors.raw_source import RECORDS_AT_ONCE
from adapters.process.pulse import collect_seldom
from models.contracts.inputs.meter import MeterEvent
from models.decoding.wire_types import fast_decoder


def main() -> None:
    bootstrap, topic, records = sys.argv[1:]
    settings = {**READING, "enable.partition.eof": False}
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bare", **settings})
    parts = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    consumer.assign([TopicPartition(topic, part, 0) for part in parts])
    decode = fast_decoder(MeterEvent)
    collect_seldom()
    seen, begun, cpu = 0, 0.0, 0.0
    while seen < int(records):
        messages = consumer.consume(RECORDS_AT_ONCE, 0.1)
        if messages and not seen:
            begun, cpu = time.monotonic(), time.process_time()
        for message in messages:
            decode(message.value() or b"")
        seen += len(messages)
    figures = {"records": seen, "seconds": time.monotonic() - begun, "cpu": time.process_time() - cpu}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
