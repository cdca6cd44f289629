"""The embedded broker with all topics, what outputs say written to it, and whole topics read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from adapters.kafka.playing.embedded import EMBEDDED_CONSUMER, EmbeddedBroker
from adapters.kafka.records.output_record import outgoing
from adapters.kafka.topics.table import layout
from models.contracts.registry import output_of
from tests.peers.kafka import PATIENCE

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Record:
    """What is compared of a record."""

    offset: int
    at: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@contextmanager
def broker_with(*stems: str, partitions: int = 1) -> Iterator[str]:
    """A broker that has all topics, and those of a flow of one's own with as many partitions; gives its address."""
    with EmbeddedBroker() as broker:
        for topic in layout(1, partitions, played=True):
            broker.create(topic.name, topic.partitions)
        for stem in stems:
            broker.create(stem, partitions)
        yield broker.bootstrap


def write_outputs(bootstrap: str, records: Iterable[tuple[str, int, Mapping[str, Any]]]) -> None:
    """Write records of outputs, each with its topic and partition, as the flow that has them does."""
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
    for stem, partition, record in records:
        one = outgoing(output_of(stem), record, "test")
        producer.produce(stem, one.value, one.key, partition, headers=list(one.headers or ()))
    assert producer.flush(60) == 0


def read_back(settings: Mapping[str, object], topic: str, partition: int) -> list[Record]:
    """Read all that a partition holds."""
    own = {"group.id": "read-back", "auto.offset.reset": "error", "enable.auto.commit": False}
    consumer = Consumer({**settings, **EMBEDDED_CONSUMER, **own})
    try:
        first, end = _ends(consumer, TopicPartition(topic, partition))
        consumer.assign([TopicPartition(topic, partition, first)])
        records: list[Record] = []
        deadline = monotonic() + PATIENCE
        while len(records) < end - first:
            assert monotonic() < deadline
            for message in consumer.consume(1000, timeout=0.1):
                assert not message.error(), message.error()
                records.append(_record(message))
        return records
    finally:
        consumer.close()


def _ends(consumer: Consumer, partition: TopicPartition) -> tuple[int, int]:
    """Ask for both ends; a partition that has just been made may have no leader yet."""
    deadline = monotonic() + PATIENCE
    while True:
        try:
            return consumer.get_watermark_offsets(partition, timeout=10)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION or monotonic() > deadline:
                raise


def _record(message: Message) -> Record:
    headers: Headers = list(message.headers() or [])  # type: ignore[arg-type]
    return Record(message.offset() or 0, message.timestamp()[1], message.key(), message.value(), headers)
