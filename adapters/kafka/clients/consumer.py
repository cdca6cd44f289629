"""Reading partitions of Kafka with one consumer: assigned, never by a group, and loud where a record is gone.

`auto.offset.reset=error` because a consumer behind retention would otherwise jump to the end in silence. A short
`fetch.queue.backoff.ms` because a consumer with full queues would otherwise wait a second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from adapters.kafka.clients.succession import Succession
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

READING: Final[Mapping[str, Any]] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "isolation.level": "read_committed",
    "check.crcs": True,
    "enable.partition.eof": True,
    "fetch.queue.backoff.ms": 5,
    "fetch.wait.max.ms": 50,
    "queued.max.messages.kbytes": 32 << 10,
}
GONE: Final = frozenset({KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE})  # noqa: SLF001 (so named)
FATAL: Final = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001 (so named)
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001 (so named)
    }
)

PATIENCE: Final = 60.0
"""Seconds that the end of a partition may take to be read."""
TAIL_SECONDS: Final = 0.02
"""Seconds that a look at a tail waits: it would wait them out even where all has come."""

Place = tuple[str, int]
"""A topic's full name and the number of a partition."""


class RecordsGoneError(FaultsError):
    """Records that nobody had read are not there any more."""


@dataclass(frozen=True, slots=True)
class Run:
    """Records of one partition that follow each other."""

    topic: str
    partition: int
    messages: list[Message]
    sizes: NDArray[np.int64]
    """Bytes of each value."""

    @classmethod
    def of(cls, place: Place, messages: list[Message]) -> Run:
        """Make a run of records that all came from one place."""
        return cls(*place, messages, np.fromiter(map(len, messages), np.int64, len(messages)))

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return int(self.sizes.sum())

    def empty(self) -> list[int]:
        """Give the places of records without a value, or with an empty one."""
        return [] if self.sizes.all() else np.flatnonzero(self.sizes == 0).tolist()

    def part(self, start: int, end: int) -> Run:
        """Give some of the records."""
        return Run(self.topic, self.partition, self.messages[start:end], self.sizes[start:end])


@dataclass(slots=True)
class Polled:
    """What one look at Kafka brought."""

    runs: list[Run] = field(default_factory=list)
    ends: dict[Place, int] = field(default_factory=dict)
    """Partitions whose end has been reached, and the offset there."""
    errors: int = 0
    """Passing errors: a broker that does not answer, a leader that moves. librdkafka goes on trying by itself."""


class Fence(Protocol):
    """What hears that another process has the partitions."""

    def poll(self) -> None:
        """Raise what has ended it."""


class PartitionReader:
    """One consumer over partitions from given offsets.

    Raises `RecordsGoneError` where retention has overrun an offset, `KafkaException` where Kafka refuses for good, and
    what its fence raises.
    """

    def __init__(
        self, client: Mapping[str, Any], group: str, offsets: Mapping[Place, int], fence: Fence | None = None
    ) -> None:
        """Begin to read at `offsets`; `group` only names the offsets that are committed for lag tools.

        With a `fence` the process is the only one that may have the partitions: it ends where a later one does.
        """
        self.positions = dict(offsets)
        self._fence = fence
        self._consumer = Consumer({**READING, **client, "group.id": group})
        self._consumer.assign([TopicPartition(*place, offset) for place, offset in sorted(offsets.items())])
        self._succession = Succession(self._consumer, offsets) if fence is not None else None

    def poll(self, most: int, seconds: float) -> Polled:
        """Give the next records, `most` at the most, waiting for them no longer than so many seconds."""
        polled = Polled()
        if self._fence is not None:
            self._fence.poll()
        messages = self._consumer.consume(most, seconds)
        if not messages:
            return polled
        good = messages
        if any(map(Message.error, messages)):  # an error must not be compared with None: its equality wants a number
            good = [message for message in messages if message.error() is None]
            self._handle_errors(polled, (message for message in messages if message.error() is not None))
        polled.runs = list(_runs(good))
        for run in polled.runs:
            self.positions[run.topic, run.partition] = offset_of(run.messages[-1]) + 1
        for place, end in polled.ends.items():  # behind the last record there may be marks of transactions
            self.positions[place] = max(self.positions[place], end)
        return polled

    def seek(self, place: Place, offset: int) -> None:
        """Read a partition again from an offset; what a poll has given beyond it comes again."""
        self._consumer.seek(TopicPartition(*place, offset))
        self.positions[place] = offset

    def pause(self, places: Collection[Place]) -> None:
        """Read these partitions no further, until another call leaves them out."""
        self._consumer.resume([TopicPartition(*place) for place in self.positions if place not in places])
        self._consumer.pause([TopicPartition(*place) for place in sorted(places)])

    def lags(self) -> dict[Place, int]:
        """Count the records after the positions, as far as the client has heard of the ends."""
        lags = {}
        for place, position in self.positions.items():
            _, end = self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
            lags[place] = max(end - position, 0)
        return lags

    def commit(self, offsets: Mapping[Place, int]) -> None:
        """Let lag tools know how far things are. Raises `ReplacedError`."""
        if self._succession is not None:
            self._succession.check()
            places = [self._succession.committed_as(place, offset) for place, offset in offsets.items()]
        else:
            places = [TopicPartition(*place, offset) for place, offset in offsets.items()]
        if places:
            self._consumer.commit(offsets=places, asynchronous=True)

    def close(self) -> None:
        """End reading."""
        self._consumer.close()

    def _handle_errors(self, polled: Polled, messages: Iterable[Message]) -> None:
        for message in messages:
            error = message.error()
            assert error is not None  # noqa: S101  chosen by it
            place = (message.topic() or "", message.partition() or 0)
            if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 (so named)
                polled.ends[place] = message.offset() or 0
            elif error.code() in GONE:
                raise RecordsGoneError([self._gone_fault(place)])
            elif error.fatal() or error.code() in FATAL:
                raise KafkaException(error)
            else:
                polled.errors += 1

    def _gone_fault(self, place: Place) -> str:
        wanted = self.positions[place]
        try:
            first, _ = self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=10)
        except KafkaException:
            return f"{place[0]}/{place[1]}: the record at offset {wanted} is gone; {REMEDY_GONE}"
        lost = f"{first - wanted} records" if first > wanted else "the topic ends before it"
        return f"{place[0]}/{place[1]}: the record at offset {wanted} is gone ({lost}); {REMEDY_GONE}"


REMEDY_GONE: Final = "keep records longer, or start from a state or checkpoint that does not need them"


def _runs(messages: list[Message]) -> Iterable[Run]:
    """Divide records where the partition changes; mostly a poll brings one partition's."""
    if not messages:
        return
    topics: list[Any] = list(map(Message.topic, messages))
    partitions: list[Any] = list(map(Message.partition, messages))
    start = 0
    if not topics.count(topics[0]) == partitions.count(partitions[0]) == len(messages):
        places = list(zip(topics, partitions, strict=True))
        for end in range(1, len(places)):
            if places[end] != places[end - 1]:
                yield Run.of(places[start], messages[start:end])
                start = end
    yield Run.of((topics[start], partitions[start]), messages[start:] if start else messages)


def offset_of(message: Message) -> int:
    """Give the offset of a record that came from Kafka."""
    offset = message.offset()
    assert offset is not None  # noqa: S101  only of a record that has not been sent yet
    return offset
