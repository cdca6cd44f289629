"""A Kafka that forgets fast, and what is left in it of somebody."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Message, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from adapters.kafka.topics.table import configuration
from tests.peers.kafka import PATIENCE, skip_without_kafka

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from adapters.kafka.topics.declaration import Topic
    from scripts.kafka.broker import KafkaBroker
    from tests.chaos.processes import Flow as Process

HOUR: Final = 3_600_000
SHORT_HOUR: Final = 500
AGES: Final = ("retention.ms", "delete.retention.ms", "max.compaction.lag.ms", "segment.ms")
EAGER: Final = {
    "log.retention.check.interval.ms": "200",
    "log.initial.task.delay.ms": "200",
    "log.segment.delete.delay.ms": "200",
    "log.cleaner.backoff.ms": "200",
}


def eager_broker(folder: Path) -> Iterator[KafkaBroker]:
    """Run a broker that looks several times a second what is to be forgotten."""
    skip_without_kafka()
    from scripts.kafka.broker import KafkaBroker

    with KafkaBroker(folder / "kafka", properties=EAGER) as broker:
        yield broker


def let_pass(bootstrap: str, topics: Iterable[Topic], hour: int) -> None:
    """Let an hour of those of some topics that name accounts take so many milliseconds."""
    resources = []
    for topic in (one for one in topics if one.personal):
        ages = {name: int(age) * hour // HOUR for name, age in configuration(topic).items() if name in AGES}
        entries = [
            ConfigEntry(name, str(age), incremental_operation=AlterConfigOpType.SET) for name, age in ages.items()
        ]
        resources.append(ConfigResource(ResourceType.TOPIC, topic.name, incremental_configs=entries))
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for answer in admin.incremental_alter_configs(resources).values():
        answer.result(60)


def traces(broker: KafkaBroker, flow: Process, erased: str) -> set[str]:
    """Name topics and files in which an account's id stands; the broker's files hold records compressed as well."""
    found = set()
    topics = AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=60).topics
    places = [(name, part) for name, topic in topics.items() for part in topic.partitions]
    for (topic, _), records in read_forgetting(broker.bootstrap, places).items():
        content = [some for one in records for some in (one.key(), one.value(), *dict(one.headers() or ()).values())]
        found |= {topic for some in content if erased.encode() in (some or b"")}
    files = [*(broker.folder / "data").rglob("*"), *flow.state.rglob("*"), flow.log]
    return found | {f"{file.parent.name}/{file.name}" for file in files if erased.encode() in bytes_of(file)}


def read_forgetting(bootstrap: str, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], list[Message]]:
    """Read partitions to their ends, from whatever record is their first by then."""
    settings = {"bootstrap.servers": bootstrap, "group.id": "reader", "enable.partition.eof": True, "log_level": 0}
    consumer = Consumer({**settings, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20})
    read: dict[tuple[str, int], list[Message]] = {place: [] for place in places}
    consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in places])
    left, deadline = set(places), monotonic() + PATIENCE
    while left:
        assert monotonic() < deadline, f"not read to the end: {left}"
        for message in consumer.consume(10_000, 0.05):
            place = message.topic() or "", message.partition() or 0
            if (error := message.error()) is None:
                read[place].append(message)
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 (so named)
                left.discard(place)
    consumer.close()
    return read


def bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes() if file.is_file() else b""
    except FileNotFoundError:
        return b""  # it has gone meanwhile
