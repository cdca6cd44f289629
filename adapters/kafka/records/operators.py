"""Operators' commands on their way in, and the answers to them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import orjson
from confluent_kafka import TIMESTAMP_CREATE_TIME

from adapters.kafka.clients.offset_range import Edge
from adapters.kafka.clients.producer import Outgoing
from models.contracts.topics import OPERATOR_COMMANDS
from models.ingest.record_keys import RecordKey, partition_for
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from confluent_kafka import Message

    from adapters.kafka.clients.offset_range import RangeReader
    from adapters.kafka.clients.producer import CheckedProducer

ASK_AGAIN_SECONDS: Final = 0.2
LAST_RECORDS: Final = 5
EPOCH: Final = "1970-01-01T00:00:00Z"
Record = dict[str, Any]


def played_until(reader: RangeReader, commands: str, clock: str) -> int | None:
    """Up to when (ms) the outages flow has come where storms are played; None in live topics, or before the first.

    Into topics for playing their records' writers put the times, and a feed has put its marks there.
    """
    kinds = {message.timestamp()[0] for message in _last_records(reader, commands)}
    if TIMESTAMP_CREATE_TIME not in kinds:
        return None
    values = [message.value() or b"{}" for message in _last_records(reader, clock)]
    times = [parse_time(orjson.loads(value).get("updated_at", EPOCH)) for value in values]
    return max(times, default=0) or None


def _last_records(reader: RangeReader, topic: str) -> Iterator[Message]:
    """Records at the end of each partition: the last of all may be the end of a transaction, which is none."""
    for partition in range(reader.partitions(topic)):
        end = reader.locate(topic, partition).end
        yield from reader.records(reader.locate(topic, partition, Edge(offset=max(end - LAST_RECORDS, 0))))


def send_command(
    producer: CheckedProducer, topic: str, partitions: int, command: Mapping[str, Any], at: int | None = None
) -> None:
    """Append a command to the partition of its outage, stamped `at` (ms) by default now. Raises `DeliveryError`.

    The stamp counts in topics into which storms are played alone: others have the broker's time.
    """
    value = orjson.dumps(command, option=orjson.OPT_SORT_KEYS)
    key = RecordKey(OPERATOR_COMMANDS).read(value)
    producer.send(topic, partition_for(key, value, partitions), Outgoing(value, key, at=at or 0))
    producer.flush()


class Answers:
    """The answers from now on, or `earlier` ones, too."""

    def __init__(self, reader: RangeReader, topic: str, *, earlier: bool = False) -> None:
        self._reader, self._topic = reader, topic
        parts = [reader.locate(topic, part) for part in range(reader.partitions(topic))]
        self._next = [part.begin if earlier else part.end for part in parts]

    def find(self, command_id: str) -> Record | None:
        """Read on, up to where the topic ends now, and give the answer to a command if it is there."""
        for partition, offset in enumerate(self._next):
            part = self._reader.locate(self._topic, partition, Edge(offset=offset))
            self._next[partition] = part.end
            for message in self._reader.records(part):
                answer: Record = orjson.loads(message.value() or b"{}")
                if answer.get("command_id") == command_id:
                    return answer
        return None

    def await_answer(self, command_id: str, seconds: float, waiting: Callable[[float], None]) -> Record | None:
        """Wait for the answer to a command; None after so many seconds. `waiting` is told those that are left."""
        deadline = time.monotonic() + seconds
        while True:
            if (found := self.find(command_id)) is not None:
                return found
            if (left := deadline - time.monotonic()) <= 0:
                return None
            waiting(left)
            time.sleep(min(ASK_AGAIN_SECONDS, left))
