"""How much topics have taken in of late, and how much of it they keep, as the broker tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from adapters.kafka.clients.offset_range import Edge, OffsetRange, RangeReader
from adapters.kafka.topics.cluster import RETENTION, topic_settings
from adapters.kafka.topics.declaration import FOR_EVER
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from confluent_kafka import Message

SECONDS: Final = 15.0
SAMPLE: Final = 50
"""Records at the end of a partition by which its records are sized."""
_RETENTION_BYTES: Final = "retention.bytes"


class TopicVolume(NamedTuple):
    """A topic's records of a stretch of time."""

    name: str
    records: int
    size: float
    """Bytes of one record, uncompressed; 0 where there is none to weigh."""
    replicas: int
    partitions: int
    retention_ms: int
    """-1 is for ever."""
    retention_bytes: int
    """Of one partition; -1 is without limit."""

    @property
    def disk_bytes(self) -> float:
        """Bytes on all brokers, before compression."""
        return self.records * self.size * self.replicas


def measure_volumes(client: Mapping[str, Any], names: Sequence[str], since: int) -> list[TopicVolume]:
    """Measure topics from a time (ms) on, by offsets and the size of the last records. Raises `FaultsError`."""
    try:
        found = AdminClient(dict(client)).list_topics(timeout=SECONDS).topics
    except KafkaException as error:
        raise FaultsError([f"Kafka does not tell its topics: {error.args[0].str().lower()}; try again"]) from error
    if missing := [name for name in names if name not in found]:
        raise FaultsError([f"topic {name} is missing; make it with faultline topics create" for name in missing])
    settings = topic_settings(client, list(names))
    volumes = []
    with RangeReader(client) as reader:
        for name in names:
            late = [reader.locate(name, part, Edge(time=since)) for part in found[name].partitions]
            tails = [OffsetRange(name, part.partition, max(part.begin, part.end - SAMPLE), part.end) for part in late]
            sizes = [_size(message) for some in reader.gather(tails).values() for message in some]
            volumes.append(
                TopicVolume(
                    name,
                    sum(part.end - part.begin for part in late),
                    sum(sizes) / len(sizes) if sizes else 0.0,
                    min(len(partition.replicas) for partition in found[name].partitions.values()),
                    len(late),
                    int(settings[name].get(RETENTION, FOR_EVER)),
                    int(settings[name].get(_RETENTION_BYTES, FOR_EVER)),
                )
            )
    return volumes


def _size(message: Message) -> int:
    headers = sum(len(each or b"") for header in message.headers() or () for each in header)
    return len(message.key() or b"") + len(message.value() or b"") + headers
