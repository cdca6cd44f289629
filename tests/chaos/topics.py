"""What stands in topics: read whole, in the order of each partition."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from models.contracts.topics import EVIDENCE_LOG
from models.evidence.batch import END_OF_LOG
from models.evidence.log_record import LogRecord, decode_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from confluent_kafka import Message

Place = tuple[str, int]
"""Topic and partition."""
SECONDS: Final = 240.0
_READER: Final = {
    "group.id": "chaos",
    "auto.offset.reset": "error",
    "enable.auto.commit": False,
    "fetch.wait.max.ms": 20,
    "log_level": 2,
}


@dataclass(frozen=True, slots=True)
class Record:
    """What is compared of a record, and where and when it was written."""

    offset: int
    at: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def content(self) -> tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]:
        """Key, value and headers: all that does not depend on where and when."""
        return self.key, self.value, self.headers

    def header(self, name: str) -> bytes:
        """Give a header that is there."""
        return dict(self.headers)[name]


def read_topics(broker: str, places: Sequence[Place]) -> dict[Place, list[Record]]:
    """Read partitions from their first records to their ends."""
    last = ends(broker, places)
    read: dict[Place, list[Record]] = {place: [] for place in places}
    consumer = Consumer({"bootstrap.servers": broker, **_READER, "enable.partition.eof": True})
    try:
        first = offsets(broker, places, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        left = {place for place in places if first[place] < last[place]}
        consumer.assign([TopicPartition(*place, first[place]) for place in sorted(left)])
        deadline = monotonic() + SECONDS
        while left:
            assert monotonic() < deadline, f"not read to the end: {left}"
            for message in consumer.consume(2000, 0.05):
                place = (message.topic() or "", message.partition() or 0)
                if message.error() is None:
                    read[place].append(_record(message))
                if (message.offset() or 0) + 1 >= last[place]:
                    left.discard(place)
    finally:
        consumer.close()
    return read


def _record(message: Message) -> Record:
    pairs: list[tuple[str, bytes | None]] = message.headers() or []  # type: ignore[assignment]
    headers = tuple((name, value or b"") for name, value in pairs)
    key: bytes | None = message.key()
    return Record(message.offset() or 0, message.timestamp()[1], key, message.value(), headers)


def ends(broker: str, places: Iterable[Place]) -> dict[Place, int]:
    """Give the offset after the last record of each partition."""
    return offsets(broker, places, OffsetSpec.latest())  # type: ignore[no-untyped-call]


def offsets(broker: str, places: Iterable[Place], which: OffsetSpec) -> dict[Place, int]:
    """Ask for offsets of partitions; a broker that has just begun or made a topic is asked again."""
    asked = {TopicPartition(*place): which for place in places}
    deadline = monotonic() + SECONDS
    while True:
        answers = admin(broker).list_offsets(asked, request_timeout=SECONDS)
        try:
            return {(place.topic, place.partition): answer.result(SECONDS).offset for place, answer in answers.items()}
        except KafkaException:
            del _ADMINS[broker]  # a client asks the leaders that it knows at the epochs that it knows
            if monotonic() > deadline:
                raise


_ADMINS: Final[dict[str, AdminClient]] = {}


def admin(broker: str) -> AdminClient:
    """Give the client that asks and changes things; its answers come only while it lives."""
    if broker not in _ADMINS:
        _ADMINS[broker] = AdminClient({"bootstrap.servers": broker, "log_level": 2})
    return _ADMINS[broker]


def committed(broker: str, group: str, places: Iterable[Place]) -> Mapping[Place, int]:
    """Give the offsets that a group has let lag tools know; a group that nobody knows yet has none."""
    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(*place) for place in places])
    answer = admin(broker).list_consumer_group_offsets([asked], request_timeout=SECONDS)[group]
    told = answer.result(SECONDS).topic_partitions
    return {(place.topic, place.partition): max(place.offset, 0) for place in told}


@dataclass
class EvidenceLog:
    """The evidence log as far as it has been read; it is read on whenever somebody asks."""

    broker: str
    prefix: str
    partitions: int
    records: dict[int, list[LogRecord]] = field(default_factory=dict)
    offsets: dict[int, list[int]] = field(default_factory=dict)
    appended: dict[int, list[int]] = field(default_factory=dict)
    """When the broker took each record, milliseconds."""

    def __post_init__(self) -> None:
        self.places = [(self.prefix + EVIDENCE_LOG, part) for part in range(self.partitions)]
        self.records = {part: [] for part in range(self.partitions)}
        self.offsets = {part: [] for part in range(self.partitions)}
        self.appended = {part: [] for part in range(self.partitions)}
        self._covered: dict[tuple[int, str], int] = {}
        self._ended: set[tuple[int, str]] = set()
        self._consumer: Consumer | None = None

    def read_on(self) -> int:
        """Take in what has been appended; returns how many records came."""
        if self._consumer is None:
            self._consumer = Consumer({"bootstrap.servers": self.broker, **_READER})
            self._consumer.assign([TopicPartition(*place, 0) for place in self.places])
        messages = self._consumer.consume(5000, 0.05)
        for message in messages:
            if (error := message.error()) is None:
                self._take(message)
            assert error is None or error.code() != KafkaError._AUTO_OFFSET_RESET, error  # noqa: SLF001 (so named)
        return len(messages)

    def read_to_end(self) -> None:
        """Take in all that stands in the log now, before its head goes or somebody counts."""
        last = ends(self.broker, self.places)
        deadline = monotonic() + SECONDS
        while any(end > 0 and end - 1 not in self.offsets[part][-1:] for (_, part), end in last.items()):
            assert monotonic() < deadline, f"not read to the end: {last}"
            self.read_on()

    def _take(self, message: Message) -> None:
        partition = message.partition() or 0
        record = decode_record(message.value() or b"")
        self.records[partition].append(record)
        self.offsets[partition].append(message.offset() or 0)
        self.appended[partition].append(message.timestamp()[1])
        for batch in record.batches:
            name = (partition, batch.origin)
            if batch.offsets is not None:
                self._covered[name] = max(batch.offsets[1], self._covered.get(name, 0))
            if batch.watermark >= END_OF_LOG:
                self._ended.add(name)

    def accounted(self, process: int, processes: int) -> int:
        """Count the offsets that are accounted for of the origins that one of some ingest processes has, so far."""
        while self.read_on():
            pass
        own = (end for (_, origin), end in self._covered.items() if int(origin.split("/")[1]) % processes == process)
        return sum(own)

    def complete(self, origins: Mapping[str, int]) -> bool:
        """Tell whether each partition accounts for these origins up to their ends, end marks taken in."""
        self.read_on()
        return all(
            self._covered.get((part, origin), 0) == end and (part, origin) in self._ended
            for part in range(self.partitions)
            for origin, end in origins.items()
        )

    def close(self) -> None:
        """Read no more."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None
