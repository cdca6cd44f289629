"""Reading ranges of offsets: from one offset or time to another, then no further."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from adapters.kafka.clients.consumer import FATAL, GONE, READING, TAIL_SECONDS, offset_of
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import Place

ANSWER_SECONDS: Final = 15.0
BACK_OFF: Final = 0.1
PASSING: Final = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001 (so named)
    }
)
"""What a partition answers for a moment after it was made, and while it gets another leader."""
PATIENCE: Final = 60.0
"""Seconds without a record, or the end, after which reading is given up."""


class Edge(NamedTuple):
    """Where a range begins or ends: at an offset, or at the first record of a time in milliseconds."""

    offset: int | None = None
    time: int | None = None


@dataclass(frozen=True, slots=True)
class OffsetRange:
    """The records of a partition from an offset up to another."""

    topic: str
    partition: int
    begin: int
    end: int


class RangeReader:
    """Reads ranges of partitions in turn. Raises `FaultsError` where Kafka does not give them."""

    def __init__(self, client: Mapping[str, Any]) -> None:
        """Connect; no group is joined and nothing committed."""
        self._consumer = Consumer({**READING, **client, "group.id": "faultline-look"})

    def partitions(self, topic: str) -> int:
        """Give the number of partitions of a topic."""
        try:
            # Asked for one topic by name, a broker may make it.
            found = self._consumer.list_topics(timeout=ANSWER_SECONDS).topics
        except KafkaException as error:
            raise FaultsError([f"topic {topic} cannot be looked at: {_reason(error)}; try again"]) from error
        if topic not in found:
            raise FaultsError([f"topic {topic} is not on the broker; check the prefix, or see faultline topics check"])
        return len(found[topic].partitions)

    def locate(self, topic: str, partition: int, begin: Edge | None = None, end: Edge | None = None) -> OffsetRange:
        """Find a range; by default all that the partition has now. What is gone or not there yet is left out."""
        place = TopicPartition(topic, partition)
        try:
            first, last = self._bounds(place)
            start = first if begin is None else self._offset(place, begin, last)
            stop = last if end is None else self._offset(place, end, last)
        except KafkaException as error:
            raise FaultsError([f"{topic}/{partition} cannot be looked at: {_reason(error)}; try again"]) from error
        start = min(max(start, first), last)
        return OffsetRange(topic, partition, start, max(start, min(stop, last)))

    def records(self, offsets: OffsetRange) -> Iterator[Message]:
        """Give the records of a range in order, one at a time."""
        if offsets.begin >= offsets.end:
            return
        where = f"{offsets.topic}/{offsets.partition}"
        self._consumer.assign([TopicPartition(offsets.topic, offsets.partition, offsets.begin)])
        last_record_at = time.monotonic()
        while time.monotonic() < last_record_at + PATIENCE:
            for message in self._consumer.consume(500, TAIL_SECONDS):
                if _is_good(message, where) and offset_of(message) < offsets.end:
                    yield message
                    last_record_at = time.monotonic()  # the reader may have taken its time
                if _is_over(message, offsets.end):
                    return
        raise FaultsError([_late(where)])

    def gather(self, ranges: Sequence[OffsetRange]) -> dict[Place, list[Message]]:
        """Give the records of ranges of different partitions, all read at once: the time that each takes is waiting."""
        found: dict[Place, list[Message]] = {(each.topic, each.partition): [] for each in ranges}
        filled = [each for each in ranges if each.begin < each.end]
        ends = {(each.topic, each.partition): each.end for each in filled}
        self._consumer.assign([TopicPartition(each.topic, each.partition, each.begin) for each in filled])
        last_record_at = time.monotonic()
        while ends and time.monotonic() < last_record_at + PATIENCE:
            for message in self._consumer.consume(500, TAIL_SECONDS):
                place = (message.topic() or "", message.partition() or 0)
                if place not in ends:
                    continue  # it was read to its end before
                if _is_good(message, f"{place[0]}/{place[1]}") and offset_of(message) < ends[place]:
                    last_record_at = time.monotonic()
                    found[place].append(message)
                if _is_over(message, ends[place]):
                    del ends[place]
                    self._consumer.incremental_unassign([TopicPartition(*place)])
        if ends:
            raise FaultsError([_late(f"{topic}/{partition}") for topic, partition in ends])
        return found

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def _bounds(self, place: TopicPartition) -> tuple[int, int]:
        """Ask for a partition's head and end; one that was just made, or whose leader moves, is asked again."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                return self._consumer.get_watermark_offsets(place, timeout=ANSWER_SECONDS)
            except KafkaException as error:
                if error.args[0].code() not in PASSING or time.monotonic() > deadline:
                    raise
                time.sleep(BACK_OFF)

    def _offset(self, place: TopicPartition, edge: Edge, last: int) -> int:
        if edge.offset is not None:
            return edge.offset
        question = TopicPartition(place.topic, place.partition, edge.time or 0)
        answer = self._consumer.offsets_for_times([question], timeout=ANSWER_SECONDS)[0]
        if answer.error:
            raise KafkaException(answer.error)
        return last if answer.offset < 0 else int(answer.offset)


def _is_good(message: Message, where: str) -> bool:
    """Whether it is a record, and no passing error. Raises `FaultsError` for another one."""
    error = message.error()
    if error is not None and (error.fatal() or error.code() in GONE | FATAL):
        raise FaultsError([f"{where} cannot be read: {error.str().lower()}; try again"])
    return error is None


def _late(where: str) -> str:
    return f"{where}: no record came in {PATIENCE:.0f} s; see that the broker is up, and try again"


def _is_over(message: Message, end: int) -> bool:
    """Whether nothing of a range comes after this; the offsets before its end may be empty."""
    error = message.error()
    if error is None:
        return offset_of(message) >= end - 1
    return error.code() == KafkaError._PARTITION_EOF and (message.offset() or 0) >= end  # noqa: SLF001 (so named)


def _reason(error: KafkaException) -> str:
    return str(error.args[0].str()).lower()
