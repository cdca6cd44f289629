"""Operators' commands on their way in, and the answers to them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.kafka.clients.offset_range import Edge
from adapters.kafka.clients.producer import Outgoing
from models.contracts.topics import OPERATOR_COMMANDS
from models.ingest.record_keys import RecordKey, partition_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adapters.kafka.clients.offset_range import RangeReader
    from adapters.kafka.clients.producer import CheckedProducer

ASK_AGAIN_SECONDS: Final = 0.2
Record = dict[str, Any]


def send_command(producer: CheckedProducer, topic: str, partitions: int, command: Mapping[str, Any]) -> None:
    """Append a command to the partition of its outage. Raises `DeliveryError`."""
    value = orjson.dumps(command, option=orjson.OPT_SORT_KEYS)
    key = RecordKey(OPERATOR_COMMANDS).read(value)
    producer.send(topic, partition_for(key, value, partitions), Outgoing(value, key))
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
