"""The topic with the storm on it, and the table beside it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from models.contracts.topics import METER_EVENTS

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.peers.data import Storm

PARTITIONS: Final = 8
PRODUCER: Final = {
    "log_level": 3,  # a broker that has just started makes the producer wait, which it tells
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "lz4",
    "partitioner": "murmur2_random",  # as Java's producers place a key
    "linger.ms": 20,
    "batch.size": 256 * 1024,
    "queue.buffering.max.messages": 500_000,
    "queue.buffering.max.kbytes": 1_000_000,
}


def write_table(path: Path, storm: Storm) -> None:
    """Write meter and feeder, CSV."""
    with path.open("w", encoding="utf-8") as file:
        file.write("meter_id,feeder_id\n")
        file.writelines(f"{meter},{feeder}\n" for meter, feeder in storm.feeders())


def fill(bootstrap: str, storm: Storm) -> tuple[int, ...]:
    """Make the topic and produce the storm; returns each partition's number of records."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    admin.create_topics([NewTopic(METER_EVENTS, PARTITIONS, 1)])[METER_EVENTS].result()
    producer = Producer({"bootstrap.servers": bootstrap, **PRODUCER})
    start = time.perf_counter()
    size = 0
    for number, (key, value) in enumerate(storm.lines(), 1):
        size += len(value)
        while True:
            try:
                producer.produce(METER_EVENTS, value, key)
                break
            except BufferError:
                producer.poll(0.1)
        if number % 250_000 == 0:
            print(f"produced {number:,} of {storm.records:,}", file=sys.stderr)
    producer.flush()
    ends = _count(bootstrap)
    if sum(ends) != storm.records:
        raise RuntimeError(f"the topic has {sum(ends):,} records instead of {storm.records:,}; see the broker's log")
    rate = storm.records / (time.perf_counter() - start)
    print(f"produced {storm.records:,} of {size / storm.records:.0f} bytes, {rate:,.0f}/s", file=sys.stderr)
    return ends


def delete_others(bootstrap: str) -> None:
    """Delete what a contender left: changelogs and the like."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    left = [name for name in admin.list_topics(timeout=10).topics if name != METER_EVENTS and name[0] != "_"]
    if left:
        for deleted in admin.delete_topics(left).values():
            deleted.result()


def _count(bootstrap: str) -> tuple[int, ...]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "peers-driver"})
    marks = [consumer.get_watermark_offsets(TopicPartition(METER_EVENTS, number)) for number in range(PARTITIONS)]
    consumer.close()
    return tuple(high for _, high in marks)
